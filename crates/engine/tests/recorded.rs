//! What is recorded of an entry besides its bytes, and that what lies in blobs of its own is watched like content.

use crate::world::{World, bytes};
use lifeboat_backend::Backend as _;
use lifeboat_engine::{
    BackupOptions, Content, Event, ListOptions, Node, Observer, ParentChoice, Piece, ProblemKind, Workers,
    XattrValue, backup, list,
};
use lifeboat_testkit::Random;
use rustix::fs::{XattrFlags, lsetxattr};
use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::sync::atomic::{AtomicU64, Ordering};

/// The nodes at and below the source in the newest snapshot, by their names.
fn nodes(world: &World) -> BTreeMap<String, Node> {
    let all = ListOptions { path: Some(bytes(&world.source())), recursive: true };
    let mut nodes = BTreeMap::new();
    list(&world.repository, &world.view(), world.snapshots().last().unwrap(), &all, &mut |_, node| {
        nodes.insert(String::from_utf8(node.name.clone()).unwrap(), node.clone());
    })
    .unwrap();
    nodes
}

#[test]
fn holes_are_neither_read_nor_stored_and_come_back() {
    const MIB: u64 = 1 << 20;
    let world = World::new(60, Workers::inline());
    std::fs::create_dir(world.source()).unwrap();
    let sparse = |name: &str, size: u64, data: &[(u64, &[u8])]| {
        let file = File::create(world.source().join(name)).unwrap();
        file.set_len(size).unwrap();
        data.iter().for_each(|(place, bytes)| file.write_all_at(bytes, *place).unwrap());
        file.sync_all().unwrap();
        file.metadata().unwrap().blocks() * 512 < size
    };
    let chunks = Random::new(61).bytes(128 << 10);
    sparse("moved", 8 * MIB, &[(2 * MIB, &chunks)]);
    sparse("small", 100, &[]);
    sparse("many", 4 * MIB, &[64, 192, 320, 448, 576, 704].map(|kib| (kib << 10, &chunks[..4096])));
    if !sparse("one", 1 << 40, &[]) || !sparse("two", 8 * MIB, &[(MIB, &chunks)]) {
        return;
    }
    world.later();
    let report = world.backup();
    let read = report.summary.bytes_read;
    assert!((2 * (128 << 10)..2 * MIB).contains(&read), "{read}");
    let nodes = nodes(&world);
    assert_eq!(nodes["one"].content, Content::Pieces(vec![Piece::Hole(1 << 40)]));
    assert_eq!(nodes["small"].content, Content::Pieces(vec![Piece::Hole(100)]));
    assert!(matches!(nodes["many"].content, Content::Pages(_)), "{:?}", nodes["many"]);
    assert!(
        report.summary.data_added < 3 * (128 << 10),
        "the same data behind another hole is the same chunks"
    );
    assert_eq!(world.backup().summary.bytes_read, 0);

    assert!(world.verify().problems.is_empty());
    std::fs::remove_file(world.source().join("one")).unwrap();
    world.backup();
    let (target, report) = world.restore(world.snapshots().last().unwrap(), "target");
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    for name in ["two", "moved", "small", "many"] {
        let [was, is] = [world.source(), target.clone()].map(|dir| std::fs::read(dir.join(name)).unwrap());
        assert!(was == is, "{name}");
    }
}

#[test]
fn owners_have_names_and_files_the_time_of_their_last_access_only_when_asked() {
    let world = World::new(62, Workers::inline());
    std::fs::create_dir(world.source()).unwrap();
    std::fs::write(world.source().join("file"), "x").unwrap();
    world.backup();
    let owner = std::fs::metadata(world.source().join("file")).unwrap().uid();
    let expected = lifeboat_engine::Owners::default().user(owner).map(<[u8]>::to_vec);
    for node in nodes(&world).values() {
        assert_eq!((&node.user, node.atime), (&expected, None));
    }
}

/// A file and a directory with an attribute each that does not lie in the node; false where there are none.
fn put_large_attributes(world: &World) -> bool {
    std::fs::create_dir_all(world.source().join("dir")).unwrap();
    std::fs::write(world.source().join("file"), "x").unwrap();
    ["dir", "file"].into_iter().zip(1..).all(|(name, seed)| {
        let value = Random::new(seed).bytes(1_500);
        lsetxattr(world.source().join(name), "user.large", &value, XattrFlags::empty()).is_ok()
    })
}

#[test]
fn large_attributes_are_blobs_whose_loss_is_named_and_mended() {
    let world = World::new(63, Workers::inline());
    if !put_large_attributes(&world) {
        println!("SKIPPED test: no extended attributes here");
        return;
    }
    let before = world.objects("packs/");
    world.later();
    world.backup();
    for name in ["dir", "file"] {
        let value = &nodes(&world)[name].xattrs[0].value;
        assert!(matches!(value, XattrValue::Blob(_, 1_500)), "{value:?}");
    }
    assert!(world.verify().problems.is_empty());
    assert_eq!(world.backup().summary.data_blobs, 0);

    // The only data there is are the values.
    let lost = world.objects("packs/").into_iter().filter(|name| !before.contains(name));
    let is_data = |name: &lifeboat_backend::ObjectName| world.backend.get(name, u64::MAX).unwrap()[10] == 1;
    lost.filter(is_data).for_each(|name| world.backend.delete(&name).unwrap());
    let problems = world.verify().problems;
    for name in ["dir", "file"] {
        let is_it = |problem: &&lifeboat_engine::Problem| problem.path.ends_with(name);
        let problem = problems.iter().find(is_it).unwrap_or_else(|| panic!("{name}: {problems:?}"));
        assert_eq!(problem.kind, ProblemKind::Damage);
        assert!(problem.cause.starts_with("its attribute \"user.large\" is lost: "), "{}", problem.cause);
    }
    assert_eq!(world.backup().summary.data_blobs, 2, "stored again, although neither has changed");
}

/// How many files a backup expects.
#[derive(Default)]
struct Expected(AtomicU64);

impl Observer for Expected {
    fn event(&self, event: &Event<'_>) {
        if let Event::Expect { files, .. } = event {
            self.0.store(*files, Ordering::Relaxed);
        }
    }
}

#[test]
fn as_much_as_last_time_is_expected_whatever_files_are_compared_with() {
    let world = World::new(75, Workers::inline());
    std::fs::create_dir(world.source()).unwrap();
    let mut first = None;
    for number in 1..=3 {
        std::fs::write(world.source().join(number.to_string()), "x").unwrap();
        let report = backup(&world.repository, &world.options(), &world.workers, &()).unwrap();
        first = first.or(report.snapshot);
    }
    let named = ParentChoice::Named(first.unwrap().to_string());
    for (parent, is_compared) in [(ParentChoice::None, false), (named, true), (ParentChoice::Newest, true)] {
        let options = BackupOptions { parent: parent.clone(), dry_run: true, ..world.options() };
        let expected = Expected::default();
        let report = backup(&world.repository, &options, &world.workers, &expected).unwrap();
        assert_eq!(expected.0.load(Ordering::Relaxed), 3, "{parent:?}");
        assert_eq!(report.parent.is_some(), is_compared, "{parent:?}");
    }
}
