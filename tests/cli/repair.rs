//! `repair`, seen from outside: what parity, a second copy or a replica has is mended, what nothing has is named.

use super::damage::assert_same;
use super::world::World;
use crate::store::{Store, on_disk};
use serde_json::Value;

fn packs(world: &World) -> Vec<String> {
    world.store.names("packs/")
}

/// The pack with the data of the files.
fn largest(world: &World) -> String {
    packs(world).into_iter().max_by_key(|pack| world.store.length(pack)).unwrap()
}

/// A copy of the repository as it is now, which has the same keys.
fn replica(world: &World) -> Store {
    world.store.copy(&world.path(""), "replica")
}

fn assert_restored(world: &World) {
    for name in ["one", "sub/two"] {
        assert_same(&world.path("files").join(name), &world.path("out").join(name));
    }
}

fn lines(lines: &[Value], message_type: &str) -> Vec<Value> {
    lines.iter().filter(|line| line["message_type"] == message_type).cloned().collect()
}

#[test]
fn what_parity_has_is_mended_for_good() {
    let world = World::with_parity("3").saved();
    for pack in packs(&world) {
        world.store.change(&pack, |bytes| bytes[4096..8192].fill(0xaa));
    }
    let count = packs(&world).len();
    world.run(&["verify", "--read-data"]).fails(4, "all of it can be mended");
    let plan = world.run(&["repair", "--dry-run"]).succeeds();
    assert_eq!(plan.out.matches("would be mended from its parity").count(), count, "{}", plan.out);
    assert!(plan.out.ends_with("nothing was changed\n"), "{}", plan.out);
    world.run(&["verify", "--read-data"]).fails(4, "all of it can be mended");
    let shallow = world.run(&["repair", "--no-read-data"]).succeeds();
    assert!(shallow.out.contains("read the data of 0") && shallow.out.contains("nothing is damaged"));
    let repaired = world.run(&["repair"]).succeeds();
    assert_eq!(repaired.out.matches("mended from its parity").count(), count, "{}", repaired.out);
    world.run(&["verify", "--read-data"]).succeeds();
    let again = world.run(&["repair"]).succeeds();
    assert!(again.out.contains("nothing is damaged"), "{}", again.out);
}

#[test]
fn a_second_copy_mends_the_first() {
    if !on_disk("in a bucket there are no second copies") {
        return;
    }
    let world = World::with_snapshot();
    world.store.flip("config", 30);
    let log = world.store.names("log/").remove(0);
    world.store.remove(&log);
    world.run(&["verify"]).fails(4, "all of it can be mended");
    let repaired = world.run(&["repair"]).succeeds();
    assert!(repaired.out.contains("config: mended from its other copy"), "{}", repaired.out);
    assert!(repaired.out.contains(&format!("{log}: mended from its other copy")), "{}", repaired.out);
    world.run(&["verify"]).succeeds();
}

#[test]
fn a_replica_has_what_is_lost() {
    if !on_disk("each bucket of a test has a server of its own, and a run speaks to one") {
        return;
    }
    let world = World::without_parity().saved();
    let replica = replica(&world);
    let pack = largest(&world);
    world.store.remove(&pack);

    world.run(&["restore", &world.latest("files"), "alone"]).fails(4, "stored data is damaged");
    let helped = ["--replica", replica.repository()];
    let restored = world.run(&[&["restore", &world.latest("files"), "out"], &helped[..]].concat()).succeeds();
    assert_restored(&world);
    assert!(restored.err.contains("read from the replica at"), "{}", restored.err);
    let found = world.run(&[&["verify"], &helped[..]].concat()).fails(4, "all of it can be mended");
    assert!(found.err.contains("(mendable)") && !found.err.contains("files/"), "{}", found.err);

    let repaired = world.run(&[&["repair", "--json"], &helped[..]].concat()).succeeds();
    let mended = lines(&repaired.json_lines(), "mended");
    assert_eq!(mended.len(), 1);
    assert_eq!((&mended[0]["item"], &mended[0]["by"]), (&Value::from(pack), &Value::from("replica")));
    world.run(&["verify", "--read-data"]).succeeds();
}

#[test]
fn a_replica_that_cannot_help_says_why() {
    if !on_disk("each bucket of a test has a server of its own, and a run speaks to one") {
        return;
    }
    let world = World::without_parity().saved();
    let others = World::without_parity().saved();
    let other = others.store.copy(&world.path(""), "other");
    world.run(&["repair", "--replica", other.repository()]).fails(1, "has other keys");
    world.run(&["repair", "--replica", "nowhere"]).fails(10, "no repository at");
}

#[test]
fn what_nothing_has_is_named_file_by_file() {
    let world = World::without_parity().saved();
    let pack = largest(&world);
    world.store.remove(&pack);
    let repaired = world.run(&["repair", "--json"]);
    assert_eq!(repaired.code, 4);
    assert_eq!(lines(&repaired.json_lines(), "quarantined")[0]["item"], Value::from(pack));
    let files = |errors: &[Value]| -> Vec<String> {
        let items =
            lines(errors, "error").iter().map(|error| error["item"].as_str().unwrap().to_owned()).collect();
        let mut items: Vec<String> = items;
        items.retain(|item| item.contains("files"));
        items
    };
    let lost = files(&repaired.json_talk());
    assert!(!lost.is_empty());
    let found = world.run(&["verify", "--read-data", "--json"]);
    assert_eq!(found.code, 4);
    assert_eq!(files(&found.json_talk()), lost);
    assert_eq!(lines(&found.json_talk(), "error").len(), lost.len(), "the pack is known to be lost");
    world.run(&["repair"]).fails(4, "not all that is damaged can be mended");
    // The source still has it.
    world.run(&["backup", "files"]).succeeds();
    world.run(&["verify", "--read-data"]).succeeds();
    world.run(&["restore", &world.latest("files"), "out"]).succeeds();
    assert_restored(&world);
}
