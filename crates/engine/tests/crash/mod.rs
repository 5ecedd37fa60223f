//! Crash points: the calls of scripted commands on real files, of which each fails once, or is the last of its process, with
//! and without a power cut after it. Then the same command again, and a look at all that was promised.
//!
//! Invariants that are checked: what was reported restores identical, or what differs was named; the command given again
//! succeeds; `verify` is content with every byte then; a file of a restore has its name only when it is whole; nothing
//! temporary stays.
#![expect(clippy::panic, clippy::print_stdout, reason = "parts of tests fail and report like tests")]

mod backups;
mod copies;
mod inits;
mod keys;
mod points;
mod power;
mod prunes;
mod repairs;
mod restores;
mod stage;
mod watch;

use backups::Backup;
use copies::Copy;
use inits::Init;
use keys::{Add, Change, Remove};
use lifeboat_engine::KdfParams;
use lifeboat_testkit::{json, record};
use points::{assert_points, cut, die_twice, disturb};
use prunes::{Prune, Undo};
use repairs::Repair;
use restores::Restore;
use std::path::{Path, PathBuf};

/// What a password costs to try here: next to nothing.
const KDF: KdfParams = KdfParams { memory_kib: 8, passes: 1, lanes: 1 };

#[test]
fn init_is_disturbed() {
    crash_points("init", disturb(&Init, false) + disturb(&Init, true), 1_000);
}

#[test]
fn a_first_backup_is_disturbed() {
    crash_points("first backup", disturb(&Backup::first(), false), 800);
}

#[test]
fn a_second_backup_is_disturbed() {
    crash_points("second backup", disturb(&Backup::second(), false), 600);
}

#[test]
fn a_backup_is_disturbed_where_files_need_names() {
    crash_points("backup where files need names", disturb(&Backup::second(), true), 600);
}

#[test]
fn a_backup_far_away_is_disturbed() {
    let work = Backup::second_far_away();
    crash_points("backup far away", disturb(&work, false), 500);
    power_cuts("backup far away", cut(&work, 1, false), 80);
}

#[test]
fn changes_of_keys_are_disturbed() {
    let points =
        disturb(&Add::new(), false) + disturb(&Remove::new(), false) + disturb(&Change::new(), false);
    crash_points("changes of keys", points, 500);
}

#[test]
fn a_restore_is_disturbed() {
    crash_points("restore", disturb(&Restore::anew(), false), 1_400);
}

#[test]
fn a_restore_over_a_tree_is_disturbed() {
    crash_points("restore over a tree", disturb(&Restore::over(), false), 1_400);
}

#[test]
fn forgetting_and_pruning_is_disturbed() {
    crash_points("forget and prune", disturb(&Prune::new(), false), 400);
}

#[test]
fn pruning_far_away_is_disturbed() {
    let work = Prune::far_away();
    crash_points("prune far away", disturb(&work, false), 400);
    power_cuts("prune far away", cut(&work, 1, false), 40);
}

#[test]
fn having_back_is_disturbed() {
    crash_points("forget --undo", disturb(&Undo::new(), false), 100);
}

#[test]
fn a_copy_is_disturbed() {
    let points = disturb(&Copy::to_replica(), false) + disturb(&Copy::to_other_keys(), false);
    crash_points("copy", points, 800);
}

#[test]
fn a_repair_is_disturbed() {
    let points = disturb(&Repair::with_replica(), false) + disturb(&Repair::alone(), false);
    crash_points("repair", points, 600);
}

#[test]
fn the_power_is_cut_in_a_copy_and_in_a_repair() {
    let copies = cut(&Copy::to_replica(), 1, false) + cut(&Copy::to_other_keys(), 1, false);
    let repairs = cut(&Repair::with_replica(), 1, false) + cut(&Repair::alone(), 1, false);
    power_cuts("copy and repair", copies + repairs, 200);
}

#[test]
fn the_power_is_cut_in_a_prune() {
    power_cuts("prune", cut(&Prune::new(), 2, false), 100);
}

#[test]
fn whoever_recovers_dies_too() {
    let points = die_twice(&Backup::first(), 150) + die_twice(&Backup::second(), 150);
    let points = points + die_twice(&Prune::new(), 100);
    let points = points + die_twice(&Copy::to_replica(), 50) + die_twice(&Repair::with_replica(), 50);
    let points = points + die_twice(&Restore::over(), 100) + die_twice(&Change::new(), 50);
    crash_points("died twice", points + die_twice(&Init, 50), 500);
}

#[test]
fn the_power_is_cut_in_a_backup() {
    let points = cut(&Backup::first(), 3, false) + cut(&Backup::second(), 5, false);
    power_cuts("backup", points + cut(&Backup::second(), 3, true), 800);
}

#[test]
fn the_power_is_cut_in_init_and_changes_of_keys() {
    let points = cut(&Init, 2, false) + cut(&Add::new(), 3, false);
    let points = points + cut(&Remove::new(), 5, false) + cut(&Change::new(), 3, false);
    power_cuts("init and changes of keys", points, 400);
}

/// So many points of these commands were tried, of which there are at least so many where nobody asks for fewer.
fn crash_points(of: &str, points: usize, usual: usize) {
    assert_points(points, usual);
    record("crash_points", json!({ of: points }));
}

/// The same where the power was cut.
fn power_cuts(of: &str, points: usize, usual: usize) {
    assert_points(points, usual);
    record("power_cuts", json!({ of: points }));
}

/// Everything below a directory that is no directory.
fn files_below(root: &Path) -> Vec<PathBuf> {
    let (mut files, mut folders) = (Vec::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries {
            let entry = entry.unwrap();
            let list = if entry.file_type().unwrap().is_dir() { &mut folders } else { &mut files };
            list.push(entry.path());
        }
    }
    files.sort();
    files
}
