//! `verify` on sound repositories; tests/cli/damage.rs has the others.

use super::world::World;

#[test]
fn a_sound_repository_is_praised() {
    let world = World::with_snapshot();
    let out = world.run(&["verify", "--read-data"]).succeeds().out;
    assert!(out.starts_with("checked 1 snapshot and "), "{out}");
    assert!(out.ends_with("\nno errors were found\n"), "{out}");
    let quick = world.run(&["check"]).succeeds().out;
    assert!(quick.contains("; read the data of 0 packs, 0 B, in "), "{quick}");
    assert_eq!(world.run(&["verify", "-q"]).succeeds().out, "");
}

#[test]
fn an_empty_repository_is_sound() {
    let world = World::new();
    let out = world.run(&["verify", "--read-data"]).succeeds().out;
    assert!(out.starts_with("checked 0 snapshots and 0 packs; "), "{out}");
}
