//! Backups that are killed after any object they stored, and what those after them still have to store.

use crate::world::{World, environment, password};
use lifeboat_backend::{Backend, BackendError, ErrorKind, MemoryBackend, ObjectInfo, ObjectName};
use lifeboat_engine::{BackupOptions, BackupReport, EngineError, Workers, backup, restore};
use lifeboat_repository::Repository;
use lifeboat_testkit::{Random, TreeSpec, make_tree, tree_differences};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const KILLS: u64 = 10;

/// The storage as a process sees it that is killed when it has put so many objects: from then on it does nothing.
#[derive(Debug)]
pub(crate) struct Mortal {
    storage: Arc<MemoryBackend>,
    puts_left: AtomicU64,
    pub(crate) puts: AtomicU64,
    /// Bytes of objects that were not there before.
    pub(crate) stored: AtomicU64,
    /// Puts and deletes below this folder fail.
    refused: Option<&'static str>,
}

impl Mortal {
    pub(crate) fn new(storage: &Arc<MemoryBackend>, puts_left: u64) -> Self {
        Self {
            storage: Arc::clone(storage),
            puts_left: AtomicU64::new(puts_left),
            puts: AtomicU64::new(0),
            stored: AtomicU64::new(0),
            refused: None,
        }
    }

    fn check(&self, name: &ObjectName) -> Result<(), BackendError> {
        let is_refused = self.refused.is_some_and(|folder| name.as_str().starts_with(folder));
        match self.puts_left.load(Ordering::Relaxed) == 0 || is_refused {
            true => Err(BackendError::new(ErrorKind::Denied, "use", name)),
            false => Ok(()),
        }
    }
}

impl Backend for Mortal {
    fn put(&self, name: &ObjectName, bytes: &[u8]) -> Result<(), BackendError> {
        self.check(name)?;
        let left =
            self.puts_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        left.map_err(|_| BackendError::new(ErrorKind::Denied, "put", name))?;
        self.puts.fetch_add(1, Ordering::Relaxed);
        if self.storage.stat(name).is_err() {
            self.stored.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        }
        self.storage.put(name, bytes)
    }

    fn get(&self, name: &ObjectName, limit: u64) -> Result<Vec<u8>, BackendError> {
        self.storage.get(name, limit)
    }

    fn get_range(&self, name: &ObjectName, offset: u64, buffer: &mut [u8]) -> Result<(), BackendError> {
        self.storage.get_range(name, offset, buffer)
    }

    fn stat(&self, name: &ObjectName) -> Result<ObjectInfo, BackendError> {
        self.storage.stat(name)
    }

    fn list(&self, prefix: &str, visit: &mut dyn FnMut(ObjectInfo)) -> Result<(), BackendError> {
        self.storage.list(prefix, visit)
    }

    fn delete(&self, name: &ObjectName) -> Result<(), BackendError> {
        self.check(name)?;
        self.storage.delete(name)
    }

    fn location(&self) -> String {
        "memory".into()
    }
}

/// A backup by a process of its own that sees the storage so.
fn run(world: &World, mortal: &Arc<Mortal>, process: u64) -> Result<BackupReport, EngineError> {
    let environment = environment(process, &world.clock);
    let repository = Repository::open(Arc::clone(mortal) as _, &password(), environment).unwrap();
    backup(&repository, &world.options(), &world.workers, &())
}

fn world(workers: Workers) -> World {
    let world = World::new(40, workers);
    make_tree(&world.source(), 40, &TreeSpec { odd: false, ..TreeSpec::default() });
    world
}

#[test]
fn a_backup_killed_ten_times_stores_next_to_nothing_twice() {
    for (seed, workers) in [(1, Workers::inline()), (2, Workers::pool(2).unwrap()), (3, Workers::inline())] {
        let plain = world(workers.clone());
        let whole = Arc::new(Mortal::new(&plain.backend, u64::MAX));
        run(&plain, &whole, 100).unwrap();
        let (puts, undisturbed) = (whole.puts.load(Ordering::Relaxed), whole.stored.load(Ordering::Relaxed));
        assert!(puts > 100, "{puts} objects");

        let world = world(workers);
        let mut random = Random::new(seed);
        let mut stored = 0;
        for kill in 0..KILLS {
            let moment = 1 + random.below(puts / 5);
            let mortal = Arc::new(Mortal::new(&world.backend, moment));
            let ended = run(&world, &mortal, 200 + kill);
            assert!(ended.is_err(), "seed {seed}, kill {kill} after {moment} objects");
            stored += mortal.stored.load(Ordering::Relaxed);
            assert!(world.snapshots().is_empty());
            assert!(world.verify().problems.is_empty());
        }
        let last = Arc::new(Mortal::new(&world.backend, u64::MAX));
        let report = run(&world, &last, 300).unwrap();
        assert!(report.problems.is_empty(), "{:?}", report.problems);
        stored += last.stored.load(Ordering::Relaxed);
        assert!(stored * 10 <= undisturbed * 11, "seed {seed}: {stored} bytes, undisturbed {undisturbed}");
        assert_whole(&world);
    }
}

/// Nothing is damaged, left over or lost. Index objects that no entry names are what a kill between two puts leaves.
fn assert_whole(world: &World) {
    let found = world.verify();
    assert!(found.problems.is_empty(), "{:?}", found.problems);
    assert!(found.notes.iter().all(|note| note.starts_with("index objects")), "{:?}", found.notes);
    let options = world.restore_options("target");
    let snapshot = world.snapshots().remove(0);
    let report = restore(&world.repository, &world.view(), &snapshot, &options, &world.workers, &()).unwrap();
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    let differences = tree_differences(&world.source(), &options.target);
    assert!(differences.is_empty(), "{} differences", differences.len());
}

#[test]
fn what_was_taken_over_is_named_though_there_is_nothing_new() {
    let world = world(Workers::inline());
    run(&world, &Arc::new(Mortal::new(&world.backend, u64::MAX)), 1).unwrap();
    let other = world.folder.path().join("other");
    make_tree(&other, 41, &TreeSpec { odd: false, ..TreeSpec::default() });
    let killed = Arc::new(Mortal::new(&world.backend, 5));
    let repository = Repository::open(killed as _, &password(), environment(2, &world.clock)).unwrap();
    let options = BackupOptions { paths: vec![other], ..world.options() };
    backup(&repository, &options, &world.workers, &()).unwrap_err();
    assert!(world.verify().notes.iter().any(|note| note.starts_with("packs that no index names")));

    let options = BackupOptions { skip_if_unchanged: true, ..world.options() };
    let report = backup(&world.repository, &options, &world.workers, &()).unwrap();
    assert!(report.skipped && world.snapshots().len() == 1);
    let found = world.verify();
    assert!(found.problems.is_empty() && found.notes.is_empty(), "{found:?}");
}

#[test]
fn hints_of_the_dead_are_named_by_verify_and_removed_by_the_next_backup() {
    let world = world(Workers::inline());
    run(&world, &Arc::new(Mortal::new(&world.backend, 5)), 1).unwrap_err();
    assert_eq!(world.objects("running/").len(), 1);
    let notes = world.verify().notes;
    let said = "a backup on here, process 0, has ended without a word; the next backup removes its hint";
    assert!(notes.iter().any(|note| note == said), "{notes:?}");
    run(&world, &Arc::new(Mortal::new(&world.backend, u64::MAX)), 2).unwrap();
    assert!(world.objects("running/").is_empty());
    assert!(world.verify().notes.is_empty());
}

#[test]
fn a_hint_that_cannot_be_kept_is_noted_and_no_more() {
    let world = world(Workers::inline());
    let refusing = Mortal { refused: Some("running/"), ..Mortal::new(&world.backend, u64::MAX) };
    let report = run(&world, &Arc::new(refusing), 1).unwrap();
    assert!(report.snapshot.is_some() && report.problems.is_empty());
    assert_eq!(report.notes.len(), 1, "{:?}", report.notes);
    assert!(
        report.notes[0].starts_with("a hint that a backup runs could not be kept, which harms nothing: ")
    );
}

#[test]
fn a_rehearsal_leaves_no_hint_and_removes_none() {
    let world = world(Workers::inline());
    run(&world, &Arc::new(Mortal::new(&world.backend, 5)), 1).unwrap_err();
    let before = world.objects("");
    let options = BackupOptions { dry_run: true, ..world.options() };
    backup(&world.repository, &options, &world.workers, &()).unwrap();
    assert_eq!(world.objects(""), before);
}
