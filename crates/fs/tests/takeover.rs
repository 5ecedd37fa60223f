//! Entries that were in a target before: what takes their place, and what is left alone.

use crate::unprivileged::without_root;
use crate::world::{World, absent, is_root, node, put_special, put_xattr, xattr};
use lifeboat_format::{Node, NodeKind};
use lifeboat_fs::{FsErrorKind, Mark, Target, TargetDir};
use rustix::fs::FileType;
use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::PathBuf;

/// The directory `from` as a target, with what is in it.
fn target(world: &World) -> TargetDir {
    Target::create(&world.from()).unwrap()
}

/// Makes a file with this content take the place of `name`.
fn replace(target: &TargetDir, name: &[u8], content: &[u8]) -> Result<(), lifeboat_fs::FsError> {
    let (file, temporary) = target.create_file_aside(name, content.len() as u64, 0).unwrap();
    file.write_at(0, content).unwrap();
    let replaced = target.replace(&temporary, name);
    if replaced.is_err() {
        target.remove_file(&temporary).unwrap();
    }
    replaced
}

fn names(world: &World) -> Vec<Vec<u8>> {
    world.source().names().unwrap()
}

#[test]
fn a_replaced_file_leaves_its_other_names_alone() {
    let world = World::new();
    let outside = world.scratch.path().join("outside");
    std::fs::write(&outside, b"precious").unwrap();
    std::fs::hard_link(&outside, world.entry(b"file")).unwrap();
    let target = target(&world);
    replace(&target, b"file", b"new").unwrap();
    assert_eq!(std::fs::read(world.entry(b"file")).unwrap(), b"new");
    assert_eq!(std::fs::read(&outside).unwrap(), b"precious");
    assert_eq!(std::fs::metadata(&outside).unwrap().nlink(), 1);
    assert_eq!(names(&world), [b"file"]);
}

#[test]
fn links_pipes_and_empty_directories_make_way_and_full_directories_do_not() {
    let world = World::new();
    let outside = world.scratch.path().join("outside");
    std::fs::write(&outside, b"precious").unwrap();
    symlink(&outside, world.entry(b"link")).unwrap();
    assert!(put_special(&world.entry(b"pipe"), FileType::Fifo, 0));
    std::fs::create_dir_all(world.entry(b"empty")).unwrap();
    std::fs::create_dir_all(world.entry(b"full/below")).unwrap();
    let target = target(&world);
    for name in [b"link".as_slice(), b"pipe", b"empty"] {
        replace(&target, name, b"new").unwrap();
        assert_eq!(std::fs::read(world.entry(name)).unwrap(), b"new");
        assert!(std::fs::symlink_metadata(world.entry(name)).unwrap().is_file());
    }
    let error = replace(&target, b"full", b"new").unwrap_err();
    assert!(error.is_not_empty() && error.to_string().starts_with("cannot replace \""), "{error}");
    assert!(world.entry(b"full/below").exists());
    assert_eq!(std::fs::read(&outside).unwrap(), b"precious");
    assert_eq!(names(&world), [b"empty".as_slice(), b"full", b"link", b"pipe"]);
}

#[test]
fn a_name_of_the_same_file_takes_the_place_of_another_without_a_trace() {
    let world = World::new();
    std::fs::write(world.entry(b"one"), b"shared").unwrap();
    std::fs::hard_link(world.entry(b"one"), world.entry(b"two")).unwrap();
    let target = target(&world);
    let temporary = target.link_aside(&target, b"one").unwrap();
    target.replace(&temporary, b"two").unwrap();
    assert_eq!(names(&world), [b"one", b"two"]);
    assert_eq!(std::fs::metadata(world.entry(b"one")).unwrap().nlink(), 2);
}

#[test]
fn a_new_name_is_given_only_where_it_is_free() {
    let world = World::new();
    std::fs::write(world.entry(b"taken"), b"precious").unwrap();
    symlink("nowhere", world.entry(b"dangling")).unwrap();
    let target = target(&world);
    target.create_file(b"temporary", 0).unwrap();
    for name in [b"taken".as_slice(), b"dangling"] {
        assert_eq!(target.rename(b"temporary", name).unwrap_err().kind(), FsErrorKind::Exists);
    }
    target.rename(b"temporary", b"free").unwrap();
    assert_eq!(names(&world), [b"dangling".as_slice(), b"free", b"taken"]);
    assert_eq!(std::fs::read(world.entry(b"taken")).unwrap(), b"precious");
}

#[test]
fn a_look_tells_what_is_there_itself() {
    let world = World::new();
    std::fs::write(world.entry(b"file"), b"12345").unwrap();
    symlink("file", world.entry(b"link")).unwrap();
    let target = target(&world);
    let file = target.look(b"file").unwrap().unwrap();
    assert_eq!((file.node.kind, file.node.size, file.links), (NodeKind::File, 5, 1));
    let link = target.look(b"link").unwrap().unwrap().node;
    assert_eq!((link.kind, link.link_target), (NodeKind::Symlink, Some(b"file".to_vec())));
    assert!(target.look(b"nothing").unwrap().is_none());
    assert_eq!(target.look_at_self().unwrap().node.kind, NodeKind::Directory);
    assert_eq!(target.open_existing(b"link").unwrap_err().kind(), FsErrorKind::WrongKind);
    let mut content = [0; 9];
    assert_eq!(target.open_existing(b"file").unwrap().content().read(&mut content).unwrap(), 5);
}

#[test]
fn an_existing_file_gets_metadata_unless_it_has_names_elsewhere() {
    let world = World::new();
    let outside: PathBuf = world.scratch.path().join("outside");
    for name in [b"alone".as_slice(), b"linked"] {
        put_file(&world, name);
    }
    std::fs::hard_link(world.entry(b"linked"), &outside).unwrap();
    let before = std::fs::metadata(&outside).unwrap();
    let target = target(&world);
    let wanted = node(b"alone", NodeKind::File);
    assert_eq!(target.open_existing(b"alone").unwrap().refit(&wanted), Some(vec![]));
    let found = target.look(b"alone").unwrap().unwrap().node;
    assert_eq!((found.mode, found.mtime), (wanted.mode, wanted.mtime));

    assert_eq!(target.open_existing(b"linked").unwrap().refit(&node(b"linked", NodeKind::File)), None);
    assert_eq!(target.refit(&node(b"linked", NodeKind::File)), None);
    let after = std::fs::metadata(&outside).unwrap();
    assert_eq!((after.mtime(), after.ctime_nsec()), (before.mtime(), before.ctime_nsec()));

    // One that has all of it already needs nothing, wherever its names are.
    let mut same = target.look(b"linked").unwrap().unwrap().node;
    assert_eq!(target.open_existing(b"linked").unwrap().refit(&same), Some(vec![]));
    let mark = xattr("user.mark", b"1");
    if put_xattr(&outside, &mark) {
        assert_eq!(target.refit(&same), None, "an attribute too many");
        same.xattrs = vec![mark];
        assert_eq!(target.refit(&same), Some(vec![]));
        same.xattrs = vec![xattr("user.mark", b"2")];
        assert_eq!(target.refit(&same), None);
    }
}

/// Makes an empty file with the owner and mode of a node.
fn put_file(world: &World, name: &[u8]) {
    std::fs::write(world.entry(name), b"").unwrap();
    let mode = node(name, NodeKind::File).mode;
    std::fs::set_permissions(world.entry(name), Permissions::from_mode(mode)).unwrap();
}

/// Rights of root for whoever runs it.
const CAPABILITY: [u8; 20] = [1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

fn xattr_names(target: &TargetDir, name: &[u8]) -> Vec<String> {
    let mut found = target.look(name).unwrap().unwrap().node;
    target.read_file(name).unwrap().read_details(&mut found).unwrap();
    found.xattrs.into_iter().map(|xattr| String::from_utf8(xattr.name).unwrap()).collect()
}

#[test]
fn an_existing_file_keeps_no_attribute_that_its_node_does_not_know() {
    if !is_root() {
        return;
    }
    let world = World::new();
    let target = target(&world);
    put_file(&world, b"file");
    let mut wanted = node(b"file", NodeKind::File);
    assert_eq!(target.open_existing(b"file").unwrap().refit(&wanted), Some(vec![]));
    wanted.xattrs = vec![xattr("trusted.known", b"1")];
    let foreign = [
        xattr("security.capability", &CAPABILITY),
        xattr("security.label", b"of the system"),
        xattr("trusted.known", b"0"),
        xattr("trusted.old", b"1"),
        xattr("user.old", b"1"),
    ];
    if !foreign.iter().all(|xattr| put_xattr(&world.entry(b"file"), xattr)) {
        return;
    }
    assert_eq!(target.open_existing(b"file").unwrap().refit(&wanted), Some(vec![]));
    assert_eq!(xattr_names(&target, b"file"), ["security.label", "trusted.known"]);
    // Each of them alone is reason enough to look after a file that has everything else.
    for one in [&foreign[0], &foreign[3], &foreign[4]] {
        assert!(put_xattr(&world.entry(b"file"), one));
        assert_eq!(target.refit(&wanted), Some(vec![]));
        assert_eq!(xattr_names(&target, b"file"), ["security.label", "trusted.known"]);
    }
}

#[test]
fn root_gives_no_rights_to_what_somebody_else_may_still_write_to() {
    if !is_root() {
        return;
    }
    let world = World::new();
    let target = target(&world);
    let wanted = Node { mode: 0o4755, ..node(b"file", NodeKind::File) };
    let owned = |uid: u32, mode: u32| {
        std::fs::write(world.entry(b"file"), b"").unwrap();
        std::os::unix::fs::chown(world.entry(b"file"), Some(uid), Some(wanted.gid)).unwrap();
        std::fs::set_permissions(world.entry(b"file"), Permissions::from_mode(mode)).unwrap();
        target.open_existing(b"file").unwrap().refit(&wanted)
    };
    assert_eq!(owned(1_000, 0o4755), None);
    assert_eq!(owned(wanted.uid, 0o777), None);
    assert_eq!(owned(wanted.uid, 0o4755), Some(vec![]));
    assert!(put_xattr(&world.entry(b"file"), &xattr("user.other", b"1")));
    assert_eq!(target.open_existing(b"file").unwrap().refit(&wanted), Some(vec![]), "what grants nothing");
    let able = Node { xattrs: vec![xattr("security.capability", &CAPABILITY)], ..wanted.clone() };
    assert_eq!(target.open_existing(b"file").unwrap().refit(&able), None);
}

#[test]
fn a_capability_that_cannot_be_taken_away_asks_for_a_new_file() {
    let world = World::new();
    std::fs::write(world.entry(b"file"), b"").unwrap();
    let capability = xattr("security.capability", &CAPABILITY);
    if !is_root() || !put_xattr(&world.entry(b"file"), &capability) {
        return;
    }
    without_root(&world, || {
        let target = target(&world);
        let mut wanted = target.look(b"file").unwrap().unwrap().node;
        assert_eq!(target.open_existing(b"file").unwrap().refit(&wanted), None);
        wanted.xattrs = vec![capability.clone()];
        assert_eq!(target.open_existing(b"file").unwrap().refit(&wanted), Some(vec![]));
    });
}

#[test]
fn a_file_that_the_file_system_cannot_hold_leaves_nothing() {
    let world = World::new();
    let target = target(&world);
    for size in [u64::MAX >> 1, u64::MAX] {
        let error = target.create_file_aside(b"file", size, 0).map(drop).unwrap_err();
        assert!(
            error.to_string().starts_with("cannot create \"") && error.path().ends_with("file"),
            "{error}"
        );
        assert_eq!(names(&world), [[0; 0]; 0]);
    }
}

#[test]
fn two_spellings_are_two_names() {
    let world = World::new();
    let target = target(&world);
    std::fs::write(world.entry(b"Name"), b"one").unwrap();
    std::fs::write(world.entry(b"nAME"), b"other").unwrap();
    for (name, size) in [(b"Name", 3), (b"nAME", 5)] {
        assert_eq!(target.look(name).unwrap().unwrap().node.size, size);
    }
    assert!(target.look(b"name").unwrap().is_none());
    // Names of one file, as they are of one that answers to both.
    std::fs::remove_file(world.entry(b"nAME")).unwrap();
    std::fs::hard_link(world.entry(b"Name"), world.entry(b"nAME")).unwrap();
    assert_eq!(target.look(b"nAME").unwrap().unwrap().links, 2);
}

#[test]
fn a_mark_is_found_until_it_is_removed_and_changes_no_time() {
    let world = World::new();
    let target = target(&world);
    let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_nanos(1_234_567_890_123);
    std::fs::File::open(world.from()).unwrap().set_modified(long_ago).unwrap();
    let is_as_before = || world.from().metadata().unwrap().modified().unwrap() == long_ago;
    let mark = Mark::put(&target).unwrap();
    assert!(target.has_leftovers().unwrap() && is_as_before());
    mark.remove().unwrap();
    assert!(!target.has_leftovers().unwrap() && is_as_before());
    let mark = Mark::put(&target).unwrap();
    assert_eq!(target.remove_leftovers().unwrap(), 1);
    // Somebody else was faster.
    mark.remove().unwrap();
}

#[test]
fn only_leftovers_of_a_restore_are_removed() {
    let world = World::new();
    let target = target(&world);
    target.create_file_aside(b"file", 7, 0).unwrap();
    target.create_special_aside(&node(b"pipe", NodeKind::Fifo)).unwrap();
    assert_eq!(names(&world).len(), 2);
    symlink("x", world.entry(b".lifeboat-restore-0123456789abcdef")).unwrap();
    let kept: [&[u8]; 3] = [b".lifeboat-restore-", b".lifeboat-restore-fedcba9876543210", b"file"];
    std::fs::write(world.entry(kept[0]), b"").unwrap();
    std::fs::create_dir(world.entry(kept[1])).unwrap();
    std::fs::write(world.entry(kept[2]), b"").unwrap();
    assert_eq!(target.remove_leftovers().unwrap(), 3);
    assert_eq!(names(&world), kept);
    assert_eq!(target.remove_leftovers().unwrap(), 0);
}

#[test]
fn leftovers_that_cannot_be_removed_are_told() {
    let world = World::new();
    std::fs::write(world.entry(b".lifeboat-restore-0123456789abcdef"), b"").unwrap();
    without_root(&world, || {
        let allow = |mode| std::fs::set_permissions(world.from(), Permissions::from_mode(mode)).unwrap();
        let target = target(&world);
        allow(0o500);
        let error = target.remove_leftovers().unwrap_err();
        assert!(error.is_not_permitted(), "{error}");
        allow(0o700);
        assert_eq!(target.remove_leftovers().unwrap(), 1);
    });
}

#[test]
fn an_immutable_file_is_not_replaced() {
    let world = World::new();
    let path = world.entry(b"file");
    std::fs::write(&path, b"precious").unwrap();
    let chattr = |flag: &str| std::process::Command::new("chattr").arg(flag).arg(&path).status();
    if !is_root() {
        return;
    }
    if !chattr("+i").is_ok_and(|status| status.success()) {
        absent("chattr +i does nothing here");
        return;
    }
    let outcome = replace(&target(&world), b"file", b"new");
    assert!(chattr("-i").unwrap().success());
    assert!(outcome.unwrap_err().is_not_permitted());
    assert_eq!(std::fs::read(&path).unwrap(), b"precious");
    assert_eq!(names(&world), [b"file"]);
}
