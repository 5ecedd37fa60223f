//! A source tree and a repository in memory, from one seed.

use lifeboat_backend::{Backend, MemoryBackend, ObjectName};
use lifeboat_engine::{
    BackupOptions, BackupReport, EngineError, KdfParams, Observer, ReadData, RestoreOptions, RestoreReport,
    Snapshot, SnapshotFilter, Timestamp, VerifyOptions, VerifyReport, Workers, backup, restore, snapshots,
    verify,
};
use lifeboat_repository::{
    Clock, Credential, Environment, InitOptions, Process, Processes, Random, Repository, View, init,
};
use lifeboat_testkit as testkit;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Randomness from a seed.
pub(crate) struct Seeded(pub(crate) Mutex<testkit::Random>);

impl Random for Seeded {
    fn fill(&self, out: &mut [u8]) {
        self.0.lock().unwrap().fill(out);
    }
}

/// The wall clock, moved by hand: files that were just made count as settled once it is an hour later. The other
/// clock moves on by a second whenever it is looked at.
#[derive(Default)]
pub(crate) struct MovedClock {
    ahead: AtomicI64,
    looks: AtomicU64,
}

impl MovedClock {
    pub(crate) fn advance(&self, seconds: i64) {
        self.ahead.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let seconds = i64::try_from(now.as_secs()).unwrap() + self.ahead.load(Ordering::Relaxed);
        Timestamp { seconds, nanoseconds: now.subsec_nanos() }
    }

    fn elapsed(&self) -> Duration {
        Duration::from_secs(self.looks.fetch_add(1, Ordering::Relaxed))
    }

    fn sleep(&self, _: Duration) {}
}

/// A process of a machine on which no other one lives.
struct Alone(Process);

impl Processes for Alone {
    fn this(&self) -> std::io::Result<Process> {
        Ok(self.0.clone())
    }

    fn started(&self, pid: u32) -> Option<u64> {
        (pid == self.0.pid).then_some(self.0.start)
    }
}

/// What a run takes from its machine: each seed is another process of the same one.
pub(crate) fn environment(seed: u64, clock: &Arc<MovedClock>) -> Environment {
    let random = Arc::new(Seeded(Mutex::new(testkit::Random::new(seed))));
    let process = Process { host: "here".into(), start: seed, ..Process::default() };
    Environment { clock: Arc::clone(clock) as _, random, processes: Arc::new(Alone(process)) }
}

pub(crate) fn password() -> Credential {
    Credential::password(b"secret".to_vec())
}

pub(crate) struct World {
    pub(crate) backend: Arc<MemoryBackend>,
    pub(crate) repository: Repository,
    pub(crate) workers: Workers,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) clock: Arc<MovedClock>,
}

impl World {
    /// A small repository: chunks around 4 KiB, packs of 64 KiB.
    pub(crate) fn new(seed: u64, workers: Workers) -> Self {
        Self::with_parity(seed, workers, 0)
    }

    /// The same with so many percent of parity.
    pub(crate) fn with_parity(seed: u64, workers: Workers, parity: u32) -> Self {
        let (chunk_average, pack_size) = (Some(4 << 10), Some(64 << 10));
        Self::of(seed, workers, InitOptions { chunk_average, pack_size, parity, ..InitOptions::default() })
    }

    /// A repository as it is made if nothing is said, without parity.
    pub(crate) fn of_usual_sizes(seed: u64, workers: Workers) -> Self {
        Self::of(seed, workers, InitOptions::default())
    }

    pub(crate) fn of(seed: u64, workers: Workers, options: InitOptions) -> Self {
        let backend = Arc::new(MemoryBackend::new());
        let clock = Arc::new(MovedClock::default());
        let environment = environment(seed, &clock);
        let kdf = KdfParams { memory_kib: 8, passes: 1, lanes: 1 };
        let options = InitOptions { kdf, ..options };
        let (repository, _) = init(Arc::clone(&backend) as _, &password(), &options, environment).unwrap();
        Self { backend, repository, workers, folder: tempfile::tempdir().unwrap(), clock }
    }

    pub(crate) fn source(&self) -> PathBuf {
        self.folder.path().join("source")
    }

    pub(crate) fn later(&self) {
        self.advance(3600);
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.clock.advance(seconds);
    }

    pub(crate) fn options(&self) -> BackupOptions {
        BackupOptions {
            paths: vec![self.source()],
            host: "here".into(),
            user: "somebody".into(),
            program: "test".into(),
            ..BackupOptions::default()
        }
    }

    pub(crate) fn backup(&self) -> BackupReport {
        self.try_backup(&self.options()).unwrap()
    }

    pub(crate) fn try_backup(&self, options: &BackupOptions) -> Result<BackupReport, EngineError> {
        backup(&self.repository, options, &self.workers, &())
    }

    pub(crate) fn snapshots(&self) -> Vec<Snapshot> {
        snapshots(&self.repository, &SnapshotFilter::default()).unwrap().snapshots
    }

    pub(crate) fn view(&self) -> View {
        self.repository.view(&self.repository.read_log().unwrap()).unwrap()
    }

    /// Restores what was below the source into a new directory.
    pub(crate) fn restore(&self, snapshot: &Snapshot, name: &str) -> (PathBuf, RestoreReport) {
        let (target, report) = self.try_restore(snapshot, name);
        (target, report.unwrap())
    }

    pub(crate) fn try_restore(
        &self,
        snapshot: &Snapshot,
        name: &str,
    ) -> (PathBuf, Result<RestoreReport, EngineError>) {
        let options = self.restore_options(name);
        let report = restore(&self.repository, &self.view(), snapshot, &options, &self.workers, &());
        (options.target, report)
    }

    /// What is below the source, into a directory of this name.
    pub(crate) fn restore_options(&self, name: &str) -> RestoreOptions {
        let (target, path) = (self.folder.path().join(name), Some(bytes(&self.source())));
        RestoreOptions { target, path, ..RestoreOptions::default() }
    }

    pub(crate) fn verify(&self) -> VerifyReport {
        self.verify_part(ReadData::All, &())
    }

    pub(crate) fn verify_part(&self, read_data: ReadData, observer: &dyn Observer) -> VerifyReport {
        verify(&self.repository, &VerifyOptions { read_data }, &self.workers, observer).unwrap()
    }

    pub(crate) fn objects(&self, folder: &str) -> Vec<ObjectName> {
        let mut names = Vec::new();
        self.backend.list(folder, &mut |object| names.push(object.name)).unwrap();
        names.sort();
        names
    }
}

pub(crate) fn bytes(path: &Path) -> Vec<u8> {
    path.as_os_str().as_encoded_bytes().to_vec()
}
