//! Trees that are deeper than a process may have files open, with paths longer than the kernel takes.

use std::path::Path;
use std::process::Command;

use lifeboat_testkit::make_deep;
use serde_json::Value;

use super::world::{Ended, World};

const DEPTH: usize = 6_000;
const FILES_OPEN: &str = "100";

/// A tree of one directory in the other with a file at the bottom. Cleared away by a program that can.
struct Deep(World);

impl Deep {
    fn new() -> Self {
        let deep = Self(World::new());
        std::fs::create_dir(deep.0.path("deep")).unwrap();
        make_deep(&deep.0.path("deep"), DEPTH);
        deep
    }

    /// Runs the program with so few files that it may have open.
    fn run(&self, arguments: &[&str]) -> Ended {
        let mut command = self.0.prepared(Path::new("/bin/sh"));
        command.args(["-c", &format!("ulimit -n {FILES_OPEN} && exec \"$0\" \"$@\"")]);
        command.arg(env!("CARGO_BIN_EXE_lifeboat"));
        self.0.run_in(command, arguments)
    }

    fn backup(&self) -> Value {
        self.run(&["backup", "--json", "-q", "deep"]).succeeds().json_lines().pop().unwrap()
    }
}

impl Drop for Deep {
    fn drop(&mut self) {
        let removed = Command::new("rm").arg("-rf").arg(self.0.path("deep")).status();
        assert!(std::thread::panicking() || removed.unwrap().success());
    }
}

#[test]
fn a_deep_tree_is_saved_and_verified_with_few_files_open() {
    let deep = Deep::new();
    let first = deep.backup();
    assert_eq!((&first["files_new"], &first["errors"]), (&Value::from(1), &Value::from(0)));
    assert!(first["dirs_new"].as_u64().unwrap() > DEPTH as u64);
    let second = deep.backup();
    assert!(second["dirs_unmodified"].as_u64().unwrap() > DEPTH as u64);
    assert_eq!(second["files_unmodified"].as_u64().unwrap() + second["files_changed"].as_u64().unwrap(), 1);
    deep.run(&["verify", "--read-data"]).succeeds();
}
