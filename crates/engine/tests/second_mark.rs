//! What comes between the steps of a prune: who commits in time keeps what it needs, and what cannot be read stops it.

use crate::hooked::{ALL, at_every_moment, copied, saved};
use crate::world::World;
use lifeboat_backend::{Backend as _, MemoryBackend, ObjectName};
use lifeboat_engine::{
    EngineError, Event, Observer, ReadData, Snapshot, VerifyOptions, Workers, backup, prune, restore, verify,
};
use lifeboat_format::{Content, Node, NodeKind, ObjectList, PackId, Piece, Role};
use lifeboat_repository::{
    Committed, ObjectSet, Pruner, Repository, RepositoryError, Session, View, WriterOptions, pack_object,
};
use lifeboat_testkit::{Random, tree_differences};
use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

fn view(repository: &Repository) -> View {
    repository.view(&repository.read_log().unwrap()).unwrap()
}

/// Forgets all snapshots and gives them.
fn forget_all(repository: &Repository) -> Vec<Snapshot> {
    let all: Vec<Snapshot> = view(repository).snapshots().into_iter().cloned().collect();
    let ids = all.iter().map(|snapshot| snapshot.id).collect();
    Session::start(repository).unwrap().forget(ids, "for a test").unwrap();
    all
}

/// A session that has looked up all that a snapshot needs, and is about to commit it as its own, a second younger.
pub(crate) fn about_to_commit(
    repository: &Repository,
    snapshot: &Snapshot,
) -> impl FnOnce() -> Result<Committed, RepositoryError> + Send + use<> {
    let session = Session::start(repository).unwrap();
    let index = Arc::new(repository.load_index(session.view()).unwrap());
    let options = WriterOptions {
        compression: ALL.compression,
        verify_writes: ALL.verify_writes,
        workers: Workers::inline(),
    };
    let mut writer = session.writer(Arc::clone(&index), options);
    let reader = session.reader(index);
    let mut unread = vec![snapshot.root.clone()];
    while let Some(node) = unread.pop() {
        match (&node.content, node.kind) {
            (Content::Pages(page), NodeKind::Directory) => {
                let bytes = reader.read(Role::Tree, page).unwrap();
                assert_eq!(writer.put(Role::Tree, &bytes).unwrap(), *page);
                let page = lifeboat_format::Page::<Node>::decode(&bytes, None).unwrap();
                let lifeboat_format::Page::Leaf(nodes) = page else { unreachable!("they are few") };
                unread.extend(nodes);
            }
            (Content::Pieces(pieces), _) => {
                for piece in pieces {
                    let Piece::Blob(id, _) = piece else { continue };
                    assert_eq!(writer.put(Role::Data, &reader.read(Role::Data, id).unwrap()).unwrap(), *id);
                }
            }
            _ => {}
        }
    }
    assert_eq!(writer.stats().bytes_added, 0, "it relies on what is there");
    let mut copy = snapshot.clone();
    copy.id = session.snapshot();
    copy.start.seconds += 1;
    move || session.commit(&copy, writer.finish().unwrap())
}

/// Asserts that everything is sound, and that what counts comes back.
fn assert_sound(repository: &Repository, world: &World) -> usize {
    let all = VerifyOptions { read_data: ReadData::All };
    let report = verify(repository, &all, &Workers::inline(), &()).unwrap();
    assert!(report.problems.is_empty(), "{report:?}");
    let view = view(repository);
    for snapshot in view.snapshots() {
        let options = world.restore_options("target");
        let report = restore(repository, &view, snapshot, &options, &Workers::inline(), &()).unwrap();
        assert!(report.problems.is_empty(), "{report:?}");
        assert_eq!(tree_differences(&world.source(), &options.target), []);
        fs::remove_dir_all(options.target).unwrap();
    }
    view.snapshots().len()
}

#[test]
fn a_commit_between_the_steps_of_a_prune_keeps_all_that_it_needs_or_does_not_count() {
    let (mut in_time, mut too_late) = (0, 0);
    at_every_moment(20, false, |moment| {
        let storage = copied(&moment.world.backend);
        let other = moment.open(Arc::clone(&storage) as _, 1_000);
        let newest = forget_all(&other).pop().unwrap();
        let commit = about_to_commit(&other, &newest);
        let hook = move || drop(commit().unwrap());
        let Some(report) = moment.run_beside(Arc::clone(&storage), hook, |repository| {
            prune(repository, &ALL, &Workers::inline(), &())
        }) else {
            return false;
        };
        report.unwrap();
        let after = moment.open(storage, 3_000);
        for _ in 0..2 {
            match assert_sound(&after, moment.world) {
                0 => too_late += 1,
                _ => in_time += 1,
            }
            prune(&after, &ALL, &Workers::inline(), &()).unwrap();
        }
        true
    });
    assert!(in_time > 5 && too_late > 5, "{in_time} in time, {too_late} too late");
}

/// Deletes the packs of trees that a snapshot needs.
fn lose_trees(repository: &Repository, storage: &MemoryBackend) {
    let index = repository.load_index(&view(repository)).unwrap();
    for pack in index.packs().filter(|pack| pack.role == Role::Tree) {
        // It may be swept and gone already.
        drop(storage.delete(&ObjectName::new(&pack_object(pack.id)).unwrap()));
    }
}

#[test]
fn a_tree_that_cannot_be_read_any_more_stops_the_second_mark_too() {
    let (mut stopped, mut through) = (0, 0);
    at_every_moment(21, false, |moment| {
        let storage = copied(&moment.world.backend);
        let other = moment.open(Arc::clone(&storage) as _, 1_000);
        let snapshots = view(&other).snapshots().into_iter().map(|snapshot| snapshot.id).collect::<Vec<_>>();
        Session::start(&other).unwrap().forget(snapshots[..2].to_vec(), "for a test").unwrap();
        let swept = Arc::new(std::sync::Mutex::new(None));
        let (at_hook, lost) = (Arc::clone(&swept), Arc::clone(&storage));
        let hook = move || {
            *at_hook.lock().unwrap() = Some(view(&other).swept().clone());
            lose_trees(&other, &lost);
        };
        let Some(ended) = moment.run_beside(Arc::clone(&storage), hook, |repository| {
            prune(repository, &ALL, &Workers::inline(), &())
        }) else {
            return false;
        };
        let before: ObjectSet = swept.lock().unwrap().take().unwrap();
        let after = view(&moment.open(storage, 3_000)).swept().clone();
        match ended {
            Err(EngineError::Repository(RepositoryError::Missing(_) | RepositoryError::Damaged { .. })) => {
                assert_eq!(after, before, "{}: it went on", moment.at);
                stopped += 1;
            }
            Ok(_) => through += usize::from(after != before),
            Err(error) => unreachable!("{}: {error}", moment.at),
        }
        true
    });
    // Only just before the sweep itself nothing is read any more.
    assert!(stopped > 20 && through <= 4, "{stopped} stopped, {through} went on");
}

/// Sweeps something, which never was there, whenever it is asked whether to stop.
struct Restless {
    repository: Repository,
    sweeps: AtomicU64,
}

impl Observer for Restless {
    fn event(&self, _: &Event<'_>) {}

    fn should_stop(&self) -> bool {
        let number = self.sweeps.fetch_add(1, Ordering::Relaxed);
        let packs = vec![PackId::new(Random::new(number).bytes(32).try_into().unwrap())];
        let list = ObjectList { packs, index: Vec::new() };
        let sweeper = Pruner::start(&self.repository).unwrap().condemn(list).unwrap();
        drop(sweeper.sweep(&BTreeSet::new(), &BTreeSet::new()).unwrap());
        false
    }
}

#[test]
fn a_prune_that_others_come_between_again_and_again_gives_up_and_calls_nothing_damaged() {
    let world = saved(24);
    lose_trees(&world.repository, &world.backend);
    let restless = Restless { repository: world.repository.clone(), sweeps: AtomicU64::new(0) };
    let ended = prune(&world.repository, &ALL, &world.workers, &restless).unwrap_err();
    assert!(matches!(ended, EngineError::Repository(RepositoryError::Overtaken)), "{ended}");
    let ended = prune(&world.repository, &ALL, &world.workers, &()).unwrap_err();
    assert!(matches!(ended, EngineError::Repository(RepositoryError::Missing(_))), "{ended}");
}

/// Stops a backup when so much was read.
#[derive(Default)]
pub(crate) struct StopAfter(AtomicU64);

impl Observer for StopAfter {
    fn event(&self, event: &Event<'_>) {
        if let Event::Read(bytes) = event {
            self.0.fetch_add(*bytes, Ordering::Relaxed);
        }
    }

    fn should_stop(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 300_000
    }
}

/// A world in which a backup was stopped when it had stored some packs, and these.
fn interrupted(seed: u64) -> (World, BTreeSet<PackId>) {
    let world = World::new(seed, Workers::inline());
    fs::create_dir(world.source()).unwrap();
    for file in 0..8 {
        fs::write(world.source().join(file.to_string()), Random::new(file).bytes(50_000)).unwrap();
    }
    let stopping = StopAfter::default();
    let stopped = backup(&world.repository, &world.options(), &world.workers, &stopping).unwrap_err();
    assert!(matches!(stopped, EngineError::Interrupted), "{stopped}");
    let waiting = world.view().provided().values().next().unwrap().packs.clone();
    assert!(waiting.len() > 3, "{waiting:?}");
    (world, waiting)
}

/// Somebody who condemned it died, or saw in time that somebody has provided it.
#[test]
fn what_waits_for_its_author_and_is_condemned_makes_no_index_grow() {
    let (world, waiting) = interrupted(23);
    world.backup();
    let list = ObjectList {
        packs: waiting.iter().copied().collect(),
        index: world.view().index().iter().copied().collect(),
    };
    drop(Pruner::start(&world.repository).unwrap().condemn(list).unwrap());
    let size = || {
        let mut size = (0, 0);
        world.backend.list("index/", &mut |object| size = (size.0 + 1, size.1 + object.size)).unwrap();
        size
    };
    prune(&world.repository, &ALL, &world.workers, &()).unwrap();
    let first = size();
    for round in 0..8 {
        fs::write(world.source().join("new"), Random::new(100 + round).bytes(50_000)).unwrap();
        world.later();
        let kept = world.backup().snapshot.unwrap();
        let others = world.snapshots().into_iter().map(|snapshot| snapshot.id).filter(|id| *id != kept);
        Session::start(&world.repository).unwrap().forget(others.collect(), "for a test").unwrap();
        prune(&world.repository, &ALL, &world.workers, &()).unwrap();
        let now = size();
        assert!(
            now.0 <= first.0 + 2 && now.1 <= 2 * first.1,
            "{round}: {now:?} objects and bytes, {first:?} before"
        );
    }
    let report = world.verify();
    assert!(report.problems.is_empty(), "{report:?}");
}

#[test]
fn what_waits_for_its_author_stays_whole_when_others_need_a_part_of_it() {
    let (world, waiting) = interrupted(22);
    // Somebody else saves one of these files.
    let elsewhere = world.folder.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::copy(world.source().join("0"), elsewhere.join("0")).unwrap();
    let options = lifeboat_engine::BackupOptions { paths: vec![elsewhere], ..world.options() };
    assert_eq!(world.try_backup(&options).unwrap().summary.data_blobs, 0, "all of it is there");
    for _ in 0..2 {
        let report = prune(&world.repository, &ALL, &world.workers, &()).unwrap();
        assert_eq!((report.provided, report.plan.copied), (waiting.len() as u64, 0), "{report:?}");
    }
    assert!(world.view().condemned().packs.is_disjoint(&waiting));
    let resumed = world.backup();
    assert!(resumed.summary.data_added < 8 * 50_000 - 200_000, "{:?}", resumed.summary);
    assert!(world.verify().problems.is_empty());
}
