//! What a restore leaves on the disk: holes where they belong, and bytes that were read again.

use crate::craft::{Craft, Item, node};
use crate::world::{World, bytes};
use lifeboat_engine::{
    Content, Event, Node, NodeKind, Observer, ProblemKind, RestoreOptions, Verified, Workers, restore,
};
use lifeboat_format::Piece;
use lifeboat_testkit::{Random, TreeSpec, make_tree};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

#[test]
fn zeros_become_holes_when_asked_for_and_holes_always() {
    let world = World::new(50, Workers::inline());
    let mut craft = Craft::new(&world);
    let data = Random::new(51).bytes(4 << 10);
    let mixed = [&vec![0; 1 << 20][..], &data, &vec![0; 1 << 20], &data[..10], &vec![0; 5_000]].concat();
    let (data_id, mixed_id) = (craft.data(&data), craft.data(&mixed));
    let length = u32::try_from(mixed.len()).unwrap();
    let file = |name, pieces: Vec<Piece>| {
        let size = pieces.iter().map(Piece::length).sum();
        Item::with(Node { size, content: Content::Pieces(pieces), ..node(name, NodeKind::File) })
    };
    let snapshot = craft.commit(vec![
        file("hole", vec![Piece::Hole(1 << 20), Piece::Blob(data_id, 4 << 10), Piece::Hole(1 << 20)]),
        // Its blob begins in the middle of a block.
        file("mixed", vec![Piece::Blob(data_id, 4 << 10), Piece::Hole(77), Piece::Blob(mixed_id, length)]),
    ]);
    let stored = |target: &Path, name| std::fs::metadata(target.join(name)).unwrap().blocks() * 512;
    let wanted = [&data[..], &[0; 77], &mixed].concat();
    for sparse in [false, true] {
        let target = world.folder.path().join(format!("sparse-{sparse}"));
        let options =
            RestoreOptions { target: target.clone(), sparse, verify: true, ..RestoreOptions::default() };
        let report =
            restore(&world.repository, &world.view(), &snapshot, &options, &world.workers, &()).unwrap();
        assert!(report.problems.is_empty(), "{:?}", report.problems);
        assert!(std::fs::read(target.join("mixed")).unwrap() == wanted);
        assert!(stored(&target, "hole") < 256 << 10, "{}", stored(&target, "hole"));
        assert_eq!(stored(&target, "mixed") < 256 << 10, sparse, "{}", stored(&target, "mixed"));
    }
}

#[test]
fn every_file_is_read_again_once() {
    for workers in [Workers::inline(), Workers::pool(3).unwrap()] {
        let world = World::new(52, workers);
        make_tree(&world.source(), 53, &TreeSpec::default());
        std::fs::write(world.source().join("a"), "both").unwrap();
        std::fs::hard_link(world.source().join("a"), world.source().join("z")).unwrap();
        world.backup();
        let report = verified(&world, &());
        assert!(report.problems.is_empty(), "{:?}", report.problems);
        let (mut files, mut sizes) = (std::collections::HashSet::new(), 0);
        for path in below(&world.source()) {
            let told = std::fs::symlink_metadata(&path).unwrap();
            if told.is_file() && files.insert(told.ino()) {
                sizes += told.len();
            }
        }
        assert_eq!(report.verified, Some(Verified { files: files.len() as u64, bytes: sizes }));
    }
}

/// Spoils files as soon as they are restored: a disk that does not keep what it is given.
struct Spoiler(PathBuf);

impl Observer for Spoiler {
    fn event(&self, event: &Event<'_>) {
        let Event::Restored { path, node, .. } = event else { return };
        let path = self.0.join(path.file_name().unwrap_or_default());
        match &node.name[..] {
            b"flipped" => {
                let mut bytes = std::fs::read(&path).unwrap();
                bytes[33_333] ^= 1;
                std::fs::write(&path, bytes).unwrap();
            }
            b"longer" => std::fs::write(&path, "short and more").unwrap(),
            b"shorter" => std::fs::write(&path, "s").unwrap(),
            b"gone" => std::fs::remove_file(&path).unwrap(),
            _ => {}
        }
    }
}

#[test]
fn what_differs_on_the_disk_is_named() {
    let world = World::new(54, Workers::pool(2).unwrap());
    std::fs::create_dir(world.source()).unwrap();
    std::fs::write(world.source().join("flipped"), Random::new(55).bytes(100_000)).unwrap();
    for name in ["gone", "longer", "shorter", "sound"] {
        std::fs::write(world.source().join(name), "short").unwrap();
    }
    world.backup();
    let report = verified(&world, &Spoiler(world.folder.path().join("again")));
    let mut named: Vec<String> = report
        .problems
        .iter()
        .map(|problem| {
            assert_eq!(problem.kind, ProblemKind::NotWritten);
            let name = problem.path.file_name().unwrap().to_string_lossy();
            assert_eq!(problem.cause == "it differs on the disk", name != "gone", "{}", problem.cause);
            name.into_owned()
        })
        .collect();
    named.sort();
    assert_eq!(named, ["flipped", "gone", "longer", "shorter"]);
    assert_eq!(report.verified, Some(Verified { files: 1, bytes: 5 }));
}

#[test]
fn what_failed_before_is_not_named_twice() {
    let world = World::new(56, Workers::inline());
    let mut craft = Craft::new(&world);
    let id = craft.data(b"sound");
    let missing = lifeboat_format::BlobId::new([1; 32]);
    let file = |name, id| {
        let content = Content::Pieces(vec![Piece::Blob(id, 5)]);
        Item::with(Node { size: 5, content, ..node(name, NodeKind::File) })
    };
    let entries = vec![Item::dir("dir", vec![file("lost", missing)]), file("found", id)];
    let snapshot = craft.commit(entries);
    let target = world.folder.path().join("target");
    let options = RestoreOptions { target, verify: true, ..RestoreOptions::default() };
    let report = restore(&world.repository, &world.view(), &snapshot, &options, &world.workers, &()).unwrap();
    let named: Vec<_> = report.problems.iter().map(|problem| (problem.kind, &*problem.path)).collect();
    assert_eq!(named, [(ProblemKind::Damage, Path::new("/dir/lost"))]);
    assert_eq!(report.verified, Some(Verified { files: 1, bytes: 5 }));
}

fn verified(world: &World, observer: &dyn Observer) -> lifeboat_engine::RestoreReport {
    let target = world.folder.path().join("again");
    let path = Some(bytes(&world.source()));
    let options = RestoreOptions { target, path, verify: true, ..RestoreOptions::default() };
    restore(&world.repository, &world.view(), &world.snapshots()[0], &options, &world.workers, observer)
        .unwrap()
}

fn below(directory: &Path) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.symlink_metadata().unwrap().is_dir() {
            paths.extend(below(&path));
        }
        paths.push(path);
    }
    paths
}
