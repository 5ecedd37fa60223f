//! A small repository in memory, from one seed, and a backend that can be watched and disturbed.

use lifeboat_backend::{Backend, BackendError, ErrorKind, MemoryBackend, ObjectInfo, ObjectName};
use lifeboat_format::{
    Compression, KdfParams, Node, NodeKind, Snapshot, SnapshotId, Timestamp, VerifyWrites,
};
use lifeboat_repository::{
    BlobWriter, Clock, Committed, Credential, Environment, Flushed, InitOptions, Process, Processes, Random,
    Repository, RepositoryError, Session, Workers, WriterOptions, init,
};
use lifeboat_testkit as testkit;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

struct Seeded(Mutex<testkit::Random>);

impl Random for Seeded {
    fn fill(&self, out: &mut [u8]) {
        self.0.lock().unwrap().fill(out);
    }
}

/// A clock that is moved by hand, and otherwise stands. Who waits for nobody need not wait.
#[derive(Debug, Default)]
pub(crate) struct MovedClock {
    moved: AtomicU64,
    is_impatient: bool,
}

impl MovedClock {
    pub(crate) fn advance(&self, seconds: u64) {
        self.moved.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        Timestamp {
            seconds: 1_000_000_000 + self.moved.load(Ordering::Relaxed).cast_signed(),
            nanoseconds: 1,
        }
    }

    fn elapsed(&self) -> Duration {
        Duration::from_secs(self.moved.load(Ordering::Relaxed))
    }

    #[expect(clippy::disallowed_methods, reason = "who waits for another thread has to wait")]
    fn sleep(&self, duration: Duration) {
        if !self.is_impatient {
            std::thread::sleep(duration);
        }
    }
}

pub(crate) fn environment(seed: u64) -> Environment {
    environment_of(seed, Arc::default(), Alone(Process::default()))
}

/// The same with a clock and processes that the test knows.
pub(crate) fn environment_of(
    seed: u64,
    clock: Arc<MovedClock>,
    processes: impl Processes + 'static,
) -> Environment {
    let random = Arc::new(Seeded(Mutex::new(testkit::Random::new(seed))));
    Environment { clock, random, processes: Arc::new(processes) }
}

/// A process of a machine on which no other one lives.
pub(crate) struct Alone(pub(crate) Process);

impl Processes for Alone {
    fn this(&self) -> std::io::Result<Process> {
        Ok(self.0.clone())
    }

    fn started(&self, pid: u32) -> Option<u64> {
        (pid == self.0.pid).then_some(self.0.start)
    }
}

/// For a lone actor.
pub(crate) fn impatient(seed: u64) -> Environment {
    let clock = MovedClock { is_impatient: true, ..MovedClock::default() };
    environment_of(seed, Arc::new(clock), Alone(Process::default()))
}

pub(crate) fn password() -> Credential {
    Credential::password(b"secret".to_vec())
}

pub(crate) fn small() -> InitOptions {
    let kdf = KdfParams { memory_kib: 8, passes: 1, lanes: 1 };
    InitOptions { kdf, chunk_average: Some(1 << 10), pack_size: Some(32 << 10), ..InitOptions::default() }
}

/// A repository whose control objects have second copies.
pub(crate) fn new_doubled(seed: u64) -> (Arc<Watched>, Repository) {
    let watched = Arc::new(Watched::default());
    let repository = make_doubled(&watched, seed).unwrap();
    (watched, repository)
}

pub(crate) fn make_doubled(watched: &Arc<Watched>, seed: u64) -> Result<Repository, RepositoryError> {
    let options = InitOptions { second_copies: true, ..small() };
    init(Arc::clone(watched) as _, &password(), &options, environment(seed)).map(|(repository, _)| repository)
}

pub(crate) fn make(backend: &Arc<dyn Backend>, seed: u64) -> Result<Repository, RepositoryError> {
    init(Arc::clone(backend), &password(), &small(), environment(seed)).map(|(repository, _)| repository)
}

pub(crate) fn new(seed: u64) -> (Arc<Watched>, Repository) {
    with_parity(seed, 0)
}

pub(crate) fn with_parity(seed: u64, parity: u32) -> (Arc<Watched>, Repository) {
    let watched = Arc::new(Watched::default());
    let backend: Arc<dyn Backend> = Arc::clone(&watched) as _;
    let options = InitOptions { parity, ..small() };
    let (repository, _) = init(backend, &password(), &options, environment(seed)).unwrap();
    (watched, repository)
}

pub(crate) fn names(backend: &dyn Backend, folder: &str) -> Vec<String> {
    let mut names = Vec::new();
    backend.list(folder, &mut |object| names.push(object.name.to_string())).unwrap();
    names.sort();
    names
}

pub(crate) fn writer(repository: &Repository, session: &Session, workers: Workers) -> BlobWriter {
    let index = Arc::new(repository.load_index(session.view()).unwrap());
    let options =
        WriterOptions { compression: Compression::default(), verify_writes: VerifyWrites::All, workers };
    session.writer(index, options)
}

pub(crate) fn snapshot(id: SnapshotId) -> Snapshot {
    let root = Node { kind: NodeKind::Directory, ..Node::default() };
    Snapshot::new(id, root, Timestamp { seconds: 1, nanoseconds: 0 })
}

/// A backup of nothing.
pub(crate) fn commit_empty(repository: &Repository) -> SnapshotId {
    let session = Session::start(repository).unwrap();
    let flushed: Flushed = writer(repository, &session, Workers::inline()).finish().unwrap();
    let id = session.snapshot();
    commit(session, &snapshot(id), flushed).unwrap()
}

/// Commits beside nobody who prunes.
pub(crate) fn commit(
    session: Session,
    snapshot: &Snapshot,
    flushed: Flushed,
) -> Result<SnapshotId, RepositoryError> {
    match session.commit(snapshot, flushed)? {
        Committed::Counts { .. } => Ok(snapshot.id),
        Committed::Overtaken(_) => Err(RepositoryError::Overtaken),
    }
}

/// A backend in memory that writes down what is put and what is asked for, and can be told to refuse.
#[derive(Debug, Default)]
pub(crate) struct Watched {
    pub(crate) inner: MemoryBackend,
    pub(crate) puts: Mutex<Vec<String>>,
    pub(crate) gets: Mutex<Vec<String>>,
    /// Names of all calls.
    pub(crate) asked: Mutex<Vec<String>>,
    /// Puts below this folder fail as if the disk were full.
    pub(crate) full: Mutex<Option<&'static str>>,
    /// The next put below this folder fails likewise, and no other.
    pub(crate) full_once: Mutex<Option<&'static str>>,
    /// This folder cannot be listed.
    pub(crate) unlisted: Mutex<Option<&'static str>>,
    /// This object cannot be had now, though nothing is wrong with it.
    pub(crate) out_of_reach: Mutex<Option<ObjectName>>,
    /// First bytes of the sectors of objects that cannot be read.
    pub(crate) bad_sectors: Mutex<Vec<(String, u64)>>,
    /// Ranges that were read.
    pub(crate) ranges_read: AtomicUsize,
    /// Puts and deletes after which all further ones fail, as if the process were dead.
    pub(crate) changes_left: Mutex<Option<usize>>,
}

impl Watched {
    fn check_sectors(&self, name: &ObjectName, offset: u64, length: u64) -> Result<(), BackendError> {
        let is_hit = |(bad, sector): &(String, u64)| {
            bad == name.as_str() && *sector < offset + length && offset < sector + 4096
        };
        match self.bad_sectors.lock().unwrap().iter().any(is_hit) {
            true => Err(BackendError::new(ErrorKind::Damaged, "read", name)),
            false => Ok(()),
        }
    }

    fn change(&self, name: &ObjectName) -> Result<(), BackendError> {
        self.ask(name.as_str());
        match &mut *self.changes_left.lock().unwrap() {
            Some(0) => return Err(BackendError::new(ErrorKind::Other, "change", name)),
            Some(left) => *left -= 1,
            None => {}
        }
        Ok(())
    }

    fn ask(&self, name: &str) {
        self.asked.lock().unwrap().push(name.to_owned());
    }
}

impl Backend for Watched {
    fn put(&self, name: &ObjectName, bytes: &[u8]) -> Result<(), BackendError> {
        let is_below = |folder: &mut &str| name.as_str().starts_with(*folder);
        let once = self.full_once.lock().unwrap().take_if(is_below);
        if once
            .or_else(|| self.full.lock().unwrap().filter(|folder| name.as_str().starts_with(folder)))
            .is_some()
        {
            return Err(BackendError::new(ErrorKind::Full, "store", name));
        }
        self.change(name)?;
        self.puts.lock().unwrap().push(name.to_string());
        self.inner.put(name, bytes)
    }

    fn get(&self, name: &ObjectName, limit: u64) -> Result<Vec<u8>, BackendError> {
        self.gets.lock().unwrap().push(name.to_string());
        self.check_sectors(name, 0, u64::MAX >> 1)?;
        self.ask(name.as_str());
        if self.out_of_reach.lock().unwrap().as_ref() == Some(name) {
            return Err(BackendError::new(ErrorKind::Other, "get", name));
        }
        self.inner.get(name, limit)
    }

    fn get_range(&self, name: &ObjectName, offset: u64, buffer: &mut [u8]) -> Result<(), BackendError> {
        self.ranges_read.fetch_add(1, Ordering::Relaxed);
        self.gets.lock().unwrap().push(name.to_string());
        self.check_sectors(name, offset, buffer.len() as u64)?;
        self.inner.get_range(name, offset, buffer)
    }

    fn stat(&self, name: &ObjectName) -> Result<ObjectInfo, BackendError> {
        self.ask(name.as_str());
        self.inner.stat(name)
    }

    fn list(&self, prefix: &str, visit: &mut dyn FnMut(ObjectInfo)) -> Result<(), BackendError> {
        self.ask(prefix);
        if *self.unlisted.lock().unwrap() == Some(prefix) {
            return Err(BackendError::new(ErrorKind::Other, "list", prefix));
        }
        self.inner.list(prefix, visit)
    }

    fn delete(&self, name: &ObjectName) -> Result<(), BackendError> {
        self.change(name)?;
        self.inner.delete(name)
    }

    fn location(&self) -> String {
        "memory".into()
    }
}
