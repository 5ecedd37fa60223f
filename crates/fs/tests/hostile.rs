//! Names and planted entries that try to lead out of the target.

use crate::world::{World, node, put_special};
use lifeboat_format::NodeKind;
use lifeboat_fs::{FsErrorKind, TargetDir, UnsetReason};
use rustix::fs::FileType;
use std::os::unix::fs::{MetadataExt, symlink};

#[test]
fn names_that_are_not_names_are_refused_everywhere() {
    let world = World::new();
    let target = world.target();
    target.create_file(b"file", 0).unwrap();
    let long = [b'n'; 256];
    let names: [&[u8]; 9] = [b"", b".", b"..", b"/", b"/etc", b"a/b", b"../x", b"zero\0", long.as_slice()];
    for name in names {
        let fifo = node(name, NodeKind::Fifo);
        let refusals = [
            target.create_dir(name).map(drop),
            target.open_dir(name).map(drop),
            target.create_file(name, 0).map(drop),
            target.create_special(&fifo),
            target.remove_file(name),
            target.link(name, &target, b"file"),
            target.link(b"second", &target, name),
            target.create_file_aside(name, 0, 0).map(drop),
            target.create_special_aside(&fifo).map(drop),
            target.link_aside(&target, name).map(drop),
            target.look(name).map(drop),
            target.open_existing(name).map(drop),
            target.rename(name, b"second"),
            target.rename(b"file", name),
            target.replace(name, b"second"),
            target.replace(b"file", name),
        ];
        for refusal in refusals {
            assert_eq!(refusal.unwrap_err().kind(), FsErrorKind::Invalid, "{}", name.escape_ascii());
        }
        assert_all_failed(&target, &fifo);
    }
    let left: Vec<_> = std::fs::read_dir(world.to()).unwrap().collect();
    assert_eq!(left.len(), 1);
}

#[test]
fn planted_links_are_not_followed() {
    let world = World::new();
    let target = world.target();
    std::fs::write(world.entry(b"victim"), b"precious").unwrap();
    symlink(world.from(), world.to().join("dir")).unwrap();
    symlink(world.entry(b"victim"), world.to().join("file")).unwrap();
    symlink(world.entry(b"unborn"), world.to().join("dangling")).unwrap();

    assert_eq!(target.open_dir(b"dir").unwrap_err().kind(), FsErrorKind::WrongKind);
    assert_eq!(target.create_dir(b"dir").unwrap_err().kind(), FsErrorKind::Exists);
    for name in [b"file".as_slice(), b"dangling"] {
        assert_eq!(target.create_file(name, 9).unwrap_err().kind(), FsErrorKind::Exists);
        let fifo = node(name, NodeKind::Fifo);
        assert_eq!(target.create_special(&fifo).unwrap_err().kind(), FsErrorKind::Exists);
    }
    target.link(b"second name of the link", &target, b"file").unwrap();

    assert_eq!(std::fs::read(world.entry(b"victim")).unwrap(), b"precious");
    assert_eq!(std::fs::metadata(world.entry(b"victim")).unwrap().nlink(), 1);
    assert!(!world.entry(b"unborn").exists());
}

#[test]
fn metadata_is_not_applied_through_a_planted_link() {
    let world = World::new();
    let target = world.target();
    std::fs::write(world.entry(b"victim"), b"").unwrap();
    let before = std::fs::metadata(world.entry(b"victim")).unwrap();
    symlink(world.entry(b"victim"), world.to().join("pipe")).unwrap();
    let mut wanted = node(b"pipe", NodeKind::Fifo);
    wanted.mode = 0o777;
    assert_all_failed(&target, &wanted);
    assert_all_failed(&target, &node(b"missing", NodeKind::Fifo));

    // Even where a link is expected, it is the link that gets the metadata.
    assert_eq!(target.apply(&node(b"pipe", NodeKind::Symlink)), []);
    let after = std::fs::metadata(world.entry(b"victim")).unwrap();
    assert_eq!((after.mode(), after.mtime()), (before.mode(), before.mtime()));
    assert_eq!(std::fs::symlink_metadata(world.to().join("pipe")).unwrap().mtime(), 1_500_000_000);
}

#[test]
fn planted_pipes_and_existing_entries_are_refused() {
    let world = World::new();
    let target = world.target();
    assert!(put_special(&world.to().join("pipe"), FileType::Fifo, 0));
    target.create_dir(b"dir").unwrap();
    for name in [b"pipe".as_slice(), b"dir"] {
        assert_eq!(target.create_file(name, 0).unwrap_err().kind(), FsErrorKind::Exists);
    }
    assert_eq!(target.create_dir(b"dir").unwrap_err().kind(), FsErrorKind::Exists);
    assert_eq!(target.open_dir(b"pipe").unwrap_err().kind(), FsErrorKind::WrongKind);
}

fn assert_all_failed(target: &TargetDir, node: &lifeboat_format::Node) {
    let unset = target.apply(node);
    assert_eq!(unset.len(), 1);
    assert_eq!(unset[0].what, "metadata");
    assert!(matches!(unset[0].reason, UnsetReason::Failed(_)), "{unset:?}");
}
