//! A storage where something happens between two requests: a prune, or whatever somebody else may do at any moment.

use crate::world::{World, environment, password};
use lifeboat_backend::{Backend, BackendError, MemoryBackend, ObjectInfo, ObjectName};
use lifeboat_engine::{Compression, PruneOptions, Snapshot, Unused, VerifyWrites, Workers, prune};
use lifeboat_repository::{InitOptions, Repository, Session, View};
use lifeboat_testkit::Random;
use std::fmt;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// Everything that nobody needs goes at once, and what is needed is moved.
pub(crate) const ALL: PruneOptions = PruneOptions {
    max_unused: Unused::Bytes(0),
    max_repack: None,
    now: true,
    dry_run: false,
    compression: Compression::Off,
    verify_writes: VerifyWrites::Off,
};

/// Storage at which something happens before one of the requests.
pub(crate) struct Hooked {
    storage: Arc<MemoryBackend>,
    /// Whether it is far away: then packs are not listed every time.
    is_remote: bool,
    /// Requests until then.
    until: AtomicUsize,
    hook: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl fmt::Debug for Hooked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hooked")
    }
}

impl Hooked {
    /// A place on a disk, where this happens before so many requests more.
    pub(crate) fn new(storage: Arc<MemoryBackend>, hook: impl FnOnce() + Send + 'static) -> Arc<Self> {
        let hook: Mutex<Option<Box<dyn FnOnce() + Send>>> = Mutex::new(Some(Box::new(hook)));
        Arc::new(Self { storage, is_remote: false, until: AtomicUsize::new(usize::MAX), hook })
    }

    /// How many requests it takes from now on.
    pub(crate) fn wait_for(&self, requests: usize) {
        self.until.store(requests, Ordering::Relaxed);
    }

    /// Whether it has happened.
    pub(crate) fn has_happened(&self) -> bool {
        self.hook.lock().unwrap().is_none()
    }

    fn count(&self) -> &MemoryBackend {
        if self.until.fetch_sub(1, Ordering::Relaxed) == 0 {
            let hook = self.hook.lock().unwrap().take();
            hook.into_iter().for_each(|hook| hook());
        }
        &self.storage
    }
}

impl Backend for Hooked {
    fn put(&self, name: &ObjectName, bytes: &[u8]) -> Result<(), BackendError> {
        self.count().put(name, bytes)
    }

    fn get(&self, name: &ObjectName, limit: u64) -> Result<Vec<u8>, BackendError> {
        self.count().get(name, limit)
    }

    fn get_range(&self, name: &ObjectName, offset: u64, buffer: &mut [u8]) -> Result<(), BackendError> {
        self.count().get_range(name, offset, buffer)
    }

    fn stat(&self, name: &ObjectName) -> Result<ObjectInfo, BackendError> {
        self.count().stat(name)
    }

    fn list(&self, prefix: &str, visit: &mut dyn FnMut(ObjectInfo)) -> Result<(), BackendError> {
        self.count().list(prefix, visit)
    }

    fn delete(&self, name: &ObjectName) -> Result<(), BackendError> {
        self.count().delete(name)
    }

    fn is_remote(&self) -> bool {
        self.is_remote
    }

    fn location(&self) -> String {
        self.storage.location()
    }
}

/// Three snapshots, of which each has some of the files of the one before.
pub(crate) fn saved(seed: u64) -> World {
    let sizes =
        InitOptions { chunk_average: Some(4 << 10), pack_size: Some(64 << 10), ..InitOptions::default() };
    let world = World::of(seed, Workers::inline(), InitOptions { second_copies: true, ..sizes });
    for snapshot in 0..3 {
        for file in 0..6_u64 {
            if snapshot > 0 && file % 3 != snapshot {
                continue;
            }
            let folder = world.source().join((file % 2).to_string());
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(file.to_string()), Random::new(seed + 100 * snapshot + file).bytes(9_000))
                .unwrap();
        }
        world.later();
        world.backup();
    }
    world
}

/// The same objects in another place.
pub(crate) fn copied(storage: &MemoryBackend) -> Arc<MemoryBackend> {
    let copy = Arc::new(MemoryBackend::new());
    let mut names = Vec::new();
    storage.list("", &mut |object| names.push(object.name)).unwrap();
    for name in names {
        copy.put(&name, &storage.get(&name, u64::MAX).unwrap()).unwrap();
    }
    copy
}

/// A run whose storage is pruned before one of its requests.
#[derive(Clone, Copy)]
pub(crate) struct Moment<'w> {
    pub(crate) world: &'w World,
    pub(crate) at: usize,
    is_remote: bool,
    /// Whether the newest snapshot is forgotten then, too.
    forgets_newest: bool,
}

impl Moment<'_> {
    /// Runs with a view of before; none when it came to its end before that moment.
    pub(crate) fn run<T>(self, run: impl FnOnce(&Repository, &View, &Snapshot) -> T) -> Option<T> {
        let storage = copied(&self.world.backend);
        let other = self.open(Arc::clone(&storage) as _, 1_000);
        let view = other.view(&other.read_log().unwrap()).unwrap();
        let snapshots: Vec<Snapshot> = view.snapshots().into_iter().cloned().collect();
        let forgotten = if self.forgets_newest { &snapshots[..] } else { &snapshots[..2] };
        let forgotten = forgotten.iter().map(|snapshot| snapshot.id).collect();
        let hook = move || {
            Session::start(&other).unwrap().forget(forgotten, "for a test").unwrap();
            let report = prune(&other, &ALL, &Workers::inline(), &()).unwrap();
            assert!(report.deleted.packs > 0, "{report:?}");
        };
        self.run_beside(storage, hook, |repository| run(repository, &view, &snapshots[2]))
    }

    /// Runs on this storage while something else happens there.
    pub(crate) fn run_beside<T>(
        self,
        storage: Arc<MemoryBackend>,
        hook: impl FnOnce() + Send + 'static,
        run: impl FnOnce(&Repository) -> T,
    ) -> Option<T> {
        let mut hooked = Hooked::new(storage, hook);
        Arc::get_mut(&mut hooked).expect("nobody has it yet").is_remote = self.is_remote;
        let repository = self.open(Arc::clone(&hooked) as _, 2_000);
        hooked.wait_for(self.at);
        let ended = run(&repository);
        hooked.has_happened().then_some(ended)
    }

    /// The repository there, with randomness of its own.
    pub(crate) fn open(self, backend: Arc<dyn Backend>, seed: usize) -> Repository {
        let environment = environment((seed + self.at) as u64, &self.world.clock);
        Repository::open(backend, &password(), environment).unwrap()
    }
}

/// Every moment of a run on a disk, and far away.
pub(crate) fn at_every_moment(seed: u64, forgets_newest: bool, mut run: impl FnMut(Moment<'_>) -> bool) {
    let world = &saved(seed);
    for is_remote in [false, true] {
        let mut at = 0;
        while run(Moment { world, at, is_remote, forgets_newest }) {
            at += 1;
        }
        assert!(at > 5, "{at} moments");
    }
}
