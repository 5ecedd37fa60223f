//! The built program with a repository, a cache and a state of its own, run by whoever runs the tests or by somebody
//! without privileges.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use lifeboat_testkit::{NOBODY, rsync_differences_except, tree_differences};
use serde_json::Value;

use super::store::Store;

/// Where everything is that the program makes.
pub(crate) struct Program {
    directory: PathBuf,
    binary: PathBuf,
    user: Option<u32>,
    store: Store,
}

impl Program {
    /// As whoever runs the tests.
    pub(crate) fn new(directory: &Path) -> Self {
        let store = Store::new(directory, "repository");
        let binary = env!("CARGO_BIN_EXE_lifeboat").into();
        Self { directory: directory.to_owned(), binary, user: None, store }
    }

    /// As nobody, or as whoever runs the tests where that is not root. The directory belongs to that user.
    pub(crate) fn without_root(self) -> Self {
        // The built program may lie where nobody else can look.
        let binary = self.directory.join("lifeboat");
        if !binary.exists() {
            fs::copy(env!("CARGO_BIN_EXE_lifeboat"), &binary).unwrap();
        }
        let is_root =
            fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
        Self { binary, user: is_root.then_some(NOBODY), ..self }
    }

    /// Makes the repository, with a password that is cheap to try.
    pub(crate) fn init(&self) {
        self.run(&["init", "--kdf-memory", "32"], &[]);
    }

    /// Backs up `tree` and returns the summary.
    pub(crate) fn backup(&self, tree: &Path, options: &[&str]) -> Value {
        let output = self.run(&[&["backup", "--json"], options].concat(), &[tree]);
        let summary = lines(&output.stdout).pop().unwrap();
        assert_eq!(summary["message_type"], "summary", "{summary}");
        summary
    }

    /// Restores what the snapshot of this summary holds of `tree` into a new directory and returns where and, as the
    /// program told it, what.
    pub(crate) fn restore(&self, backup: &Value, tree: &Path) -> (PathBuf, Value) {
        let snapshot = backup["snapshot_id"].as_str().unwrap();
        let target = self.directory.join(format!("restored-{snapshot}"));
        let reference = format!("{snapshot}:{}", tree.display());
        let output = self.run(&["restore", "--json", &reference, "--target"], &[&target]);
        (target, lines(&output.stdout).pop().unwrap())
    }

    /// Restores what the snapshot holds of `tree`, asserts that it equals `expected`. What is at one of
    /// the paths `beyond` cannot be seen by rsync.
    pub(crate) fn assert_restores(&self, backup: &Value, tree: &Path, expected: &Path, beyond: &[&str]) {
        let (target, _) = self.restore(backup, tree);
        let differences: Vec<_> =
            tree_differences(expected, &target).iter().map(ToString::to_string).collect();
        assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), first(&differences));
        let differences = rsync_differences_except(expected, &target, beyond);
        assert!(differences.is_empty(), "rsync: {} differences:\n{}", differences.len(), first(&differences));
    }

    /// Runs the program, which has to exit with 0.
    pub(crate) fn run(&self, arguments: &[&str], paths: &[&Path]) -> Output {
        self.run_to(0, arguments, paths)
    }

    /// Runs the program, which has to exit with `code`, in an environment that holds nothing of the machine's own.
    pub(crate) fn run_to(&self, code: i32, arguments: &[&str], paths: &[&Path]) -> Output {
        let mut program = Command::new(&self.binary);
        program.env_clear().env("LIFEBOAT_PASSWORD", "correct horse battery staple");
        program.env("LIFEBOAT_CACHE_DIR", self.directory.join("cache"));
        program.env("LIFEBOAT_STATE_DIR", self.directory.join("state"));
        program.envs(self.store.variables().iter().cloned()).current_dir(&self.directory);
        program.args(["-r", self.store.repository()]).args(arguments).args(paths);
        if let Some(user) = self.user {
            program.uid(user).gid(user);
        }
        let output = program.output().unwrap();
        let complaints = String::from_utf8_lossy(&output.stderr);
        let ended = output.status;
        assert_eq!(ended.code(), Some(code), "{arguments:?} ended with {ended}:\n{complaints}");
        output
    }
}

/// Each line of an output as JSON.
pub(crate) fn lines(output: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(output).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A number in a summary.
pub(crate) fn number(summary: &Value, field: &str) -> u64 {
    assert!(summary[field].is_u64(), "no number {field} in {summary}");
    summary[field].as_u64().unwrap()
}

/// As many lines as help.
fn first(lines: &[String]) -> String {
    let short = |line: &String| line.chars().take(300).collect::<String>();
    lines.iter().take(40).map(short).collect::<Vec<_>>().join("\n")
}
