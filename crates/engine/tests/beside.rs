//! Prunes that come to their end between two requests of somebody who reads: whatever the moment, nobody takes for damage what was
//! moved or swept.

use crate::hooked::{ALL, Moment, at_every_moment, copied};
use crate::world::World;
use lifeboat_engine::{
    BackupReport, EngineError, ListOptions, ReadData, RepairOptions, RestoreReport, Snapshot, VerifyOptions,
    VerifyReport, Workers, backup, list, prune, repair, restore, undo, verify,
};
use lifeboat_repository::{Repository, RepositoryError, Session};
use lifeboat_testkit::tree_differences;
use std::fs;
use std::sync::Arc;

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

#[test]
fn a_repair_finds_nothing_to_mend_where_something_was_moved_or_swept() {
    for (seed, forgets_newest) in [(13, false), (14, true)] {
        at_every_moment(seed, forgets_newest, |moment| {
            let report = moment.run(|repository, _, _| {
                repair(repository, &RepairOptions::default(), &Workers::inline(), &()).unwrap()
            });
            let Some(report) = report else { return false };
            assert_eq!((&*report.mended, &*report.quarantined), (&[][..], &[][..]), "{}", moment.at);
            assert!(report.problems.is_empty(), "{}: {report:?}", moment.at);
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
