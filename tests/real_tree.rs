//! The acceptance test: half a gigabyte of real files through the built program, twice, and back.
//!
//! What it proves: two snapshots of a changing tree come back identical in the eyes of rsync, and the second backup
//! read the changed files and nothing else.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread;
use std::time::Duration;

use lifeboat_testkit::{change_tree, copy_real_tree, copy_tree, needs, rsync_differences, totals};
use serde_json::Value;

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
    let lifeboat = Lifeboat { directory: temp.path().to_path_buf() };
    copy_real_tree(&tree, MIN_BYTES, MIN_FILES);
    let version_1 = temp.path().join("version-1");
    copy_tree(&tree, &version_1);
    let before = totals(&tree);
    thread::sleep(UNTIL_TIMES_ARE_TRUSTED);

    let first = lifeboat.backup(&tree, &["--init"]);
    assert_eq!(number(&first, "files_new"), before.files, "{first}");

    let changes = change_tree(&tree, SEED, CHANGED_PERCENT);
    let after = totals(&tree);
    let (changed, new) = (changes.changed.len() as u64, changes.new.len() as u64);
    let second = lifeboat.backup(&tree, &[]);
    assert_eq!(number(&second, "bytes_read"), changes.bytes_to_read, "{second}");
    assert_eq!(number(&second, "files_changed"), changed, "{second}");
    assert_eq!(number(&second, "files_new"), new, "{second}");
    assert_eq!(number(&second, "files_unmodified"), after.files - changed - new, "{second}");

    lifeboat.assert_restores("latest", &tree, &tree);
    lifeboat.assert_restores(first["snapshot_id"].as_str().unwrap(), &tree, &version_1);
    lifeboat.run(&["verify", "--read-data"], &[]);
}

/// The built program with a repository, a cache and a state of its own.
struct Lifeboat {
    directory: PathBuf,
}

impl Lifeboat {
    /// Backs up `tree` and returns the summary.
    fn backup(&self, tree: &Path, options: &[&str]) -> Value {
        let output = self.run(&[&["backup", "--json"], options].concat(), &[tree]);
        let lines = String::from_utf8(output.stdout).unwrap();
        let summary: Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
        assert_eq!(summary["message_type"], "summary", "{lines}");
        summary
    }

    /// Restores what `snapshot` holds of `tree` and asserts that it equals `expected`.
    fn assert_restores(&self, snapshot: &str, tree: &Path, expected: &Path) {
        let target = self.directory.join("restored");
        let reference = format!("{snapshot}:{}", tree.display());
        self.run(&["restore", &reference, "--target"], &[&target]);
        assert_eq!(rsync_differences(expected, &target), Vec::<String>::new(), "restored from {snapshot}");
        fs::remove_dir_all(target).unwrap();
    }

    /// Runs the program, which has to exit with 0, in an environment that holds nothing of the machine's own.
    fn run(&self, arguments: &[&str], paths: &[&Path]) -> Output {
        let mut program = Command::new(env!("CARGO_BIN_EXE_lifeboat"));
        program.env_clear().env("LIFEBOAT_PASSWORD", "correct horse battery staple");
        program.env("LIFEBOAT_CACHE_DIR", self.directory.join("cache"));
        program.env("LIFEBOAT_STATE_DIR", self.directory.join("state"));
        program.arg("-r").arg(self.directory.join("repository")).args(arguments).args(paths);
        let output = program.output().unwrap();
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?} ended with {}:\n{complaints}", output.status);
        output
    }
}

/// A number in a summary.
fn number(summary: &Value, field: &str) -> u64 {
    assert!(summary[field].is_u64(), "no number {field} in {summary}");
    summary[field].as_u64().unwrap()
}
