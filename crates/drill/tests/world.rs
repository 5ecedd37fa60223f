//! A source tree, a repository in memory, and what a drill is handed.

use lifeboat_backend::{Backend, MemoryBackend, ObjectName};
use lifeboat_drill::plan::ResolvedDrill;
use lifeboat_drill::record::{Tool, Who};
use lifeboat_drill::{Place, Rehearsed, Site, rehearse};
use lifeboat_engine::{BackupOptions, KdfParams, SnapshotFilter, Timestamp, Workers, backup, snapshots};
use lifeboat_repository::{
    CacheOptions, Clock, Credential, Environment, InitOptions, Process, Processes, Random, Repository, init,
};
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;

struct Seeded(Mutex<lifeboat_testkit::Random>);

impl Random for Seeded {
    fn fill(&self, out: &mut [u8]) {
        self.0.lock().unwrap().fill(out);
    }
}

/// The wall clock, moved by hand; the other clock moves on by a millisecond whenever it is looked at.
#[derive(Default)]
pub(crate) struct MovedClock {
    pub(crate) ahead: AtomicI64,
    looks: AtomicU64,
}

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let seconds = i64::try_from(now.as_secs()).unwrap() + self.ahead.load(Ordering::Relaxed);
        Timestamp { seconds, nanoseconds: now.subsec_nanos() }
    }

    fn elapsed(&self) -> Duration {
        Duration::from_millis(self.looks.fetch_add(1, Ordering::Relaxed))
    }

    fn sleep(&self, _: Duration) {}
}

struct Alone;

impl Processes for Alone {
    fn this(&self) -> std::io::Result<Process> {
        Ok(Process { host: "here".into(), ..Process::default() })
    }

    fn started(&self, _: u32) -> Option<u64> {
        None
    }
}

pub(crate) struct World {
    pub(crate) backend: Arc<MemoryBackend>,
    pub(crate) repository: Repository,
    pub(crate) folder: TempDir,
    pub(crate) clock: Arc<MovedClock>,
    environment: Environment,
}

impl World {
    /// A small repository: chunks around 4 KiB, packs of 64 KiB, without parity.
    pub(crate) fn new(seed: u64) -> Self {
        Self::of(seed, InitOptions::default())
    }

    /// The same with parity and second copies, as on a disk.
    pub(crate) fn as_on_disk(seed: u64) -> Self {
        Self::of(seed, InitOptions { parity: 5, second_copies: true, ..InitOptions::default() })
    }

    fn of(seed: u64, options: InitOptions) -> Self {
        let backend = Arc::new(MemoryBackend::new());
        let clock = Arc::new(MovedClock::default());
        let random = Arc::new(Seeded(Mutex::new(lifeboat_testkit::Random::new(seed))));
        let environment = Environment { clock: Arc::clone(&clock) as _, random, processes: Arc::new(Alone) };
        let kdf = KdfParams { memory_kib: 8, passes: 1, lanes: 1 };
        let (chunk_average, pack_size) = (Some(4 << 10), Some(64 << 10));
        let options = InitOptions { kdf, chunk_average, pack_size, ..options };
        let (repository, _) =
            init(Arc::clone(&backend) as _, &password(), &options, environment.clone()).unwrap();
        Self { backend, repository, folder: tempfile::tempdir().unwrap(), clock, environment }
    }

    pub(crate) fn source(&self) -> PathBuf {
        self.folder.path().join("source")
    }

    /// The directory in which sandboxes are made.
    pub(crate) fn ground(&self) -> PathBuf {
        let ground = self.folder.path().join("drills");
        std::fs::create_dir_all(&ground).unwrap();
        ground
    }

    /// A backup, an hour later.
    pub(crate) fn backup(&self) {
        self.clock.ahead.fetch_add(3600, Ordering::Relaxed);
        let options = BackupOptions {
            paths: vec![self.source()],
            host: "here".into(),
            user: "somebody".into(),
            program: "test".into(),
            ..BackupOptions::default()
        };
        let report = backup(&self.repository, &options, &Workers::inline(), &()).unwrap();
        assert!(report.problems.is_empty(), "{:?}", report.problems);
    }

    pub(crate) fn site_with(&self, replica: &str, backend: Arc<dyn Backend>) -> Site {
        let place = Place { name: replica.into(), backend, credential: password(), directory: None };
        Site { replicas: vec![place], ..self.site_on(Arc::clone(&self.backend) as _) }
    }

    pub(crate) fn site_on(&self, backend: Arc<dyn Backend>) -> Site {
        Site {
            tested: Place { name: "primary".into(), backend, credential: password(), directory: None },
            primary: None,
            key: None,
            replicas: Vec::new(),
            environment: self.environment.clone(),
            memory: 256 << 20,
            threads: 2,
            temporary: self.ground(),
            home: None,
            cache: CacheOptions::default(),
            who: Who {
                host: "here".into(),
                user: 0,
                trigger: "manual".into(),
                tool: Tool { version: "0".into(), sha256: None, platform: "test".into() },
            },
        }
    }

    /// Drills, and sees that nothing but the account is left of it.
    pub(crate) fn drill(&self, drill: &ResolvedDrill) -> Rehearsed {
        self.drill_at(drill, &self.site_on(Arc::clone(&self.backend) as _))
    }

    pub(crate) fn drill_at(&self, drill: &ResolvedDrill, site: &Site) -> Rehearsed {
        let before = self.objects("");
        let rehearsed = rehearse(drill, site, &()).unwrap();
        assert_eq!(self.objects(""), before);
        assert_eq!(rehearsed.account.method.live_writes, 0);
        assert!(!rehearsed.account.does_not_prove.is_empty());
        if rehearsed.kept.is_none() {
            assert_eq!(std::fs::read_dir(self.ground()).unwrap().count(), 0, "the sandbox is still there");
        }
        rehearsed
    }

    /// Another place with the same objects.
    pub(crate) fn replica(&self) -> Arc<MemoryBackend> {
        let replica = MemoryBackend::new();
        for (name, size) in self.objects("") {
            replica.put(&name, &self.backend.get(&name, size).unwrap()).unwrap();
        }
        Arc::new(replica)
    }

    pub(crate) fn objects(&self, folder: &str) -> Vec<(ObjectName, u64)> {
        let mut names = Vec::new();
        self.backend.list(folder, &mut |object| names.push((object.name, object.size))).unwrap();
        names.sort();
        names
    }

    pub(crate) fn snapshot_ids(&self) -> Vec<String> {
        let list = snapshots(&self.repository, &SnapshotFilter::default()).unwrap();
        list.snapshots.iter().map(|snapshot| snapshot.id.to_string()).collect()
    }
}

pub(crate) fn password() -> Credential {
    Credential::password(b"secret".to_vec())
}
