//! Going down a tree that is deeper than files may be open, and back.

use crate::world::World;
use lifeboat_fs::{Descent, FsErrorKind, SourceDir, Target};
use std::path::{Path, PathBuf};

/// Beyond what stays open, several times.
const DEPTH: usize = 300;

/// A tree of one directory in the other, each called `d` and with a file that is called like its level.
fn deep() -> World {
    let world = World::new();
    let mut dir = Target::create(&world.from()).unwrap();
    for level in 0..=DEPTH {
        dir.create_file(level.to_string().as_bytes(), 0).unwrap();
        dir = dir.create_dir(b"d").unwrap();
    }
    world
}

/// A descent that has reached the directory of this level.
fn down_to(world: &World, level: usize) -> Descent {
    let mut descent = Descent::default();
    descent.enter(world.source());
    for _ in 0..level {
        let below = descent.current().unwrap().open_dir(b"d").unwrap();
        descent.enter(below);
    }
    descent
}

/// Which level a descent has come to, by the file that lies there.
fn level_of(descent: &Descent) -> usize {
    let names = descent.current().unwrap().names().unwrap();
    let name = names.iter().find(|name| *name != b"d").unwrap();
    std::str::from_utf8(name).unwrap().parse().unwrap()
}

fn path_of(world: &World, level: usize) -> PathBuf {
    world.from().join(vec!["d"; level].join("/"))
}

/// How many files below a directory this process has open.
fn open_below(directory: &Path) -> usize {
    let open = std::fs::read_dir("/proc/self/fd").unwrap();
    let targets = open.filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok());
    targets.filter(|target| target.starts_with(directory)).count()
}

#[test]
fn few_directories_are_open_and_all_of_them_are_found_again() {
    let world = deep();
    let mut descent = down_to(&world, DEPTH);
    assert!((1..=65).contains(&open_below(&world.from())));
    for level in (0..DEPTH).rev() {
        descent.leave().unwrap();
        assert_eq!(level_of(&descent), level);
        assert_eq!(descent.current().unwrap().trail().path(), path_of(&world, level));
        assert!(open_below(&world.from()) <= 65);
    }
    descent.leave().unwrap();
    assert!(descent.current().is_none());
    assert_eq!(open_below(&world.from()), 0);
}

#[test]
fn directories_that_were_moved_meanwhile_are_found() {
    let world = deep();
    let mut descent = down_to(&world, DEPTH);
    // The way up from the moved one leads elsewhere, the way down to it no longer exists.
    std::fs::rename(path_of(&world, 100), world.scratch.path().join("elsewhere")).unwrap();
    for level in (0..DEPTH).rev() {
        descent.leave().unwrap();
        assert_eq!(level_of(&descent), level);
    }
}

#[test]
fn another_directory_is_not_taken_for_the_one_that_was_left() {
    let world = deep();
    let mut descent = down_to(&world, DEPTH);
    std::fs::rename(path_of(&world, 100), world.scratch.path().join("its content")).unwrap();
    std::fs::rename(path_of(&world, 99), world.scratch.path().join("elsewhere")).unwrap();
    std::fs::create_dir(path_of(&world, 99)).unwrap();
    std::fs::write(path_of(&world, 99).join("planted"), "").unwrap();
    for level in (0..DEPTH).rev() {
        match descent.leave() {
            Ok(()) => assert_eq!(level_of(&descent), level),
            Err(error) => {
                assert_eq!((level, error.kind()), (99, FsErrorKind::WrongKind));
                assert!(descent.current().is_none());
            }
        }
    }
    assert_eq!(level_of(&descent), 0);
}

#[test]
fn a_link_is_not_followed_on_the_way_back() {
    let world = deep();
    let mut descent = down_to(&world, DEPTH);
    std::fs::rename(path_of(&world, 100), world.scratch.path().join("its content")).unwrap();
    std::fs::rename(path_of(&world, 99), world.scratch.path().join("elsewhere")).unwrap();
    std::os::unix::fs::symlink(world.scratch.path().join("elsewhere"), path_of(&world, 99)).unwrap();
    let failed: Vec<usize> = (0..DEPTH).rev().filter(|_| descent.leave().is_err()).collect();
    assert_eq!(failed, [99]);
}

#[test]
fn places_that_a_user_named_are_opened_by_their_paths_again() {
    let world = deep();
    let link = world.scratch.path().join("link");
    std::os::unix::fs::symlink(world.from(), &link).unwrap();
    let mut descent = Descent::default();
    descent.enter(SourceDir::open(world.scratch.path()).unwrap());
    descent.enter(SourceDir::open(&link).unwrap());
    for _ in 0..DEPTH {
        let below = descent.current().unwrap().open_dir(b"d").unwrap();
        descent.enter(below);
    }
    for level in (0..DEPTH).rev() {
        descent.leave().unwrap();
        assert_eq!(level_of(&descent), level);
    }
    descent.leave().unwrap();
    assert!(descent.current().unwrap().stat(b"link").is_ok());
}
