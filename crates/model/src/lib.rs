//! The log protocol as a model.

mod actor;
mod condense;
mod configuration;
mod configurations;
mod entry;
mod explore;
mod finish;
mod forgetter;
mod invariant;
mod log;
mod mark;
mod object;
mod planted;
mod protocol;
mod pruner;
mod reader;
mod reading;
mod rule;
mod set;
mod store;
mod unforgetter;
mod view;
mod walk;
mod world;
mod writer;

pub use configuration::{Configuration, Faults, Prunes, Role, Saves};
pub use configurations::{everybody, large, small};
pub use entry::{Entries, EntryId};
pub use explore::{Explored, explore};
pub use invariant::Invariant;
pub use object::{Blobs, Object, Objects, blobs};
pub use planted::planted;
pub use protocol::{Action, Protocol, State};
pub use rule::Rule;
pub use set::{Member, Set};
pub use walk::{Walk, walk};
