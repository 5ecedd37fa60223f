//! Places that go away, or may not be written any more, while something is stored in them.

use std::cell::RefCell;
use std::fs;
use std::thread;

use lifeboat_testkit::{Mounted, chattr, needs_root};

use super::held::Held;
use super::world::{World, assert_failed};

const EXT4: &[&str] = &["mkfs.ext4", "-q"];

#[test]
fn a_disk_that_becomes_read_only() {
    let world = World::new();
    let place = world.place();
    let Some(mounted) = Mounted::made(EXT4, "ext4", &place) else { return };
    world.init();
    // The system refuses as long as a file is open that was just written.
    let set = |options| {
        while !mounted.remount(options) {
            thread::yield_now();
        }
    };
    Held::new().fail(&world, || set("ro"), (1, "access denied"), || set("rw"));
}

#[test]
fn a_disk_that_fails_and_comes_back() {
    let world = World::new();
    let place = world.place();
    let Some(mounted) = Mounted::made(EXT4, "ext4", &place) else { return };
    let mounted = RefCell::new(Some(mounted));
    world.init();
    let abort = || assert!(mounted.borrow().as_ref().unwrap().remount("abort"));
    let mend = || {
        drop(mounted.take());
        *mounted.borrow_mut() = Mounted::again("ext4", &place);
    };
    Held::new().fail(&world, abort, (1, "put "), mend);
}

#[test]
fn what_is_unmounted_under_a_run_is_written_to_its_end() {
    let world = World::new();
    let place = world.place();
    let Some(mounted) = Mounted::made(EXT4, "ext4", &place) else { return };
    world.init();
    let stream = Held::new();
    let output = stream.backup(&world, || drop(mounted));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(fs::read_dir(&place).unwrap().count(), 0);
    let _mounted = Mounted::again("ext4", &place);
    stream.assert_restores(&world);
}

#[test]
fn a_repository_that_is_moved_under_a_run_is_the_one_that_is_written_to() {
    let world = World::with_repository();
    let stream = Held::new();
    let moved = world.path("there/moved");
    let output = stream.backup(&world, || fs::rename(world.repository(), &moved).unwrap());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!world.repository().exists());
    fs::rename(moved, world.repository()).unwrap();
    stream.assert_restores(&world);
}

#[test]
fn a_repository_that_is_deleted_under_a_run() {
    let world = World::with_repository();
    let output = Held::new().backup(&world, || fs::remove_dir_all(world.repository()).unwrap());
    assert_failed(&output, 1, "the place is not there any more");
    assert!(!world.repository().exists());
}

#[test]
fn a_folder_that_may_not_be_written_any_more() {
    if !needs_root() {
        return;
    }
    let world = World::with_repository();
    let packs = world.repository().join("packs");
    let flag = |flag: &str| {
        let folders = fs::read_dir(&packs).unwrap().map(|folder| folder.unwrap().path());
        folders.chain([packs.clone()]).for_each(|folder| assert!(chattr(flag, &folder)));
    };
    Held::new().fail(&world, || flag("+i"), (1, "access denied"), || flag("-i"));
}

#[test]
fn a_working_directory_that_is_gone() {
    let world = World::with_repository();
    world.write_source(1 << 20);
    let source = world.path("source");
    let script = "mkdir gone && cd gone && rmdir ../gone && exec \"$@\"";
    let run = |arguments: &[&str]| {
        let program = ["-c", script, "sh", env!("CARGO_BIN_EXE_lifeboat")];
        world.prepared("sh").args(program).args(arguments).output().unwrap()
    };
    assert_failed(&run(&["backup", "source"]), 2, "is not a path");
    assert_failed(&run(&["-r", "repo", "backup", source.to_str().unwrap()]), 10, "no repository");
    let output = run(&["backup", source.to_str().unwrap()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    world.assert_works();
}
