//! What decides how much is stored, and in files of which size.

use super::world::World;
use lifeboat_format::{ChunkerParams, Config};
use lifeboat_testkit::Random;
use serde_json::Value;

const FILES: usize = 32;
const FILE: usize = 32 << 10;

/// The bytes that a backup of `files` stores in a new repository.
fn stored(variables: &[(&str, &str)], arguments: &[&str]) -> u64 {
    let world = World::new();
    let mut random = Random::new(1);
    // Each is one chunk wherever the keys of the repository cut.
    for number in 0..FILES {
        world.write(format!("files/{number}"), &random.text(FILE));
    }
    let ended = world.run_with(variables, &[&["backup", "files", "--json"], arguments].concat()).succeeds();
    world.run(&["verify", "--read-data"]).succeeds();
    data_added_packed(&ended.json_lines())
}

fn data_added_packed(lines: &[Value]) -> u64 {
    lines.last().unwrap()["data_added_packed"].as_u64().unwrap()
}

#[test]
fn compression_is_chosen_by_word_level_or_variable() {
    let [off, fastest, auto, better, max] =
        ["off", "fastest", "auto", "better", "max"].map(|mode| stored(&[], &["--compression", mode]));
    assert!(off > (FILES * FILE) as u64 && auto < off / 2, "{off} {auto}");
    assert!(max < better && better < auto && auto < fastest, "{max} {better} {auto} {fastest}");
    // With other keys and times a tree differs by a few bytes; by level data differs by thousands.
    let is_like = |stored: u64, other: u64| stored.abs_diff(other) < 500;
    assert!(is_like(stored(&[], &[]), auto) && is_like(stored(&[], &["--compression=11"]), max));
    let variable = [("LIFEBOAT_COMPRESSION", "off")];
    assert!(is_like(stored(&variable, &[]), off));
    assert!(is_like(stored(&variable, &["--compression", "max"]), max), "the option wins");
}

#[test]
fn compression_that_is_unknown_is_refused() {
    let world = World::new();
    let words = "write auto, off, fastest, better, max, or a level from 1 to 22";
    for mode in ["best", "0", "23"] {
        world.run(&["backup", "--compression", mode, "."]).fails(2, words);
    }
    world.run_with(&[("LIFEBOAT_COMPRESSION", "fast")], &["backup", "."]).fails(2, words);
}

/// What was decided when the repository was made.
fn config(world: &World) -> Config {
    Config::decode(&world.store.read("config")).unwrap()
}

#[test]
fn sizes_are_recorded_when_the_repository_is_made() {
    let made = |arguments: &[&str]| {
        let world = World::without_repository();
        world.write("files/small", b"small");
        world.run(arguments).succeeds();
        config(&world)
    };
    let usual = made(&["init", "--kdf-memory", "32"]);
    assert_eq!((usual.pack, usual.chunker), (32 << 20, ChunkerParams::around(96 << 10)));
    let chosen = made(&["init", "--kdf-memory", "32", "--pack-size", "4", "--chunk-size", "256"]);
    assert_eq!((chosen.pack, chosen.chunker), (4 << 20, ChunkerParams::around(256 << 10)));
    assert_eq!(made(&["backup", "--init", "--pack-size=128", "files"]).pack, 128 << 20);
}

#[test]
fn a_pack_size_that_changes_nothing_is_told() {
    let world = World::with_snapshot();
    let ended = world.run(&["backup", "--init", "--pack-size", "64", "files"]).succeeds();
    assert!(ended.err.contains("the repository keeps packs of 32 MiB, as when it was made"), "{}", ended.err);
    let ended = world.run(&["backup", "--init", "--pack-size", "32", "files"]).succeeds();
    assert!(!ended.err.contains("packs"), "{}", ended.err);
    world.run(&["backup", "--pack-size", "64", "files"]).fails(2, "--init");
    for size in ["3", "129", "32M", ""] {
        world.run(&["init", "--pack-size", size]).fails(2, "write a number of MiB from 4 to 128");
    }
}
