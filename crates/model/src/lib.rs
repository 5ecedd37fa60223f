//! The log protocol as a model: who takes part in it is a handful of small machines, and every order in which they can take
//! their steps is looked at. To be read beside `docs/log-protocol.md`; no code of lifeboat is in it and none depends on it,
//! so that it cannot share a mistake with what it describes.
//!
//! | what | where |
//! |---|---|
//! | packs and index objects; entries | `object`, `entry` |
//! | what is stored, and which requests are still under way | `store`, `log`, `world` |
//! | a reading, page by page; what it amounts to | `reading`, `view` |
//! | those who take part | `writer`, `pruner` with `mark`, `forgetter`, `unforgetter`, `reader`; `actor` is any of them |
//! | the rules, each of which can be left out | `rule` |
//! | all states and steps | `protocol`, `condense` |
//! | what always holds | `invariant`, `finish` |
//! | worlds; those in which a missing rule is noticed | `configuration`, `configurations`, `planted` |
//! | every path of a world; one path drawn from a seed | `explore`, `walk` |
//!
//! # What is in it
//!
//! One step is one request to the storage or one decision, and between any two steps of one actor all others may take any
//! number. Who takes no more steps has died. PUTs of entries get lost and land late or never; PUTs of objects arrive a second
//! time after the object was deleted; deletes are carried out one by one, late or never; listings have two pages, between
//! which others put entries; trees cannot be read; an attacker takes entries away. Packs that no entry names may be taken by
//! a pruner at any moment, for the hints by which it would know better may be missing, late or wrong; so there are no
//! hints in the model, and no time: neither the undo window nor `--now`, nor what a `Provide` protects. All of these only
//! keep what could be swept.
//!
//! # What is not
//!
//! Bytes, keys, signatures, roles, damage, second copies, anchors, `Amend`, `copy`. A blob is whole or not there. A snapshot
//! needs three blobs at the most, of which one lies in two packs at first. Writers go round three times at the most,
//! and a session puts eight entries at the most.
//!
//! # Where readings are one step
//!
//! Two listings that agree name just what was there between them, at one moment, because nothing leaves the log. So worlds of
//! one page lose nothing; those of two pages are there to see that this is so. No two actors are taken for each other
//! (symmetry), because the first of several places is that of the first session.

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
pub use object::{Blob, Blobs, Object, Objects, blobs};
pub use planted::planted;
pub use protocol::{Action, Protocol, State};
pub use rule::Rule;
pub use set::{Member, Set};
pub use walk::{Walk, walk};
