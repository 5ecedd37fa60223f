//! What differs without root. As root, each test runs in a thread that has given up its privileges.

use crate::world::{World, node, put_xattr, xattr};
use lifeboat_format::{Device, Node, NodeKind};
use lifeboat_fs::{Lock, SourceDir, Unset, UnsetReason};
use rustix::process::{getegid, geteuid};
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

/// Runs `body` without root in a world that belongs to whoever runs it.
pub(crate) fn without_root(world: &World, body: impl FnOnce() + Send) {
    lifeboat_testkit::without_root(&[world.scratch.path(), &world.from()], body);
}

#[test]
fn own_metadata_returns() {
    let world = World::new();
    without_root(&world, || {
        let target = world.target();
        let file = target.create_file(b"file", 0).unwrap();
        let mut wanted = node(b"file", NodeKind::File);
        wanted.mode = 0o6444;
        wanted.xattrs = vec![xattr("user.x", b"1")];
        if !put_xattr(&world.from(), &xattr("user.probe", b"")) {
            wanted.xattrs.clear();
        }
        assert_eq!(file.apply(&wanted), []);
        let pipe = node(b"pipe", NodeKind::Fifo);
        target.create_special(&pipe).unwrap();
        assert_eq!(target.apply(&pipe), []);
        assert_eq!(target.apply_self(&Node { mode: 0o750, ..node(b"", NodeKind::Directory) }), []);
        let dir = SourceDir::open(&world.to()).unwrap();
        let mut found = dir.stat(b"file").unwrap().node;
        dir.read_details(&mut found).unwrap();
        assert_eq!((found.mode, found.mtime, found.xattrs), (0o6444, wanted.mtime, wanted.xattrs));
        assert_eq!(dir.stat(b"pipe").unwrap().node.mode, 0o640);
    });
}

#[test]
fn what_takes_root_is_reported_and_the_rest_is_set() {
    let world = World::new();
    without_root(&world, || {
        let file = world.target().create_file(b"file", 0).unwrap();
        let own = node(b"file", NodeKind::File);
        let wanted = Node {
            uid: own.uid + 1,
            gid: own.gid - 1,
            mode: 0o6755,
            xattrs: vec![xattr("security.capability", b"x"), xattr("trusted.x", b"y")],
            ..own
        };
        let lent = "set-user-id or set-group-id";
        let expected: Vec<Unset> = ["owner", "group", "xattr security.capability", "xattr trusted.x", lent]
            .map(|what| Unset { what: what.to_owned(), reason: UnsetReason::NotPermitted })
            .into();
        assert_eq!(file.apply(&wanted), expected);
        let found = SourceDir::open(&world.to()).unwrap().stat(b"file").unwrap().node;
        assert_eq!((found.uid, found.gid), (geteuid().as_raw(), getegid().as_raw()));
        assert_eq!((found.mode, found.mtime), (0o755, wanted.mtime), "no foreign rights are lent");
    });
}

#[test]
fn locks_take_root() {
    let world = World::new();
    without_root(&world, || {
        let target = world.target();
        let file = target.create_file(b"file", 0).unwrap();
        for flags in [0x10, 0x20] {
            let wanted = Node { flags, ..node(b"file", NodeKind::File) };
            let what = "flag immutable or append only".to_owned();
            assert_eq!(file.apply(&wanted), [Unset { what, reason: UnsetReason::NotPermitted }]);
            assert!(Lock::of_file(&target, file.identity(), &wanted).unwrap().is_none());
        }
    });
}

#[test]
fn devices_are_not_permitted() {
    let world = World::new();
    without_root(&world, || {
        let target = world.target();
        for kind in [NodeKind::CharDevice, NodeKind::BlockDevice] {
            let device = Some(Device { major: 1, minor: 3 });
            let error = target.create_special(&Node { device, ..node(b"device", kind) }).unwrap_err();
            assert!(error.is_not_permitted(), "{error:?}");
        }
    });
}

#[test]
fn what_may_not_be_read_is_an_error() {
    let world = World::new();
    for name in [b"closed".as_slice(), b"closed dir"] {
        if name.ends_with(b"dir") {
            std::fs::create_dir(world.entry(name)).unwrap();
        } else {
            std::fs::write(world.entry(name), b"").unwrap();
        }
        std::fs::set_permissions(world.entry(name), Permissions::from_mode(0o000)).unwrap();
    }
    without_root(&world, || {
        let source = world.source();
        assert!(source.open_file(b"closed").unwrap_err().is_not_permitted());
        assert!(source.open_dir(b"closed dir").unwrap_err().is_not_permitted());
        assert_eq!(source.stat(b"closed").unwrap().node.mode, 0);
    });
}

#[test]
fn files_of_others_are_read() {
    let world = World::new();
    std::fs::write(world.entry(b"file"), b"theirs").unwrap();
    std::fs::set_permissions(world.entry(b"file"), Permissions::from_mode(0o644)).unwrap();
    if geteuid().is_root() {
        put_xattr(&world.entry(b"file"), &xattr("trusted.hidden", b"1"));
    }
    without_root(&world, || {
        // Hiding the access time is for owners only.
        let mut file = world.source().open_file(b"file").unwrap();
        let mut content = [0; 16];
        assert_eq!(file.read(&mut content).unwrap(), 6);
        let mut node = file.stat().unwrap().node;
        file.read_details(&mut node).unwrap();
        assert!(node.xattrs.iter().all(|xattr| !xattr.name.starts_with(b"trusted.")));
    });
}
