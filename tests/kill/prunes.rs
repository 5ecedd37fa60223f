//! Forgets and prunes that are killed: whatever is left, what is wanted is whole, and the next prune finishes what was begun.

use std::collections::BTreeSet;
use std::fs;

use lifeboat_testkit::{Random, TreeSpec, change_tree, make_tree, needs};

use super::killer::{Killer, PRUNE};
use super::world::{Signal, World};

/// Bytes of the new files of a round, some packs of them.
const NEW: usize = 12 << 20;
const FORGET: [&str; 8] = ["--json", "forget", "--keep-last", "1", "--prune", "--now", "--max-unused", "0"];

#[test]
fn what_killed_prunes_leave_is_whole_and_the_next_one_finishes_it() {
    if !needs("rsync") {
        return;
    }
    let world = World::keeping();
    make_tree(&world.path("source"), 71, &TreeSpec { odd: false, ..TreeSpec::default() });
    let mut random = Random::new(71);
    save(&world, &mut random);
    save(&world, &mut random);
    let mut killer = Killer::new(PRUNE, 72, || drop(world.run(&world.repository, &FORGET)));
    while killer.is_due() {
        save(&world, &mut random);
        let before = snapshots(&world);
        let ended = killer.kill(&mut world.command(&world.repository, &FORGET));
        world.verify_after(&world.repository, Signal::Kill);
        let after = snapshots(&world);
        assert!(after.is_subset(&before) && !after.is_empty(), "{before:?}, {after:?}");
        assert!(ended.is_killed || after.len() == 1, "{after:?}");
        world.assert_restores(&world.repository);
        // Often several are killed one after the other.
        if random.below(3) == 0 {
            world.run(&world.repository, &FORGET);
            assert_eq!(snapshots(&world).len(), 1);
        }
    }
    (0..2).for_each(|_| drop(world.run(&world.repository, &FORGET)));
    let said = world.run(&world.repository, &FORGET);
    assert!(said.contains("\"bytes_deleted\":0"), "nothing was left to be done: {said}");
    let said = world.run(&world.repository, &["--no-cache", "verify", "--read-data"]);
    assert!(!said.contains("packs that no index names"), "{said}");
    world.assert_restores(&world.repository);
    killer.record();
}

/// Changes the source and saves it.
fn save(world: &World, random: &mut Random) {
    let source = world.path("source");
    change_tree(&source, random.next_u64(), 10);
    fs::write(source.join("new"), random.bytes(NEW)).unwrap();
    world.run(&world.repository, &["backup", "source"]);
}

fn snapshots(world: &World) -> BTreeSet<String> {
    let said = world.run(&world.repository, &["snapshots", "--json"]);
    // What comes behind it is said of copies that were not there.
    let list: Vec<serde_json::Value> = serde_json::from_str(said.lines().next().unwrap()).unwrap();
    list.iter().map(|snapshot| snapshot["id"].as_str().unwrap().to_owned()).collect()
}
