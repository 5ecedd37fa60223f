//! Parity, seen from outside: sectors of packs are overwritten, everything comes back, and `verify` says what it saw.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::damage::{assert_same, files};
use super::world::World;

const SECTOR: u64 = 4096;

#[test]
fn sectors_lost_in_every_pack_are_mended_by_restore_and_named_by_verify() {
    let world = World::with_snapshot();
    let packs = packs(&world);
    for pack in &packs {
        let length = fs::metadata(pack).unwrap().len();
        overwrite(pack, 0, SECTOR);
        // The trailer, and a record of parity.
        overwrite(pack, length / SECTOR * SECTOR, SECTOR);
        overwrite(pack, length / SECTOR * SECTOR - SECTOR, SECTOR);
    }
    let ended = world.run(&["verify", "--read-data"]).fails(4, "all of it can be mended");
    for pack in &packs {
        let told = format!("{}: damaged: ", name(pack));
        assert_eq!(ended.err.matches(&told).count(), 1, "{}", ended.err);
    }
    assert_eq!(ended.err.matches("(mendable)").count(), packs.len(), "no file is lost: {}", ended.err);
    let errors = world.run(&["verify", "--read-data", "--json"]).json_talk();
    let errors: Vec<_> = errors.iter().filter(|line| line["message_type"] == "error").collect();
    assert_eq!(errors.len(), packs.len());
    assert!(errors.iter().all(|error| error["mendable"] == true && error["kind"] == "damage"), "{errors:?}");

    let ended = world.run(&["restore", &world.latest("files"), "out"]).succeeds();
    assert_restored(&world);
    for pack in &packs {
        let told = format!("{}: damaged, and mended in memory", name(pack));
        assert_eq!(ended.err.matches(&told).count(), 1, "{}", ended.err);
    }
}

#[test]
fn packs_whose_ends_are_cut_off_lose_nothing() {
    let world = World::with_snapshot();
    for pack in packs(&world) {
        let length = fs::metadata(&pack).unwrap().len();
        OpenOptions::new().write(true).open(&pack).unwrap().set_len(length - 2 * SECTOR).unwrap();
    }
    let ended = world.run(&["verify"]).fails(4, "all of it can be mended");
    assert!(ended.err.contains("pack length (mendable)"), "{}", ended.err);
    world.run(&["restore", &world.latest("files"), "out"]).succeeds();
    assert_restored(&world);
}

#[test]
fn directories_in_damaged_packs_are_listed_with_a_warning() {
    let world = World::with_snapshot();
    packs(&world).iter().for_each(|pack| overwrite(pack, 192, SECTOR));
    let ended = world.run(&["ls", "latest"]).succeeds();
    assert!(ended.out.contains("files/sub/two"), "{}", ended.out);
    assert!(ended.err.contains("warning: packs/") && ended.err.contains("(mendable)"), "{}", ended.err);
    world.write("files/four", b"4");
    let ended = world.run(&["backup", "files"]).succeeds();
    assert!(ended.err.contains("(mendable)"), "{}", ended.err);
}

#[test]
fn damaged_parity_is_found_though_nothing_needs_it_yet() {
    let world = World::with_snapshot();
    let pack = packs(&world).remove(0);
    let length = fs::metadata(&pack).unwrap().len();
    overwrite(&pack, length - 3 * SECTOR, 10);
    world.run(&["verify"]).succeeds();
    let ended = world.run(&["verify", "--read-data"]).fails(4, "all of it can be mended: 1 problem");
    assert!(ended.err.contains("parity of the pack (mendable)"), "{}", ended.err);
    let ended = world.run(&["restore", &world.latest("files"), "out"]).succeeds();
    assert!(!ended.err.contains("mended"), "{}", ended.err);
}

#[test]
fn damage_beyond_parity_is_damage() {
    let world = World::with_snapshot();
    for pack in packs(&world) {
        overwrite(&pack, 192, fs::metadata(&pack).unwrap().len() - SECTOR);
    }
    world.run(&["verify", "--read-data"]).fails(4, "the repository is damaged");
    world.run(&["restore", &world.latest("files"), "out"]).fails(4, "");
}

#[test]
fn a_repository_has_parity_unless_it_is_made_without() {
    let sizes = [World::without_parity(), World::new(), with_percent("25")].map(|world| {
        let world = world.saved();
        world.run(&["verify", "--read-data"]).succeeds();
        packs(&world).iter().map(|pack| fs::metadata(pack).unwrap().len()).sum::<u64>()
    });
    assert!(sizes[0] < sizes[1] && sizes[1] < sizes[2], "{sizes:?}");
    for refused in ["26", "-1", "x", "3%", ""] {
        let world = World::without_repository();
        world.run(&["init", &format!("--parity={refused}")]).fails(2, "--parity");
        assert!(!world.path("repo").exists());
    }
}

#[test]
fn a_repository_made_by_the_first_backup_has_parity_too() {
    let world = World::without_repository();
    world.write_three_files();
    world.run(&["backup", "--init", "files"]).succeeds();
    packs(&world).iter().for_each(|pack| overwrite(pack, 0, SECTOR));
    world.run(&["restore", &world.latest("files"), "out"]).succeeds();
    assert_restored(&world);
}

fn with_percent(percent: &str) -> World {
    let world = World::without_repository();
    world.run(&["init", "--kdf-memory", "32", "--parity", percent]).succeeds();
    world
}

fn assert_restored(world: &World) {
    for name in ["one", "sub/two", "sub/three"] {
        assert_same(&world.path("files").join(name), &world.path("out").join(name));
    }
}

fn packs(world: &World) -> Vec<PathBuf> {
    files(&world.path("repo/packs"))
}

fn name(pack: &Path) -> &str {
    pack.file_name().unwrap().to_str().unwrap()
}

/// As `dd conv=notrunc` does it; nothing is written beyond the end.
fn overwrite(pack: &Path, offset: u64, length: u64) {
    let file = OpenOptions::new().write(true).open(pack).unwrap();
    let room = file.metadata().unwrap().len() - offset;
    let noise = lifeboat_testkit::Random::new(offset).bytes(usize::try_from(length.min(room)).unwrap());
    file.write_all_at(&noise, offset).unwrap();
}
