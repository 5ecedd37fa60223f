//! Restores and changes of keys where there is no room for them, in memory and on a disk.

use std::fs::{self, File};
use std::path::Path;
use std::process::Output;

use lifeboat_testkit::Mounted;
use rustix::fs::{FallocateFlags, fallocate};

use super::held::fill;
use super::world::{World, assert_failed};

const FILES: [&str; 4] = ["a", "b", "c", "d"];
/// Bytes of each of them: not all fit into what is left where a place is filled.
const LENGTH: usize = 8_000_000;
const NEW: [&str; 2] = ["--new-password-file", "new"];

#[test]
fn a_restore_into_memory_that_is_full() {
    let world = World::new();
    let place = world.place();
    let Some(_mounted) = Mounted::memory_of(128, &place) else { return };
    restore_where_it_is_full(&world, &place);
}

#[test]
fn a_restore_into_a_disk_that_is_full() {
    let world = World::new();
    let place = world.place();
    let Some(_mounted) = Mounted::made(&["mkfs.ext4", "-q"], "ext4", &place) else { return };
    restore_where_it_is_full(&world, &place);
}

#[test]
fn keys_are_changed_in_memory_that_is_full() {
    let world = World::new();
    let place = world.place();
    let Some(_mounted) = Mounted::memory_of(128, &place) else { return };
    change_keys_where_it_is_full(&world, &place);
}

#[test]
fn keys_are_changed_on_a_disk_that_is_full() {
    let world = World::new();
    let place = world.place();
    let Some(_mounted) = Mounted::made(&["mkfs.ext4", "-q"], "ext4", &place) else { return };
    change_keys_where_it_is_full(&world, &place);
}

/// What does not fit is named, what fits is whole, and the next restore brings the rest.
fn restore_where_it_is_full(world: &World, place: &Path) {
    let (source, target, repository) = (world.path("source"), place.join("target"), world.path("repo"));
    let run = |arguments: &[&str]| {
        world.command(arguments).env("LIFEBOAT_REPOSITORY", &repository).output().unwrap()
    };
    fs::create_dir(&source).unwrap();
    for name in FILES {
        fs::write(source.join(name), vec![name.as_bytes()[0]; LENGTH]).unwrap();
    }
    assert!(run(&["init", "--kdf-memory", "32"]).status.success());
    assert!(run(&["backup", "source"]).status.success());
    let filler = fill(place);
    let reference = format!("latest:{}", source.display());
    let restore = ["restore", &reference, "--target", target.to_str().unwrap()];
    let output = run(&restore);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("No space left") && said.lines().last().unwrap().starts_with("hint: "), "{said}");
    let is_whole = |name: &&str| fs::read(target.join(name)).ok() == fs::read(source.join(name)).ok();
    let (whole, missing): (Vec<&str>, Vec<&str>) = FILES.into_iter().partition(is_whole);
    assert!(!whole.is_empty() && !missing.is_empty(), "{whole:?}, not {missing:?}");
    // Nothing else is there, neither under the names of what is missing nor under others.
    assert_eq!(fs::read_dir(&target).unwrap().count(), whole.len());
    for name in missing {
        assert!(said.contains(&format!("target/{name}")), "{name}: {said}");
    }
    fs::remove_file(filler).unwrap();
    assert!(run(&restore).status.success());
    assert!(FILES.iter().all(is_whole));
}

/// Whoever could open the repository still can, nobody else can, a key can be taken away, and one can be made when there is
/// room.
fn change_keys_where_it_is_full(world: &World, place: &Path) {
    let (second, new) = (world.path("second"), world.path("new"));
    fs::write(&second, "second secret").unwrap();
    fs::write(&new, "new secret").unwrap();
    world.init();
    world.write_source(1 << 20);
    world.run(&["backup", "source"]);
    world.run(&["key", "add", "--new-password-file", "second"]);
    let before = ids(world);
    fill_to_the_brim(place);
    for verb in ["add", "passwd"] {
        let output = world.command(&[&["key", verb], &NEW[..]].concat()).output().unwrap();
        assert_failed(&output, 13, "no space left");
        assert_eq!(ids(world), before);
        assert_eq!(world.leftovers(), Vec::<std::ffi::OsString>::new());
        assert_eq!(with_password(world, &new).status.code(), Some(12));
        assert!(with_password(world, &second).status.success());
    }
    world.run(&["verify", "--read-data"]);
    world.run(&["key", "remove", &before[1]]);
    assert_eq!(with_password(world, &second).status.code(), Some(12));
    fs::remove_dir_all(place.join("filler")).unwrap();
    world.run(&[&["key", "passwd"], &NEW[..]].concat());
    assert!(with_password(world, &new).status.success());
}

/// Names of all key slots, the oldest first.
fn ids(world: &World) -> Vec<String> {
    let output = world.command(&["--json", "key", "list"]).output().unwrap();
    let keys: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
    keys.iter().map(|key| key["id"].as_str().unwrap().to_owned()).collect()
}

/// Lists snapshots with the password in a file.
fn with_password(world: &World, file: &Path) -> Output {
    let mut command = world.command(&["--password-file", file.to_str().unwrap(), "snapshots"]);
    command.env_remove("LIFEBOAT_PASSWORD").output().unwrap()
}

/// Takes all room of a file system, to the last block, by files in the directory `filler`.
fn fill_to_the_brim(place: &Path) {
    let fillers = place.join("filler");
    fs::create_dir(&fillers).unwrap();
    for number in 0.. {
        let file = File::create(fillers.join(number.to_string()));
        let taken = [64 << 20, 1 << 20, 1 << 14, 1].into_iter().find(|length| {
            file.as_ref().is_ok_and(|file| fallocate(file, FallocateFlags::empty(), 0, *length).is_ok())
        });
        if taken.is_none() {
            return;
        }
    }
}
