//! Snapshots that somebody with the key made to do harm: nothing outside of the target is touched, what is wrong is named, and
//! everything else comes back.

use crate::craft::{Craft, Item, node};
use crate::world::World;
use lifeboat_engine::{
    Content, ListOptions, Node, NodeKind, Problem, ProblemKind, RestoreOptions, Snapshot, Workers,
    XattrValue, list, restore,
};
use lifeboat_format::{BlobId, Device, Piece, Totals, Xattr, limits};
use lifeboat_testkit::{copy_tree, tree_differences};
use std::fs;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::{Path, PathBuf};

/// A world with something precious beside the target, and what it has to stay.
struct Place {
    world: World,
    canary: PathBuf,
    twin: PathBuf,
}

/// What became of the target, and what was said of it.
struct Restored {
    target: PathBuf,
    problems: Vec<Problem>,
}

impl Place {
    fn new(seed: u64) -> Self {
        let world = World::new(seed, Workers::inline());
        let [canary, twin] = ["canary", "twin"].map(|name| world.folder.path().join(name));
        fs::create_dir_all(canary.join("dir")).unwrap();
        fs::write(canary.join("file"), "precious").unwrap();
        fs::write(canary.join("dir/other"), "precious, too").unwrap();
        copy_tree(&canary, &twin);
        Self { world, canary, twin }
    }

    /// A snapshot of a directory `bad` with these entries, between two files that nobody has touched.
    fn snapshot(&self, make: impl FnOnce(&mut Craft<'_>) -> Vec<Node>) -> Snapshot {
        self.snapshot_of(|craft| {
            let entries = make(craft);
            craft.fill(directory("bad"), entries)
        })
    }

    fn snapshot_of(&self, make: impl FnOnce(&mut Craft<'_>) -> Node) -> Snapshot {
        let mut craft = Craft::new(&self.world);
        let bad = Item::with(make(&mut craft));
        craft.commit(vec![Item::file("a sound one", b"first"), bad, Item::file("sound", b"last")])
    }

    /// Restores it into a target full of traps, and asserts that what is sound is there, and all around it as before.
    fn restore(&self, snapshot: &Snapshot) -> Restored {
        let target = self.world.folder.path().join("target");
        drop(fs::remove_dir_all(&target));
        fs::create_dir_all(&target).unwrap();
        symlink(&self.canary, target.join("trap")).unwrap();
        let around = names(self.world.folder.path());
        let options = RestoreOptions { target: target.clone(), verify: true, ..RestoreOptions::default() };
        let World { repository, workers, .. } = &self.world;
        let restored = restore(repository, &self.world.view(), snapshot, &options, workers, &()).unwrap();
        assert_eq!(tree_differences(&self.twin, &self.canary), []);
        assert_eq!(names(self.world.folder.path()), around);
        for (name, content) in [("a sound one", "first"), ("sound", "last")] {
            assert_eq!(fs::read_to_string(target.join(name)).unwrap(), content);
        }
        Restored { target, problems: restored.problems }
    }

    /// Asserts that restore, verify and, where a listing shows it, `ls` name damage of this path.
    fn assert_damage(&self, snapshot: &Snapshot, path: &str) -> Restored {
        let restored = self.restore(snapshot);
        let is_named =
            |problem: &Problem| problem.kind == ProblemKind::Damage && problem.path == Path::new(path);
        assert!(restored.problems.iter().any(is_named), "{path}: {:?}", restored.problems);
        let verified = self.world.verify().problems;
        let suffix = format!(":{path}");
        let is_named = |problem: &Problem| problem.path.to_str().unwrap().ends_with(&suffix);
        assert!(verified.iter().any(is_named), "{path}: {verified:?}");
        restored
    }

    fn list(&self, snapshot: &Snapshot) -> bool {
        let options = ListOptions { recursive: true, ..ListOptions::default() };
        list(&self.world.repository, &self.world.view(), snapshot, &options, &mut |_, _| {}).is_ok()
    }
}

fn names(directory: &Path) -> Vec<PathBuf> {
    let mut names: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    names
}

fn directory(name: &str) -> Node {
    Node { mode: 0o755, ..node(name, NodeKind::Directory) }
}

fn file(name: &[u8], content: &[u8]) -> Node {
    let (size, content) = (content.len() as u64, Content::Inline(content.to_vec()));
    Node { name: name.to_vec(), size, content, ..node("", NodeKind::File) }
}

fn link(name: &str, to: &Path) -> Node {
    let to = to.as_os_str().as_encoded_bytes().to_vec();
    Node { link_target: Some(to), ..node(name, NodeKind::Symlink) }
}

/// A page of pages of nodes as its bytes (docs/format.md, "Page trees"), of fewer than sixteen short names.
fn inner_page(children: &[(BlobId, &str)]) -> Vec<u8> {
    let mut page = vec![0x84, 1, 1, 1, 0x80 | u8::try_from(children.len()).unwrap()];
    for (id, first) in children {
        page.extend([0x83, 0x58, 32]);
        page.extend(id.as_bytes());
        page.push(0x40 | u8::try_from(first.len()).unwrap());
        page.extend(first.as_bytes());
        page.push(1);
    }
    page
}

/// A directory whose pages are made by hand; it says that so many entries are in it.
fn directory_of(root: BlobId, files: u64) -> Node {
    let totals = Some(Totals { files, ..Totals::default() });
    Node { content: Content::Pages(root), totals, ..directory("bad") }
}

fn root_of(directory: &Node) -> BlobId {
    let Content::Pages(root) = directory.content else { unreachable!("an empty directory") };
    root
}

#[test]
fn names_that_lead_elsewhere_are_damage_of_their_directory() {
    let place = Place::new(300);
    let absolute = place.canary.join("file");
    let names: [&[u8]; 9] = [
        b"",
        b".",
        b"..",
        b"/",
        b"../canary/file",
        b"../../canary/dir",
        b"nul\0",
        b"sub/../../canary",
        absolute.as_os_str().as_encoded_bytes(),
    ];
    for name in names {
        for entry in [file(name, b"evil"), Node { name: name.to_vec(), ..directory("") }] {
            let snapshot = place.snapshot(|_| vec![entry]);
            let restored = place.assert_damage(&snapshot, "/bad");
            assert_eq!(fs::read_dir(restored.target.join("bad")).unwrap().count(), 0);
            assert!(!place.list(&snapshot));
        }
    }
}

#[test]
fn a_name_that_no_file_system_takes_is_named_and_costs_nothing_else() {
    let place = Place::new(301);
    let snapshot = place.snapshot(|_| vec![file(b"fits", b"x"), file(&[b'n'; 256], b"x")]);
    let restored = place.restore(&snapshot);
    assert_eq!(restored.problems.len(), 1, "{:?}", restored.problems);
    assert_eq!(restored.problems[0].kind, ProblemKind::NotWritten);
    assert!(restored.target.join("bad/fits").exists() && place.list(&snapshot));
    assert!(place.world.verify().problems.is_empty());
}

/// The classic: a link that leads out of the target, then a directory of the same name with something in it.
#[test]
fn no_name_comes_twice_on_one_page_or_on_two() {
    let place = Place::new(302);
    let inside = |craft: &mut Craft<'_>| craft.fill(directory("x"), vec![file(b"file", b"evil")]);
    let snapshot = place.snapshot(|craft| vec![link("x", &place.canary), inside(craft)]);
    place.assert_damage(&snapshot, "/bad");
    let snapshot = place.snapshot(|_| vec![file(b"b", b""), file(b"a", b"")]);
    place.assert_damage(&snapshot, "/bad");

    for (first, second) in [("x", "x"), ("y", "x")] {
        let snapshot = place.snapshot_of(|craft| {
            let below = inside(craft);
            let leaves = [vec![link(first, &place.canary)], vec![Node { name: second.into(), ..below }]];
            let [one, other] = leaves.map(|leaf| root_of(&craft.fill(directory(""), leaf)));
            directory_of(craft.page(&inner_page(&[(one, first), (other, second)])), 3)
        });
        let restored = place.assert_damage(&snapshot, "/bad");
        // What came before it is restored: a link, and nothing through it.
        assert!(restored.target.join("bad").join(first).is_symlink());
        assert!(!place.list(&snapshot));
    }
}

#[test]
fn pages_that_lie_about_their_first_name_or_are_empty_are_damage() {
    let place = Place::new(303);
    let snapshot = place.snapshot_of(|craft| {
        let leaf = root_of(&craft.fill(directory(""), vec![file(b"hidden", b"x")]));
        directory_of(craft.page(&inner_page(&[(leaf, "z")])), 1)
    });
    place.assert_damage(&snapshot, "/bad");
    for page in [[0x84, 1, 1, 0, 0x80], [0x84, 1, 1, 1, 0x80]] {
        let snapshot = place.snapshot_of(|craft| directory_of(craft.page(&page), 1));
        place.assert_damage(&snapshot, "/bad");
    }
    let snapshot = place.snapshot_of(|craft| directory_of(craft.page(&[0xff; 40]), 1));
    place.assert_damage(&snapshot, "/bad");
    let snapshot = place.snapshot_of(|_| directory_of(BlobId::new([3; 32]), 1));
    place.assert_damage(&snapshot, "/bad");
}

/// Forty pages that describe more directories than there are atoms in the world.
#[test]
fn no_directory_holds_more_than_it_says() {
    let place = Place::new(304);
    let snapshot = place.snapshot_of(|craft| {
        let mut bomb = craft.fill(directory("bomb"), vec![file(b"x", b"")]);
        for _ in 0..40 {
            let entries = (b'a'..=b'z').map(|name| Node { name: vec![name], ..bomb.clone() }).collect();
            bomb = craft.fill(directory("bomb"), entries);
            bomb.totals = Some(Totals { files: 100, directories: 100, bytes: 0 });
        }
        Node { name: b"bad".to_vec(), ..bomb }
    });
    let restored = place.restore(&snapshot);
    assert!(restored.problems.iter().all(|problem| problem.kind == ProblemKind::Damage));
    assert!(restored.problems.iter().any(|problem| problem.path.starts_with("/bad")));
    assert!(fs::read_dir(restored.target.join("bad")).unwrap().count() <= 200);
    assert!(!place.list(&snapshot));
    let verified = place.world.verify().problems;
    assert!(verified.iter().any(|problem| problem.path.to_str().unwrap().contains(":/bad")), "{verified:?}");
}

#[test]
fn hard_links_that_lie_become_what_each_name_says() {
    let place = Place::new(305);
    let linked = |node: Node| Node { link_group: Some(0), inode: 7, ..node };
    let snapshot = place.snapshot(|_| {
        vec![
            linked(file(b"a", b"one")),
            linked(link("b", &place.canary.join("file"))),
            linked(file(b"c", b"another")),
            linked(file(b"d", b"another")),
            linked(Node { kind: NodeKind::Fifo, ..node("e", NodeKind::Fifo) }),
            linked(directory("f")),
        ]
    });
    let restored = place.restore(&snapshot);
    assert_eq!(restored.problems, []);
    let at = |name: &str| restored.target.join("bad").join(name);
    assert_eq!(fs::read_to_string(at("a")).unwrap(), "one");
    assert!(at("b").is_symlink() && at("f").is_dir());
    assert_eq!(fs::read_to_string(at("c")).unwrap(), "another");
    assert_eq!(fs::metadata(at("c")).unwrap().ino(), fs::metadata(at("d")).unwrap().ino());
    assert_eq!(fs::metadata(at("a")).unwrap().nlink(), 1);
}

#[test]
fn sizes_and_lists_of_pieces_that_lie_are_damage_of_the_file() {
    let place = Place::new(306);
    let mut ids = Vec::new();
    let snapshot = place.snapshot(|craft| {
        ids.push(craft.data(&[5; 5000]));
        let blob = Piece::Blob(ids[0], 5000);
        let listed = |name: &[u8], size, pieces: Vec<Piece>| Node {
            size,
            content: Content::Pieces(pieces),
            ..file(name, b"")
        };
        vec![
            Node { size: 1 << 40, content: Content::Empty, ..file(b"nothing", b"") },
            listed(b"overflow", 4999, vec![Piece::Hole(u64::MAX), blob]),
            listed(b"repeated", 5000, vec![blob; 8]),
            listed(b"short", 5001, vec![blob]),
            listed(b"stretched", 5001, vec![Piece::Blob(ids[0], 5001)]),
            listed(b"unknown", 7, vec![Piece::Blob(BlobId::new([9; 32]), 7)]),
            listed(b"whole", 5000, vec![blob]),
        ]
    });
    for name in ["nothing", "overflow", "repeated", "short", "stretched", "unknown"] {
        let restored = place.assert_damage(&snapshot, &format!("/bad/{name}"));
        assert!(!restored.target.join("bad").join(name).exists(), "{name} only looks restored");
        assert_eq!(fs::read(restored.target.join("bad/whole")).unwrap(), [5; 5000]);
        assert_eq!(names(&restored.target.join("bad")).len(), 1, "nothing else is left");
    }
}

/// Sums of sizes overflow, and the file system refuses: neither ends anything.
#[test]
fn files_larger_than_everything_are_named() {
    let place = Place::new(307);
    let snapshot = place.snapshot(|_| {
        let huge = |name: &[u8]| Node {
            size: u64::MAX,
            content: Content::Pieces(vec![Piece::Hole(u64::MAX)]),
            ..file(name, b"")
        };
        vec![huge(b"huge"), huge(b"second"), huge(b"third")]
    });
    let restored = place.restore(&snapshot);
    let kinds: Vec<_> = restored.problems.iter().map(|problem| problem.kind).collect();
    assert_eq!(kinds, [ProblemKind::NotWritten; 3]);
    assert!(names(&restored.target.join("bad")).is_empty() && place.list(&snapshot));
}

#[test]
fn special_files_without_what_makes_them_are_named() {
    let place = Place::new(308);
    let snapshot = place.snapshot(|_| {
        let device = Some(Device { major: u32::MAX, minor: u32::MAX });
        vec![
            node("block", NodeKind::BlockDevice),
            node("char", NodeKind::CharDevice),
            link("empty", Path::new("")),
            Node { link_target: Some(b"nul\0nul".to_vec()), ..node("nul", NodeKind::Symlink) },
            Node { link_target: Some(vec![b'x'; 5000]), ..node("path", NodeKind::Symlink) },
            Node { device, ..node("pipe", NodeKind::Fifo) },
            node("pointless", NodeKind::Symlink),
        ]
    });
    let restored = place.restore(&snapshot);
    let kinds: Vec<_> = restored.problems.iter().map(|problem| problem.kind).collect();
    assert_eq!(kinds, [ProblemKind::NotWritten; 6], "all but the pipe: {:?}", restored.problems);
    assert_eq!(names(&restored.target.join("bad")), [restored.target.join("bad/pipe")]);
}

#[test]
fn attributes_beyond_every_limit_are_refused_or_named() {
    let place = Place::new(309);
    let with = |name: &[u8], xattrs| Node { xattrs, ..file(name, b"x") };
    let xattr = |name: &[u8], value| Xattr { name: name.to_vec(), value: XattrValue::Inline(value) };
    let large = xattr(b"user.large", vec![0; limits::XATTR_MAX + 1]);
    place.assert_damage(&place.snapshot(|_| vec![with(b"f", vec![large])]), "/bad");
    let many = vec![xattr(b"", Vec::new()); limits::XATTRS_MAX + 1];
    place.assert_damage(&place.snapshot(|_| vec![with(b"f", many)]), "/bad");

    let snapshot = place.snapshot(|craft| {
        let id = craft.data(&vec![7; limits::XATTR_MAX + 1]);
        let lying = Xattr { name: b"user.lying".to_vec(), value: XattrValue::Blob(id, 5) };
        let nameless = [xattr(b"", b"v".to_vec()), xattr(b"user.nul\0", b"v".to_vec())];
        vec![with(b"a", vec![lying]), with(b"b", nameless.to_vec())]
    });
    let restored = place.restore(&snapshot);
    let named = |name: &str| restored.problems.iter().any(|problem| problem.path.ends_with(name));
    assert!(named("a") && named("b"), "{:?}", restored.problems);
    assert_eq!(names(&restored.target.join("bad")).len(), 2, "the files themselves come back");
}

/// What stands in the target is never a way out of it.
#[test]
fn traps_in_the_target_are_not_followed() {
    let place = Place::new(310);
    let snapshot = {
        let mut craft = Craft::new(&place.world);
        let trap = craft.fill(directory("trap"), vec![file(b"file", b"evil")]);
        let first = Item::file("a sound one", b"first");
        craft.commit(vec![first, Item::file("sound", b"last"), Item::with(trap)])
    };
    let restored = place.restore(&snapshot);
    assert_eq!(restored.problems, []);
    assert!(!restored.target.join("trap").is_symlink());
    assert_eq!(fs::read_to_string(restored.target.join("trap/file")).unwrap(), "evil");
}
