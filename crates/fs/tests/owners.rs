//! Names of owners, and whose inode numbers can be relied on.

use crate::world::World;
use lifeboat_format::Node;
use lifeboat_fs::{Owners, SourceDir};
use std::path::Path;

#[test]
fn owners_have_the_names_that_the_system_knows() {
    let mut owners = Owners::default();
    let mut node = Node::default();
    for _ in 0..2 {
        owners.name(&mut node);
        assert_eq!(node.user.as_deref(), Some(b"root".as_slice()));
        assert_eq!(node.group.as_deref(), Some(b"root".as_slice()));
    }
    let mut nobody = Node { uid: 3_999_999_999, gid: 3_999_999_998, user: node.user, ..Node::default() };
    owners.name(&mut nobody);
    assert_eq!((nobody.user, nobody.group), (None, None));
}

#[test]
fn file_systems_that_store_inode_numbers_keep_them() {
    let world = World::new();
    std::fs::write(world.entry(b"file"), b"").unwrap();
    assert!(world.source().keeps_inodes(b"file").unwrap());
    assert!(SourceDir::open(Path::new("/")).unwrap().keeps_inodes(b"proc").unwrap());
    assert!(world.source().keeps_inodes(b"gone").unwrap_err().is_not_found());
}

#[test]
fn names_become_numbers() {
    let mut owners = Owners::default();
    for _ in 0..2 {
        assert_eq!((owners.user_id(b"root"), owners.group_id(b"root")), (Some(0), Some(0)));
        for unknown in [&b"nobody of this name"[..], b"", b"\xff\xfe", b"ro\0ot"] {
            assert_eq!((owners.user_id(unknown), owners.group_id(unknown)), (None, None));
        }
    }
}
