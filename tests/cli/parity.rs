//! Parity, seen from outside: sectors of packs are overwritten, everything comes back, and `verify` says what it saw.

use super::damage::{assert_same, leaf};
use super::world::World;
use crate::store::on_disk;

const SECTOR: usize = 4096;
/// What a repository on disk gets unless it is told.
const PERCENT: &str = "3";

#[test]
fn sectors_lost_in_every_pack_are_mended_by_restore_and_named_by_verify() {
    let world = World::with_parity(PERCENT).saved();
    let packs = packs(&world);
    for pack in &packs {
        let length = world.store.length(pack);
        overwrite(&world, pack, 0, SECTOR);
        // The trailer, and a record of parity.
        overwrite(&world, pack, length / SECTOR * SECTOR, SECTOR);
        overwrite(&world, pack, length / SECTOR * SECTOR - SECTOR, SECTOR);
    }
    let ended = world.run(&["verify", "--read-data"]).fails(4, "all of it can be mended");
    for pack in &packs {
        let told = format!("{}: damaged: ", leaf(pack));
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
        let told = format!("{}: damaged, and mended in memory", leaf(pack));
        assert_eq!(ended.err.matches(&told).count(), 1, "{}", ended.err);
    }
}

#[test]
fn packs_whose_ends_are_cut_off_lose_nothing() {
    let world = World::with_parity(PERCENT).saved();
    for pack in packs(&world) {
        world.store.change(&pack, |bytes| bytes.truncate(bytes.len() - 2 * SECTOR));
    }
    let ended = world.run(&["verify"]).fails(4, "all of it can be mended");
    assert!(ended.err.contains("pack length (mendable)"), "{}", ended.err);
    world.run(&["restore", &world.latest("files"), "out"]).succeeds();
    assert_restored(&world);
}

#[test]
fn directories_in_damaged_packs_are_listed_with_a_warning() {
    let world = World::with_parity(PERCENT).saved();
    packs(&world).iter().for_each(|pack| overwrite(&world, pack, 192, SECTOR));
    let ended = world.run(&["ls", "latest"]).succeeds();
    assert!(ended.out.contains("files/sub/two"), "{}", ended.out);
    assert!(ended.err.contains("warning: packs/") && ended.err.contains("(mendable)"), "{}", ended.err);
    world.write("files/four", b"4");
    let ended = world.run(&["backup", "files"]).succeeds();
    assert!(ended.err.contains("(mendable)"), "{}", ended.err);
}

#[test]
fn damaged_parity_is_found_though_nothing_needs_it_yet() {
    let world = World::with_parity(PERCENT).saved();
    let pack = packs(&world).remove(0);
    overwrite(&world, &pack, world.store.length(&pack) - 3 * SECTOR, 10);
    world.run(&["verify"]).succeeds();
    let ended = world.run(&["verify", "--read-data"]).fails(4, "all of it can be mended: 1 problem");
    assert!(ended.err.contains("parity of the pack (mendable)"), "{}", ended.err);
    let ended = world.run(&["restore", &world.latest("files"), "out"]).succeeds();
    assert!(!ended.err.contains("mended"), "{}", ended.err);
}

#[test]
fn damage_beyond_parity_is_damage() {
    let world = World::with_parity(PERCENT).saved();
    for pack in packs(&world) {
        overwrite(&world, &pack, 192, world.store.length(&pack) - SECTOR);
    }
    world.run(&["verify", "--read-data"]).fails(4, "the repository is damaged");
    world.run(&["restore", &world.latest("files"), "out"]).fails(4, "");
}

#[test]
fn a_repository_has_parity_unless_it_is_made_without() {
    if !on_disk("in a bucket there is none") {
        return;
    }
    let sizes = [World::without_parity(), World::new(), World::with_parity("25")].map(|world| {
        let world = world.saved();
        world.run(&["verify", "--read-data"]).succeeds();
        packs(&world).iter().map(|pack| world.store.length(pack)).sum::<usize>()
    });
    assert!(sizes[0] < sizes[1] && sizes[1] < sizes[2], "{sizes:?}");
    for refused in ["26", "-1", "x", "3%", ""] {
        let world = World::without_repository();
        world.run(&["init", &format!("--parity={refused}")]).fails(2, "--parity");
        world.assert_has_no_repository();
    }
}

#[test]
fn a_repository_made_by_the_first_backup_has_parity_too() {
    if !on_disk("in a bucket there is none") {
        return;
    }
    let world = World::without_repository();
    world.write_three_files();
    world.run(&["backup", "--init", "files"]).succeeds();
    packs(&world).iter().for_each(|pack| overwrite(&world, pack, 0, SECTOR));
    world.run(&["restore", &world.latest("files"), "out"]).succeeds();
    assert_restored(&world);
}

fn assert_restored(world: &World) {
    for name in ["one", "sub/two", "sub/three"] {
        assert_same(&world.path("files").join(name), &world.path("out").join(name));
    }
}

fn packs(world: &World) -> Vec<String> {
    world.store.names("packs/")
}

/// As `dd conv=notrunc` does it; nothing is written beyond the end.
fn overwrite(world: &World, pack: &str, offset: usize, length: usize) {
    world.store.change(pack, |bytes| {
        let end = bytes.len().min(offset + length);
        let noise = lifeboat_testkit::Random::new(offset as u64).bytes(end - offset);
        bytes[offset..end].copy_from_slice(&noise);
    });
}
