//! What a machine keeps of a repository, changed by the fuzzer's bytes: tables of the index, remembered heads, kept objects and packs.
//!
//! Nothing of it is believed: whatever becomes of these files, all that was saved is found and read, and nothing panics. Tests of
//! `lifeboat-repository` replay the corpus with this same function.

use crate::alone::{credential, environment};
use lifeboat_backend::{Backend, BackendError, MemoryBackend, ObjectInfo, ObjectName};
use lifeboat_format::{
    BlobId, Compression, KdfParams, Node, NodeKind, Role, Snapshot, Timestamp, VerifyWrites,
};
use lifeboat_repository::{CacheOptions, InitOptions, Repository, Session, Workers, WriterOptions, init};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use tempfile::TempDir;

/// Bytes that describe a change.
const STEP: usize = 8;
/// Changes, at most.
const STEPS_MAX: usize = 16;
/// Backups, so that there is more than one table, and blobs in each.
const BACKUPS: u8 = 2;
const BLOBS: u8 = 200;

/// A repository, and what a machine keeps of it after it read everything.
struct Made {
    store: Arc<Far>,
    saved: Vec<(Role, BlobId, Vec<u8>)>,
    /// All files below the cache, sorted by their paths in it.
    files: Vec<(PathBuf, Vec<u8>)>,
}

static MADE: LazyLock<Made> = LazyLock::new(|| {
    let store = Arc::new(Far::default());
    let kdf = KdfParams { memory_kib: 8, passes: 1, lanes: 1 };
    let options = InitOptions { kdf, pack_size: Some(32 << 10), ..InitOptions::default() };
    let (repository, _) =
        init(Arc::clone(&store) as _, &credential(), &options, environment(1)).expect("memory takes it");
    let saved = (0..BACKUPS).flat_map(|backup| back_up(&repository, backup)).collect();
    let cache = TempDir::new().expect("a place for temporary files");
    // Twice: the second run takes tables that are there.
    for _ in 0..2 {
        read(&store, cache.path(), &saved);
    }
    let mut files = Vec::new();
    gather(cache.path(), cache.path(), &mut files);
    files.sort();
    Made { store, saved, files }
});

/// Changes a cache, and reads everything with it; whether the index was taken from it alone.
pub fn cache(bytes: &[u8]) -> bool {
    let cache = TempDir::new().expect("a place for temporary files");
    let mut files: Vec<Option<Vec<u8>>> = MADE.files.iter().map(|(_, bytes)| Some(bytes.clone())).collect();
    bytes.chunks_exact(STEP).take(STEPS_MAX).for_each(|step| change(step, &mut files));
    for ((path, _), bytes) in MADE.files.iter().zip(files) {
        let path = cache.path().join(path);
        fs::create_dir_all(path.parent().expect("it is below the cache")).expect("a fresh directory");
        if let Some(bytes) = bytes {
            fs::write(path, bytes).expect("a fresh directory");
        }
    }
    read(&MADE.store, cache.path(), &MADE.saved) == 0
}

/// One change: the file, what happens to it, where in it in four bytes, a byte that is put there, and another file.
fn change(step: &[u8], files: &mut [Option<Vec<u8>>]) {
    let &[file, action, a, b, c, d, byte, other] = step else { return };
    let (file, other) = (usize::from(file) % files.len(), usize::from(other) % files.len());
    let place = u32::from_le_bytes([a, b, c, d]) as usize;
    match action % 5 {
        0 => {
            let found = files[file].as_mut().and_then(|bytes| {
                let length = bytes.len().max(1);
                bytes.get_mut(place % length)
            });
            found.into_iter().for_each(|found| *found = byte);
        }
        1 => files[file].iter_mut().for_each(|bytes| bytes.truncate(place)),
        2 => files[file] = files[other].clone(),
        3 => files[file].iter_mut().for_each(|bytes| bytes.extend(vec![byte; place % 8192])),
        _ => files[file] = None,
    }
}

/// Opens the repository as a process with this cache does, reads all of it, and gives how many index objects were fetched for it.
fn read(store: &Arc<Far>, cache: &Path, saved: &Vec<(Role, BlobId, Vec<u8>)>) -> usize {
    let temporary = vec![std::env::temp_dir()];
    let options =
        CacheOptions { directory: Some(cache.to_owned()), temporary, memory: 1 << 16, packs: 1 << 20 };
    let backend: Arc<dyn Backend> = Arc::clone(store) as _;
    let before = store.fetched.load(Ordering::Relaxed);
    let repository = Repository::open_with_cache(backend, &credential(), environment(2), &options)
        .expect("what is kept locks nobody out");
    let reading = repository.read_log().expect("nothing was taken away");
    let view = repository.view(&reading).expect("its own entries");
    assert_eq!(view.snapshots().len(), usize::from(BACKUPS));
    let index = Arc::new(repository.load_index(&view).expect("it is all there"));
    assert!(index.faults().is_empty(), "{:?}", index.faults());
    let reader = repository.reader(index);
    for (role, id, bytes) in saved {
        assert!(reader.read(*role, id).expect("it is all there") == *bytes, "other bytes than were saved");
    }
    assert!(reader.index().places(&BlobId::new([0xee; 32])).expect("it is all there").is_empty());
    store.fetched.load(Ordering::Relaxed) - before
}

/// Blobs of both roles, some of them as those of every other backup.
fn back_up(repository: &Repository, backup: u8) -> Vec<(Role, BlobId, Vec<u8>)> {
    let session = Session::start(repository).expect("memory takes it");
    let index = Arc::new(repository.load_index(session.view()).expect("it is all there"));
    let options = WriterOptions {
        compression: Compression::default(),
        verify_writes: VerifyWrites::All,
        workers: Workers::inline(),
    };
    let mut writer = session.writer(index, options);
    let mut saved = Vec::new();
    for number in 0..BLOBS {
        let role = if number % 4 == 0 { Role::Tree } else { Role::Data };
        let bytes = vec![number.wrapping_add(backup * BLOBS / 2); 100];
        let id = writer.put(role, &bytes).expect("memory takes it");
        saved.push((role, id, bytes));
    }
    let flushed = writer.finish().expect("memory takes it");
    let root = Node { kind: NodeKind::Directory, ..Node::default() };
    let snapshot = Snapshot::new(session.snapshot(), root, Timestamp::default());
    drop(session.commit(&snapshot, flushed).expect("memory takes it"));
    saved
}

/// All files below a folder, by their paths from `start`.
fn gather(start: &Path, folder: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(folder).expect("its own folder") {
        let path = entry.expect("its own file").path();
        match path.is_dir() {
            true => gather(start, &path, files),
            false => {
                let bytes = fs::read(&path).expect("its own file");
                files.push((path.strip_prefix(start).expect("it is below").to_owned(), bytes));
            }
        }
    }
}

/// Memory that says it is far away, so that everything is kept, and counts the index objects that are fetched.
#[derive(Debug, Default)]
struct Far {
    inner: MemoryBackend,
    fetched: AtomicUsize,
}

impl Backend for Far {
    fn put(&self, name: &ObjectName, bytes: &[u8]) -> Result<(), BackendError> {
        self.inner.put(name, bytes)
    }

    fn get(&self, name: &ObjectName, limit: u64) -> Result<Vec<u8>, BackendError> {
        self.fetched.fetch_add(usize::from(name.as_str().starts_with("index/")), Ordering::Relaxed);
        self.inner.get(name, limit)
    }

    fn get_range(&self, name: &ObjectName, offset: u64, buffer: &mut [u8]) -> Result<(), BackendError> {
        self.inner.get_range(name, offset, buffer)
    }

    fn stat(&self, name: &ObjectName) -> Result<ObjectInfo, BackendError> {
        self.inner.stat(name)
    }

    fn list(&self, prefix: &str, visit: &mut dyn FnMut(ObjectInfo)) -> Result<(), BackendError> {
        self.inner.list(prefix, visit)
    }

    fn delete(&self, name: &ObjectName) -> Result<(), BackendError> {
        self.inner.delete(name)
    }

    fn is_remote(&self) -> bool {
        true
    }

    fn location(&self) -> String {
        "memory".to_owned()
    }
}
