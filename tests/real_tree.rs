//! The acceptance test: half a gigabyte of real files through the built program, twice, and back.
//!
//! What it proves: two snapshots of a changing tree come back identical in the eyes of rsync, and the second backup
//! read the changed files and nothing else.

use std::thread;
use std::time::Duration;

use lifeboat_testkit::{change_tree, copy_real_tree, copy_tree, needs, totals};

use super::program::{Program, number};

const MIN_BYTES: u64 = 500_000_000;
const MIN_FILES: u64 = 20_000;
const CHANGED_PERCENT: u8 = 1;
const SEED: u64 = 2026;

/// Files touched in the last two seconds before a backup are read again by the next one, whatever their times say.
const UNTIL_TIMES_ARE_TRUSTED: Duration = Duration::from_secs(3);

#[test]
fn a_changing_tree_of_real_files_comes_back() {
    if !needs("rsync") {
        return;
    }
    let temp = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let tree = temp.path().join("tree");
    let program = Program::new(temp.path());
    copy_real_tree(&tree, MIN_BYTES, MIN_FILES);
    let version_1 = temp.path().join("version-1");
    copy_tree(&tree, &version_1);
    let before = totals(&tree);
    thread::sleep(UNTIL_TIMES_ARE_TRUSTED);

    let first = program.backup(&tree, &["--init"]);
    assert_eq!(number(&first, "files_new"), before.files, "{first}");

    let changes = change_tree(&tree, SEED, CHANGED_PERCENT);
    let after = totals(&tree);
    let (changed, new) = (changes.changed.len() as u64, changes.new.len() as u64);
    let second = program.backup(&tree, &[]);
    assert_eq!(number(&second, "bytes_read"), changes.bytes_to_read, "{second}");
    assert_eq!(number(&second, "files_changed"), changed, "{second}");
    assert_eq!(number(&second, "files_new"), new, "{second}");
    assert_eq!(number(&second, "files_unmodified"), after.files - changed - new, "{second}");

    program.assert_restores(&second, &tree, &tree, &[]);
    program.assert_restores(&first, &tree, &version_1, &[]);
    program.run(&["verify", "--read-data"], &[]);
}
