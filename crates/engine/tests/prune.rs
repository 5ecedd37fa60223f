//! `prune`: what nobody needs goes, what anybody needs stays, and whoever does not know takes nothing away.

use crate::hooked::ALL;
use crate::world::{World, password};
use lifeboat_backend::{Backend, BackendError, ErrorKind, MemoryBackend, ObjectInfo, ObjectName};
use lifeboat_engine::{
    Calendar, EngineError, ForgetOptions, Period, PruneOptions, PruneReport, Snapshot, SnapshotId, Span,
    Timestamp, Unused, Workers, forget as forget_by, prune,
};
use lifeboat_format::{ObjectList, PackId, Role};
use lifeboat_repository::{InitOptions, Pruner, Repository, RepositoryError, Session, pack_object};
use lifeboat_testkit::Random;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A day, after which a forgotten snapshot cannot be had back.
const DAY: i64 = 24 * 60 * 60;

/// A world with snapshots between each of which about every fourth file became another.
fn world_of_snapshots(seed: u64, count: u64) -> World {
    let world = World::new(seed, Workers::pool(2).unwrap());
    let mut random = Random::new(seed);
    for snapshot in 0..count {
        for file in 0..30 {
            if snapshot > 0 && random.below(4) > 0 {
                continue;
            }
            let folder = world.source().join((file % 5).to_string());
            fs::create_dir_all(&folder).unwrap();
            let bytes = Random::new(seed * 1000 + snapshot * 100 + file).bytes(20_000);
            fs::write(folder.join(file.to_string()), bytes).unwrap();
        }
        world.later();
        world.backup();
    }
    world
}

fn forget(world: &World, ids: &[SnapshotId]) {
    Session::start(&world.repository).unwrap().forget(ids.to_vec(), "for a test").unwrap();
}

/// Forgets all but the newest, and gives that.
fn forget_all_but_one(world: &World) -> Snapshot {
    let mut snapshots = world.snapshots();
    let newest = snapshots.pop().unwrap();
    forget(world, &snapshots.iter().map(|snapshot| snapshot.id).collect::<Vec<_>>());
    newest
}

fn pruned(world: &World, options: &PruneOptions) -> PruneReport {
    prune(&world.repository, options, &world.workers, &()).unwrap()
}

fn bytes(world: &World) -> u64 {
    let mut bytes = 0;
    for folder in ["packs/", "index/"] {
        world.backend.list(folder, &mut |object| bytes += object.size).unwrap();
    }
    bytes
}

/// The repository is sound, and the newest state of the source comes back.
fn check(world: &World, snapshot: &Snapshot, name: &str) {
    let report = world.verify();
    assert!(report.problems.is_empty() && report.notes.is_empty(), "{report:?}");
    let (target, report) = world.restore(snapshot, name);
    assert!(report.problems.is_empty(), "{report:?}");
    for file in 0..30 {
        let path = format!("{}/{file}", file % 5);
        assert_eq!(fs::read(target.join(&path)).unwrap(), fs::read(world.source().join(&path)).unwrap());
    }
}

#[test]
fn what_only_forgotten_snapshots_need_goes() {
    let world = world_of_snapshots(1, 7);
    let before = bytes(&world);
    let newest = forget_all_but_one(&world);
    let report = pruned(&world, &ALL);
    assert_eq!(report.snapshots, 1);
    assert!(report.plan.removed > 0 && report.plan.copied > 0, "{report:?}");
    let after = bytes(&world);
    assert_eq!(before + report.bytes_added - report.deleted.bytes, after);
    check(&world, &newest, "target");

    let fresh = World::new(2, Workers::inline());
    fs::create_dir(fresh.source()).unwrap();
    assert!(
        std::process::Command::new("cp")
            .arg("-a")
            .arg(world.source().join("."))
            .arg(fresh.source())
            .status()
            .unwrap()
            .success()
    );
    fresh.backup();
    assert!(after * 100 <= bytes(&fresh) * 103, "{after} bytes, a fresh backup has {}", bytes(&fresh));

    let again = pruned(&world, &ALL);
    assert_eq!((again.plan.removed, again.plan.copied, again.deleted.bytes), (0, 0, 0));
    assert_eq!(bytes(&world), after);
}

#[test]
fn a_forgotten_snapshot_stays_for_a_day() {
    let world = world_of_snapshots(3, 3);
    let all = world.snapshots();
    forget_all_but_one(&world);
    let careful = PruneOptions { now: false, ..ALL };
    let report = pruned(&world, &careful);
    assert_eq!((report.snapshots, report.kept_for_undo, report.deleted.bytes), (3, 2, 0));
    let (_, restored) = world.restore(&all[0], "forgotten");
    assert!(restored.problems.is_empty(), "whoever was restoring it comes to an end");
    world.advance(DAY);
    let report = pruned(&world, &careful);
    assert_eq!((report.snapshots, report.kept_for_undo), (1, 0));
    assert!(report.deleted.packs > 0);
    check(&world, &all[2], "target");
}

#[test]
fn what_was_forgotten_and_swept_at_once_stops_nobody() {
    let world = world_of_snapshots(12, 3);
    let newest = forget_all_but_one(&world);
    pruned(&world, &ALL);
    let report = pruned(&world, &PruneOptions { now: false, ..ALL });
    assert_eq!((report.snapshots, report.kept_for_undo), (1, 0), "they cannot be had back any more");
    check(&world, &newest, "target");
}

#[test]
fn a_dry_run_changes_nothing() {
    let world = world_of_snapshots(4, 4);
    let newest = forget_all_but_one(&world);
    let before = world.objects("");
    let told = pruned(&world, &PruneOptions { dry_run: true, ..ALL });
    assert_eq!(world.objects(""), before);
    let done = pruned(&world, &ALL);
    assert_eq!(told.plan, done.plan);
    check(&world, &newest, "target");
}

#[test]
fn only_so_much_is_copied() {
    let world = world_of_snapshots(5, 4);
    let newest = forget_all_but_one(&world);
    let nothing = PruneOptions { max_repack: Some(0), ..ALL };
    let report = pruned(&world, &nothing);
    assert!(report.plan.copied == 0 && report.plan.unused > 0 && report.plan.removed > 0, "{report:?}");
    let lazy = PruneOptions { max_unused: Unused::Unlimited, ..ALL };
    assert_eq!(pruned(&world, &lazy).plan.copied, 0);
    let half = PruneOptions { max_unused: Unused::Percent(20.0), ..ALL };
    let report = pruned(&world, &half);
    assert!(report.plan.unused * 5 <= report.plan.used, "{report:?}");
    check(&world, &newest, "target");
}

#[test]
fn a_tree_that_cannot_be_read_stops_it() {
    let world = world_of_snapshots(6, 3);
    let newest = forget_all_but_one(&world);
    let index = world.repository.load_index(&world.view()).unwrap();
    // The newest snapshot needs some of these.
    for pack in index.packs().filter(|pack| pack.role == Role::Tree) {
        world.backend.delete(&ObjectName::new(&pack_object(pack.id)).unwrap()).unwrap();
    }
    let before = world.objects("");
    let refused = prune(&world.repository, &ALL, &world.workers, &()).unwrap_err();
    assert!(matches!(refused, EngineError::Repository(RepositoryError::Missing(_))), "{refused}");
    assert_eq!(world.objects(""), before);
    assert_eq!(world.snapshots()[0].id, newest.id);
}

#[test]
fn what_killed_backups_left_goes_when_it_is_old_or_nobody_else_lives() {
    let world = world_of_snapshots(7, 2);
    let newest = world.snapshots().pop().unwrap();
    let orphan = ObjectName::new(&format!("packs/ab/{}", "ab".repeat(32))).unwrap();
    world.backend.put(&orphan, b"left by somebody").unwrap();
    pruned(&world, &PruneOptions { now: false, ..ALL });
    assert!(world.objects("packs/").contains(&orphan), "it may be about to be named");
    let report = pruned(&world, &ALL);
    assert_eq!(report.orphans, 1);
    assert!(!world.objects("packs/").contains(&orphan));
    check(&world, &newest, "target");
}

#[test]
fn what_was_condemned_by_who_did_not_live_to_sweep_it_goes() {
    let world = world_of_snapshots(11, 2);
    let newest = world.snapshots().pop().unwrap();
    let orphan = PackId::new([0xab; 32]);
    let name = ObjectName::new(&pack_object(orphan)).unwrap();
    world.backend.put(&name, b"left by somebody").unwrap();
    let condemned = ObjectList { packs: vec![orphan], index: Vec::new() };
    drop(Pruner::start(&world.repository).unwrap().condemn(condemned).unwrap());
    let report = pruned(&world, &PruneOptions { now: false, ..ALL });
    assert_eq!(report.orphans, 1);
    assert!(!world.objects("packs/").contains(&name));
    check(&world, &newest, "target");
}

/// Another prune comes to its end between the reading of this one and what it looks up by it.
#[test]
fn a_prune_that_is_overtaken_by_another_begins_anew() {
    let world = world_of_snapshots(8, 4);
    let newest = forget_all_but_one(&world);
    let reports: Vec<PruneReport> = std::thread::scope(|scope| {
        let prunes: Vec<_> = (0..4).map(|_| scope.spawn(|| pruned(&world, &ALL))).collect();
        prunes.into_iter().map(|prune| prune.join().unwrap()).collect()
    });
    assert!(reports.iter().any(|report| report.deleted.packs > 0), "{reports:?}");
    pruned(&world, &ALL);
    check(&world, &newest, "target");
}

#[test]
fn a_dry_run_does_not_even_put_back_a_copy_that_is_missing() {
    let options = InitOptions { second_copies: true, ..InitOptions::default() };
    let world = World::of(9, Workers::inline(), options);
    fs::create_dir(world.source()).unwrap();
    fs::write(world.source().join("file"), "content").unwrap();
    world.backup();
    world.backend.delete(&world.objects("log2/")[0]).unwrap();
    let before = world.objects("");
    pruned(&world, &PruneOptions { dry_run: true, ..ALL });
    let rehearsed = ForgetOptions { dry_run: true, named: vec!["latest".into()], ..ForgetOptions::default() };
    forget_by(&world.repository, &rehearsed, &Timeless).unwrap();
    assert_eq!(world.objects(""), before);
}

/// No rule asks it anything.
pub(crate) struct Timeless;

impl Calendar for Timeless {
    fn key(&self, _: Period, at: Timestamp) -> i64 {
        at.seconds
    }

    fn back(&self, from: Timestamp, _: Span) -> Timestamp {
        from
    }
}

#[test]
fn many_small_index_objects_become_few() {
    let world = world_of_snapshots(10, 20);
    let newest = world.snapshots().pop().unwrap();
    let before = world.objects("index/").len();
    assert!(before > 32, "{before}");
    pruned(&world, &ALL);
    let after = world.objects("index/").len();
    // Of each role one that stands for others, and one of copies, if small packs were copied: that hangs on how well times compress.
    assert!((2..=4).contains(&after), "{after} of {before}");
    check(&world, &newest, "target");
}

/// A storage with room for so many more bytes of packs and index objects.
#[derive(Debug)]
pub(crate) struct Small {
    inner: Arc<MemoryBackend>,
    room: AtomicU64,
}

impl Small {
    pub(crate) fn new(inner: &Arc<MemoryBackend>, room: u64) -> Arc<Self> {
        Arc::new(Self { inner: Arc::clone(inner), room: AtomicU64::new(room) })
    }
}

impl Backend for Small {
    fn put(&self, name: &ObjectName, bytes: &[u8]) -> Result<(), BackendError> {
        let (is_large, length) = (!name.as_str().starts_with("log"), bytes.len() as u64);
        let left = |room: u64| if is_large { room.checked_sub(length) } else { Some(room) };
        match self.room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left) {
            Ok(_) => self.inner.put(name, bytes),
            Err(_) => Err(BackendError::new(ErrorKind::Full, "put", name)),
        }
    }

    fn get(&self, name: &ObjectName, limit: u64) -> Result<Vec<u8>, BackendError> {
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
        let size = self.inner.stat(name)?.size;
        self.room.fetch_add(size, Ordering::Relaxed);
        self.inner.delete(name)
    }

    fn location(&self) -> String {
        self.inner.location()
    }
}

/// Prunes where there is room for so many bytes.
fn pruned_within(world: &World, room: u64) -> Result<PruneReport, EngineError> {
    let backend = Small::new(&world.backend, room);
    let environment = world.repository.environment().clone();
    let repository = Repository::open(backend, &password(), environment).unwrap();
    prune(&repository, &ALL, &world.workers, &())
}

#[test]
fn where_there_is_no_room_what_needs_none_goes_first() {
    // What goes of itself is room for copies, if little room was needed for that.
    for (seed, room) in [(13, 0), (14, 1_000), (15, 30_000), (16, 100_000)] {
        let world = world_of_snapshots(seed, 7);
        let newest = forget_all_but_one(&world);
        let before = bytes(&world);
        let report = pruned_within(&world, 200 + room).unwrap();
        assert!(report.plan.removed > 0 && report.deleted.packs > 0, "{report:?}");
        assert!(bytes(&world) < before);
        check(&world, &newest, "target");
        let again = pruned(&world, &ALL);
        let fresh = pruned(&world, &ALL);
        assert_eq!((fresh.plan.removed, fresh.plan.copied, fresh.orphans), (0, 0, 0), "{again:?}");
        check(&world, &newest, "again");
    }
}

#[test]
fn where_there_is_no_room_and_nothing_goes_without_copies_that_is_said() {
    let world = World::new(17, Workers::inline());
    fs::create_dir(world.source()).unwrap();
    for file in 0..30 {
        fs::write(world.source().join(file.to_string()), Random::new(file).bytes(3_000)).unwrap();
    }
    world.later();
    world.backup();
    (0..15).for_each(|file| fs::remove_file(world.source().join(file.to_string())).unwrap());
    world.later();
    world.backup();
    forget_all_but_one(&world);
    pruned_within(&world, 200).unwrap();
    let before = bytes(&world);
    let refused = pruned_within(&world, 200).unwrap_err();
    assert!(matches!(&refused, EngineError::Repository(error) if error.is_full()), "{refused}");
    assert_eq!(bytes(&world), before, "what was copied in vain is gone");
    assert!(pruned(&world, &ALL).deleted.bytes > 0);
    assert_eq!(world.verify().problems, Vec::new());
}

#[test]
fn more_goes_than_one_entry_may_name() {
    const ORPHANS: u32 = (1 << 16) + 10;
    let world = world_of_snapshots(18, 1);
    for number in 0..ORPHANS {
        let id = PackId::new(std::array::from_fn(|byte| number.to_le_bytes()[byte % 4]));
        world.backend.put(&ObjectName::new(&pack_object(id)).unwrap(), b"").unwrap();
    }
    let report = pruned(&world, &ALL);
    assert_eq!((report.orphans, report.deleted.packs), (u64::from(ORPHANS), u64::from(ORPHANS)));
    check(&world, &world.snapshots()[0].clone(), "target");
}
