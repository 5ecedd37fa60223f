//! A repository far away: what each run asks of the storage, counted by kind and by folder.

mod kept;
mod listing;

use crate::world::{World, environment, password};
use lifeboat_backend::{Backend, BackendError, ErrorKind, MemoryBackend, ObjectInfo, ObjectName};
use lifeboat_engine::{BackupOptions, BackupReport, EngineError, RestoreOptions, Workers, backup, restore};
use lifeboat_repository::{CacheOptions, Repository};
use lifeboat_testkit::tree_differences;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// Where snapshots show the source.
const SHOWN: &str = "/source";
/// A byte of the first segment of any pack, not far behind the header.
const IN_FIRST_SEGMENT: usize = lifeboat_format::PACK_HEADER_LENGTH + 20;

/// Requests by kind and folder.
type Requests = BTreeMap<String, u64>;

/// The storage as one process sees it from afar, which may be killed when it has put so many objects.
#[derive(Debug)]
pub(crate) struct Far {
    storage: Arc<MemoryBackend>,
    asked: Mutex<Requests>,
    puts_left: AtomicU64,
    /// Bytes of packs that were sent.
    sent: AtomicU64,
}

impl Far {
    pub(crate) fn new(storage: &Arc<MemoryBackend>, puts_left: u64) -> Arc<Self> {
        let (asked, sent) = Default::default();
        Arc::new(Self { storage: Arc::clone(storage), asked, puts_left: AtomicU64::new(puts_left), sent })
    }

    fn ask(&self, kind: &str, name: &str) {
        let folder = name.split('/').next().unwrap_or(name);
        *self.asked.lock().unwrap().entry(format!("{kind} {folder}")).or_default() += 1;
    }

    fn change(&self, kind: &str, name: &ObjectName) -> Result<(), BackendError> {
        let left =
            self.puts_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        left.map_err(|_| BackendError::new(ErrorKind::Denied, "change", name))?;
        self.ask(kind, name.as_str());
        Ok(())
    }
}

impl Backend for Far {
    fn put(&self, name: &ObjectName, bytes: &[u8]) -> Result<(), BackendError> {
        self.change("put", name)?;
        if name.as_str().starts_with("packs/") {
            self.sent.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        }
        self.storage.put(name, bytes)
    }

    fn get(&self, name: &ObjectName, limit: u64) -> Result<Vec<u8>, BackendError> {
        self.ask("get", name.as_str());
        self.storage.get(name, limit)
    }

    fn get_range(&self, name: &ObjectName, offset: u64, buffer: &mut [u8]) -> Result<(), BackendError> {
        self.ask("get", name.as_str());
        self.storage.get_range(name, offset, buffer)
    }

    fn stat(&self, name: &ObjectName) -> Result<ObjectInfo, BackendError> {
        self.ask("head", name.as_str());
        self.storage.stat(name)
    }

    fn list(&self, prefix: &str, visit: &mut dyn FnMut(ObjectInfo)) -> Result<(), BackendError> {
        self.ask("list", prefix);
        self.storage.list(prefix, visit)
    }

    fn delete(&self, name: &ObjectName) -> Result<(), BackendError> {
        self.change("delete", name)?;
        self.storage.delete(name)
    }

    fn is_remote(&self) -> bool {
        true
    }

    fn location(&self) -> String {
        "memory".into()
    }
}

/// A world whose repository is far away, and a machine with a cache.
struct Machine {
    world: World,
    processes: AtomicU64,
    cache: PathBuf,
}

impl Machine {
    fn new(seed: u64) -> Self {
        Self::of(World::new(seed, Workers::inline()))
    }

    fn of(world: World) -> Self {
        let cache = world.folder.path().join("cache");
        Self { world, processes: AtomicU64::new(1000), cache }
    }

    /// The same with so many small files in each of ten directories.
    fn with_files(seed: u64, files: u64) -> Self {
        Self::new(seed).fill(files)
    }

    fn fill(self, files: u64) -> Self {
        for directory in 0..10 {
            let folder = self.world.source().join(format!("d{directory}"));
            fs::create_dir_all(&folder).unwrap();
            for file in 0..files {
                fs::write(folder.join(format!("f{file}")), format!("{directory} {file}")).unwrap();
            }
        }
        self.world.later();
        self
    }

    fn open(&self, far: &Arc<Far>) -> Repository {
        let directory = Some(self.cache.clone());
        self.open_with(far, &CacheOptions { directory, ..CacheOptions::default() })
    }

    fn open_with(&self, far: &Arc<Far>, options: &CacheOptions) -> Repository {
        let environment = environment(self.processes.fetch_add(1, Ordering::Relaxed), &self.world.clock);
        Repository::open_with_cache(Arc::clone(far) as _, &password(), environment, options).unwrap()
    }

    /// Directories above the source are those of everybody, and change.
    fn options(&self) -> BackupOptions {
        BackupOptions { as_path: Some(SHOWN.into()), ..self.world.options() }
    }

    fn restore_options(&self) -> RestoreOptions {
        RestoreOptions { path: Some(SHOWN.into()), ..self.world.restore_options("target") }
    }

    fn try_backup(&self, far: &Arc<Far>) -> Result<BackupReport, EngineError> {
        backup(&self.open(far), &self.options(), &self.world.workers, &())
    }

    /// Alters a byte of an object; of a pack one in a segment.
    fn damage(&self, name: &ObjectName) {
        let mut bytes = self.world.backend.get(name, u64::MAX).unwrap();
        // The first segment lies behind the header; of a small pack most is parity.
        let position = (bytes.len() / 8).min(IN_FIRST_SEGMENT);
        bytes[position] ^= 1;
        self.world.backend.delete(name).unwrap();
        self.world.backend.put(name, &bytes).unwrap();
    }

    /// What a backup by a process of its own asks for.
    fn backup(&self) -> Requests {
        let far = Far::new(&self.world.backend, u64::MAX);
        let report = self.try_backup(&far).unwrap();
        assert!(report.problems.is_empty(), "{:?}", report.problems);
        asked(&far)
    }

    fn only_folder(&self) -> PathBuf {
        let mut folders = fs::read_dir(&self.cache).unwrap().map(|entry| entry.unwrap().path());
        folders.next().unwrap()
    }

    fn kept(&self, folder: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.only_folder().join(folder)).into_iter().flatten();
        let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    }

    /// Restores the latest snapshot and compares.
    fn check_restore(&self) {
        let (snapshot, options) = (self.world.snapshots().pop().unwrap(), self.restore_options());
        let world = &self.world;
        let report =
            restore(&world.repository, &world.view(), &snapshot, &options, &world.workers, &()).unwrap();
        assert!(report.problems.is_empty(), "{:?}", report.problems);
        assert_eq!(tree_differences(&world.source(), &options.target), []);
    }

    /// The same, and nothing else is damaged either.
    fn check(&self) {
        self.check_restore();
        assert!(self.world.verify().problems.is_empty());
    }
}

fn asked(far: &Far) -> Requests {
    far.asked.lock().unwrap().clone()
}

fn requests<const N: usize>(of: [(&str, u64); N]) -> Requests {
    of.into_iter().map(|(kind, count)| (kind.to_owned(), count)).collect()
}

/// What an unchanged backup costs: thirteen requests.
fn unchanged() -> Requests {
    requests([
        ("get config", 1),
        ("list keyring", 1),
        ("list keys", 1),
        // Two readings, and the commit that was just put is proved.
        ("list log", 4),
        ("get log", 1),
        ("put log", 1),
        ("list index", 1),
        ("put running", 1),
        ("list running", 1),
        ("delete running", 1),
    ])
}
