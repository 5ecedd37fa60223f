//! Crash points: the calls of scripted commands on real files, of which each fails once, or is the last of its process, with
//! and without a power cut after it. Then the same command again, and a look at all that was promised.
//!
//! Invariants that are checked: what was reported restores identical, or what differs was named; the command given again
//! succeeds; `verify` is content with every byte then; a file of a restore has its name only when it is whole; nothing
//! temporary stays.

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
use points::{cut, disturb};
use restores::Restore;
use std::path::{Path, PathBuf};

/// What a password costs to try here: next to nothing.
const KDF: KdfParams = KdfParams { memory_kib: 8, passes: 1, lanes: 1 };

#[test]
fn init_is_disturbed() {
    let points = disturb(&Init, 300, false);
    assert!(points >= 200, "{points}");
}

#[test]
fn a_first_backup_is_disturbed() {
    let points = disturb(&Backup::first(), 700, false);
    assert!(points >= 700, "{points}");
}

#[test]
fn a_second_backup_is_disturbed() {
    let points = disturb(&Backup::second(), 500, false);
    assert!(points >= 500, "{points}");
}

#[test]
fn a_backup_is_disturbed_where_files_need_names() {
    let points = disturb(&Backup::second(), 300, true);
    assert!(points >= 300, "{points}");
}

#[test]
fn changes_of_keys_are_disturbed() {
    let points = disturb(&Add::new(), 150, false) + disturb(&Remove::new(), 150, false);
    let points = points + disturb(&Change::new(), 150, false);
    assert!(points >= 300, "{points}");
}

#[test]
fn a_restore_is_disturbed() {
    let points = disturb(&Restore::anew(), 500, false);
    assert!(points >= 500, "{points}");
}

#[test]
fn a_restore_over_a_tree_is_disturbed() {
    let points = disturb(&Restore::over(), 400, false);
    assert!(points >= 400, "{points}");
}

#[test]
fn the_power_is_cut_in_a_backup() {
    let points = cut(&Backup::first(), 300, false) + cut(&Backup::second(), 200, false);
    let points = points + cut(&Backup::second(), 100, true);
    assert!(points >= 600, "{points}");
}

#[test]
fn the_power_is_cut_in_init_and_changes_of_keys() {
    let points = cut(&Init, 100, false) + cut(&Add::new(), 50, false);
    let points = points + cut(&Remove::new(), 50, false) + cut(&Change::new(), 50, false);
    assert!(points >= 250, "{points}");
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
