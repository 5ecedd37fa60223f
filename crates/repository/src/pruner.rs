//! A run that takes away: what it condemns nobody may rely on any more, what it sweeps is deleted.
//!
//! `reading → mark → Relocate → Condemn → reading → mark again → Sweep → delete`. Each step is durable before the next. Who marks and what
//! is needed is the engine's; that the order is kept is a matter of types: only what was condemned can be swept, and only after
//! a reading of its own.
//!
//! Invariants: a session puts one `Condemn` and one `Sweep` at most. What a `Sweep` in the log names may be deleted by anybody at any time;
//! nothing else is ever deleted (docs/log-protocol.md, "Pruners").

use crate::buffers::PackBuffers;
use crate::layout::EntryName;
use crate::memory::PACKS_FILLED;
use crate::round::Round;
use crate::session_log::SessionLog;
use crate::{
    BlobReader, BlobWriter, Index, Repository, RepositoryError, RunningHint, View, WriterOptions, layout,
};
use lifeboat_backend::ObjectInfo;
use lifeboat_format::{
    Bug, EntryKind, FormatError, ObjectHash, ObjectList, PackId, SessionId, Timestamp, planted,
};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::AddAssign;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Objects that are deleted between two looks at whether to go on.
const DELETED_AT_ONCE: usize = 256;

/// A run that has not condemned anything yet.
#[derive(Debug)]
pub struct Pruner {
    pub(crate) repository: Repository,
    log: Arc<SessionLog>,
    round: Round,
    packs: Arc<PackBuffers>,
}

/// A run that has condemned something and may sweep what of it is still not needed.
#[derive(Debug)]
pub struct Sweeper {
    repository: Repository,
    log: Arc<SessionLog>,
    round: Round,
    packs: Arc<PackBuffers>,
    condemned: ObjectList,
}

impl AddAssign for Deleted {
    fn add_assign(&mut self, other: Self) {
        self.packs += other.packs;
        self.index += other.index;
        self.bytes += other.bytes;
    }
}

/// What was deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deleted {
    /// Packs.
    pub packs: u64,
    /// Index objects.
    pub index: u64,
    /// Their bytes, second copies counted once.
    pub bytes: u64,
}

impl Pruner {
    /// Begins with a reading of what is stored: what only this machine keeps of the log others may not be able to read any more.
    ///
    /// # Errors
    /// When the log cannot be read, holds damaged entries, or needs a newer program; when a snapshot cannot be opened, since
    /// nobody knows what it needs.
    pub fn start(repository: &Repository) -> Result<Self, RepositoryError> {
        let round = Round::read(&repository.anew())?;
        repository.complete_copies(&round.reading)?;
        refuse_unreadable(&round.view)?;
        let id = SessionId::new(repository.environment.random.array());
        let log = Arc::new(SessionLog::new(repository, id, round.reading.heads()));
        let packs = PackBuffers::new(|role| repository.memory().writing_buffers(role));
        Ok(Self { repository: repository.clone(), log, round, packs })
    }

    /// What it saw when it began.
    #[must_use]
    pub fn view(&self) -> &View {
        &self.round.view
    }

    /// What lay in the log when it began and is no entry, though it is what its name says: it counts for nothing.
    #[must_use]
    pub fn forged(&self) -> &[(String, FormatError)] {
        self.round.reading.faults()
    }

    /// Tells others that it lives.
    ///
    /// # Errors
    /// When this process does not know itself, or the hint cannot be stored.
    pub fn announce(&self, verb: &str) -> Result<RunningHint, RepositoryError> {
        RunningHint::put(&self.repository, self.log.session(), verb)
    }

    /// A reader of what `index` knows.
    #[must_use]
    pub fn reader(&self, index: Arc<Index>) -> BlobReader {
        BlobReader::new(&self.repository, Arc::clone(&self.packs), PACKS_FILLED, index)
    }

    /// The same that believes nothing of what this machine keeps: it proves what is stored.
    #[must_use]
    pub fn prover(&self, index: Arc<Index>) -> BlobReader {
        BlobReader::new(&self.repository.anew(), Arc::clone(&self.packs), PACKS_FILLED, index)
    }

    /// A writer of copies: what it is given it stores, wherever else that lies.
    #[must_use]
    pub fn copier(&self, index: Arc<Index>, options: WriterOptions) -> BlobWriter {
        let (log, packs) = (Arc::clone(&self.log), Arc::clone(&self.packs));
        BlobWriter::copier(&self.repository, log, packs, index, options)
    }

    /// Tells the log of copies, or of index objects that stand for others.
    ///
    /// # Errors
    /// When the entry cannot be stored.
    pub fn relocate(&self, list: &ObjectList) -> Result<(), RepositoryError> {
        self.log.say(EntryKind::RELOCATE, list)
    }

    /// Condemns objects, and reads again.
    ///
    /// # Errors
    /// As [`Pruner::start`]; when the entry cannot be stored or is not found afterwards.
    pub fn condemn(self, objects: ObjectList) -> Result<Sweeper, RepositoryError> {
        let Self { repository, log, packs, .. } = self;
        let early = if planted(Bug::ReadBeforeCondemned) { Some(Round::read(&repository)?) } else { None };
        let hash = log.put(EntryKind::CONDEMN, objects.encode())?;
        if planted(Bug::DeletedWhenCondemned) {
            repository.delete_swept::<RepositoryError>(&objects, || Ok(()))?;
        }
        if let Some(round) = early {
            return Ok(Sweeper { repository, log, round, packs, condemned: objects });
        }
        let round = Round::read(&repository)?;
        refuse_unreadable(&round.view)?;
        match round.reading.contains(&hash) {
            true => {
                log.begin_again(round.reading.heads());
                Ok(Sweeper { repository, log, round, packs, condemned: objects })
            }
            false => Err(RepositoryError::Missing(format!("log entry {hash}, just stored,"))),
        }
    }
}

impl Sweeper {
    /// What it saw after it had condemned.
    #[must_use]
    pub fn view(&self) -> &View {
        &self.round.view
    }

    /// A reader of what `index` knows.
    #[must_use]
    pub fn reader(&self, index: Arc<Index>) -> BlobReader {
        BlobReader::new(&self.repository, Arc::clone(&self.packs), PACKS_FILLED, index)
    }

    /// The index objects among what it condemned that name any of these packs.
    ///
    /// # Errors
    /// When one cannot be read that is not known to be damaged.
    pub fn naming(&self, packs: &BTreeSet<PackId>) -> Result<BTreeSet<ObjectHash>, RepositoryError> {
        let mut naming = BTreeSet::new();
        if packs.is_empty() {
            return Ok(naming);
        }
        let view = self.view();
        let is_readable =
            |hash: &&ObjectHash| view.index().contains(*hash) && !view.damaged().index.contains(*hash);
        for hash in self.condemned.index.iter().filter(is_readable) {
            let index = self.repository.read_index(*hash)?;
            naming.extend(index.packs.iter().any(|pack| packs.contains(&pack.id)).then_some(*hash));
        }
        Ok(naming)
    }

    /// Sweeps what it condemned, but for what has to stay: from now on that does not exist.
    ///
    /// # Errors
    /// When the entry cannot be stored; it may be there all the same.
    pub fn sweep(
        self,
        stays: &BTreeSet<PackId>,
        index_stays: &BTreeSet<ObjectHash>,
    ) -> Result<ObjectList, RepositoryError> {
        let mut swept = self.condemned;
        swept.packs.retain(|pack| !stays.contains(pack));
        swept.index.retain(|hash| !index_stays.contains(hash));
        self.log.say(EntryKind::SWEEP, &swept)?;
        Ok(swept)
    }
}

impl Repository {
    /// The next index that is loaded lists packs, whatever this machine remembers of them.
    pub fn list_packs_again(&self) {
        self.kept.forget_listing();
    }

    /// When log entries were stored, by the clock of the storage, as far as it tells.
    ///
    /// # Errors
    /// When they cannot be listed.
    pub fn entry_times(&self) -> Result<BTreeMap<ObjectHash, Timestamp>, RepositoryError> {
        let mut times = BTreeMap::new();
        self.backend.list(layout::LOG, &mut |object| {
            let entry = EntryName::parse(&object.name).map(|entry| entry.hash);
            times.extend(entry.zip(object.modified.and_then(timestamp)));
        })?;
        Ok(times)
    }

    /// Packs and index objects in the storage that no entry names as what is there: stored so many seconds ago at least by the clock of
    /// the storage, or at any time, or condemned by a run that did not come to sweep them.
    ///
    /// # Errors
    /// When they cannot be listed.
    pub fn unnamed(&self, view: &View, age: Option<i64>) -> Result<ObjectList, RepositoryError> {
        let now = self.environment.clock.now();
        let is_old = |object: &ObjectInfo| match (age, object.modified.and_then(timestamp)) {
            (None, _) => true,
            (Some(age), Some(at)) => now.seconds.saturating_sub(at.seconds) >= age,
            // Whoever does not know how old it is leaves it.
            (Some(_), None) => false,
        };
        let mut unnamed = ObjectList::default();
        self.backend.list(layout::PACKS, &mut |object| {
            let pack = layout::parse_pack(&object.name).filter(|pack| !view.has_named_pack(pack));
            let is_condemned = |pack: &PackId| view.condemned().packs.contains(pack);
            unnamed.packs.extend(pack.filter(|pack| is_condemned(pack) || is_old(&object)));
        })?;
        self.backend.list(layout::INDEX, &mut |object| {
            let index = layout::parse_index(&object.name).filter(|hash| !view.has_named_index(hash));
            let is_condemned = |hash: &ObjectHash| view.condemned().index.contains(hash);
            unnamed.index.extend(index.filter(|hash| is_condemned(hash) || is_old(&object)));
        })?;
        Ok(unnamed)
    }

    /// Deletes those of these objects that are in the storage: ones that a `Sweep` in the log names.
    ///
    /// # Errors
    /// When the storage cannot be listed or refuses to delete: what is left is deleted by the next pruner.
    pub fn delete_swept<E: From<RepositoryError>>(
        &self,
        swept: &ObjectList,
        check: impl Fn() -> Result<(), E>,
    ) -> Result<Deleted, E> {
        let mut deleted = Deleted::default();
        let packs = self.list_packs()?;
        let there: Vec<_> = swept.packs.iter().filter_map(|pack| Some((*pack, packs.get(pack)?))).collect();
        for some in there.chunks(DELETED_AT_ONCE) {
            check()?;
            let names: Vec<_> = some.iter().map(|(pack, _)| layout::pack(*pack)).collect();
            self.backend.delete_all(&names).map_err(RepositoryError::from)?;
            some.iter().for_each(|(pack, _)| self.kept.drop_pack(*pack));
            deleted.packs += some.len() as u64;
            deleted.bytes += some.iter().map(|(_, bytes)| *bytes).sum::<u64>();
        }
        let listed = self.control.list_copies(layout::INDEX).map_err(RepositoryError::from)?;
        let swept: BTreeSet<_> = swept.index.iter().map(|hash| layout::index(*hash)).collect();
        let there: Vec<_> = listed.into_iter().filter(|(name, _)| swept.contains(name)).collect();
        for some in there.chunks(DELETED_AT_ONCE) {
            check()?;
            let names: Vec<_> = some.iter().map(|(name, _)| name.clone()).collect();
            self.control.delete_all(&names).map_err(RepositoryError::from)?;
            deleted.index += some.len() as u64;
            deleted.bytes += some.iter().map(|(_, listed)| listed.size).sum::<u64>();
        }
        Ok(deleted)
    }
}

fn timestamp(time: SystemTime) -> Option<Timestamp> {
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    Some(Timestamp { seconds: i64::try_from(since.as_secs()).ok()?, nanoseconds: since.subsec_nanos() })
}

/// Of a snapshot that cannot be opened nobody knows what it needs.
fn refuse_unreadable(view: &View) -> Result<(), RepositoryError> {
    match view.unreadable().first() {
        None => Ok(()),
        Some((id, error)) => {
            Err(RepositoryError::reading(&format!("snapshot {}", id.short()), error.clone()))
        }
    }
}
