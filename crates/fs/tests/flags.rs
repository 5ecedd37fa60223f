//! File flags.

use crate::world::{World, absent, is_root, node};
use lifeboat_format::{Node, NodeKind};
use lifeboat_fs::Target;
use lifeboat_testkit::skip;
use rustix::fs::{IFlags, ioctl_getflags, ioctl_setflags};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Gives a file or directory one more flag; false where the file system has none.
fn put(path: &Path, flag: IFlags) -> bool {
    let file = File::open(path).unwrap();
    let done = ioctl_getflags(&file).and_then(|flags| ioctl_setflags(&file, flags | flag));
    if let Err(errno) = done {
        absent(&format!("file flags: {errno}"));
    }
    done.is_ok()
}

#[test]
fn flags_that_can_be_set_are_read_and_no_others() {
    let world = World::new();
    std::fs::write(world.entry(b"file"), b"x").unwrap();
    std::fs::create_dir(world.entry(b"dir")).unwrap();
    if !put(&world.entry(b"file"), IFlags::NODUMP) || !put(&world.entry(b"dir"), IFlags::NODUMP) {
        return;
    }
    let source = world.source();
    let mut file = source.stat(b"file").unwrap().node;
    source.open_file(b"file").unwrap().read_details(&mut file).unwrap();
    let mut dir = source.stat(b"dir").unwrap().node;
    source.open_dir(b"dir").unwrap().read_own_details(&mut dir).unwrap();
    // How the file system stores them, in extents or with an index, is its own affair.
    assert_eq!([file.flags, dir.flags], [IFlags::NODUMP.bits(); 2]);
}

#[test]
fn an_immutable_file_is_read_with_its_flag() {
    let world = World::new();
    let path = world.entry(b"file");
    std::fs::write(&path, b"x").unwrap();
    if !is_root() || !put(&path, IFlags::IMMUTABLE) {
        return;
    }
    let mut node = world.source().stat(b"file").unwrap().node;
    let read = world.source().open_file(b"file").unwrap().read_details(&mut node);
    // Before anything fails: what cannot be changed cannot be cleared away.
    ioctl_setflags(File::open(&path).unwrap(), IFlags::empty()).unwrap();
    read.unwrap();
    assert_eq!(node.flags, IFlags::IMMUTABLE.bits());
}

#[test]
fn where_there_are_no_flags_there_are_none() {
    let proc = lifeboat_fs::SourceDir::open(Path::new("/proc/self")).unwrap();
    let mut node = proc.stat(b"stat").unwrap().node;
    proc.open_file(b"stat").unwrap().read_details(&mut node).unwrap();
    assert_eq!(node.flags, 0);
}

/// A small btrfs on a file, unmounted when dropped.
struct Btrfs(PathBuf);

impl Btrfs {
    /// None, and it is told why, where that cannot be made: few machines have the tools.
    fn mount(world: &World) -> Option<Self> {
        let (image, at) = (world.scratch.path().join("image"), world.to());
        File::create(&image).unwrap().set_len(128 << 20).unwrap();
        std::fs::create_dir(&at).unwrap();
        let made = Command::new("mkfs.btrfs").arg("-q").arg(&image).status();
        if !made.is_ok_and(|status| status.success()) {
            skip("mkfs.btrfs cannot be run");
            return None;
        }
        let mounted = Command::new("mount").args(["-o", "loop"]).arg(&image).arg(&at).status();
        if !mounted.is_ok_and(|status| status.success()) {
            skip("btrfs cannot be mounted");
            return None;
        }
        Some(Self(at))
    }
}

impl Drop for Btrfs {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("-l").arg(&self.0).status();
        assert!(unmounted.is_ok_and(|status| status.success()), "the file system stays mounted");
    }
}

#[test]
fn copy_on_write_is_off_from_the_start() {
    let world = World::new();
    if !is_root() {
        return;
    }
    let Some(disk) = Btrfs::mount(&world) else { return };
    let wanted = Node { size: 5, flags: IFlags::NOCOW.bits(), ..node(b"file", NodeKind::File) };
    let target = Target::create(&disk.0).unwrap();
    let (file, temporary) = target.create_file_aside(&wanted.name, wanted.size, wanted.flags).unwrap();
    file.write_at(0, b"12345").unwrap();
    assert_eq!(file.apply(&wanted), []);
    target.rename(&temporary, b"file").unwrap();
    let flags = |name: &str| ioctl_getflags(File::open(disk.0.join(name)).unwrap()).unwrap();
    assert!(flags("file").contains(IFlags::NOCOW));
    // Later it is too late, and said so.
    let late = target.create_file(b"late", 5).unwrap();
    let unset = late.apply(&Node { name: b"late".to_vec(), ..wanted });
    assert_eq!(unset.iter().map(|unset| &*unset.what).collect::<Vec<_>>(), ["flag no copy on write"]);
    assert!(!flags("late").contains(IFlags::NOCOW));
}

#[test]
fn flags_from_the_start_that_a_file_system_does_not_know_do_not_keep_a_file_from_being_made() {
    let world = World::new();
    let wanted = Node { size: 5, flags: IFlags::NOCOW.bits(), ..node(b"file", NodeKind::File) };
    let (file, temporary) =
        world.target().create_file_aside(&wanted.name, wanted.size, wanted.flags).unwrap();
    let made = File::open(world.to().join(std::str::from_utf8(&temporary).unwrap())).unwrap();
    assert_eq!(made.metadata().unwrap().len(), 5);
    let is_set = ioctl_getflags(&made).is_ok_and(|flags| flags.contains(IFlags::NOCOW));
    assert_eq!(file.apply(&wanted).is_empty(), is_set, "it is set or named");
}
