//! A run that writes: what it saw when it began, and the commit that makes its snapshot count.
//!
//! Write order, each step durable before the next: packs, the index objects that name them, the entry that names those, and
//! after the `Commit` a reading that contains it. Success is reported only after that reading. A commit of what was
//! checked against one reading has seen that reading, the session's own entries, and nothing newer.

use crate::buffers::PackBuffers;
use crate::memory::PACKS_FILLED;
use crate::session_log::SessionLog;
use crate::{
    BlobReader, BlobWriter, Flushed, Index, Reading, Repository, RepositoryError, RunningHint, View,
    WriterOptions,
};
use lifeboat_format::{Commit, EntryKind, FormatError, SessionId, Snapshot, SnapshotId};
use std::sync::Arc;

/// A run that writes.
#[derive(Debug)]
pub struct Session {
    repository: Repository,
    log: Arc<SessionLog>,
    view: View,
    forged: Vec<(String, FormatError)>,
    snapshot: SnapshotId,
    packs: Arc<PackBuffers>,
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
        repository.complete_copies(&reading)?;
        let random = &*repository.environment.random;
        let (id, snapshot) = (SessionId::new(random.array()), SnapshotId::new(random.array()));
        let log = Arc::new(SessionLog::new(repository, id, reading.heads()));
        let packs = PackBuffers::new(|role| repository.memory().writing_buffers(role));
        let forged = reading.faults().to_vec();
        Ok(Self { repository: repository.clone(), log, view, forged, snapshot, packs })
    }

    /// What it saw when it began.
    #[must_use]
    pub fn view(&self) -> &View {
        &self.view
    }

    /// What lay in the log when it began and is no entry, though it is what its name says: it counts for nothing.
    #[must_use]
    pub fn forged(&self) -> &[(String, FormatError)] {
        &self.forged
    }

    /// Id of the snapshot it will commit.
    #[must_use]
    pub fn snapshot(&self) -> SnapshotId {
        self.snapshot
    }

    /// A writer that relies on what counts in `index`, which has to be that of the session's view.
    #[must_use]
    pub fn writer(&self, index: Arc<Index>, options: WriterOptions) -> BlobWriter {
        let (log, packs) = (Arc::clone(&self.log), Arc::clone(&self.packs));
        BlobWriter::new(&self.repository, log, packs, index, options)
    }

    /// A reader of what `index` knows, which mends packs in the buffers of the writer, if there is one that
    /// the writer can do without.
    #[must_use]
    pub fn reader(&self, index: Arc<Index>) -> BlobReader {
        BlobReader::new(&self.repository, Arc::clone(&self.packs), PACKS_FILLED, index)
    }

    /// Tells others that the session lives, and what it does. They believe it for want of better, and no more.
    ///
    /// # Errors
    /// When this process does not know itself, or the hint cannot be stored.
    pub fn announce(&self, verb: &str) -> Result<RunningHint, RepositoryError> {
        RunningHint::put(&self.repository, self.log.session(), verb)
    }

    /// Removes the hints of sessions that are dead.
    ///
    /// # Errors
    /// When they cannot be listed, read or deleted.
    pub fn remove_dead_hints(&self) -> Result<(), RepositoryError> {
        self.repository.remove_dead_hints(self.log.session())
    }

    /// Makes a snapshot count, whose every blob was put by the writer that gave `flushed` or counted in the view.
    ///
    /// # Errors
    /// When the entry cannot be stored or is not found afterwards: then nothing may be reported as backed up.
    pub fn commit(self, snapshot: &Snapshot, flushed: Flushed) -> Result<SnapshotId, RepositoryError> {
        let repository = &self.repository;
        let random = &*repository.environment.random;
        if !snapshot.is_within_limits() {
            return Err(FormatError::Limit("paths, tags and patterns of a snapshot").into());
        }
        let commit = Commit::new(snapshot, flushed.index, flushed.packs, &repository.keyring, random);
        let hash = self.log.put(EntryKind::COMMIT, commit.encode())?;
        let after = repository.read_log()?;
        refuse_faults(&after)?;
        repository.view(&after)?.check_writable()?;
        match after.contains(&hash) {
            true => {
                // All that it stored is named.
                flushed.listed.into_iter().for_each(|at| repository.kept.remember_listing(at));
                Ok(snapshot.id)
            }
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
