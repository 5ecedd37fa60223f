//! A run that writes: what it saw when it began, and the commit that makes its snapshot count.
//!
//! Write order, each step durable before the next: packs, the index objects that name them, the entry that names those, and
//! after the `Commit` a reading that contains it. Success is reported only after that reading. A commit of what was
//! checked against one reading has seen that reading, the session's own entries, and nothing newer. Where somebody condemned objects
//! beside it, another round begins with the newer reading.

use crate::buffers::PackBuffers;
use crate::memory::PACKS_FILLED;
use crate::round::Round;
use crate::session_log::SessionLog;
use crate::{
    BlobReader, BlobWriter, Flushed, Index, Reading, Repository, RepositoryError, RunningHint, View,
    WriterOptions,
};
use lifeboat_format::{
    Anchor, Bug, Commit, EntryKind, FormatError, PackId, SessionId, Snapshot, SnapshotId, planted,
};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// What became of an entry that relies on packs.
pub(crate) enum Ended {
    /// It counts, as this reading shows.
    Counts(Box<Round>),
    /// Something that it relies on does not count any more.
    Overtaken(Box<Session>),
}

/// Rounds after which a session gives up, which take more than two minutes.
const ROUNDS_MAX: u32 = 32;
/// Half of what the first further round waits; each later one waits twice as long as the one before.
const WAIT_FIRST: Duration = Duration::from_millis(50);
/// The longest that one waits.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// A run that writes.
#[derive(Debug)]
pub struct Session {
    pub(crate) repository: Repository,
    pub(crate) log: Arc<SessionLog>,
    round: Round,
    rounds: u32,
    snapshot: SnapshotId,
    pub(crate) packs: Arc<PackBuffers>,
}

/// What became of a commit.
#[derive(Debug)]
#[must_use = "a snapshot may not count"]
pub enum Committed {
    /// The snapshot counts, though somebody may not want it any more.
    Counts {
        /// Whether it was forgotten before it was complete.
        is_forgotten: bool,
    },
    /// Some of what it relies on is condemned since: everything has to be looked at again, in the next round of the session.
    Overtaken(Box<Session>),
}

impl Session {
    /// Begins with a reading.
    ///
    /// # Errors
    /// When the log cannot be read, holds damaged entries, or needs a newer program.
    pub fn start(repository: &Repository) -> Result<Self, RepositoryError> {
        let round = Round::read(repository)?;
        repository.complete_copies(&round.reading)?;
        let random = &*repository.environment.random;
        let (id, snapshot) = (SessionId::new(random.array()), SnapshotId::new(random.array()));
        let log = Arc::new(SessionLog::new(repository, id, round.reading.heads()));
        let packs = PackBuffers::new(|role| repository.memory().writing_buffers(role));
        Ok(Self { repository: repository.clone(), log, round, rounds: 0, snapshot, packs })
    }

    /// The log as it was then.
    #[must_use]
    pub fn reading(&self) -> &Reading {
        &self.round.reading
    }

    /// Remembers how far the log of another repository was, which has to have been read after this session began.
    ///
    /// # Errors
    /// When the entry cannot be stored; it may be there all the same.
    pub fn anchor(&self, anchor: &Anchor) -> Result<(), RepositoryError> {
        self.log.put(EntryKind::ANCHOR, anchor.encode()).map(drop)
    }

    /// What it saw when its round began.
    #[must_use]
    pub fn view(&self) -> &View {
        &self.round.view
    }

    /// What lay in the log when it began and is no entry, though it is what its name says: it counts for nothing.
    #[must_use]
    pub fn forged(&self) -> &[(String, FormatError)] {
        self.round.reading.faults()
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
    pub fn commit(self, snapshot: &Snapshot, flushed: Flushed) -> Result<Committed, RepositoryError> {
        if !snapshot.is_within_limits() {
            return Err(FormatError::Limit("paths, tags and patterns of a snapshot").into());
        }
        let Flushed { index, packs, relied, listed, .. } = flushed;
        let (keyring, random) = (&self.repository.keyring, &*self.repository.environment.random);
        let body = Commit::new(snapshot, index, packs, keyring, random).encode();
        let kept = self.repository.kept.clone();
        match self.put_until_it_counts(EntryKind::COMMIT, &body, &relied)? {
            Ended::Overtaken(session) => Ok(Committed::Overtaken(session)),
            Ended::Counts(after) => {
                // All that it stored is named.
                listed.into_iter().for_each(|at| kept.remember_listing(at));
                Ok(Committed::Counts { is_forgotten: after.view.is_forgotten(snapshot.id) })
            }
        }
    }

    /// Puts an entry that relies on these packs, again and again until nobody condemns anything beside it, or any of them.
    pub(crate) fn put_until_it_counts(
        mut self,
        kind: EntryKind,
        body: &[u8],
        relied: &BTreeSet<PackId>,
    ) -> Result<Ended, RepositoryError> {
        loop {
            let hash = self.log.put(kind, body.to_vec())?;
            let after = Round::read(&self.repository)?;
            if !after.reading.contains(&hash) {
                return Err(RepositoryError::Missing(format!("log entry {hash}, just stored,")));
            }
            if !after.is_overtaken(hash, &self.round) || planted(Bug::CondemnedUnseen) {
                return Ok(Ended::Counts(Box::new(after)));
            }
            self.look_again()?;
            if !self.repository.load_index(self.view())?.counts_all(relied) {
                return Ok(Ended::Overtaken(Box::new(self)));
            }
        }
    }

    /// Begins another round, because what the view names is being swept, or what was put does not count. Its reading comes behind the
    /// wait: all that is condemned between the two overtakes what is put next.
    ///
    /// # Errors
    /// As [`Session::start`], and when there were rounds enough.
    pub fn look_again(&mut self) -> Result<(), RepositoryError> {
        self.rounds += 1;
        if self.rounds == ROUNDS_MAX {
            return Err(RepositoryError::Overtaken);
        }
        // Pruners that go round and round come between again and again.
        let wait = WAIT_FIRST.saturating_mul(1 << self.rounds).min(WAIT_MAX);
        self.repository.environment.clock.sleep(wait);
        let round = Round::read(&self.repository)?;
        self.log.begin_again(round.reading.heads());
        self.round = round;
        Ok(())
    }
}
