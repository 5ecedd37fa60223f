//! A snapshot deeper than this process may have files open, with paths longer than the kernel takes.

use crate::craft::{Craft, Item, node};
use crate::world::World;
use lifeboat_engine::{Content, Event, Node, NodeKind, Observer, RestoreOptions, Workers, restore};
use lifeboat_fs::SourceDir;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

const LEVELS: usize = 5_100;

/// Counts what is open below a path, now and then.
struct OpenFiles {
    below: PathBuf,
    events: AtomicUsize,
    most: AtomicUsize,
}

impl Observer for OpenFiles {
    fn event(&self, _: &Event<'_>) {
        if self.events.fetch_add(1, Ordering::Relaxed).is_multiple_of(500) {
            let open = std::fs::read_dir("/proc/self/fd").unwrap();
            let led = open.filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok());
            let count = led.filter(|led| led.starts_with(&self.below)).count();
            self.most.fetch_max(count, Ordering::Relaxed);
        }
    }
}

/// Removes a tree that is too deep for the standard library.
struct Removed<'p>(&'p Path);

impl Drop for Removed<'_> {
    fn drop(&mut self) {
        Command::new("rm").arg("-rf").arg(self.0).status().unwrap();
    }
}

#[test]
fn a_tree_of_any_depth_is_restored_and_read_again() {
    let world = World::new(60, Workers::pool(2).unwrap());
    let target = world.folder.path().join("target");
    let _removed = Removed(&target);
    let snapshot = {
        let mut craft = Craft::new(&world);
        let file = |name, content: &[u8]| {
            let (size, content) = (content.len() as u64, Content::Inline(content.to_vec()));
            Node { size, content, ..node(name, NodeKind::File) }
        };
        let linked = |name| Node { inode: 7, link_group: Some(0), ..file(name, b"linked") };
        let directory = || Node { mode: 0o755, ..node("some directory", NodeKind::Directory) };
        let mut below = craft.fill(directory(), vec![linked("bottom")]);
        for level in (1..LEVELS).rev() {
            below = craft.fill(directory(), vec![file("file", level.to_string().as_bytes()), below]);
        }
        craft.commit(vec![Item::with(below), Item::with(linked("top"))])
    };
    let observer = OpenFiles { below: target.clone(), events: 0.into(), most: 0.into() };
    let options = RestoreOptions { target: target.clone(), verify: true, ..RestoreOptions::default() };
    let report =
        restore(&world.repository, &world.view(), &snapshot, &options, &world.workers, &observer).unwrap();
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    assert_eq!((report.files, report.directories), (LEVELS as u64 + 1, LEVELS as u64));
    assert_eq!(report.verified.unwrap().files, LEVELS as u64, "both names of one file are read once");
    let most = observer.most.into_inner();
    assert!(most < 500, "{most} were open at once");

    let mut dir = SourceDir::open(&target).unwrap();
    for _ in 0..LEVELS {
        dir = dir.open_dir(b"some directory").unwrap();
    }
    assert_eq!(dir.stat(b"bottom").unwrap().links, 2);
    assert_eq!(dir.stat_self().unwrap().node.mtime.seconds, 1_500_000_000);
}
