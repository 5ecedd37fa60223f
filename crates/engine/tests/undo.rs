//! What is forgotten can be had back until it is swept; labels and pins.

use crate::hooked::ALL;
use crate::prune::Timeless;
use crate::second_mark::StopAfter;
use crate::world::{World, environment, password};
use lifeboat_backend::LocalBackend;
use lifeboat_engine::{
    Count, EngineError, ForgetOptions, KdfParams, Policy, PruneOptions, Snapshot, TagOptions, Workers,
    backup, forget, prune, sessions, tag, undo, undoable,
};
use lifeboat_repository::{InitOptions, Session, init};
use std::fs;
use std::sync::Arc;

/// A day, after which a forgotten snapshot cannot be had back for sure.
const DAY: i64 = 24 * 60 * 60;
const CAREFUL: PruneOptions = PruneOptions { now: false, ..ALL };

/// Two snapshots of different files.
fn saved(seed: u64) -> World {
    let world = World::new(seed, Workers::inline());
    fs::create_dir(world.source()).unwrap();
    for snapshot in 0..2 {
        fs::write(world.source().join("file"), lifeboat_testkit::Random::new(snapshot).bytes(50_000))
            .unwrap();
        world.later();
        world.backup();
    }
    world
}

fn forget_named(world: &World, snapshot: &Snapshot) {
    let options = ForgetOptions { named: vec![snapshot.id.to_string()], ..ForgetOptions::default() };
    forget(&world.repository, &options, &Timeless).unwrap();
}

#[test]
fn a_forgotten_snapshot_can_be_had_back_until_it_is_swept() {
    let world = saved(1);
    let [first, second] = &world.snapshots()[..] else { unreachable!("two were saved") };
    forget_named(&world, first);
    let [one] = &undoable(&world.repository, &()).unwrap()[..] else { unreachable!("one is forgotten") };
    assert_eq!((one.snapshot.id, one.kept_until.seconds), (first.id, one.forgotten.seconds + DAY));
    prune(&world.repository, &CAREFUL, &world.workers, &()).unwrap();
    let named = [first.id.to_string()];
    assert_eq!(undo(&world.repository, &named, &()).unwrap().snapshots[0].id, first.id);
    prune(&world.repository, &ALL, &world.workers, &()).unwrap();
    assert_eq!(world.snapshots().len(), 2);
    assert!(world.verify().problems.is_empty());
    let again = undo(&world.repository, &named, &()).unwrap_err();
    assert!(matches!(again, EngineError::NotForgotten(id) if id == first.id), "{again}");

    forget_named(&world, first);
    prune(&world.repository, &ALL, &world.workers, &()).unwrap();
    let late = undo(&world.repository, &named, &()).unwrap_err();
    assert!(matches!(late, EngineError::TooLate(id) if id == first.id), "{late}");
    assert!(undoable(&world.repository, &()).unwrap().is_empty());
    let unknown = undo(&world.repository, &["0123456789".to_owned()], &()).unwrap_err();
    assert!(matches!(unknown, EngineError::NoSnapshot(_)), "{unknown}");
    assert_eq!(world.snapshots()[0].id, second.id);
}

#[test]
fn what_was_forgotten_twice_is_had_back_at_once_and_stays_a_day_from_the_last() {
    let world = saved(2);
    let first = world.snapshots()[0].clone();
    forget_named(&world, &first);
    world.advance(DAY / 2);
    let session = Session::start(&world.repository).unwrap();
    session.forget(vec![first.id], "again").unwrap();
    let one = &undoable(&world.repository, &()).unwrap()[0];
    assert_eq!(one.reason, "again");
    world.advance(DAY / 2 + 60);
    let report = prune(&world.repository, &CAREFUL, &world.workers, &()).unwrap();
    assert_eq!(report.kept_for_undo, 1);
    undo(&world.repository, &[first.id.to_string(), first.id.short()], &()).unwrap();
    assert_eq!(world.snapshots().len(), 2);
}

/// On a disk, which knows when the wish was stored.
#[test]
fn a_wish_that_claims_to_be_old_leaves_a_day_all_the_same() {
    let world = saved(6);
    let backend = Arc::new(LocalBackend::create(&world.folder.path().join("repository")).unwrap());
    let kdf = KdfParams { memory_kib: 8, passes: 1, lanes: 1 };
    let options = InitOptions { kdf, ..InitOptions::default() };
    let environment = environment(7, &world.clock);
    let (repository, _) = init(backend as _, &password(), &options, environment).unwrap();
    let saved = backup(&repository, &world.options(), &world.workers, &()).unwrap().snapshot.unwrap();
    world.advance(-30 * DAY);
    Session::start(&repository).unwrap().forget(vec![saved], "an hour that never was").unwrap();
    world.advance(30 * DAY);
    let report = prune(&repository, &CAREFUL, &world.workers, &()).unwrap();
    assert_eq!((report.kept_for_undo, report.deleted.bytes), (1, 0), "{report:?}");
    let one = &undoable(&repository, &()).unwrap()[0];
    assert!(one.kept_until.seconds > one.forgotten.seconds + 30 * DAY, "{one:?}");
    undo(&repository, &[saved.to_string()], &()).unwrap();
}

#[test]
fn sessions_tell_what_waits() {
    let world = saved(3);
    let calm = sessions(&world.repository, &()).unwrap();
    assert!(calm.running.is_empty() && calm.provided.is_empty() && calm.forgotten.is_empty(), "{calm:?}");
    assert!(calm.condemned.is_empty() && calm.swept.is_empty(), "{calm:?}");
    forget_named(&world, &world.snapshots()[0]);
    let session = Session::start(&world.repository).unwrap();
    let hint = session.announce("backup").unwrap();
    let busy = sessions(&world.repository, &()).unwrap();
    let [running] = &busy.running[..] else { unreachable!("one runs: {busy:?}") };
    assert_eq!((running.verb.as_str(), running.host.as_str(), running.is_here), ("backup", "here", true));
    assert_eq!((busy.forgotten.len(), busy.ended.len()), (1, 0));
    hint.remove().unwrap();
    assert!(sessions(&world.repository, &()).unwrap().running.is_empty());
}

#[test]
fn sessions_tell_what_an_interrupted_backup_left_and_until_when_it_waits() {
    let world = saved(5);
    for file in 0..8 {
        let bytes = lifeboat_testkit::Random::new(100 + file).bytes(100_000);
        fs::write(world.source().join(file.to_string()), bytes).unwrap();
    }
    let stopping = StopAfter::default();
    let stopped = backup(&world.repository, &world.options(), &world.workers, &stopping).unwrap_err();
    assert!(matches!(stopped, EngineError::Interrupted), "{stopped}");
    let report = sessions(&world.repository, &()).unwrap();
    let [left] = &report.provided[..] else { unreachable!("one was interrupted: {report:?}") };
    assert!(left.packs > 0 && left.bytes > 200_000 && !left.is_running, "{left:?}");
    assert_eq!(left.kept_until.seconds, left.spoke.seconds + 14 * DAY);
    prune(&world.repository, &ALL, &world.workers, &()).unwrap();
    assert_eq!(sessions(&world.repository, &()).unwrap().provided, [*left]);
    world.advance(14 * DAY + 60);
    prune(&world.repository, &ALL, &world.workers, &()).unwrap();
    assert_eq!(sessions(&world.repository, &()).unwrap().provided, []);
}

#[test]
fn labels_change_and_what_is_pinned_no_rule_takes() {
    let world = saved(4);
    let first = world.snapshots()[0].clone();
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let named = words(&[&first.id.short()]);
    let options = TagOptions {
        named: named.clone(),
        add: words(&["b", "a"]),
        pin: Some(true),
        ..TagOptions::default()
    };
    assert_eq!(tag(&world.repository, &options).unwrap().changed.len(), 1);
    assert_eq!(tag(&world.repository, &options).unwrap().changed.len(), 0, "it is so already");
    assert_eq!(world.snapshots()[0].tags, ["a", "b"]);
    assert!(world.view().is_pinned(first.id));
    let last = ForgetOptions {
        policy: Policy { last: Count::Some(1), ..Policy::default() },
        ..ForgetOptions::default()
    };
    assert!(forget(&world.repository, &last, &Timeless).unwrap().forgotten().is_empty());
    let unpinned = TagOptions { named, set: Some(Vec::new()), pin: Some(false), ..TagOptions::default() };
    tag(&world.repository, &unpinned).unwrap();
    assert!(world.snapshots()[0].tags.is_empty());
    assert_eq!(forget(&world.repository, &last, &Timeless).unwrap().forgotten().len(), 1);
}
