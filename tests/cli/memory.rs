//! `--max-memory`: what is too little, and what the program takes when it is enough.

use super::world::{Ended, World};
use lifeboat_testkit::{Random, needs};
use std::fs;

/// The number of MiB that a refusal names.
fn least(refused: &Ended) -> u64 {
    let (_, rest) = refused.err.split_once("hint: lifeboat --max-memory ").unwrap();
    rest.split_once("M ...").unwrap().0.parse().unwrap()
}

#[test]
fn too_little_memory_is_refused_with_the_least_that_works() {
    let world = World::with_snapshot();
    let refused = world.run(&["snapshots", "--max-memory", "20M"]).fails(2, "20.00 MiB of memory are too ");
    let least = least(&refused);
    let [enough, less] = [least, least - 1].map(|number| format!("{number}M"));
    let out = world.path("out").display().to_string();
    let verbs: [&[&str]; 4] =
        [&["snapshots"], &["backup", "files"], &["restore", "latest", &out], &["verify"]];
    for verb in verbs {
        world.run(&[verb, &["--max-memory", &less]].concat()).fails(2, "too little for this repository");
        world.run(&[verb, &["--max-memory", &enough]].concat()).succeeds();
    }
    let by_variable = |value| world.run_with(&[("LIFEBOAT_MAX_MEMORY", value)], &["snapshots"]);
    by_variable(&less).fails(2, "too little for this repository");
    by_variable(&enough).succeeds();
    by_variable("much").fails(2, "invalid value 'much'");
}

#[test]
fn what_a_password_takes_counts_before_it_is_tried() {
    let world = World::without_repository();
    world.run(&["init", "--kdf-memory", "262144", "--max-memory", "200M"]).fails(2, "too little");
    world.assert_has_no_repository();
    world.run(&["init", "--kdf-memory", "262144"]).succeeds();
    let refused = world.run(&["snapshots", "--max-memory", "200M"]).fails(2, "too little");
    assert!(least(&refused) > 256);
    // Nobody who says nothing is shut out.
    world.run(&["snapshots"]).succeeds();
}

#[test]
fn a_run_takes_no_more_memory_than_it_is_given() {
    if !needs("time") {
        return;
    }
    let least = least(&World::new().run(&["snapshots", "--max-memory", "1"]).fails(2, "too little"));
    for max in [least, 192] {
        let world = World::new();
        for number in 0..6 {
            world.write(format!("files/large{number}"), &Random::new(number).bytes(12 << 20));
        }
        for number in 0..1_000 {
            world.write(format!("files/small/{number}"), &Random::new(number).text(2_000));
        }
        let verbs: [&[&str]; 4] = [
            &["backup", "files"],
            &["backup", "files"],
            &["verify", "--read-data"],
            &["restore", "latest", "out"],
        ];
        for verb in verbs {
            let peak = peak(&world, &[verb, &["--max-memory", &format!("{max}M")]].concat());
            assert!(peak <= max << 10, "{verb:?} took {peak} KiB of {max} MiB");
        }
    }
}

#[test]
fn whoever_compresses_hard_is_told_what_it_takes_and_gets_by_with_that() {
    if !needs("time") {
        return;
    }
    let world = World::new();
    world.write("files/text", &Random::new(1).text(9 << 20));
    let least_at = |level| {
        let arguments = ["backup", "files", "--compression", level, "--max-memory", "1"];
        least(&world.run(&arguments).fails(2, "too little"))
    };
    let usual = least_at("auto");
    for level in ["max", "19"] {
        let least = least_at(level);
        assert!(least > usual, "{level}: {least}, {usual}");
        let max = format!("{least}M");
        let peak =
            peak(&world, &["backup", "files", "--force", "--compression", level, "--max-memory", &max]);
        assert!(peak <= least << 10, "{level} took {peak} KiB of {least} MiB");
    }
}

#[test]
fn packs_that_are_mended_take_no_more_memory_than_is_given() {
    if !needs("time") {
        return;
    }
    let world = World::new();
    for number in 0..5 {
        world.write(format!("files/{number}"), &Random::new(number).bytes(14 << 20));
    }
    world.run(&["backup", "files"]).succeeds();
    for pack in world.store.names("packs/") {
        world.store.flip(&pack, world.store.length(&pack) / 2);
    }
    let least = least(&world.run(&["snapshots", "--max-memory", "1"]).fails(2, "too little"));
    let (max, out) = (format!("{least}M"), world.path("out").display().to_string());
    let verbs: [&[&str]; 4] = [
        &["verify", "--read-data"],
        &["verify", "--scrub"],
        &["restore", "latest", &out],
        &["backup", "files", "--force"],
    ];
    for verb in verbs {
        let peak = peak_of(&world, &[verb, &["--max-memory", &max]].concat(), &[0, 4]);
        assert!(peak <= least << 10, "{verb:?} took {peak} KiB of {least} MiB");
    }
}

#[test]
fn large_packs_take_what_is_said() {
    if !needs("time") {
        return;
    }
    let world = World::without_repository();
    world.run(&["init", "--kdf-memory", "32", "--pack-size", "128"]).succeeds();
    for number in 0..5 {
        world.write(format!("files/{number}"), &Random::new(number).bytes(56 << 20));
    }
    let least = least(&world.run(&["snapshots", "--max-memory", "256M"]).fails(2, "too little"));
    let max = format!("{least}M");
    for verb in [&["backup", "files"][..], &["verify", "--read-data"], &["verify", "--scrub"]] {
        let peak = peak(&world, &[verb, &["--max-memory", &max]].concat());
        assert!(peak <= least << 10, "{verb:?} took {peak} KiB of {least} MiB");
    }
    assert!(world.store.names("packs/").iter().any(|pack| world.store.length(pack) > 120 << 20));
}

/// The most memory that a run of the program which succeeds had at once, in KiB.
fn peak(world: &World, arguments: &[&str]) -> u64 {
    peak_of(world, arguments, &[0])
}

/// The same of one that ends with one of these codes.
fn peak_of(world: &World, arguments: &[&str], codes: &[i32]) -> u64 {
    let mut timed = world.prepared("time".as_ref());
    timed.args(["--quiet", "--format=%M", "--output=peak", env!("CARGO_BIN_EXE_lifeboat")]);
    let ended = world.run_in(timed, arguments);
    assert!(codes.contains(&ended.code), "{arguments:?}: {}", ended.err);
    fs::read_to_string(world.path("peak")).unwrap().trim().parse().unwrap()
}
