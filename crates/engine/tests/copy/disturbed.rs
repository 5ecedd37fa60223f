//! Copies that die, run out of room, or run beside a prune of either side, before every request: what they report is there, whole.

use super::{KINDS, assert_sound, target, try_copy};
use crate::hooked::{ALL, Hooked, copied as objects_copied, saved};
use crate::killed::Mortal;
use crate::prune::Small;
use crate::world::{environment, password};
use lifeboat_backend::{Backend, MemoryBackend};
use lifeboat_engine::{CopyOptions, EngineError, SnapshotFilter, Workers, copy, prune, snapshots};
use lifeboat_repository::{Repository, Session};
use std::sync::Arc;

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

#[test]
fn a_copy_beside_a_prune_of_the_source_copies_what_is_there_and_takes_nothing_for_damage() {
    for (seed, kin) in (40..).zip(KINDS) {
        let from = saved(seed);
        let fresh = target(&from, kin, 100 + seed);
        let all: Vec<_> = from.snapshots().iter().map(|snapshot| snapshot.id).collect();
        let mut at = 0;
        loop {
            let (storage, target) = (objects_copied(&from.backend), objects_copied(&fresh.backend));
            let [other, to] = [(&storage, 1000), (&target, 2000)].map(|(storage, process)| {
                let environment = environment(process + at as u64, &from.clock);
                Repository::open(Arc::clone(storage) as _, &password(), environment).unwrap()
            });
            let forgotten = all[..2].to_vec();
            let hooked = Hooked::new(storage, move || {
                Session::start(&other).unwrap().forget(forgotten, "for a test").unwrap();
                prune(&other, &ALL, &Workers::inline(), &()).unwrap();
            });
            let environment = environment(3000 + at as u64, &from.clock);
            let source = Repository::open(Arc::clone(&hooked) as _, &password(), environment).unwrap();
            hooked.wait_for(at);
            let report = copy(&source, &to, &CopyOptions::default(), &Workers::inline(), &()).unwrap();
            assert!(report.problems.is_empty(), "{kin:?}, {at}: {report:?}");
            assert!(report.copied.iter().any(|(id, _)| *id == all[2]), "{kin:?}, {at}: {report:?}");
            assert_sound(&to, &format!("{kin:?}, {at}"));
            if !hooked.has_happened() {
                break;
            }
            at += 1;
        }
        assert!(at > 10, "{at} moments");
    }
}

#[test]
fn a_copy_beside_a_prune_of_the_target_loses_nothing_of_what_it_reports() {
    for (seed, kin) in (50..).zip(KINDS) {
        let from = saved(seed);
        let fresh = target(&from, kin, 100 + seed);
        let all: Vec<_> = from.snapshots().iter().map(|snapshot| snapshot.id).collect();
        // Two are there; both are forgotten while the third, which shares much with them, is copied.
        let first =
            CopyOptions { named: vec!["latest~1".into(), "latest~2".into()], ..CopyOptions::default() };
        try_copy(&from, &fresh, &first).unwrap();
        let mut at = 0;
        loop {
            let storage = objects_copied(&fresh.backend);
            let open = |backend: Arc<dyn Backend>, process: u64| {
                Repository::open(backend, &password(), environment(process + at as u64, &from.clock)).unwrap()
            };
            let other = open(Arc::clone(&storage) as _, 1000);
            let forgotten = all[..2].to_vec();
            let hooked = Hooked::new(Arc::clone(&storage), move || {
                Session::start(&other).unwrap().forget(forgotten, "for a test").unwrap();
                prune(&other, &ALL, &Workers::inline(), &()).unwrap();
            });
            let to = open(Arc::clone(&hooked) as _, 2000);
            let source = open(objects_copied(&from.backend) as _, 4000);
            hooked.wait_for(at);
            let report = copy(&source, &to, &CopyOptions::default(), &Workers::inline(), &()).unwrap();
            assert!(report.problems.is_empty(), "{kin:?}, {at}: {report:?}");
            let to = open(storage, 3000);
            let list = snapshots(&to, &SnapshotFilter::default()).unwrap();
            assert!(list.snapshots.iter().any(|snapshot| snapshot.id == all[2]), "{kin:?}, {at}");
            assert_sound(&to, &format!("{kin:?}, {at}"));
            prune(&to, &ALL, &Workers::inline(), &()).unwrap();
            assert_sound(&to, &format!("{kin:?}, {at}, pruned"));
            if !hooked.has_happened() {
                break;
            }
            at += 1;
        }
        assert!(at > 10, "{at} moments");
    }
}

#[test]
fn what_was_copied_a_moment_ago_may_be_forgotten_and_swept_before_the_next_snapshot_shares_it() {
    for (seed, kin) in (55..).zip(KINDS) {
        let from = saved(seed);
        let fresh = target(&from, kin, 100 + seed);
        let mut at = 0;
        loop {
            let storage = objects_copied(&fresh.backend);
            let open = |backend: Arc<dyn Backend>, process: u64| {
                Repository::open(backend, &password(), environment(process + at as u64, &from.clock)).unwrap()
            };
            let other = open(Arc::clone(&storage) as _, 1000);
            let hooked = Hooked::new(Arc::clone(&storage), move || {
                let session = Session::start(&other).unwrap();
                let there: Vec<_> = session.view().snapshots().iter().map(|snapshot| snapshot.id).collect();
                session.forget(there, "for a test").unwrap();
                prune(&other, &ALL, &Workers::inline(), &()).unwrap();
            });
            let to = open(Arc::clone(&hooked) as _, 2000);
            let source = open(objects_copied(&from.backend) as _, 4000);
            hooked.wait_for(at);
            let report = copy(&source, &to, &CopyOptions::default(), &Workers::inline(), &()).unwrap();
            assert!(report.problems.is_empty(), "{kin:?}, {at}: {report:?}");
            assert_eq!(report.copied.len(), 3, "{kin:?}, {at}: {report:?}");
            let to = open(storage, 3000);
            assert_sound(&to, &format!("{kin:?}, {at}"));
            prune(&to, &ALL, &Workers::inline(), &()).unwrap();
            assert_sound(&to, &format!("{kin:?}, {at}, pruned"));
            if !hooked.has_happened() {
                break;
            }
            at += 1;
        }
        assert!(at > 50, "{at} moments");
    }
}

#[test]
fn two_who_copy_at_once_make_one_snapshot() {
    for (seed, kin) in (65..).zip(KINDS) {
        let from = saved(seed);
        let fresh = target(&from, kin, 100 + seed);
        let mut at = 0;
        loop {
            let (source, storage) = (objects_copied(&from.backend), objects_copied(&fresh.backend));
            let open = |backend: Arc<dyn Backend>, process: u64| {
                Repository::open(backend, &password(), environment(process + at as u64, &from.clock)).unwrap()
            };
            let others = (open(Arc::clone(&source) as _, 1000), open(Arc::clone(&storage) as _, 2000));
            let hooked = Hooked::new(Arc::clone(&storage), move || {
                copy(&others.0, &others.1, &CopyOptions::default(), &Workers::inline(), &()).unwrap();
            });
            let (source, to) = (open(source, 3000), open(Arc::clone(&hooked) as _, 4000));
            hooked.wait_for(at);
            let report = copy(&source, &to, &CopyOptions::default(), &Workers::inline(), &()).unwrap();
            assert!(report.problems.is_empty() && report.notes.is_empty(), "{kin:?}, {at}: {report:?}");
            let to = open(storage, 5000);
            let list = snapshots(&to, &SnapshotFilter::default()).unwrap().snapshots;
            assert_eq!(list.len(), 3, "{kin:?}, {at}");
            assert_sound(&to, &format!("{kin:?}, {at}"));
            let again = copy(&source, &to, &CopyOptions::default(), &Workers::inline(), &()).unwrap();
            assert_eq!((again.copied.len(), again.present), (0, 3), "{kin:?}, {at}");
            if !hooked.has_happened() {
                break;
            }
            at += 1;
        }
        assert!(at > 50, "{at} moments");
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
