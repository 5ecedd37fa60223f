//! Whole trees there and back: what is read, written and read again is the same.

use crate::world::{World, is_root, put_special, put_xattr, xattr};
use lifeboat_format::{Node, NodeKind, Timestamp};
use lifeboat_fs::{SourceDir, TargetDir, Unset};
use rustix::fs::{FileType, Gid, Uid, chown, makedev};
use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::{Duration, UNIX_EPOCH};

/// An entry with everything below it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tree {
    pub(crate) node: Node,
    content: Vec<u8>,
    pub(crate) entries: Vec<Self>,
}

impl Tree {
    /// Reads a directory the way a backup does. What cannot be set is cleared.
    pub(crate) fn read(dir: &SourceDir) -> Self {
        let mut node = dir.stat_self().unwrap().node;
        dir.read_own_details(&mut node).unwrap();
        let entries = dir.names().unwrap().iter().map(|name| Self::read_entry(dir, name)).collect();
        Self { node: comparable(node), content: Vec::new(), entries }
    }

    fn read_entry(dir: &SourceDir, name: &[u8]) -> Self {
        let mut node = dir.stat(name).unwrap().node;
        let mut content = Vec::new();
        match node.kind {
            NodeKind::Directory => {
                let mut tree = Self::read(&dir.open_dir(name).unwrap());
                tree.node.name = node.name;
                return tree;
            }
            NodeKind::File => {
                let mut file = dir.open_file(name).unwrap();
                content.resize(usize::try_from(node.size).unwrap() + 1, 0);
                let length = file.read(&mut content).unwrap();
                content.truncate(length);
                file.read_details(&mut node).unwrap();
            }
            _ => dir.read_details(&mut node).unwrap(),
        }
        Self { node: comparable(node), content, entries: Vec::new() }
    }

    /// Fills a directory the way a restore does.
    pub(crate) fn write(&self, dir: &TargetDir) -> Vec<Unset> {
        let mut unset: Vec<Unset> = self.entries.iter().flat_map(|tree| tree.write_entry(dir)).collect();
        unset.extend(dir.apply_self(&self.node));
        unset
    }

    fn write_entry(&self, dir: &TargetDir) -> Vec<Unset> {
        let name = &self.node.name;
        match self.node.kind {
            NodeKind::Directory => self.write(&dir.create_dir(name).unwrap()),
            NodeKind::File => {
                let file = dir.create_file(name, self.node.size).unwrap();
                file.write_at(0, &self.content).unwrap();
                file.apply(&self.node)
            }
            _ => {
                dir.create_special(&self.node).unwrap();
                dir.apply(&self.node)
            }
        }
    }
}

fn comparable(node: Node) -> Node {
    // How large a directory is and where an inode lies is up to the file system.
    Node { ctime: Timestamp::default(), btime: None, inode: 0, ..node }
}

/// Restores `from` to `to` and compares.
fn assert_returns(world: &World) -> Tree {
    let before = Tree::read(&world.source());
    assert_eq!(before.write(&world.target()), []);
    let after = Tree::read(&SourceDir::open(&world.to()).unwrap());
    assert_eq!(before, after);
    before
}

#[test]
fn every_kind_returns() {
    let world = World::new();
    std::fs::write(world.entry(b"file"), b"content").unwrap();
    std::fs::write(world.entry(b"empty"), b"").unwrap();
    std::fs::create_dir_all(world.entry(b"directory/below")).unwrap();
    std::fs::write(world.entry(b"directory/below/file"), b"more").unwrap();
    symlink("no/such place\n", world.entry(b"link")).unwrap();
    let mut kinds = vec![NodeKind::Directory, NodeKind::File, NodeKind::Fifo, NodeKind::File];
    assert!(put_special(&world.entry(b"fifo"), FileType::Fifo, 0));
    kinds.extend([NodeKind::Symlink, NodeKind::Socket]);
    assert!(put_special(&world.entry(b"socket"), FileType::Socket, 0));
    if is_root() && put_special(&world.entry(b"zero"), FileType::CharacterDevice, makedev(1, 5)) {
        kinds.push(NodeKind::CharDevice);
        assert!(put_special(&world.entry(b"zzz-loop"), FileType::BlockDevice, makedev(7, 70_000)));
        kinds.push(NodeKind::BlockDevice);
    }
    let tree = assert_returns(&world);
    assert_eq!(tree.entries.iter().map(|tree| tree.node.kind).collect::<Vec<_>>(), kinds);
}

#[test]
fn odd_names_return() {
    let world = World::new();
    let longest = [b'n'; 255];
    let names: [&[u8]; 8] =
        [b"a\nb", b"\xff\xfe", b"-rf", b" ", b"\\", b"...", b"\x01\x1b[2J", longest.as_slice()];
    for name in names {
        std::fs::write(world.entry(name), name).unwrap();
    }
    let tree = assert_returns(&world);
    let mut sorted = names.to_vec();
    sorted.sort_unstable();
    assert_eq!(tree.entries.iter().map(|tree| tree.node.name.as_slice()).collect::<Vec<_>>(), sorted);
}

#[test]
fn times_return_to_the_nanosecond() {
    let world = World::new();
    let day = Duration::from_secs(86_400);
    let times = [
        UNIX_EPOCH + day * 30_000 + Duration::from_nanos(1),
        UNIX_EPOCH - day * 3_650 + Duration::from_nanos(999_999_999),
        UNIX_EPOCH - Duration::from_nanos(1),
        UNIX_EPOCH,
    ];
    for (number, time) in times.into_iter().enumerate() {
        let file = std::fs::File::create(world.entry(number.to_string().as_bytes())).unwrap();
        file.set_modified(time).unwrap();
    }
    let tree = assert_returns(&world);
    let found: Vec<_> =
        tree.entries.iter().map(|tree| (tree.node.mtime.seconds, tree.node.mtime.nanoseconds)).collect();
    let expected = [(2_592_000_000, 1), (-315_360_000, 999_999_999), (-1, 999_999_999), (0, 0)];
    assert_eq!(found, expected);
}

#[test]
fn modes_return() {
    let world = World::new();
    for mode in [0o000, 0o400, 0o777, 0o4755, 0o2755, 0o1777, 0o7777] {
        let name = format!("{mode:o}").into_bytes();
        std::fs::write(world.entry(&name), b"x").unwrap();
        let directory = [b"d", name.as_slice()].concat();
        std::fs::create_dir(world.entry(&directory)).unwrap();
        // What its owner cannot read can be read back by root only.
        let mode = if rustix::process::geteuid().is_root() { mode } else { mode | 0o500 };
        for entry in [name, directory] {
            std::fs::set_permissions(world.entry(&entry), Permissions::from_mode(mode)).unwrap();
        }
    }
    let tree = assert_returns(&world);
    assert!(tree.entries.iter().any(|tree| tree.node.mode == 0o7777));
}

#[test]
fn attributes_and_acls_return() {
    let world = World::new();
    let file = world.entry(b"file");
    std::fs::write(&file, b"").unwrap();
    if !put_xattr(&file, &xattr("user.empty", b"")) {
        return;
    }
    put_xattr(&file, &xattr("user.binary", b"\x00\xff\n"));
    put_xattr(&file, &xattr("user.long", &[7; 3_000]));
    std::fs::set_permissions(&file, Permissions::from_mode(0o444)).unwrap();
    put_xattr(&world.from(), &xattr("user.of the root", b"1"));
    put_xattr(&world.from(), &xattr("system.posix_acl_default", &acl(1_234)));
    put_xattr(&file, &xattr("system.posix_acl_access", &acl(4_321)));
    symlink("x", world.entry(b"link")).unwrap();
    if is_root() {
        put_xattr(&file, &xattr("trusted.file", b"t"));
        put_xattr(&world.entry(b"link"), &xattr("trusted.link", b"l"));
    }
    let tree = assert_returns(&world);
    let xattrs = &tree.entries[0].node.xattrs;
    assert!(xattrs.is_sorted_by_key(|xattr| &xattr.name));
    assert!(
        xattrs.contains(&xattr("user.empty", b"")) && xattrs.contains(&xattr("user.binary", b"\x00\xff\n"))
    );
    assert!(xattrs.iter().any(|xattr| xattr.name == b"system.posix_acl_access"));
    assert_eq!(tree.entries[1].node.xattrs.len(), usize::from(rustix::process::geteuid().is_root()));
}

#[test]
fn owners_and_capabilities_return() {
    let world = World::new();
    let file = world.entry(b"file");
    std::fs::write(&file, b"#!").unwrap();
    symlink("x", world.entry(b"link")).unwrap();
    assert!(put_special(&world.entry(b"pipe"), FileType::Fifo, 0));
    if !is_root() {
        return;
    }
    chown(&file, Some(Uid::from_raw(70_001)), Some(Gid::from_raw(70_002))).unwrap();
    chown(world.entry(b"pipe"), Some(Uid::from_raw(70_003)), None).unwrap();
    std::os::unix::fs::lchown(world.entry(b"link"), Some(70_004), Some(70_005)).unwrap();
    std::fs::set_permissions(&file, Permissions::from_mode(0o6755)).unwrap();
    // Version 2, effective, with CAP_NET_BIND_SERVICE permitted.
    let capability = [1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    put_xattr(&file, &xattr("security.capability", &capability));
    let tree = assert_returns(&world);
    let owners: Vec<_> = tree.entries.iter().map(|tree| (tree.node.uid, tree.node.gid)).collect();
    assert_eq!(owners, [(70_001, 70_002), (70_004, 70_005), (70_003, 0)]);
    assert_eq!(tree.entries[0].node.mode, 0o6755);
}

/// A POSIX ACL as the kernel stores it: one named user beside owner, group, mask and others.
pub(crate) fn acl(user: u32) -> Vec<u8> {
    let none = u32::MAX;
    let entries: [(u16, u16, u32); 5] =
        [(0x01, 6, none), (0x02, 4, user), (0x04, 4, none), (0x10, 4, none), (0x20, 4, none)];
    let mut bytes = 2_u32.to_le_bytes().to_vec();
    for (tag, rights, id) in entries {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(rights.to_le_bytes());
        bytes.extend(id.to_le_bytes());
    }
    bytes
}
