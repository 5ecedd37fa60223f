//! Prunes that come to their end between two requests of somebody who reads: whatever the moment, nobody takes for damage what was
//! moved or swept.

use crate::world::{World, environment, password};
use lifeboat_backend::{Backend, BackendError, MemoryBackend, ObjectInfo, ObjectName};
use lifeboat_engine::{
    BackupReport, Compression, EngineError, ListOptions, PruneOptions, ReadData, RestoreReport, Snapshot,
    Unused, VerifyOptions, VerifyReport, VerifyWrites, Workers, backup, list, prune, restore, undo, verify,
};
use lifeboat_repository::{InitOptions, Repository, RepositoryError, Session, View};
use lifeboat_testkit::{Random, tree_differences};
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
struct Moment<'w> {
    world: &'w World,
    at: usize,
    is_remote: bool,
    /// Whether the newest snapshot is forgotten then, too.
    forgets_newest: bool,
}

impl Moment<'_> {
    /// Runs with a view of before; none when it came to its end before that moment.
    fn run<T>(self, run: impl FnOnce(&Repository, &View, &Snapshot) -> T) -> Option<T> {
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
    fn run_beside<T>(
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
    fn open(self, backend: Arc<dyn Backend>, seed: usize) -> Repository {
        let environment = environment((seed + self.at) as u64, &self.world.clock);
        Repository::open(backend, &password(), environment).unwrap()
    }
}

/// Every moment of a run on a disk, and far away.
fn at_every_moment(seed: u64, forgets_newest: bool, mut run: impl FnMut(Moment<'_>) -> bool) {
    let world = &saved(seed);
    for is_remote in [false, true] {
        let mut at = 0;
        while run(Moment { world, at, is_remote, forgets_newest }) {
            at += 1;
        }
        assert!(at > 5, "{at} moments");
    }
}

fn restored(moment: Moment<'_>) -> Option<Result<RestoreReport, EngineError>> {
    let target = moment.world.folder.path().join("target");
    let options = moment.world.restore_options("target");
    let report = moment.run(|repository, view, snapshot| {
        let report = restore(repository, view, snapshot, &options, &Workers::inline(), &());
        if report.is_ok() {
            assert_eq!(tree_differences(&moment.world.source(), &target), []);
        }
        report
    });
    fs::remove_dir_all(target).unwrap_or_default();
    report
}

#[test]
fn a_restore_of_what_somebody_wants_comes_to_its_end() {
    at_every_moment(1, false, |moment| {
        let Some(report) = restored(moment) else { return false };
        let report = report.unwrap();
        assert!(report.problems.is_empty(), "{}: {report:?}", moment.at);
        true
    });
}

#[test]
fn a_restore_of_what_is_swept_meanwhile_says_so_unless_it_has_read_everything() {
    let mut gone = 0;
    at_every_moment(2, true, |moment| {
        match restored(moment) {
            None => return false,
            Some(Ok(report)) => assert!(report.problems.is_empty(), "{}: {report:?}", moment.at),
            Some(Err(EngineError::Repository(RepositoryError::Swept(_)))) => gone += 1,
            Some(Err(error)) => unreachable!("{}: {error}", moment.at),
        }
        true
    });
    assert!(gone > 5, "{gone}");
}

fn verified(moment: Moment<'_>) -> Option<VerifyReport> {
    let options = VerifyOptions { read_data: ReadData::All };
    moment.run(|repository, _, _| verify(repository, &options, &Workers::inline(), &()).unwrap())
}

#[test]
fn verify_takes_nothing_for_damage_or_for_a_stray_that_was_moved_or_swept() {
    for (seed, forgets_newest) in [(3, false), (4, true)] {
        at_every_moment(seed, forgets_newest, |moment| {
            let Some(report) = verified(moment) else { return false };
            assert!(report.problems.is_empty(), "{}: {report:?}", moment.at);
            let is_odd = |note: &&String| !note.ends_with("was forgotten, and swept meanwhile");
            assert_eq!(report.notes.iter().find(is_odd), None, "{}", moment.at);
            true
        });
    }
}

fn listed(moment: Moment<'_>) -> Option<Result<usize, EngineError>> {
    let options = ListOptions { path: None, recursive: true };
    moment.run(|repository, view, snapshot| {
        let mut count = 0;
        let problems = list(repository, view, snapshot, &options, &mut |_, _| count += 1)?;
        assert_eq!(problems, []);
        Ok(count)
    })
}

#[test]
fn a_listing_is_whole_or_says_that_the_snapshot_is_gone() {
    let mut counts = std::collections::BTreeSet::new();
    at_every_moment(5, false, |moment| {
        let Some(listed) = listed(moment) else { return false };
        counts.insert(listed.unwrap());
        true
    });
    assert_eq!(counts.len(), 1, "{counts:?}");
    at_every_moment(6, true, |moment| {
        match listed(moment) {
            None => return false,
            Some(Ok(_) | Err(EngineError::Repository(RepositoryError::Swept(_)))) => {}
            Some(Err(error)) => unreachable!("{}: {error}", moment.at),
        }
        true
    });
}

fn backed_up(moment: Moment<'_>) -> Option<BackupReport> {
    let options = moment.world.options();
    moment.run(|repository, _, _| {
        let report = backup(repository, &options, &Workers::inline(), &()).unwrap();
        let view = repository.view(&repository.read_log().unwrap()).unwrap();
        let made =
            view.snapshots().into_iter().find(|snapshot| Some(snapshot.id) == report.snapshot).cloned();
        let target = moment.world.restore_options("target");
        let restored = restore(repository, &view, &made.unwrap(), &target, &Workers::inline(), &()).unwrap();
        assert!(restored.problems.is_empty(), "{}: {restored:?}", moment.at);
        assert_eq!(tree_differences(&moment.world.source(), &target.target), []);
        fs::remove_dir_all(&target.target).unwrap();
        report
    })
}

#[test]
fn a_backup_whose_parent_is_moved_or_swept_names_no_damage() {
    for (seed, forgets_newest) in [(7, false), (8, true)] {
        at_every_moment(seed, forgets_newest, |moment| {
            let Some(report) = backed_up(moment) else { return false };
            assert!(report.problems.is_empty(), "{}: {report:?}", moment.at);
            true
        });
    }
}

/// All are forgotten, and a prune comes between.
#[test]
fn what_is_had_back_beside_a_prune_is_whole_or_refused() {
    let (mut regained, mut refused) = (0, 0);
    at_every_moment(9, false, |moment| {
        let storage = copied(&moment.world.backend);
        let other = moment.open(Arc::clone(&storage) as _, 1_000);
        let all = other.view(&other.read_log().unwrap()).unwrap();
        let all: Vec<Snapshot> = all.snapshots().into_iter().cloned().collect();
        let ids = all.iter().map(|snapshot| snapshot.id).collect();
        Session::start(&other).unwrap().forget(ids, "for a test").unwrap();
        let hook = move || drop(prune(&other, &ALL, &Workers::inline(), &()).unwrap());
        let named = [all[2].id.to_string()];
        let Some(ended) =
            moment.run_beside(Arc::clone(&storage), hook, |repository| undo(repository, &named, &()))
        else {
            return false;
        };
        let after = moment.open(storage, 3_000);
        match ended {
            Ok(report) => {
                assert_eq!(report.snapshots.len(), 1);
                assert_wanted(&after, moment.world, &all[2]);
                regained += 1;
            }
            Err(EngineError::TooLate(id)) => {
                assert_eq!(id, all[2].id);
                refused += 1;
            }
            Err(error) => unreachable!("{}: {error}", moment.at),
        }
        true
    });
    assert!(regained > 0 && refused > 0, "{regained} had back, {refused} refused");
}

/// Whatever is pruned, the snapshot is there and comes back.
fn assert_wanted(repository: &Repository, world: &World, snapshot: &Snapshot) {
    prune(repository, &ALL, &Workers::inline(), &()).unwrap();
    let view = repository.view(&repository.read_log().unwrap()).unwrap();
    assert!(view.wants(snapshot));
    let options = world.restore_options("target");
    let report = restore(repository, &view, snapshot, &options, &Workers::inline(), &()).unwrap();
    assert!(report.problems.is_empty(), "{report:?}");
    assert_eq!(tree_differences(&world.source(), &options.target), []);
    fs::remove_dir_all(options.target).unwrap();
}
