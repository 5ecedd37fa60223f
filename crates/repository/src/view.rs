//! What a reading of the log means: the state of the repository at that moment.
//!
//! Invariant: a pure function of the set of entries; no clock, no order of names, no listing of packs.

use crate::{Reading, Repository, RepositoryError};
use lifeboat_format::{EntryKind, FormatError, ObjectHash, PackId, Snapshot, SnapshotId, Statement};
use std::collections::{BTreeMap, BTreeSet};

/// The state of a repository.
#[derive(Clone, Debug, Default)]
pub struct View {
    snapshots: BTreeMap<SnapshotId, Snapshot>,
    unreadable: Vec<(SnapshotId, FormatError)>,
    index: BTreeSet<ObjectHash>,
    packs: BTreeSet<PackId>,
    unknown: Vec<(EntryKind, bool)>,
}

impl View {
    pub(crate) fn of(reading: &Reading, repository: &Repository) -> Result<Self, RepositoryError> {
        let mut view = Self::default();
        for entry in reading.entries() {
            let statement = Statement::of(entry)
                .map_err(|source| RepositoryError::reading(&format!("log entry {}", entry.hash), source))?;
            match statement {
                Statement::Genesis(_) => {}
                Statement::Commit(commit) => {
                    view.index.extend(&commit.index);
                    view.packs.extend(&commit.packs);
                    match commit.open(&repository.keyring) {
                        Ok(snapshot) => drop(view.snapshots.insert(commit.snapshot, snapshot)),
                        Err(error) => view.unreadable.push((commit.snapshot, error)),
                    }
                }
                Statement::Provide(provide) => {
                    view.index.extend(&provide.index);
                    view.packs.extend(&provide.packs);
                }
                Statement::Unknown(kind) => view.unknown.push((kind, entry.header.critical)),
            }
        }
        Ok(view)
    }

    /// All snapshots, oldest first, those that started at once by id.
    #[must_use]
    pub fn snapshots(&self) -> Vec<&Snapshot> {
        let mut all: Vec<&Snapshot> = self.snapshots.values().collect();
        all.sort_by_key(|snapshot| (snapshot.start, snapshot.id));
        all
    }

    /// Snapshots that cannot be opened, and why.
    #[must_use]
    pub fn unreadable(&self) -> &[(SnapshotId, FormatError)] {
        &self.unreadable
    }

    /// Index objects that any entry names.
    #[must_use]
    pub fn index(&self) -> &BTreeSet<ObjectHash> {
        &self.index
    }

    /// Packs that any entry names.
    #[must_use]
    pub fn packs(&self) -> &BTreeSet<PackId> {
        &self.packs
    }

    /// Succeeds when this program understands enough to write.
    ///
    /// # Errors
    /// [`RepositoryError::Newer`] when there is an entry of an unknown kind that writers must know.
    pub fn check_writable(&self) -> Result<(), RepositoryError> {
        match self.unknown.iter().find(|(_, critical)| *critical) {
            None => Ok(()),
            Some((kind, _)) => Err(RepositoryError::Newer {
                object: format!("log entry of kind {}", kind.0),
                source: FormatError::Newer("log entry"),
            }),
        }
    }
}
