//! Copies that die, run out of room, or run beside a prune of either side, before every request: what they report is there, whole.

use super::{KINDS, Kin, assert_sound, target, try_copy};
use crate::hooked::{ALL, Hooked, copied as objects_copied, saved};
use crate::killed::Mortal;
use crate::prune::Small;
use crate::world::{World, environment, password};
use lifeboat_backend::{Backend, MemoryBackend};
use lifeboat_engine::{
    CopyOptions, CopyReport, EngineError, SnapshotFilter, SnapshotId, Workers, copy, prune, snapshots,
};
use lifeboat_format::ObjectList;
use lifeboat_repository::{Pruner, Repository, RepositoryError, Session};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

#[test]
fn a_copy_that_dies_at_any_moment_is_taken_up_by_the_next_one() {
    for (seed, kin) in (30..).zip(KINDS) {
        let from = saved(seed);
        let fresh = target(&from, kin, 100 + seed);
        let objects = |storage: &Arc<MemoryBackend>| {
            let mut packs = 0;
            storage.list("packs/", &mut |object| packs += object.size).unwrap();
            packs
        };
        let open = |backend: Arc<dyn Backend>, process: u64| {
            Repository::open(backend, &password(), environment(process, &from.clock)).unwrap()
        };
        let all = CopyOptions::default();
        let whole = objects_copied(&fresh.backend);
        // Each target has a source of its own, which remembers no other state of it.
        let source = |process| open(objects_copied(&from.backend) as _, process);
        copy(&source(1), &open(Arc::clone(&whole) as _, 2), &all, &Workers::inline(), &()).unwrap();
        let undisturbed = objects(&whole);

        let mut puts = 0;
        loop {
            let storage = objects_copied(&fresh.backend);
            let mortal = Arc::new(Mortal::new(&storage, puts));
            let dying = open(Arc::clone(&mortal) as _, 1000 + puts);
            let source = source(3000 + puts);
            let ended = copy(&source, &dying, &all, &Workers::inline(), &());
            let repository = open(Arc::clone(&storage) as _, 2000 + puts);
            let before = snapshots(&repository, &SnapshotFilter::default()).unwrap().snapshots;
            assert_sound(&repository, &format!("{kin:?}, {puts}"));
            let report = copy(&source, &repository, &all, &Workers::inline(), &()).unwrap();
            assert_eq!(report.copied.len() + before.len(), 3, "{kin:?}, {puts}");
            assert_sound(&repository, &format!("{kin:?}, {puts}, then"));
            // What was under way is sealed twice, and no more.
            let twice = objects(&storage).saturating_sub(undisturbed);
            assert!(twice <= 2 * (64 << 10), "{kin:?}, {puts}: {twice} of {undisturbed} bytes stored twice");
            if ended.is_ok() {
                break;
            }
            puts += 1;
        }
        assert!(puts > 15, "{puts} moments");
    }
}

/// What a copy goes from, and to.
#[derive(Clone, Copy)]
enum Side {
    Source,
    Target,
}

/// A source with three snapshots and a target for them, as they are before each copy.
struct Scene {
    worlds: [World; 2],
    /// The snapshots of the source, oldest first.
    all: Vec<SnapshotId>,
    kin: Kin,
}

impl Scene {
    /// One for each kind of target.
    fn of_all_kinds(seed: u64) -> impl Iterator<Item = Self> {
        (seed..).zip(KINDS).map(|(seed, kin)| {
            let from = saved(seed);
            let to = target(&from, kin, 100 + seed);
            let all = from.snapshots().iter().map(|snapshot| snapshot.id).collect();
            Self { worlds: [from, to], all, kin }
        })
    }

    /// Copies everything, from the beginning each time, while something is done to both sides before one more request of the one. Whatever
    /// the moment, no damage is told of, and afterwards the target is sound; `judge` looks at the rest. There are at least so many moments.
    fn disturb(
        &self,
        side: Side,
        least: usize,
        disturbance: impl Fn(&[Repository; 2]) + Clone + Send + 'static,
        judge: impl Fn(&CopyReport, &[Repository; 2], &str),
    ) {
        for at in 0.. {
            let storages = self.worlds.each_ref().map(|world| objects_copied(&world.backend));
            let plain = || storages.each_ref().map(|storage| Arc::clone(storage) as Arc<dyn Backend>);
            let [others, afterwards] = [1000, 2000].map(|process| self.open(plain(), process + at));
            let disturbance = disturbance.clone();
            let hooked = Hooked::new(Arc::clone(&storages[side as usize]), move || disturbance(&others));
            let mut disturbed = plain();
            disturbed[side as usize] = Arc::clone(&hooked) as _;
            let [from, to] = self.open(disturbed, 3000 + at);
            hooked.wait_for(at);
            let report = copy(&from, &to, &CopyOptions::default(), &Workers::inline(), &()).unwrap();
            let when = format!("{:?}, {at}", self.kin);
            assert!(report.problems.is_empty(), "{when}: {report:?}");
            judge(&report, &afterwards, &when);
            assert_sound(&afterwards[1], &when);
            if !hooked.has_happened() {
                assert!(at > least, "{at} moments");
                return;
            }
        }
    }

    /// Both sides at these places, with randomness of their own.
    fn open(&self, [from, to]: [Arc<dyn Backend>; 2], process: usize) -> [Repository; 2] {
        [(from, 0), (to, 10_000)].map(|(backend, side)| {
            let environment = environment((process + side) as u64, &self.worlds[0].clock);
            Repository::open(backend, &password(), environment).unwrap()
        })
    }
}

/// Forgets these and takes away what only they need.
fn forget_and_prune(repository: &Repository, snapshots: Vec<SnapshotId>) {
    Session::start(repository).unwrap().forget(snapshots, "for a test").unwrap();
    prune(repository, &ALL, &Workers::inline(), &()).unwrap();
}

fn ids(repository: &Repository) -> Vec<SnapshotId> {
    let listed = snapshots(repository, &SnapshotFilter::default()).unwrap().snapshots;
    listed.iter().map(|snapshot| snapshot.id).collect()
}

fn assert_sound_when_pruned(repository: &Repository, when: &str) {
    assert_sound(repository, when);
    prune(repository, &ALL, &Workers::inline(), &()).unwrap();
    assert_sound(repository, &format!("{when}, pruned"));
}

#[test]
fn a_copy_beside_a_prune_of_the_source_copies_what_is_there_and_takes_nothing_for_damage() {
    for scene in Scene::of_all_kinds(40) {
        let forgotten = scene.all[..2].to_vec();
        let disturbance = move |[source, _]: &[Repository; 2]| forget_and_prune(source, forgotten.clone());
        scene.disturb(Side::Source, 10, disturbance, |report, _, when| {
            assert!(report.copied.iter().any(|(id, _)| *id == scene.all[2]), "{when}: {report:?}");
        });
    }
}

#[test]
fn a_copy_beside_a_prune_of_the_target_loses_nothing_of_what_it_reports() {
    for scene in Scene::of_all_kinds(50) {
        // Two are there; both are forgotten while the third, which shares much with them, is copied.
        let named = vec!["latest~1".into(), "latest~2".into()];
        let [from, to] = &scene.worlds;
        try_copy(from, to, &CopyOptions { named, ..CopyOptions::default() }).unwrap();
        let forgotten = scene.all[..2].to_vec();
        let disturbance = move |[_, target]: &[Repository; 2]| forget_and_prune(target, forgotten.clone());
        scene.disturb(Side::Target, 10, disturbance, |_, [_, target], when| {
            assert!(ids(target).contains(&scene.all[2]), "{when}");
            assert_sound_when_pruned(target, when);
        });
    }
}

#[test]
fn a_copy_beside_a_prune_that_has_condemned_and_sweeps_late_is_there_when_that_has_swept() {
    for scene in Scene::of_all_kinds(90) {
        let named = vec!["latest~1".into(), "latest~2".into()];
        let [from, to] = &scene.worlds;
        try_copy(from, to, &CopyOptions { named, ..CopyOptions::default() }).unwrap();
        let forgotten = scene.all[..2].to_vec();
        let sweeper = Arc::new(Mutex::new(None));
        let condemned = Arc::clone(&sweeper);
        let disturbance = move |[_, target]: &[Repository; 2]| {
            Session::start(target).unwrap().forget(forgotten.clone(), "for a test").unwrap();
            let pruner = Pruner::start(target).unwrap();
            let packs = pruner.view().packs().iter().copied().collect();
            let index = pruner.view().index().iter().copied().collect();
            *condemned.lock().unwrap() = Some(pruner.condemn(ObjectList { packs, index }).unwrap());
        };
        scene.disturb(Side::Target, 10, disturbance, |report, [_, target], when| {
            let is_last = |(id, _): &(SnapshotId, SnapshotId)| *id == scene.all[2];
            assert!(report.copied.iter().any(is_last), "{when}: {report:?}");
            let sweeper = sweeper.lock().unwrap().take();
            // Who saw the copy in time would have marked what it needs.
            if let Some(sweeper) = sweeper.filter(|sweeper| sweeper.view().snapshots().is_empty()) {
                let swept = sweeper.sweep(&BTreeSet::new(), &BTreeSet::new()).unwrap();
                target.delete_swept::<RepositoryError>(&swept, || Ok(())).unwrap();
            }
            assert!(ids(target).contains(&scene.all[2]), "{when}");
            assert_sound_when_pruned(target, when);
        });
    }
}

#[test]
fn what_was_copied_a_moment_ago_may_be_forgotten_and_swept_before_the_next_snapshot_shares_it() {
    for scene in Scene::of_all_kinds(55) {
        let disturbance = |[_, target]: &[Repository; 2]| forget_and_prune(target, ids(target));
        scene.disturb(Side::Target, 50, disturbance, |report, [_, target], when| {
            assert_eq!(report.copied.len(), 3, "{when}: {report:?}");
            assert_sound_when_pruned(target, when);
        });
    }
}

#[test]
fn two_who_copy_at_once_make_one_snapshot() {
    let all = CopyOptions::default();
    for scene in Scene::of_all_kinds(65) {
        let disturbance = |[source, target]: &[Repository; 2]| {
            copy(source, target, &CopyOptions::default(), &Workers::inline(), &()).unwrap();
        };
        scene.disturb(Side::Target, 50, disturbance, |report, [source, target], when| {
            assert!(report.notes.is_empty(), "{when}: {report:?}");
            assert_eq!(ids(target).len(), 3, "{when}");
            let again = copy(source, target, &all, &Workers::inline(), &()).unwrap();
            assert_eq!((again.copied.len(), again.present), (0, 3), "{when}");
        });
    }
}

#[test]
fn a_target_without_room_has_whole_snapshots_and_goes_on_where_there_is_room() {
    for (seed, kin) in (75..).zip(KINDS) {
        let from = saved(seed);
        let fresh = target(&from, kin, 100 + seed);
        let mut room = 0;
        loop {
            let storage = objects_copied(&fresh.backend);
            let open = |backend: Arc<dyn Backend>, process: u64| {
                Repository::open(backend, &password(), environment(process + room, &from.clock)).unwrap()
            };
            let source = open(objects_copied(&from.backend) as _, 1 << 20);
            let small = open(Small::new(&storage, room) as _, 2 << 20);
            let ended = copy(&source, &small, &CopyOptions::default(), &Workers::inline(), &());
            let to = open(storage, 3 << 20);
            let there = snapshots(&to, &SnapshotFilter::default()).unwrap().snapshots.len();
            assert_sound(&to, &format!("{kin:?}, {room}"));
            match ended {
                Ok(_) => break,
                Err(EngineError::Repository(error)) => assert!(error.is_full(), "{error:?}"),
                Err(error) => panic!("{error:?}"),
            }
            // Whoever needs the room more may prune, and the next copy has it all the same.
            prune(&to, &ALL, &Workers::inline(), &()).unwrap();
            let report = copy(&source, &to, &CopyOptions::default(), &Workers::inline(), &()).unwrap();
            assert_eq!(report.copied.len() + there, 3, "{kin:?}, {room}");
            assert_sound(&to, &format!("{kin:?}, {room}, then"));
            room += 5_000;
        }
        assert!(room > 50_000, "{room} bytes");
    }
}
