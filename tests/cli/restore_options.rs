//! `restore`: what its options change in what is left on the disk, and in what is said.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::Path;
use std::process::Command;

use lifeboat_testkit::needs_root;

use super::world::{Ended, World};

#[test]
fn zeros_become_holes_with_sparse_only() {
    let world = World::new();
    world.write("files/zeros", &[&[0; 2 << 20][..], b"end"].concat());
    world.run(&["backup", "files"]).succeeds();
    let stored = |target: &str| fs::metadata(world.path(target).join("zeros")).unwrap().blocks() * 512;
    world.run(&["restore", &world.latest("files"), "full"]).succeeds();
    world.run(&["restore", "--sparse", &world.latest("files"), "sparse"]).succeeds();
    assert!(
        stored("full") >= 2 << 20 && stored("sparse") < 1 << 20,
        "{} {}",
        stored("full"),
        stored("sparse")
    );
    let [saved, restored] = ["files/zeros", "sparse/zeros"].map(|name| fs::read(world.path(name)).unwrap());
    assert!(saved == restored);
}

#[test]
fn verify_says_what_was_read_again() {
    let world = World::with_snapshot();
    let reference = world.latest("files");
    let out = world.run(&["restore", "--verify", &reference, "out"]).succeeds().out;
    let [_, verified] = out.lines().collect::<Vec<_>>()[..] else { panic!("{out}") };
    assert!(verified.starts_with("read 3 files again, "), "{out}");
    let out = world.run(&["restore", &reference, "without"]).succeeds().out;
    assert_eq!(out.lines().count(), 1, "{out}");
    let ended = world.run(&["restore", "--json", "--verify", &reference, "again"]).succeeds();
    let summary = ended.json_lines().pop().unwrap();
    assert_eq!(
        ["files_verified", "bytes_verified"].map(|name| summary[name].as_u64()),
        [3, 120_005].map(Some),
        "{summary}"
    );
    world.run(&["restore", "-n", "--verify", &reference, "dry"]).fails(2, "--verify");
}

#[test]
fn what_takes_root_is_one_note_of_each_kind() {
    if !needs_root() {
        return;
    }
    let world = World::with_snapshot();
    for name in ["files/one", "files/sub/two", "files/sub"] {
        chown(world.path(name), Some(70_001), Some(70_002)).unwrap();
    }
    let device = Command::new("mknod").arg(world.path("files/null")).args(["c", "1", "3"]).status().unwrap();
    if device.success() {
        fs::hard_link(world.path("files/null"), world.path("files/sub/null too")).unwrap();
    }
    world.run(&["backup", "files"]).succeeds();
    let summary = |ended: Ended| ended.json_lines().pop().unwrap();
    let restore = ["restore", "--json", &world.latest("files"), "out"];
    let summary = summary(world.run_without_root(&restore).succeeds());
    let mut notes: Vec<_> =
        summary["notes"].as_array().unwrap().iter().map(|note| note.to_string()).collect();
    notes.sort();
    let kinds = if device.success() {
        &["devices are", "group is", "owner is"][..]
    } else {
        &["group is", "owner is"]
    };
    let wanted: Vec<_> = kinds.iter().map(|kind| format!("\"without root, {kind} not restored\"")).collect();
    assert_eq!(notes, wanted);
    assert_eq!(summary["errors"], 0);
}

#[test]
fn owners_come_back_by_number_or_by_name() {
    if !needs_root() {
        return;
    }
    let world = World::new();
    world.write("files/one", b"of a user who has another number elsewhere");
    chown(world.path("files/one"), Some(70_001), Some(70_002)).unwrap();
    among_users(&world, 70_001, 70_002, &["backup", "files"]);
    among_users(&world, 70_003, 70_004, &["restore", &world.latest("files"), "by-number"]);
    let by_name = ["restore", "--ownership-by-name", &world.latest("files"), "by-name"];
    among_users(&world, 70_003, 70_004, &by_name);
    let owners = |target: &str| {
        let file = fs::metadata(world.path(target).join("one")).unwrap();
        (file.uid(), file.gid())
    };
    assert_eq!(owners("by-number"), (70_001, 70_002));
    assert_eq!(owners("by-name"), (70_003, 70_004));
}

/// Runs the program where the user and the group `seafarer` have these numbers: in a mount name space of its own, so that
/// nobody else sees other users.
fn among_users(world: &World, user: u32, group: u32, arguments: &[&str]) {
    world
        .write("passwd", format!("root:x:0:0::/:/bin/sh\nseafarer:x:{user}:{group}::/:/bin/sh\n").as_bytes());
    world.write("group", format!("root:x:0:\nseafarer:x:{group}:\n").as_bytes());
    let script = "mount --bind passwd /etc/passwd && mount --bind group /etc/group && exec \"$@\"";
    let mut command = world.prepared(Path::new("unshare"));
    command.args(["--mount", "sh", "-c", script, "sh", env!("CARGO_BIN_EXE_lifeboat")]);
    world.run_in(command, arguments).succeeds();
}
