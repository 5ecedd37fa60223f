//! Trees that are deeper than a process may have files open, with paths longer than the kernel takes; and directories of
//! more files than that.

use std::path::Path;
use std::process::Command;

use lifeboat_testkit::{Random, make_deep};
use serde_json::Value;

use super::world::{Ended, World};

const DEPTH: usize = 6_000;

/// A tree of one directory in the other with a file at the bottom. Cleared away by a program that can.
struct Deep(World);

impl Deep {
    fn new() -> Self {
        let deep = Self(World::new());
        std::fs::create_dir(deep.0.path("deep")).unwrap();
        make_deep(&deep.0.path("deep"), DEPTH);
        deep
    }

    fn backup(&self) -> Value {
        run(&self.0, 100, &["backup", "--json", "-q", "deep"]).succeeds().json_lines().pop().unwrap()
    }
}

impl Drop for Deep {
    fn drop(&mut self) {
        let removed =
            Command::new("rm").arg("-rf").args(["deep", "out"].map(|name| self.0.path(name))).status();
        assert!(std::thread::panicking() || removed.unwrap().success());
    }
}

/// Runs the program with so few files that it may have open.
fn run(world: &World, files_open: u32, arguments: &[&str]) -> Ended {
    let mut command = world.prepared(Path::new("/bin/sh"));
    command.args(["-c", &format!("ulimit -n {files_open} && exec \"$0\" \"$@\"")]);
    command.arg(env!("CARGO_BIN_EXE_lifeboat"));
    world.run_in(command, arguments)
}

#[test]
fn a_deep_tree_is_saved_verified_and_restored_with_few_files_open() {
    let deep = Deep::new();
    let first = deep.backup();
    assert_eq!((&first["files_new"], &first["errors"]), (&Value::from(1), &Value::from(0)));
    assert!(first["dirs_new"].as_u64().unwrap() > DEPTH as u64);
    let second = deep.backup();
    assert!(second["dirs_unmodified"].as_u64().unwrap() > DEPTH as u64);
    assert_eq!(second["files_unmodified"].as_u64().unwrap() + second["files_changed"].as_u64().unwrap(), 1);
    run(&deep.0, 100, &["verify", "--read-data"]).succeeds();
    let arguments = ["restore", "--json", "-q", "--verify", &deep.0.latest("deep"), "out"];
    let restored = run(&deep.0, 100, &arguments).succeeds().json_lines().pop().unwrap();
    assert!(restored["directories_restored"].as_u64().unwrap() >= DEPTH as u64, "{restored}");
    assert_eq!((&restored["files_restored"], &restored["files_verified"]), (&1.into(), &1.into()));
}

#[test]
fn a_directory_of_many_files_is_saved_and_restored_with_few_files_open() {
    const FILES: u64 = 600;
    let world = World::without_repository();
    world.run(&["init", "--kdf-memory", "32", "--chunk-size", "16"]).succeeds();
    let mut random = Random::new(3);
    // The same beginning in one place of the storage, and ends all over it: every file stays open in between.
    let beginning = random.bytes(90_000);
    for number in 0..FILES {
        world.write(format!("many/{number}"), &[beginning.as_slice(), &random.bytes(64)].concat());
    }
    run(&world, 400, &["backup", "-q", "many"]).succeeds();
    run(&world, 400, &["verify", "--read-data"]).succeeds();
    let restore = || {
        let arguments = ["restore", "--json", "-q", "--verify", &world.latest("many"), "out"];
        let summary = run(&world, 400, &arguments).succeeds().json_lines().pop().unwrap();
        ["files_restored", "files_verified"].map(|name| summary[name].as_u64().unwrap())
    };
    assert_eq!(restore(), [FILES; 2]);
    for number in 0..FILES {
        world.write(format!("out/{number}"), &random.bytes(90_064));
    }
    assert_eq!(restore(), [FILES; 2], "files that only their content tells from those that were saved");
}
