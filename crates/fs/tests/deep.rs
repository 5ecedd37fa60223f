//! Trees deeper than any path the kernel takes.

use crate::tree::Tree;
use crate::world::World;
use lifeboat_fs::{FsErrorKind, SourceDir, TargetDir};
use std::fs::{create_dir, read_dir, read_link, rename};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

const DEPTH: usize = 20;

#[test]
fn a_path_longer_than_path_max_returns() {
    let world = World::new();
    let name = [b'd'; 250];
    // The kernel takes no path of this length, so that the tree is made below an empty source.
    let mut dir = lifeboat_fs::Target::create(&world.from()).unwrap();
    for _ in 0..DEPTH {
        dir = dir.create_dir(&name).unwrap();
    }
    dir.create_file(b"bottom", 4).unwrap().write_at(0, b"deep").unwrap();
    assert!(dir.trail().path().as_os_str().len() > 4_096);

    let before = Tree::read(&world.source());
    assert_eq!(before.write(&world.target()), []);
    assert_eq!(Tree::read(&SourceDir::open(&world.to()).unwrap()), before);
    let components = [name.as_slice(); DEPTH];
    assert_bottom(&world, &components);
}

/// Walks down what was restored, step by step, and reads the file at the bottom.
fn assert_bottom(world: &World, components: &[&[u8]]) {
    let top = SourceDir::open(&world.to()).unwrap();
    let bottom = components.iter().fold(top, |dir, name| dir.open_dir(name).unwrap());
    let mut content = [0; 9];
    let length = bottom.open_file(b"bottom").unwrap().read(&mut content).unwrap();
    assert_eq!(&content[..length], b"deep");
}

/// Removes a tree that is too deep for the standard library.
struct Removed<'w>(&'w World);

impl Drop for Removed<'_> {
    fn drop(&mut self) {
        Command::new("rm").arg("-rf").arg(self.0.to()).status().unwrap();
    }
}

/// How many files and directories below a path this process has open.
fn open_below(path: &Path) -> usize {
    let open = read_dir("/proc/self/fd").unwrap();
    open.filter(|entry| {
        // What another test closes in the meantime is not there to be read.
        let led = read_link(entry.as_ref().unwrap().path());
        led.is_ok_and(|led| led.starts_with(path))
    })
    .count()
}

#[test]
fn few_directories_are_open_however_deep_the_tree() {
    const LEVELS: usize = 5_100;
    let world = World::new();
    let _removed = Removed(&world);
    let mut dirs = vec![world.target()];
    while dirs.len() < LEVELS {
        let below = dirs[dirs.len() - 1].create_dir(b"some directory").unwrap();
        dirs.push(below);
    }
    // The kernel cannot tell paths of more than one page, so that only the upper directories are counted.
    assert!(open_below(&world.to()) <= 66, "{} are open", open_below(&world.to()));
    for (level, dir) in dirs.iter().enumerate().rev() {
        dir.create_file(level.to_string().as_bytes(), 0).unwrap();
    }
    assert!(open_below(&world.to()) <= 66, "{} are open", open_below(&world.to()));
    let mut found = SourceDir::open(&world.to()).unwrap();
    for level in 0..LEVELS {
        let mut names = found.names().unwrap();
        names.retain(|name| name != b"some directory");
        assert_eq!(names, [level.to_string().into_bytes()]);
        if level + 1 < LEVELS {
            found = found.open_dir(b"some directory").unwrap();
        }
    }
}

/// Opens so many others that the directory is closed.
fn park(target: &TargetDir) {
    (0..200).for_each(|number| drop(target.create_dir(format!("other {number}").as_bytes()).unwrap()));
}

#[test]
fn a_directory_that_was_exchanged_is_not_used() {
    let world = World::new();
    let target = world.target();
    let dirs = [&b"moved"[..], b"linked", b"kept"].map(|name| target.create_dir(name).unwrap());
    let below = dirs[0].create_dir(b"below").unwrap();
    park(&target);
    rename(world.to().join("moved"), world.to().join("elsewhere")).unwrap();
    create_dir(world.to().join("moved")).unwrap();
    rename(world.to().join("linked"), world.to().join("was linked")).unwrap();
    symlink(world.from(), world.to().join("linked")).unwrap();
    for dir in [&dirs[0], &below] {
        assert!(dir.create_file(b"file", 0).unwrap_err().to_string().starts_with("cannot create \""));
    }
    assert_eq!(dirs[1].create_file(b"file", 0).unwrap_err().kind(), FsErrorKind::WrongKind);
    dirs[2].create_file(b"file", 0).unwrap();
    for path in [world.from(), world.to().join("moved")] {
        assert_eq!(read_dir(path).unwrap().count(), 0);
    }
}
