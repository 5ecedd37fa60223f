//! `restore`: where files go, and what is refused.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;

use lifeboat_testkit::{needs, rsync_differences};

use super::world::{World, below};
use crate::store::on_disk;

#[test]
fn odd_files_come_back() {
    let world = World::new();
    world.write_three_files();
    symlink("../nowhere", world.path("files/dangling")).unwrap();
    for name in [&b"new\nline"[..], b"\xff\xfe", b"-rf", b"back\\slash \"quoted\""] {
        world.write(Path::new("files").join(std::ffi::OsStr::from_bytes(name)), name);
    }
    world.run(&["backup", "files"]).succeeds();
    let out = world.run(&["restore", &world.latest("files"), "--target", "out"]).succeeds().out;
    assert!(out.starts_with("restored 8 files and 2 directories, "), "{out}");
    for name in fs::read_dir(world.path("files/sub")).unwrap().map(|entry| entry.unwrap().file_name()) {
        let [saved, restored] =
            ["files/sub", "out/sub"].map(|top| fs::read(world.path(top).join(&name)).unwrap());
        assert_eq!(saved, restored, "{}", name.display());
    }
    if needs("rsync") {
        assert_eq!(rsync_differences(&world.path("files"), &world.path("out")), Vec::<String>::new());
    }
}

#[test]
fn more_files_come_back_than_may_be_open_at_once() {
    let world = World::new();
    let mut random = lifeboat_testkit::Random::new(3);
    for number in 0..3000 {
        world.write(format!("files/{number}"), &random.bytes(200));
    }
    world.run(&["backup", "files"]).succeeds();
    // The program asks for as many as it may have: here no more than Linux gives to those who do not ask.
    let limited = "ulimit -n 1024 && exec \"$0\" \"$@\"";
    let program = env!("CARGO_BIN_EXE_lifeboat");
    let mut shell = world.prepared(Path::new("/bin/sh"));
    shell.args(["-c", limited, program]);
    let out = world.run_in(shell, &["restore", &world.latest("files"), "out"]).succeeds().out;
    assert!(out.starts_with("restored 3,000 files and 1 directory, "), "{out}");
}

#[test]
fn a_whole_snapshot_keeps_full_paths() {
    let world = World::with_snapshot();
    world.run(&["restore", "latest", "out"]).succeeds();
    let saved = world.path("files/sub/two");
    let restored = world.path("out").join(saved.strip_prefix("/").unwrap());
    assert_eq!(fs::read(restored).unwrap(), fs::read(saved).unwrap());
}

#[test]
fn a_single_file_comes_back_under_its_name() {
    let world = World::with_snapshot();
    world.run(&["restore", &world.latest("files/one"), "out"]).succeeds();
    assert_eq!(fs::read(world.path("out/one")).unwrap(), b"first");
}

#[test]
fn a_dry_run_writes_nothing() {
    let world = World::with_snapshot();
    let out = world.run(&["restore", "-n", &world.latest("files"), "out"]).succeeds().out;
    assert!(out.starts_with("would restore 3 files and 2 directories, "), "{out}");
    let out = world.run(&["restore", "-nv", &world.latest("files/one"), "out"]).succeeds().out;
    assert!(out.lines().all(|line| line.starts_with("would restore ")), "{out}");
    assert!(!world.path("out").exists());
}

#[test]
fn a_target_inside_of_the_repository_is_refused() {
    if !on_disk("nothing lies inside of a bucket") {
        return;
    }
    let world = World::with_snapshot();
    symlink("repo/packs", world.path("link")).unwrap();
    let before = below(&world.path("repo"));
    for target in ["repo", "repo/out", "repo/new/out", "link/out", "files/../repo/out"] {
        world.run(&["restore", "latest", target]).fails(1, "lies inside of the repository");
    }
    assert_eq!(below(&world.path("repo")), before);
    world.run(&["restore", "latest", "repository"]).succeeds();
}

#[test]
fn what_is_not_there_cannot_be_restored() {
    let world = World::with_snapshot();
    world.run(&["restore", "ffffffffffff", "out"]).fails(1, "no snapshot matches");
    world.run(&["restore", "latest:/nowhere", "out"]).fails(1, "is not in the snapshot");
    assert!(!world.path("out").exists());
}
