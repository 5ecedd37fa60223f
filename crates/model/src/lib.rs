//! The log protocol as a model.

#![expect(clippy::unreachable, reason = "x")]
mod actor;
mod condense;
mod configuration;
mod configurations;
mod entry;
mod finish;
mod forgetter;
mod invariant;
mod log;
mod mark;
mod object;
mod protocol;
mod pruner;
mod reader;
mod reading;
mod rule;
mod set;
mod store;
mod unforgetter;
mod view;
mod world;
mod walk;
mod writer;

pub use configurations::{small, whole, without};
pub use configuration::{Configuration, Faults, Prunes, Role, Saves};
pub use entry::{Entries, EntryId};
pub use invariant::Invariant;
pub use object::{Blobs, Object, Objects, blobs};
pub use protocol::{Action, Protocol, State};
pub use rule::Rule;
pub use walk::{Walk, walk};
pub use set::{Member, Set};
