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

#[test]
fn a_restore_into_a_full_disk_names_what_is_missing_and_the_next_brings_it() {
    let world = World::with_repository();
    for name in ["a", "b", "c", "d"] {
        fs::create_dir_all(world.path("source")).unwrap();
        fs::write(world.path("source").join(name), vec![name.as_bytes()[0]; 1_500_000]).unwrap();
    }
    world.run(&["backup", "source"]);
    let target = world.path("target");
    fs::create_dir(&target).unwrap();
    let Some(mounted) = Mounted::memory_of(4, &target) else { return };
    let reference = format!("latest:{}", world.path("source").display());
    let arguments = ["restore", &reference, "--target", "target"];
    let output = world.command(&arguments).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("No space left") && said.lines().last().unwrap().starts_with("hint: "), "{said}");
    let there = |name: &str| fs::read(target.join(name)).ok();
    let (whole, missing): (Vec<&str>, Vec<&str>) =
        ["a", "b", "c", "d"].into_iter().partition(|name| there(name).is_some());
    assert!(!whole.is_empty() && !missing.is_empty(), "{whole:?}, not {missing:?}");
    assert_eq!(fs::read_dir(&target).unwrap().count(), whole.len());
    for name in whole {
        assert!(there(name) == fs::read(world.path("source").join(name)).ok());
    }
    for name in missing {
        assert!(said.contains(&format!("target/{name}")), "{name}: {said}");
    }
    assert!(mounted.remount("size=16m"));
    world.run(&arguments);
    assert!(["a", "b", "c", "d"].into_iter().all(|name| there(name).is_some()));
}
