//! Names of a directory that are too many for the room there is.

use crate::world::World;
use lifeboat_fs::{NameRoom, Names};
use std::path::Path;

/// Enough for more than the 64 KiB that a directory is always granted.
const COUNT: usize = 3_000;

/// A directory of many names, and these.
fn world() -> (World, Vec<Vec<u8>>) {
    let world = World::new();
    let mut names: Vec<Vec<u8>> = (0..COUNT)
        .map(|number| format!("{:x<1$}", number * 7_919 % 3_001, 5 + number % 60).into_bytes())
        .collect();
    for name in &names {
        std::fs::write(world.entry(name), b"").unwrap();
    }
    names.sort_unstable();
    (world, names)
}

fn taken(names: Names) -> Vec<Vec<u8>> {
    names.map(Result::unwrap).collect()
}

fn is_spilled(names: &Names) -> bool {
    names.contains(b"not there").is_none()
}

#[test]
fn all_names_come_out_sorted_whatever_room_there_is() {
    let (world, expected) = world();
    let temporary = tempfile::tempdir().unwrap();
    for (bytes, spills) in [(0, true), (100, true), (64 << 10, true), (1 << 20, false)] {
        let room = NameRoom::new(bytes, temporary.path());
        let mut names = world.source().list(&room).unwrap();
        assert_eq!(is_spilled(&names), spills, "{bytes}");
        assert_eq!(names.left(), COUNT);
        let first = names.next().unwrap().unwrap();
        assert_eq!(names.left(), COUNT - 1);
        assert_eq!([vec![first], taken(names)].concat(), expected, "{bytes}");
        assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 0, "the files have no names");
    }
    assert_eq!(taken(world.source().list(&NameRoom::endless()).unwrap()), expected);
}

#[test]
fn directories_of_one_walk_share_the_room() {
    let (world, expected) = world();
    let temporary = tempfile::tempdir().unwrap();
    let room = NameRoom::new(1 << 20, temporary.path());
    let list = || world.source().list(&room).unwrap();
    let mut open = vec![list()];
    assert!(!is_spilled(&open[0]));
    while !is_spilled(open.last().unwrap()) {
        assert!(open.len() < 64, "nothing is bounded");
        open.push(list());
    }
    let last = open.pop().unwrap();
    assert_eq!(taken(last), expected);
    drop(open);
    assert!(!is_spilled(&list()), "what was given back is room again");
}

#[test]
fn a_name_that_was_added_comes_out_once() {
    let (world, expected) = world();
    let temporary = tempfile::tempdir().unwrap();
    for bytes in [0, 1 << 20] {
        let mut names = world.source().list(&NameRoom::new(bytes, temporary.path())).unwrap();
        names.add([expected[7].as_slice(), b"zz", &expected[0]].into_iter());
        assert_eq!(taken(names), [expected.clone(), vec![b"zz".to_vec()]].concat());
    }
}

#[test]
fn names_that_are_all_in_memory_can_be_asked_for() {
    let (world, expected) = world();
    let mut names = world.source().list(&NameRoom::endless()).unwrap();
    assert_eq!([names.contains(&expected[9]), names.contains(b"not there")], [Some(true), Some(false)]);
    names.keep_only(b"tag");
    assert_eq!((names.left(), names.contains(&expected[9])), (1, Some(false)));
    assert_eq!(taken(names), [b"tag"]);
}

#[test]
fn where_nothing_can_be_written_names_stay_in_memory() {
    let (world, expected) = world();
    for nowhere in ["", "/nonexistent", "/proc/self/fd"] {
        let names = world.source().list(&NameRoom::new(0, Path::new(nowhere))).unwrap();
        assert!(!is_spilled(&names), "{nowhere}");
        assert_eq!(taken(names), expected, "{nowhere}");
    }
}
