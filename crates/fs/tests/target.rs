//! Creating a target and what is in it.

use crate::world::{World, absent, is_root, node};
use lifeboat_format::{Device, NodeKind};
use lifeboat_fs::{FsErrorKind, SourceDir, Target};
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::PathBuf;

#[test]
fn a_new_target_is_private_and_gets_its_parents() {
    let world = World::new();
    let path = world.to().join("with/parents");
    let target = Target::create(&path).unwrap();
    target.create_dir(b"dir").unwrap();
    target.create_file(b"file", 0).unwrap();
    assert_eq!(target.trail().path(), path);
    std::fs::create_dir(world.entry(b"ordinary")).unwrap();
    let mode = |path: PathBuf| std::fs::metadata(path).unwrap().mode() & 0o7777;
    for (name, wanted) in [("", 0o700), ("dir", 0o700), ("file", 0o600)] {
        assert_eq!(mode(path.join(name)), wanted, "{name}");
    }
    assert_eq!(mode(world.to().join("with")), mode(world.entry(b"ordinary")));
}

#[test]
fn an_existing_target_is_taken_as_it_is() {
    let world = World::new();
    assert!(Target::find(&world.to()).unwrap().is_none());
    assert!(Target::create(&world.to().join("new")).unwrap().is_new());
    symlink(world.from(), world.to().join("link")).unwrap();
    std::fs::write(world.entry(b".hidden"), b"").unwrap();
    for path in [world.from(), world.to().join("link")] {
        let target = Target::create(&path).unwrap();
        assert!(!target.is_new());
        assert!(target.look(b".hidden").unwrap().is_some());
        assert!(target.create_dir(b"new").unwrap().is_new());
        assert!(!target.open_dir(b"new").unwrap().is_new());
        std::fs::remove_dir(path.join("new")).unwrap();
    }
    let file = world.entry(b".hidden");
    assert_eq!(Target::create(&file).unwrap_err().kind(), FsErrorKind::WrongKind);
    assert_eq!(Target::create(&file.join("below")).unwrap_err().kind(), FsErrorKind::WrongKind);
}

#[test]
fn what_is_not_written_is_a_hole() {
    let world = World::new();
    let target = world.target();
    let file = target.create_file(b"sparse", 64 << 20).unwrap();
    file.write_at(32 << 20, b"middle").unwrap();
    file.write_at((64 << 20) - 3, b"end").unwrap();
    let path = world.to().join("sparse");
    let told = std::fs::metadata(&path).unwrap();
    assert_eq!(told.len(), 64 << 20);
    assert!(told.blocks() * 512 < 1 << 20, "{} blocks", told.blocks());
    let content = std::fs::read(&path).unwrap();
    assert_eq!(content[32 << 20..][..7], *b"middle\0");
    assert_eq!(content[(64 << 20) - 4..], *b"\0end");
    assert_eq!(content.iter().filter(|&&byte| byte != 0).count(), 9);
    target.sync().unwrap();
}

#[test]
fn a_full_disk_is_told_apart() {
    let world = World::new();
    if !is_root() {
        return;
    }
    let path = world.from();
    let options = Some(c"size=64k");
    if mount("tmpfs", &path, "tmpfs", MountFlags::empty(), options).is_err() {
        absent("file systems cannot be mounted here");
        return;
    }
    let file = Target::create(&path).unwrap().create_file(b"file", 1 << 20).unwrap();
    let outcome = file.write_at(0, &[1; 1 << 20]);
    unmount(&path, UnmountFlags::DETACH).unwrap();
    let error = outcome.unwrap_err();
    assert!(error.is_full(), "{error:?}");
    assert!(error.to_string().starts_with("cannot write \""), "{error}");
}

#[test]
fn hard_links_share_the_file() {
    let world = World::new();
    let target = world.target();
    let dir = target.create_dir(b"dir").unwrap();
    target.create_file(b"first", 0).unwrap().write_at(0, b"shared").unwrap();
    dir.link(b"second", &target, b"first").unwrap();
    let stat = SourceDir::open(&dir.trail().path()).unwrap().stat(b"second").unwrap();
    assert_eq!((stat.links, stat.node.size), (2, 6));
    assert_eq!(dir.link(b"second", &target, b"first").unwrap_err().kind(), FsErrorKind::Exists);
    assert!(dir.link(b"third", &target, b"missing").unwrap_err().is_not_found());
}

#[test]
fn a_removed_name_is_free_again() {
    let world = World::new();
    let target = world.target();
    std::fs::write(world.entry(b"kept"), b"").unwrap();
    symlink(world.entry(b"kept"), world.to().join("link")).unwrap();
    target.create_file(b"file", 1).unwrap();
    target.create_dir(b"dir").unwrap();
    target.remove_file(b"file").unwrap();
    target.create_file(b"file", 2).unwrap();
    target.remove_file(b"link").unwrap();
    assert!(world.entry(b"kept").exists(), "the link goes, not what it points to");
    assert_eq!(target.remove_file(b"dir").unwrap_err().kind(), FsErrorKind::WrongKind);
    assert!(target.remove_file(b"link").unwrap_err().is_not_found());
}

#[test]
fn nodes_that_describe_no_special_file_are_refused() {
    let world = World::new();
    let target = world.target();
    for kind in
        [NodeKind::File, NodeKind::Directory, NodeKind::Symlink, NodeKind::CharDevice, NodeKind::BlockDevice]
    {
        let error = target.create_special(&node(b"x", kind)).unwrap_err();
        assert_eq!(error.kind(), FsErrorKind::Invalid, "{kind:?}");
    }
    let mut link = node(b"x", NodeKind::Symlink);
    link.link_target = Some(b"a\0b".to_vec());
    assert_eq!(target.create_special(&link).unwrap_err().kind(), FsErrorKind::Other);
    let mut device = node(b"pipe", NodeKind::Fifo);
    device.device = Some(Device { major: 1, minor: 3 });
    target.create_special(&device).unwrap();
    assert_eq!(SourceDir::open(&world.to()).unwrap().names().unwrap(), [b"pipe"]);
}
