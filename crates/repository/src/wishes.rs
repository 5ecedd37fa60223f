//! What people want of snapshots, said by a run that writes: to be rid of them, to have them back, what they are called.
//!
//! Invariant: a snapshot is wanted again only when all that it needs counts, and as long as nobody has condemned any of that meanwhile: the
//! same rule as for a commit.

use crate::session::Ended;
use crate::{Index, RepositoryError, Session};
use lifeboat_format::{Amend, EntryKind, Forget, SnapshotId, Unforget};

/// What became of the wish to have snapshots back.
#[derive(Debug)]
#[must_use = "they may be as forgotten as before"]
pub enum Regained {
    /// They are there again.
    All,
    /// Some of what they need is condemned since: everything has to be looked at again, in the next round of the session. Until
    /// somebody sweeps it, the wish may hold.
    Overtaken(Box<Session>),
}

impl Session {
    /// Says that nobody wants these snapshots any more, and why, for people. They are there until they are swept.
    ///
    /// # Errors
    /// When the entry cannot be stored; it may be there all the same.
    pub fn forget(&self, snapshots: Vec<SnapshotId>, reason: &str) -> Result<(), RepositoryError> {
        let forget = Forget { snapshots, reason: reason.to_owned() };
        self.log.put(EntryKind::FORGET, forget.encode()).map(drop)
    }

    /// Says what is to be read beside a snapshot.
    ///
    /// # Errors
    /// When the entry cannot be stored; it may be there all the same.
    pub fn amend(&self, amend: &Amend) -> Result<(), RepositoryError> {
        self.log.put(EntryKind::AMEND, amend.encode()).map(drop)
    }

    /// Says that snapshots are wanted again all of whose blobs `index` was asked for, and found.
    ///
    /// # Errors
    /// When the entry cannot be stored or is not found afterwards.
    pub fn unforget(self, snapshots: Vec<SnapshotId>, index: &Index) -> Result<Regained, RepositoryError> {
        let body = Unforget { snapshots }.encode();
        match self.put_until_it_counts(EntryKind::UNFORGET, &body, &index.relied_on().collect())? {
            Ended::Counts(_) => Ok(Regained::All),
            Ended::Overtaken(session) => Ok(Regained::Overtaken(session)),
        }
    }
}
