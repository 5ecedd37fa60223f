//! System calls that fail, one after the other: what was not stored is not reported, and nothing is lost by it.

use std::fs;
use std::process::Output;

use lifeboat_testkit::{copy_tree, needs};

use super::world::{World, assert_failed_but_for_hints, is_of_a_hint};

/// More calls of one kind than a thread of these small runs makes.
const MOST: u32 = 30;

/// Lets the n-th call of every thread fail, for every n; gives to `check` how each run ended until one met no failure
/// any more. In between the repository has to work.
fn fail_each(call: &str, error: &str, others: &[&str], check: impl Fn(&Output)) {
    let world = World::with_repository();
    world.write_source(1 << 20);
    let empty = world.path("empty");
    copy_tree(&world.repository(), &empty);
    let calls = format!("trace={call}");
    for number in 1.. {
        assert!(number < MOST, "{call} is called without end");
        let inject = format!("inject={call}:error={error}:when={number}");
        let options = [&["-e", &calls, "-e", &inject], others].concat();
        let output = world.strace(&options, &["backup", "source"]);
        let trace = fs::read_to_string(world.path("trace")).unwrap();
        if !trace.lines().any(|line| line.contains(error) && line.contains("(INJECTED)")) {
            assert!(number > 1, "{call} is not called");
            assert!(output.status.success());
            return;
        }
        check(&output);
        if output.status.success() {
            world.assert_restores();
        }
        world.assert_works();
        fs::remove_dir_all(world.repository()).unwrap();
        copy_tree(&empty, &world.repository());
    }
}

#[test]
fn a_sync_that_fails_ends_the_run_and_is_not_tried_again() {
    if !needs("strace") {
        return;
    }
    fail_each("fsync", "EIO", &[], |output| assert_failed_but_for_hints(output, 1, "put "));
    fail_each("fsync", "ENOSPC", &[], |output| assert_failed_but_for_hints(output, 13, "no space left"));
    fail_each("fsync", "EDQUOT", &[], |output| assert_failed_but_for_hints(output, 13, "no space left"));
}

#[test]
fn a_name_that_cannot_be_given_ends_the_run() {
    if !needs("strace") {
        return;
    }
    fail_each("linkat", "EIO", &[], |output| assert_failed_but_for_hints(output, 1, "put "));
    fail_each("linkat", "ENOSPC", &[], |output| assert_failed_but_for_hints(output, 13, "no space left"));
    fail_each("linkat", "EROFS", &[], |output| assert_failed_but_for_hints(output, 1, "access denied"));
    let named = &["-e", "trace=linkat,renameat2", "-e", "inject=linkat:error=EPERM"];
    fail_each("renameat2", "EIO", named, |output| assert_failed_but_for_hints(output, 1, "put "));
    fail_each("renameat2", "EDQUOT", named, |output| {
        assert_failed_but_for_hints(output, 13, "no space left");
    });
}

#[test]
fn a_write_that_fails_ends_the_run() {
    if !needs("strace") {
        return;
    }
    // What is said is written too, and may be what fails.
    let is_told = |output: &Output| assert!(!output.status.success() || is_of_a_hint(output), "{output:?}");
    fail_each("write", "EIO", &[], is_told);
    fail_each("write", "ENOSPC", &[], is_told);
}

#[test]
fn what_was_interrupted_is_taken_up_again() {
    if !needs("strace") {
        return;
    }
    for call in ["write", "linkat"] {
        fail_each(call, "EINTR", &[], |output| assert!(output.status.success(), "{call}: {output:?}"));
    }
}

#[test]
fn an_object_that_the_disk_cannot_read_is_damaged_and_named() {
    if !needs("strace") {
        return;
    }
    let world = World::with_repository();
    world.write_source(1 << 20);
    world.run(&["backup", "source"]);
    for folder in ["packs", "index", "log/0"] {
        let mut object = world.repository().join(folder);
        while object.is_dir() {
            object = fs::read_dir(&object).unwrap().next().unwrap().unwrap().path();
        }
        let path = object.to_str().unwrap();
        let options = ["-P", path, "-e", "trace=pread64", "-e", "inject=pread64:error=EIO"];
        let output = world.strace(&options, &["verify", "--read-data"]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(4), "{said}");
        assert!(said.contains(object.file_name().unwrap().to_str().unwrap()), "{said}");
    }
    world.assert_works();
}
