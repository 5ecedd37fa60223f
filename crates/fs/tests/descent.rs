//! Going down a tree that is deeper than files may be open, and back.

use crate::world::World;
use lifeboat_fs::{FsError, FsErrorKind, SourceDir, Target};
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

/// The directories that a walk is in, one below the other.
struct Descent(Vec<SourceDir>);

impl Descent {
    fn current(&self) -> &SourceDir {
        &self.0[self.0.len() - 1]
    }

    fn enter(&mut self, name: &[u8]) {
        let below = self.current().open_dir(name).unwrap();
        self.0.push(below);
    }

    /// Goes back to the directory above.
    fn leave(&mut self) -> Result<(), FsError> {
        let below = self.0.pop().unwrap();
        self.current().return_from(&below)
    }
}

/// A descent that has reached the directory of this level.
fn down_to(world: &World, level: usize) -> Descent {
    let mut descent = Descent(vec![world.source()]);
    (0..level).for_each(|_| descent.enter(b"d"));
    descent
}

/// Which level a descent has come to, by the file that lies there.
fn level_of(descent: &Descent) -> usize {
    let names = descent.current().names().unwrap();
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
        assert_eq!(descent.current().trail().path(), path_of(&world, level));
        assert!(open_below(&world.from()) <= 65);
    }
    drop(descent);
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
                assert!(error.to_string().starts_with("cannot return to \""), "{error}");
                assert!(descent.current().names().is_err(), "nor is the other one used");
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
fn links_that_were_followed_on_the_way_down_are_followed_on_the_way_back() {
    let world = deep();
    let link = world.scratch.path().join("link");
    std::os::unix::fs::symlink(world.from(), &link).unwrap();
    let top = SourceDir::open(world.scratch.path()).unwrap();
    assert_eq!(top.open_dir(b"link").unwrap_err().kind(), FsErrorKind::WrongKind);
    let followed = top.follow_dir(b"link").unwrap();
    let mut descent = Descent(vec![top, followed]);
    (0..DEPTH).for_each(|_| descent.enter(b"d"));
    for level in (0..DEPTH).rev() {
        descent.leave().unwrap();
        assert_eq!(level_of(&descent), level);
    }
    descent.leave().unwrap();
    assert!(descent.current().stat(b"link").is_ok());
}
