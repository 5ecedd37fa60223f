//! Metadata that needs care: inherited ACLs, numbers the kernel reads otherwise, times out of range.

use crate::tree::acl;
use crate::world::{World, absent, is_root, node, put_xattr, xattr};
use lifeboat_format::{Node, NodeKind, Timestamp};
use lifeboat_fs::{Lock, SourceDir, Unset, UnsetReason};
use rustix::fs::IFlags;
use std::os::unix::fs::MetadataExt;

fn stat(world: &World, name: &[u8]) -> Node {
    let dir = SourceDir::open(&world.to()).unwrap();
    let mut node = dir.stat(name).unwrap().node;
    dir.read_details(&mut node).unwrap();
    node
}

#[test]
fn nothing_is_inherited_from_the_target() {
    let world = World::new();
    let target = world.target();
    if !put_xattr(&world.to(), &xattr("system.posix_acl_default", &acl(77))) {
        return;
    }
    let file = target.create_file(b"file", 0).unwrap();
    let dir = target.create_dir(b"dir").unwrap();
    put_xattr(&world.to().join("dir"), &xattr("user.old", b"1"));
    assert!(!stat(&world, b"file").xattrs.is_empty(), "the kernel has handed the ACL down");
    let mut wanted = node(b"dir", NodeKind::Directory);
    wanted.xattrs = vec![xattr("user.new", b"2")];
    assert_eq!(file.apply(&node(b"file", NodeKind::File)), []);
    assert_eq!(dir.apply_self(&wanted), []);
    assert_eq!(stat(&world, b"file").xattrs, []);
    assert_eq!(stat(&world, b"dir").xattrs, wanted.xattrs);
    assert_eq!(stat(&world, b"file").mode, 0o640);
}

#[test]
fn an_acl_is_read_once_where_its_stored_form_is_listed_too() {
    let world = World::new();
    let [both, one] = ["both", "one"].map(|name| world.entry(name.as_bytes()));
    let (stored, shown) = (xattr("trusted.SGI_ACL_FILE", b"raw"), xattr("system.posix_acl_access", &acl(77)));
    for path in [&both, &one] {
        std::fs::write(path, b"").unwrap();
        if !put_xattr(path, &stored) {
            return;
        }
    }
    if !put_xattr(&both, &shown) {
        return;
    }
    let read = |name: &[u8]| {
        let mut node = world.source().stat(name).unwrap().node;
        world.source().open_file(name).unwrap().read_details(&mut node).unwrap();
        node.xattrs
    };
    assert_eq!(read(b"both"), [shown]);
    assert_eq!(read(b"one"), [stored]);
}

#[test]
fn numbers_that_mean_something_else_to_the_kernel_are_refused() {
    let world = World::new();
    let file = world.target().create_file(b"file", 0).unwrap();
    for nanoseconds in [1_000_000_000, 0x3fff_ffff, 0x3fff_fffe, u32::MAX] {
        let mut wanted = node(b"file", NodeKind::File);
        wanted.mtime.nanoseconds = nanoseconds;
        assert_failed(&file.apply(&wanted), "mtime");
    }
    if is_root() {
        for (what, uid, gid) in [("owner", u32::MAX, 0), ("group", 0, u32::MAX)] {
            assert_failed(&file.apply(&Node { uid, gid, ..node(b"file", NodeKind::File) }), what);
        }
    }
}

#[test]
fn foreign_rights_are_not_lent_when_the_owner_cannot_be_set() {
    let world = World::new();
    let file = world.target().create_file(b"file", 0).unwrap();
    let wanted = Node { uid: u32::MAX, mode: 0o4755, ..node(b"file", NodeKind::File) };
    let unset: Vec<_> = file.apply(&wanted).into_iter().map(|unset| unset.what).collect();
    assert_eq!(unset, ["owner", "set-user-id or set-group-id"]);
    assert_eq!(stat(&world, b"file").mode, 0o755);
}

#[test]
fn a_time_is_set_exactly_or_reported() {
    let world = World::new();
    let file = world.target().create_file(b"file", 0).unwrap();
    for seconds in [i64::MIN, -60_000_000_000, 253_402_300_800, i64::MAX] {
        let mut wanted = node(b"file", NodeKind::File);
        wanted.mtime = Timestamp { seconds, nanoseconds: 5 };
        let unset = file.apply(&wanted);
        let exact = stat(&world, b"file").mtime == wanted.mtime;
        assert_eq!(exact, unset.is_empty(), "{seconds}: {unset:?}");
        assert!(unset.iter().all(|unset| unset.what == "mtime"), "{unset:?}");
    }
}

#[test]
fn the_access_time_is_left_alone() {
    let world = World::new();
    let target = world.target();
    let file = target.create_file(b"file", 0).unwrap();
    target.create_special(&node(b"pipe", NodeKind::Fifo)).unwrap();
    let accessed = |name| std::fs::metadata(world.to().join(name)).unwrap().accessed().unwrap();
    let before = (accessed("file"), accessed("pipe"));
    assert_eq!(file.apply(&node(b"file", NodeKind::File)), []);
    assert_eq!(target.apply(&node(b"pipe", NodeKind::Fifo)), []);
    assert_eq!((accessed("file"), accessed("pipe")), before);
}

#[test]
fn an_access_time_is_set_where_the_node_has_one() {
    let world = World::new();
    let target = world.target();
    let file = target.create_file(b"file", 0).unwrap();
    target.create_special(&node(b"pipe", NodeKind::Fifo)).unwrap();
    let atime = Some(Timestamp { seconds: -5, nanoseconds: 7 });
    assert_eq!(file.apply(&Node { atime, ..node(b"file", NodeKind::File) }), []);
    assert_eq!(target.apply(&Node { atime, ..node(b"pipe", NodeKind::Fifo) }), []);
    for name in ["file", "pipe"] {
        let told = std::fs::metadata(world.to().join(name)).unwrap();
        assert_eq!((told.atime(), told.atime_nsec(), told.mtime()), (-5, 7, 1_500_000_000), "{name}");
    }
    let atime = Some(Timestamp { seconds: 0, nanoseconds: u32::MAX });
    let unset = file.apply(&Node { atime, ..node(b"file", NodeKind::File) });
    assert!(unset.iter().any(|unset| unset.what == "atime"), "{unset:?}");
}

#[test]
fn flags_are_set_one_by_one_or_named() {
    let world = World::new();
    let target = world.target();
    let file = target.create_file(b"file", 3).unwrap();
    let flags = |file: &str| {
        let opened = std::fs::File::open(world.to().join(file)).unwrap();
        rustix::fs::ioctl_getflags(&opened).map(|flags| flags & (IFlags::NODUMP | IFlags::SYNC))
    };
    let Ok(before) = flags("file") else { return absent("the file system has no flags") };
    assert_eq!(before, IFlags::empty());
    let with = |flags| Node { flags, ..node(b"file", NodeKind::File) };
    assert_eq!(file.apply(&with(IFlags::NODUMP.bits())), []);
    assert_eq!(flags("file"), Ok(IFlags::NODUMP));
    assert_eq!(file.apply(&with(0)), []);
    assert_eq!(flags("file"), Ok(IFlags::NODUMP), "a node without flags says nothing about them");
    // Only the file system itself says whether a file is mapped by extents.
    let unset = file.apply(&with(0x0008_0000 | IFlags::NODUMP.bits()));
    assert_eq!(unset.len(), 1, "{unset:?}");
    assert_eq!((&*unset[0].what, &unset[0].reason), ("flags 0x80000", &UnsetReason::NotSupported));
    target.create_special(&node(b"pipe", NodeKind::Fifo)).unwrap();
    let unset = target.apply(&Node { flags: IFlags::NODUMP.bits(), ..node(b"pipe", NodeKind::Fifo) });
    assert_eq!(unset.len(), 1, "{unset:?}");
    assert_eq!((&*unset[0].what, &unset[0].reason), ("flag no dump", &UnsetReason::NotSupported));
}

#[test]
fn a_lock_is_set_on_the_same_file_and_no_other() {
    let world = World::new();
    let target = world.target();
    let wanted = Node { flags: IFlags::APPEND.bits(), ..node(b"file", NodeKind::File) };
    let file = target.create_file(b"file", 0).unwrap();
    assert_eq!(file.apply(&wanted), [], "it waits");
    let Some(lock) = Lock::of_file(&target, file.identity(), &wanted).unwrap() else {
        return assert!(!is_root(), "root can lock");
    };
    std::fs::write(world.to().join("other"), "").unwrap();
    std::fs::rename(world.to().join("other"), world.to().join("file")).unwrap();
    assert_failed(&lock.set(), "metadata");
    std::fs::write(world.to().join("file"), "not appended").unwrap();
    assert!(Lock::of_dir(&target, &node(b"", NodeKind::Directory)).is_none());
}

#[test]
fn attributes_that_cannot_be_set_are_named() {
    let world = World::new();
    let file = world.target().create_file(b"file", 0).unwrap();
    let mut wanted = node(b"file", NodeKind::File);
    wanted.xattrs = vec![xattr("strange\nspace", b""), xattr("user.huge", &[0; 70_000])];
    let unset = file.apply(&wanted);
    assert_eq!(unset[0].what, "xattr strange\\nspace");
    assert_eq!(unset[0].reason, UnsetReason::NotSupported);
    assert_eq!(unset[1].what, "xattr user.huge");
    assert_eq!(unset.len(), 2);
    assert_eq!(stat(&world, b"file").mtime, wanted.mtime);
}

#[test]
fn the_kind_has_to_be_that_of_the_node() {
    let world = World::new();
    let file = world.target().create_file(b"file", 0).unwrap();
    assert_failed(&file.apply(&node(b"file", NodeKind::Directory)), "metadata");
}

fn assert_failed(unset: &[Unset], what: &str) {
    assert_eq!(unset.len(), 1, "{unset:?}");
    assert_eq!(unset[0].what, what);
    assert!(matches!(unset[0].reason, UnsetReason::Failed(_)), "{unset:?}");
}
