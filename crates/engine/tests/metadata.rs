//! Metadata that a restore has to take care of: flags that lock, attributes that lie in blobs, names of owners.

use crate::craft::{Craft, Item, node};
use crate::world::World;
use lifeboat_engine::{
    Node, NodeKind, ProblemKind, RestoreOptions, RestoreReport, Snapshot, Timestamp, Workers, restore,
};
use lifeboat_format::{Xattr, XattrValue};
use lifeboat_testkit::{needs, needs_root};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

const NO_DUMP: u32 = 0x40;
const IMMUTABLE: u32 = 0x10;
const APPEND_ONLY: u32 = 0x20;

fn restore_all(world: &World, snapshot: &Snapshot) -> (PathBuf, RestoreReport) {
    let target = world.folder.path().join("target");
    let options = RestoreOptions { target: target.clone(), ..RestoreOptions::default() };
    (target, restore(&world.repository, &world.view(), snapshot, &options, &world.workers, &()).unwrap())
}

/// Takes locks away again, without which nobody could remove the scratch directory.
struct Unlocked(PathBuf);

impl Drop for Unlocked {
    fn drop(&mut self) {
        Command::new("chattr").args(["-R", "-f", "-ia"]).arg(&self.0).status().unwrap();
    }
}

/// The letters of `lsattr`.
fn letters(path: &Path) -> String {
    let output = Command::new("lsattr").arg("-d").arg(path).output().unwrap();
    String::from_utf8(output.stdout).unwrap().split(' ').next().unwrap_or_default().to_owned()
}

#[test]
fn locks_are_set_when_links_and_entries_are_there() {
    if !needs("chattr") || !needs_root() {
        return;
    }
    let world = World::new(40, Workers::pool(2).unwrap());
    let mut craft = Craft::new(&world);
    let id = craft.data(&[7; 5_000]);
    let locked = |item: Item, flags| item.but(|node| node.flags = flags | NO_DUMP);
    let linked = |name| {
        Item::with(Node {
            size: 5_000,
            content: lifeboat_engine::Content::Pieces(vec![lifeboat_format::Piece::Blob(id, 5_000)]),
            inode: 9,
            link_group: Some(0),
            flags: IMMUTABLE,
            ..node(name, NodeKind::File)
        })
    };
    let inner = locked(Item::dir("inner", vec![linked("first")]), IMMUTABLE);
    let snapshot = craft.commit(vec![
        locked(Item::dir("dir", vec![inner, locked(Item::file("log", b"line"), APPEND_ONLY)]), IMMUTABLE),
        linked("second"),
    ]);
    let _unlocked = Unlocked(world.folder.path().join("target"));
    let (target, report) = restore_all(&world, &snapshot);
    if letters(&target).is_empty() {
        return lifeboat_testkit::skip("the file system of the scratch directory has no flags");
    }
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    for (name, wanted) in [("dir", "id"), ("dir/inner", "id"), ("dir/inner/first", "i"), ("dir/log", "ad")] {
        let path = target.join(name);
        assert!(wanted.chars().all(|letter| letters(&path).contains(letter)), "{name}: {}", letters(&path));
        assert_eq!(std::fs::symlink_metadata(&path).unwrap().mtime(), 1_500_000_000, "{name}");
    }
    assert_eq!(std::fs::metadata(target.join("second")).unwrap().nlink(), 2);
    assert!(std::fs::write(target.join("dir/inner/first"), "x").is_err(), "it is locked indeed");
}

#[test]
fn what_is_locked_already_is_left_alone_and_what_is_not_is_locked_again() {
    if !needs_root() || !needs("chattr") || !needs("lsattr") {
        return;
    }
    let world = World::new(44, Workers::inline());
    let locked = |item: Item| item.but(|node| node.flags = IMMUTABLE);
    let inside = vec![locked(Item::file("file", b"content"))];
    let snapshot = Craft::new(&world).commit(vec![locked(Item::dir("dir", inside))]);
    let target = world.folder.path().join("target");
    let _unlocked = Unlocked(target.clone());
    std::fs::create_dir_all(target.join("dir")).unwrap();
    std::fs::write(target.join("dir/file"), "another").unwrap();
    let change_mode = |target: &Path| {
        std::fs::set_permissions(target.join("dir/file"), PermissionsExt::from_mode(0o600)).unwrap();
    };
    // Replaced, left alone, and given its metadata.
    for step in 0..3 {
        if step == 2 {
            drop(Unlocked(target.clone()));
            change_mode(&target);
        }
        let (_, report) = restore_all(&world, &snapshot);
        if letters(&target).is_empty() {
            return lifeboat_testkit::skip("the file system of the scratch directory has no flags");
        }
        assert!(report.problems.is_empty(), "step {step}: {:?}", report.problems);
        for name in ["dir", "dir/file"] {
            assert!(letters(&target.join(name)).contains('i'), "step {step}: {name}");
        }
        let told = std::fs::metadata(target.join("dir/file")).unwrap();
        assert_eq!((told.mode() & 0o7777, told.mtime()), (0o640, 1_500_000_000), "step {step}");
    }
}

#[test]
fn large_attributes_come_out_of_blobs_and_a_damaged_one_costs_nothing_else() {
    let world = World::new(41, Workers::inline());
    let mut craft = Craft::new(&world);
    let value = lifeboat_testkit::Random::new(42).bytes(2_000);
    let sound = XattrValue::Blob(craft.data(&value), 2_000);
    let missing = XattrValue::Blob(lifeboat_format::BlobId::new([1; 32]), 3);
    let xattr = |name: &str, value: &XattrValue| Xattr { name: name.into(), value: value.clone() };
    let both = vec![xattr("user.gone", &missing), xattr("user.large", &sound)];
    let with = |item: Item| item.but(|node| node.xattrs.clone_from(&both));
    let snapshot = craft.commit(vec![with(Item::dir("dir", vec![])), with(Item::file("file", b"x"))]);
    let (target, report) = restore_all(&world, &snapshot);
    if !report.problems.iter().all(|problem| problem.kind == ProblemKind::Damage) {
        return lifeboat_testkit::skip("the file system of the scratch directory has no attributes");
    }
    let mut told: Vec<_> = report.problems.iter().map(|problem| (&*problem.path, &*problem.cause)).collect();
    told.sort_unstable();
    let names: Vec<&Path> = told.iter().map(|(path, _)| *path).collect();
    assert_eq!(names, [Path::new("/dir"), Path::new("/file")]);
    assert!(told.iter().all(|(_, cause)| cause.starts_with("xattr user.gone: ")), "{told:?}");
    for name in ["dir", "file"] {
        let mut found = Node { name: name.into(), ..Node::default() };
        lifeboat_fs::SourceDir::open(&target).unwrap().read_details(&mut found).unwrap();
        let [Xattr { name: only, value: XattrValue::Inline(read) }] = &found.xattrs[..] else {
            panic!("{name}: {:?}", found.xattrs);
        };
        assert_eq!((&only[..], read), (&b"user.large"[..], &value), "{name}");
        assert_eq!(std::fs::metadata(target.join(name)).unwrap().mtime(), 1_500_000_000, "the rest is set");
    }
}

#[test]
fn an_access_time_comes_back_where_one_was_saved() {
    let world = World::new(43, Workers::inline());
    let accessed = Timestamp { seconds: 1_400_000_000, nanoseconds: 5 };
    let with = |item: Item| item.but(|node| node.atime = Some(accessed));
    let snapshot = Craft::new(&world).commit(vec![
        with(Item::dir("dir", vec![])),
        with(Item::file("file", b"x")),
        with(Item::with(node("pipe", NodeKind::Fifo))),
        Item::file("without", b"x"),
    ]);
    let (target, report) = restore_all(&world, &snapshot);
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    let found = ["dir", "file", "pipe", "without"].map(|name| {
        let told = std::fs::metadata(target.join(name)).unwrap();
        (told.atime(), told.atime_nsec()) == (1_400_000_000, 5)
    });
    assert_eq!(found, [true, true, true, false]);
}

#[test]
fn owners_go_by_their_names_when_asked_for() {
    if !needs_root() {
        return;
    }
    let world = World::new(44, Workers::pool(2).unwrap());
    let with = |item: Item, user: &str, group: &str| {
        item.but(|node| {
            (node.uid, node.gid) = (70_001, 70_002);
            (node.user, node.group) = (Some(user.into()), Some(group.into()));
        })
    };
    let snapshot = Craft::new(&world).commit(vec![
        with(Item::dir("dir", vec![]), "root", "nobody of this name"),
        with(Item::file("file", b"x"), "root", "root"),
        with(Item::with(node("pipe", NodeKind::Fifo)), "nobody of this name", "root"),
        with(Item::file("unknown", b"x"), "nobody of this name", "nobody of this name"),
        Item::file("without", b"x").but(|node| node.uid = 70_003),
    ]);
    let owners = |ownership_by_name| {
        let target = world.folder.path().join(format!("by-name-{ownership_by_name}"));
        let options =
            RestoreOptions { target: target.clone(), ownership_by_name, ..RestoreOptions::default() };
        let report =
            restore(&world.repository, &world.view(), &snapshot, &options, &world.workers, &()).unwrap();
        assert!(report.problems.is_empty(), "{:?}", report.problems);
        let found = ["dir", "file", "pipe", "unknown", "without"].map(|name| {
            let told = std::fs::metadata(target.join(name)).unwrap();
            (told.uid(), told.gid())
        });
        (found, report.notes.len())
    };
    let (by_name, notes) = owners(true);
    assert_eq!(by_name, [(0, 70_002), (0, 0), (70_001, 0), (70_001, 70_002), (70_003, 0)]);
    assert_eq!(notes, 2, "one of the user and one of the group");
    let number = (70_001, 70_002);
    assert_eq!(owners(false), ([number, number, number, number, (70_003, 0)], 0));
}
