//! One go of a run that writes: the reading that all it relies on was checked against, and what came up meanwhile.
//!
//! Invariant: a commit counts only when everybody who condemned something beside it knows of it, or it knew of them
//! (docs/log-protocol.md, "Writers").

use crate::ancestry::{ASKED_MAX, Ancestry};
use crate::{Reading, Repository, RepositoryError, View};
use lifeboat_format::{Entry, EntryKind, ObjectHash, SessionId};
use std::collections::BTreeSet;

/// What a run that writes goes by.
#[derive(Debug)]
pub(crate) struct Round {
    pub(crate) reading: Reading,
    pub(crate) view: View,
}

impl Round {
    /// Begins with a reading.
    ///
    /// # Errors
    /// When the log cannot be read, holds damaged entries, or needs a newer program.
    pub(crate) fn read(repository: &Repository) -> Result<Self, RepositoryError> {
        let reading = repository.read_log()?;
        refuse_faults(&reading)?;
        let view = repository.view(&reading)?;
        view.check_writable()?;
        Ok(Self { reading, view })
    }

    /// Whether an entry that was decided by an earlier round, and is in this one, was put beside a `Condemn`: neither did that round
    /// know of it, nor does the `Sweep` that followed know of the entry.
    pub(crate) fn is_overtaken(&self, entry: ObjectHash, earlier: &Self) -> bool {
        let beside =
            self.entries_of(EntryKind::CONDEMN).filter(|condemn| !earlier.reading.contains(&condemn.hash));
        let beside: BTreeSet<SessionId> = beside.map(|condemn| condemn.header.session).collect();
        beside.len() > self.sweeps_that_saw(entry, &beside)
    }

    /// How many of these sessions have put a `Sweep` that has seen an entry.
    fn sweeps_that_saw(&self, entry: ObjectHash, sessions: &BTreeSet<SessionId>) -> usize {
        if sessions.is_empty() {
            return 0;
        }
        let ancestry = Ancestry::of(&self.reading);
        let entries = ancestry.entries().iter().enumerate();
        let is_one =
            |entry: &Entry| entry.header.kind == EntryKind::SWEEP && sessions.contains(&entry.header.session);
        let sweeps: Vec<usize> =
            entries.clone().filter(|(_, entry)| is_one(entry)).map(|(number, _)| number).collect();
        let own = entries.clone().find(|(_, other)| other.hash == entry).map(|(number, _)| number);
        let Some(own) = own else { return 0 };
        let seen_by = |some: &[usize]| ancestry.is_seen_by(some).bits(own).count_ones() as usize;
        sweeps.chunks(ASKED_MAX).map(seen_by).sum()
    }

    fn entries_of(&self, kind: EntryKind) -> impl Iterator<Item = &Entry> {
        self.reading.entries().filter(move |entry| entry.header.kind == kind)
    }
}

/// A damaged entry may be one that forbids what the writer is about to do.
fn refuse_faults(reading: &Reading) -> Result<(), RepositoryError> {
    let damaged = reading.faults().iter().find(|(_, error)| error.is_accident());
    match damaged {
        None => Ok(()),
        Some((object, error)) => Err(RepositoryError::reading(&object, error.clone())),
    }
}
