//! Crash points: the calls of scripted commands on real files, of which each fails once, or is the last of its process, with
//! and without a power cut after it. Then the same command again, and a look at all that was promised.
//!
//! Invariants that are checked: what was reported restores identical, or what differs was named; the command given again
//! succeeds; `verify` is content with every byte then; a file of a restore has its name only when it is whole; nothing
//! temporary stays.
#![expect(clippy::panic, clippy::print_stdout, reason = "parts of tests fail and report like tests")]

mod backups;
mod inits;
mod keys;
mod points;
mod power;
mod restores;
mod stage;
mod watch;

use backups::Backup;
use inits::Init;
use keys::{Add, Change, Remove};
use lifeboat_engine::KdfParams;
use points::{assert_points, cut, die_twice, disturb};
use restores::Restore;
use std::path::{Path, PathBuf};

/// What a password costs to try here: next to nothing.
const KDF: KdfParams = KdfParams { memory_kib: 8, passes: 1, lanes: 1 };

#[test]
fn init_is_disturbed() {
    assert_points(disturb(&Init, false) + disturb(&Init, true), 1_000);
}

#[test]
fn a_first_backup_is_disturbed() {
    assert_points(disturb(&Backup::first(), false), 800);
}

#[test]
fn a_second_backup_is_disturbed() {
    assert_points(disturb(&Backup::second(), false), 600);
}

#[test]
fn a_backup_is_disturbed_where_files_need_names() {
    assert_points(disturb(&Backup::second(), true), 600);
}

#[test]
fn a_backup_far_away_is_disturbed() {
    let work = Backup::second_far_away();
    assert_points(disturb(&work, false) + cut(&work, 1, false), 600);
}

#[test]
fn changes_of_keys_are_disturbed() {
    let points =
        disturb(&Add::new(), false) + disturb(&Remove::new(), false) + disturb(&Change::new(), false);
    assert_points(points, 500);
}

#[test]
fn a_restore_is_disturbed() {
    assert_points(disturb(&Restore::anew(), false), 1_400);
}

#[test]
fn a_restore_over_a_tree_is_disturbed() {
    assert_points(disturb(&Restore::over(), false), 1_400);
}

#[test]
fn whoever_recovers_dies_too() {
    let points = die_twice(&Backup::first(), 150) + die_twice(&Backup::second(), 150);
    let points = points + die_twice(&Restore::over(), 100) + die_twice(&Change::new(), 50);
    assert_points(points + die_twice(&Init, 50), 500);
}

#[test]
fn the_power_is_cut_in_a_backup() {
    let points = cut(&Backup::first(), 3, false) + cut(&Backup::second(), 5, false);
    assert_points(points + cut(&Backup::second(), 3, true), 800);
}

#[test]
fn the_power_is_cut_in_init_and_changes_of_keys() {
    let points = cut(&Init, 2, false) + cut(&Add::new(), 3, false);
    assert_points(points + cut(&Remove::new(), 5, false) + cut(&Change::new(), 3, false), 400);
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
