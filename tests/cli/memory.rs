//! `--max-memory`: what is too little, and what the program takes when it is enough.

use super::world::{Ended, World};
use lifeboat_testkit::{Random, needs};

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
    assert!(!world.path("repo").exists());
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
    let world = World::new();
    for number in 0..6 {
        world.write(format!("files/large{number}"), &Random::new(number).bytes(12 << 20));
    }
    for number in 0..1_000 {
        world.write(format!("files/small/{number}"), &Random::new(number).text(2_000));
    }
    let least = least(&world.run(&["snapshots", "--max-memory", "1"]).fails(2, "too little"));
    for max in [least, 192] {
        let repo = format!("repo-{max}");
        world.run(&["-r", &repo, "init", "--kdf-memory", "32"]).succeeds();
        let out = world.path(format!("out-{max}")).display().to_string();
        let verbs: [&[&str]; 4] = [
            &["backup", "files"],
            &["backup", "files"],
            &["verify", "--read-data"],
            &["restore", "latest", &out],
        ];
        for verb in verbs {
            let peak = peak(&world, &[verb, &["-r", &repo, "--max-memory", &format!("{max}M")]].concat());
            assert!(peak <= max << 10, "{verb:?} took {peak} KiB of {max} MiB");
        }
    }
}

/// The most memory that a run of the program had at once, in KiB.
fn peak(world: &World, arguments: &[&str]) -> u64 {
    let mut timed = world.prepared("time".as_ref());
    timed.args(["--format=%M", "--output=peak", env!("CARGO_BIN_EXE_lifeboat")]);
    world.run_in(timed, arguments).succeeds();
    std::fs::read_to_string(world.path("peak")).unwrap().trim().parse().unwrap()
}
