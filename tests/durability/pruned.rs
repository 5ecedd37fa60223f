//! Prunes on disks without room: what needs none goes first, and then there is room for the rest.

use std::fs;
use std::path::Path;

use lifeboat_testkit::{Mounted, Random, needs};

use super::held::fill_but;
use super::world::World;

const MIB: usize = 1 << 20;
/// Files of a MiB each, of which each pack has some.
const FILES: usize = 30;

/// Saves files and loses some: all that stand in the first packs, and every other one of the rest.
fn save_and_lose(world: &World) {
    let source = world.path("source");
    fs::create_dir(&source).unwrap();
    let name = |file: usize| source.join(format!("{file:02}"));
    (0..FILES).for_each(|file| fs::write(name(file), Random::new(file as u64).bytes(MIB)).unwrap());
    world.run(&["backup", "source"]);
    let is_lost = |file: &usize| *file < FILES / 2 || file.is_multiple_of(2);
    (0..FILES).filter(is_lost).for_each(|file| fs::remove_file(name(file)).unwrap());
    world.run(&["backup", "source"]);
    world.run(&["forget", "--keep-last", "1"]);
}

fn prune_without_room(world: &World, place: &Path) {
    world.run(&["init", "--kdf-memory", "32", "--pack-size", "4"]);
    save_and_lose(world);
    let filler = fill_but(place, 2 * MIB as u64);
    let before = world.packs().1;
    world.run(&["prune", "--now", "--max-unused", "0"]);
    let after = world.packs().1;
    assert!(after + 15 * MIB as u64 <= before, "{before} bytes before, {after} after");
    fs::remove_file(filler).unwrap();
    world.assert_works();
    world.run(&["prune", "--now", "--max-unused", "0"]);
    assert!(world.packs().1 <= after + MIB as u64);
    world.assert_restores();
}

#[test]
fn memory_that_is_full_when_something_is_to_go() {
    let world = World::new();
    let place = world.place();
    let Some(_mounted) = Mounted::memory_of(128, &place) else { return };
    if needs("rsync") {
        prune_without_room(&world, &place);
    }
}

#[test]
fn a_disk_that_is_full_when_something_is_to_go() {
    let world = World::new();
    let place = world.place();
    let Some(_mounted) = Mounted::made(&["mkfs.ext4", "-q"], "ext4", &place) else { return };
    if needs("rsync") {
        prune_without_room(&world, &place);
    }
}
