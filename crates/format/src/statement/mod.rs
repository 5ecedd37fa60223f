//! What log entries say: the bodies of each kind.
//!
//! Spec: docs/format.md#log-entries.

mod anchor;
mod commit;
mod objects;
mod wishes;

pub use anchor::Anchor;
pub use commit::Commit;
pub use objects::ObjectList;
pub use wishes::{Amend, Forget, Unforget};

use crate::{Entry, EntryKind, FormatError, KeyId, ObjectHash, wire};
use minicbor::{Decode, Encode};

/// Body of the first entry of a log.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Genesis {
    /// Hash of the config.
    #[n(0)]
    pub config: ObjectHash,
    /// Keys that must be in the keyring.
    #[n(1)]
    pub keys: Vec<KeyId>,
}

impl Genesis {
    /// The body's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        wire::encode(self)
    }
}

/// An entry's body, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    /// The first entry.
    Genesis(Genesis),
    /// A snapshot.
    Commit(Commit),
    /// What a backup has stored so far: it counts for deduplication, whatever becomes of the backup.
    Provide(ObjectList),
    /// Snapshots that nobody wants any more.
    Forget(Forget),
    /// Snapshots that are wanted again.
    Unforget(Unforget),
    /// What is to be read beside a snapshot.
    Amend(Amend),
    /// Copies of what is needed, and index objects made of others.
    Relocate(ObjectList),
    /// On what nobody may rely any more, for ever.
    Condemn(ObjectList),
    /// What of its session's `Condemn` does not exist any more.
    Sweep(ObjectList),
    /// What was found damaged or lost: nobody may rely on it, and nobody need look for it.
    Damage(ObjectList),
    /// What of earlier `Damage` is sound again.
    Healed(ObjectList),
    /// How far the log of another repository was when something was copied between the two.
    Anchor(Anchor),
    /// A kind of a later version.
    Unknown(EntryKind),
}

impl Statement {
    /// What an entry says.
    ///
    /// # Errors
    /// When the body is not of its kind's form.
    pub fn of(entry: &Entry) -> Result<Self, FormatError> {
        let body = &entry.body;
        match entry.header.kind {
            EntryKind::GENESIS => wire::decode(body, "genesis entry").map(Self::Genesis),
            EntryKind::COMMIT => wire::decode(body, "commit entry").map(Self::Commit),
            EntryKind::PROVIDE => wire::decode(body, "provide entry").map(Self::Provide),
            EntryKind::FORGET => wire::decode(body, "forget entry").map(Self::Forget),
            EntryKind::UNFORGET => wire::decode(body, "unforget entry").map(Self::Unforget),
            EntryKind::AMEND => wire::decode(body, "amend entry").map(Self::Amend),
            EntryKind::RELOCATE => wire::decode(body, "relocate entry").map(Self::Relocate),
            EntryKind::CONDEMN => wire::decode(body, "condemn entry").map(Self::Condemn),
            EntryKind::SWEEP => wire::decode(body, "sweep entry").map(Self::Sweep),
            EntryKind::DAMAGE => wire::decode(body, "damage entry").map(Self::Damage),
            EntryKind::HEALED => wire::decode(body, "healed entry").map(Self::Healed),
            EntryKind::ANCHOR => wire::decode(body, "anchor entry").map(Self::Anchor),
            other => Ok(Self::Unknown(other)),
        }
    }
}
