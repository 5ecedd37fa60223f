//! A run that writes: what it saw when it began, and the commit that makes its snapshot count.
//!
//! Write order, each step durable before the next: packs, the index objects that name them, the `Commit`, and then
//! a reading that contains it. Success is reported only after that reading. A commit of what was checked against
//! one reading names that reading and no newer one.

use crate::log::put_entry;
use crate::{Flushed, Reading, Repository, RepositoryError, View};
use lifeboat_format::{Commit, Draft, EntryKind, SessionId, Snapshot, SnapshotId};

/// A run that writes.
#[derive(Debug)]
pub struct Session {
    repository: Repository,
    id: SessionId,
    next: u64,
    reading: Reading,
    view: View,
    snapshot: SnapshotId,
}

impl Session {
    /// Begins with a reading.
    ///
    /// # Errors
    /// When the log cannot be read, holds damaged entries, or needs a newer program.
    pub fn start(repository: &Repository) -> Result<Self, RepositoryError> {
        let reading = repository.read_log()?;
        refuse_faults(&reading)?;
        let view = repository.view(&reading)?;
        view.check_writable()?;
        let random = &*repository.environment.random;
        let (id, snapshot) = (SessionId::new(random.array()), SnapshotId::new(random.array()));
        Ok(Self { repository: repository.clone(), id, next: 0, reading, view, snapshot })
    }

    /// What it saw when it began.
    #[must_use]
    pub fn view(&self) -> &View {
        &self.view
    }

    /// Id of the snapshot it will commit.
    #[must_use]
    pub fn snapshot(&self) -> SnapshotId {
        self.snapshot
    }

    /// Makes a snapshot count, whose every blob was put by the writer that gave `flushed` or counted in the view.
    ///
    /// # Errors
    /// When the entry cannot be stored or is not found afterwards: then nothing may be reported as backed up.
    pub fn commit(mut self, snapshot: &Snapshot, flushed: Flushed) -> Result<SnapshotId, RepositoryError> {
        let repository = &self.repository;
        let random = &*repository.environment.random;
        let commit = Commit::new(snapshot, flushed.index, flushed.packs, &repository.keyring, random);
        let draft = Draft {
            session: self.id,
            number: self.next,
            seen: self.reading.heads(),
            kind: EntryKind::COMMIT,
            critical: true,
            time: repository.environment.clock.now(),
            body: commit.encode(),
        };
        let hash = put_entry(&*repository.backend, draft, &repository.keyring, random)?;
        self.next += 1;
        let after = repository.read_log()?;
        refuse_faults(&after)?;
        repository.view(&after)?.check_writable()?;
        match after.contains(&hash) {
            true => Ok(snapshot.id),
            false => Err(RepositoryError::Missing(format!("log entry {hash}, just stored,"))),
        }
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
