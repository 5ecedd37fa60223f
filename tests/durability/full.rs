//! Disks without room, quotas, and a limit on the size of files.

use std::fs;
use std::path::Path;
use std::process::Command;

use lifeboat_testkit::{Mounted, needs};

use super::held::{Held, fill};
use super::world::{World, assert_failed};

const FULL: (i32, &str) = (13, "no space left");

fn fill_and_give_back(world: &World, place: &Path) {
    let filler = place.join("filler");
    Held::new().fail(world, || assert_eq!(fill(place), filler), FULL, || fs::remove_file(&filler).unwrap());
}

#[test]
fn memory_that_is_full() {
    let world = World::new();
    let place = world.place();
    let Some(_mounted) = Mounted::memory_of(128, &place) else { return };
    world.init();
    fill_and_give_back(&world, &place);
}

#[test]
fn a_disk_that_is_full() {
    let world = World::new();
    let place = world.place();
    let Some(_mounted) = Mounted::made(&["mkfs.ext4", "-q"], "ext4", &place) else { return };
    world.init();
    fill_and_give_back(&world, &place);
}

#[test]
fn a_quota_that_is_exhausted() {
    let world = World::new();
    let place = world.place();
    if !needs("btrfs") {
        return;
    }
    let Some(_mounted) = Mounted::made(&["mkfs.btrfs", "-q"], "btrfs", &place) else { return };
    let repository = world.repository();
    let btrfs = |arguments: &[&str], path: &Path| {
        let output = Command::new("btrfs").args(arguments).arg(path).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    btrfs(&["quota", "enable"], &place);
    btrfs(&["subvolume", "create"], &repository);
    world.init();
    let limit = |limit| btrfs(&["qgroup", "limit", limit], &repository);
    Held::new().fail(&world, || limit("40M"), FULL, || limit("none"));
}

#[test]
fn a_limit_on_the_size_of_files() {
    let world = World::with_repository();
    world.write_source(5 << 20);
    let limited = |arguments: &str| {
        let script = format!("ulimit -f 2048; exec \"$0\" {arguments}");
        world.prepared("sh").args(["-c", &script, env!("CARGO_BIN_EXE_lifeboat")]).output().unwrap()
    };
    assert_failed(&limited("backup source"), 13, "no space left: File too large");
    world.assert_works();
    let restored = limited("restore latest --target limited");
    let said = String::from_utf8(restored.stderr).unwrap();
    assert_eq!(restored.status.code(), Some(3), "{said}");
    assert!(said.contains("File too large") && said.contains("source/random"), "{said}");
}

#[test]
fn a_repository_is_not_made_where_there_is_no_room_for_it() {
    let world = World::new();
    let place = world.place();
    let Some(_mounted) = Mounted::memory_of(1, &place) else { return };
    let filler = place.join("filler");
    fs::write(&filler, vec![1; 2 << 20]).unwrap_err();
    let init = world.command(&["init", "--kdf-memory", "32"]).output().unwrap();
    assert_failed(&init, 13, "no space left");
    fs::remove_file(filler).unwrap();
    world.init();
    world.run(&["verify"]);
}
