//! File flags.

use crate::world::{World, absent, is_root};
use rustix::fs::{IFlags, ioctl_getflags, ioctl_setflags};
use std::fs::File;
use std::path::Path;

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
