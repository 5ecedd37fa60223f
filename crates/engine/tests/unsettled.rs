//! A snapshot whose author died before knowing that it counts, beside a prune that has condemned something and not swept it: it is there, and
//! may be gone any moment. Nobody does without anything because of it.

use crate::hooked::saved;
use crate::killed::Mortal;
use crate::prune::Timeless;
use crate::second_mark::about_to_commit;
use crate::world::{World, environment, password};
use lifeboat_engine::{
    BackupOptions, Count, ForgetOptions, Policy, Snapshot, SnapshotId, Workers, backup, forget,
};
use lifeboat_format::{ObjectList, PackId};
use lifeboat_repository::{Pruner, Repository, Session, Sweeper};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Puts of an entry of the log with its second copy.
const ENTRY: u64 = 2;

/// The repository as somebody has it who dies when one entry of the log is put.
fn dying(world: &World, seed: u64) -> Repository {
    let mortal = Arc::new(Mortal::new(&world.backend, ENTRY));
    Repository::open(mortal, &password(), environment(seed + 1_000, &world.clock)).unwrap()
}

/// Condemns a pack that was never there.
fn condemn_something(world: &World) -> Sweeper {
    let list = ObjectList { packs: vec![PackId::new([7; 32])], index: Vec::new() };
    Pruner::start(&world.repository).unwrap().condemn(list).unwrap()
}

/// A world in which the newest snapshot is such a one, and whoever may make it void.
fn unsettled(seed: u64) -> (World, Sweeper) {
    let world = saved(seed);
    let commit = about_to_commit(&dying(&world, seed), &world.snapshots()[2]);
    let sweeper = condemn_something(&world);
    commit().unwrap_err();
    let view = world.view();
    assert!(world.snapshots()[..3].iter().all(|snapshot| view.is_settled(snapshot.id)));
    assert!(!view.is_settled(world.snapshots()[3].id));
    (world, sweeper)
}

fn sweep(sweeper: Sweeper) {
    drop(sweeper.sweep(&BTreeSet::new(), &BTreeSet::new()).unwrap());
}

fn ids(snapshots: &[Snapshot]) -> Vec<SnapshotId> {
    snapshots.iter().map(|snapshot| snapshot.id).collect()
}

#[test]
fn a_snapshot_that_is_had_back_may_be_such_a_one_too() {
    let world = saved(3);
    let id = world.snapshots()[0].id;
    Session::start(&world.repository).unwrap().forget(vec![id], "for a test").unwrap();
    let session = Session::start(&dying(&world, 3)).unwrap();
    let index = world.repository.load_index(session.view()).unwrap();
    let sweeper = condemn_something(&world);
    session.unforget(vec![id], &index).unwrap_err();
    assert!(!world.view().is_forgotten(id) && !world.view().is_settled(id));
    sweep(sweeper);
    assert!(world.view().is_forgotten(id));
}

#[test]
fn a_backup_that_finds_nothing_new_is_not_skipped_because_of_it() {
    let (world, sweeper) = unsettled(1);
    let last = world.snapshots()[3].id;
    let options = BackupOptions { skip_if_unchanged: true, ..world.options() };
    let report = backup(&world.repository, &options, &Workers::inline(), &()).unwrap();
    assert_eq!((report.parent, report.skipped), (Some(last), false), "{report:?}");
    sweep(sweeper);
    assert!(!ids(&world.snapshots()).contains(&last));
    assert!(ids(&world.snapshots()).contains(&report.snapshot.unwrap()));
    assert!(backup(&world.repository, &options, &Workers::inline(), &()).unwrap().skipped);
}

#[test]
fn a_policy_keeps_what_it_keeps_without_it() {
    let (world, sweeper) = unsettled(2);
    let all = ids(&world.snapshots());
    let policy = Policy { last: Count::Some(1), ..Policy::default() };
    let options = ForgetOptions { policy, ..ForgetOptions::default() };
    forget(&world.repository, &options, &Timeless).unwrap();
    assert_eq!(ids(&world.snapshots()), all[2..]);
    sweep(sweeper);
    assert_eq!(ids(&world.snapshots()), all[2..3]);
}
