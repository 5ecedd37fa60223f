//! `verify` on sound repositories, and how much of them it reads; tests/cli/damage.rs has the others.

use super::world::World;

#[test]
fn a_sound_repository_is_praised() {
    let world = World::with_snapshot();
    let out = world.run(&["verify", "--read-data"]).succeeds().out;
    assert!(out.starts_with("checked 1 snapshot and "), "{out}");
    assert!(out.ends_with("\nno errors were found\n"), "{out}");
    let quick = world.run(&["check"]).succeeds().out;
    assert!(quick.contains("; read the data of 0 of 2 packs, 0 B of "), "{quick}");
    assert_eq!(world.run(&["verify", "-q"]).succeeds().out, "");
}

#[test]
fn an_empty_repository_is_sound() {
    let world = World::new();
    let out = world.run(&["verify", "--read-data"]).succeeds().out;
    assert!(out.starts_with("checked 0 snapshots and 0 packs; "), "{out}");
}

#[test]
fn a_part_of_the_data_is_read() {
    let world = World::with_snapshot();
    let read = |arguments: &[&str]| {
        let lines = world.run(&[&["verify", "--json"], arguments].concat()).succeeds().json_lines();
        let summary = lines.last().unwrap();
        ["packs_read", "packs", "bytes_read", "bytes"].map(|name| summary[name].as_u64().unwrap())
    };
    let whole = read(&["--read-data"]);
    let [packs, _, bytes, _] = whole;
    assert!(packs == 2 && whole == [packs, packs, bytes, bytes], "{whole:?}");
    for all in [
        ["--read-data-subset", "1/1"],
        ["--read-data-subset", "100%"],
        ["--budget", "1d"],
        ["--budget", "1G"],
    ] {
        assert_eq!(read(&all), whole, "{all:?}");
    }
    for one in [["--read-data-subset", "0.5%"], ["--read-data-subset", "1k"], ["--budget", "1KiB"]] {
        let [read, _, bytes_read, _] = read(&one);
        assert!(read == 1 && bytes_read < bytes, "{one:?}");
    }
    let groups = ["1/2", "2/2"].map(|group| read(&["--read-data-subset", group]));
    assert_eq!((groups[0][0] + groups[1][0], groups[0][2] + groups[1][2]), (packs, bytes));
    let out = world.run(&["verify", "--budget", "1B"]).succeeds().out;
    assert!(out.contains("; read the data of 1 of 2 packs, "), "{out}");
}

#[test]
fn a_part_that_makes_no_sense_is_refused() {
    let world = World::without_repository();
    for subset in ["", "0/5", "6/5", "-1/5", "1/0", "0%", "101%", "-1%", "0", "5X", "some"] {
        let option = format!("--read-data-subset={subset}");
        let ended = world.run(&["verify", &option]).fails(2, &format!("invalid value '{subset}'"));
        assert_eq!(ended.err.lines().count(), 2, "{}", ended.err);
    }
    for budget in ["", "10", "0m", "-10m", "10min", "50%", "soon"] {
        let option = format!("--budget={budget}");
        world.run(&["verify", &option]).fails(2, &format!("invalid value '{budget}'"));
    }
    let depths: [&[&str]; 3] = [&["--read-data"], &["--read-data-subset", "1/2"], &["--budget", "1m"]];
    for (number, one) in depths.iter().enumerate() {
        for other in &depths[number + 1..] {
            world.run(&[&["verify"], *one, *other].concat()).fails(2, "cannot be used with");
        }
    }
}
