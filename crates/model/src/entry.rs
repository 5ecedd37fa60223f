//! An entry of the log.
//!
//! Invariant: `seen` is closed: with an entry it has all that this one has seen. A real entry names the newest of them
//! only, and the rest follows.

use crate::object::{Blobs, NAMES, Objects, Session};
use crate::set::{Member, Set};
use std::fmt;

/// The name of an entry: its session, and its number there.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryId(u8);

/// Several of them: a reading, or what an author had seen.
pub type Entries = Set<EntryId>;

/// The id of a snapshot: that of the session which saves it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct Snapshot(pub(crate) Session);

/// What an entry says.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Says {
    /// A snapshot, the blobs it consists of, and what its session stored and has not named yet.
    Commit {
        /// Whose commit it is.
        snapshot: Snapshot,
        /// What it consists of.
        needs: Blobs,
        /// Index objects and packs.
        adds: Objects,
    },
    /// What a session has stored so far.
    Provide {
        /// Index objects and packs.
        adds: Objects,
    },
    /// Copies of blobs that were moved, or an index object in the place of several.
    Relocate {
        /// Index objects and packs.
        adds: Objects,
    },
    /// A snapshot is no longer wanted.
    Forget(Snapshot),
    /// The Forgets of a snapshot that this entry has seen do not hold.
    Unforget(Snapshot),
    /// Objects on which nobody may rely any more.
    Condemn(Objects),
    /// Objects of the Condemn of the same session that no longer exist.
    Sweep(Objects),
}

/// An entry.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Entry {
    /// Its name.
    pub(crate) id: EntryId,
    /// Every entry that its author knew of when it was decided.
    pub(crate) seen: Entries,
    /// What it says.
    pub(crate) says: Says,
}

impl EntryId {
    /// The `n`th entry of a session.
    #[must_use]
    pub const fn new(session: Session, n: u8) -> Self {
        assert!(n < NAMES, "a session has no more names");
        Self(session.0 * NAMES + n)
    }

    /// Whose it is.
    #[must_use]
    pub const fn session(self) -> Session {
        Session(self.0 / NAMES)
    }
}

impl Says {
    /// The index objects and packs that the entry names.
    #[must_use]
    pub(crate) const fn adds(&self) -> Objects {
        match self {
            Self::Commit { adds, .. } | Self::Provide { adds } | Self::Relocate { adds } => *adds,
            Self::Forget(_) | Self::Unforget(_) | Self::Condemn(_) | Self::Sweep(_) => Objects::EMPTY,
        }
    }
}

impl Member for EntryId {
    fn number(self) -> u8 {
        self.0
    }

    fn numbered(number: u8) -> Self {
        Self(number)
    }
}

impl fmt::Debug for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0 / NAMES, self.0 % NAMES)
    }
}
