//! `copy`: what comes back from a copy is what comes back from the original, and only what is missing travels.

use crate::world::{World, bytes};
use lifeboat_engine::{
    CopyOptions, CopyReport, EngineError, RestoreOptions, Snapshot, Workers, copy, restore,
};
use lifeboat_repository::{InitOptions, Repository};
use lifeboat_testkit::{Random, tree_differences};
use std::fs;
use std::path::PathBuf;

/// What a target has in common with the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kin {
    SameKeys,
    OtherKeys,
    OtherChunks,
}

const KINDS: [Kin; 3] = [Kin::SameKeys, Kin::OtherKeys, Kin::OtherChunks];

fn two() -> Workers {
    Workers::pool(2).unwrap()
}

/// A target for copies of what is in `source`.
fn target(source: &World, kin: Kin, seed: u64) -> World {
    let same_keys_as = (kin == Kin::SameKeys).then(|| source.repository.clone());
    let chunk = if kin == Kin::OtherChunks { 16 << 10 } else { 4 << 10 };
    let chunk_average = (kin != Kin::SameKeys).then_some(chunk);
    let options =
        InitOptions { same_keys_as, chunk_average, pack_size: Some(64 << 10), ..InitOptions::default() };
    World::of(seed, two(), options)
}

/// Snapshots between each of which some files became others.
fn world(seed: u64, snapshots: u64) -> World {
    let world = World::new(seed, two());
    for snapshot in 0..snapshots {
        change(&world, seed, snapshot);
        world.later();
        world.backup();
    }
    world
}

fn change(world: &World, seed: u64, snapshot: u64) {
    for file in (0..24).filter(|file| snapshot == 0 || (file + snapshot).is_multiple_of(6)) {
        let folder = world.source().join((file % 4).to_string());
        fs::create_dir_all(&folder).unwrap();
        let length = [0, 100, 3_000, 30_000, 70_000][(file % 5) as usize];
        let bytes = Random::new(seed * 1000 + snapshot * 100 + file).bytes(length);
        fs::write(folder.join(file.to_string()), bytes).unwrap();
    }
}

fn try_copy(from: &World, to: &World, options: &CopyOptions) -> Result<CopyReport, EngineError> {
    copy(&from.repository, &to.repository, options, &to.workers, &())
}

fn copied(from: &World, to: &World) -> CopyReport {
    let report = try_copy(from, to, &CopyOptions::default()).unwrap();
    assert!(report.problems.is_empty(), "{report:?}");
    report
}

/// Restores what a snapshot holds, of the source of `original`, from any repository.
fn back(repository: &Repository, original: &World, snapshot: &Snapshot, name: &str) -> PathBuf {
    let target = original.folder.path().join(name);
    let path = Some(bytes(&original.source()));
    let options = RestoreOptions { target: target.clone(), path, ..RestoreOptions::default() };
    let view = repository.view(&repository.read_log().unwrap()).unwrap();
    let report = restore(repository, &view, snapshot, &options, &original.workers, &()).unwrap();
    assert!(report.problems.is_empty(), "{report:?}");
    target
}

/// Every snapshot of the one is in the other, and both come back alike.
fn assert_copied(from: &World, to: &World) {
    let report = to.verify();
    assert!(report.problems.is_empty(), "{report:?}");
    let (originals, copies) = (from.snapshots(), to.snapshots());
    assert_eq!(originals.len(), copies.len());
    for (number, (original, copy)) in originals.iter().zip(&copies).enumerate() {
        assert_eq!((original.id, original.start, original.end), (copy.id, copy.start, copy.end));
        assert_eq!(
            (&original.paths, &original.host, original.summary),
            (&copy.paths, &copy.host, copy.summary)
        );
        let origin = copy.origin.unwrap();
        assert_eq!((origin.repository, origin.snapshot), (from.repository.config().repository, original.id));
        let one = back(&from.repository, from, original, &format!("one-{number}"));
        let other = back(&to.repository, from, copy, &format!("other-{number}"));
        assert_eq!(tree_differences(&one, &other), []);
    }
}

#[test]
fn copies_come_back_as_their_originals_do() {
    for (seed, kin) in (1..).zip(KINDS) {
        let from = world(seed, 4);
        let to = target(&from, kin, 100 + seed);
        let report = copied(&from, &to);
        assert_eq!((report.copied.len(), report.present, report.damaged), (4, 0, 0), "{kin:?}");
        assert_eq!(report.packs > 0, kin == Kin::SameKeys, "{kin:?}: {report:?}");
        assert_copied(&from, &to);
    }
}

#[test]
fn what_is_there_already_does_not_travel() {
    for (seed, kin) in (10..).zip(KINDS) {
        let from = world(seed, 2);
        let to = target(&from, kin, 100 + seed);
        copied(&from, &to);
        let (packs, log) = (to.objects("packs/"), to.objects("log/"));
        let again = copied(&from, &to);
        assert_eq!((again.copied.len(), again.present, again.stored_bytes, again.bytes_read), (0, 2, 0, 0));
        assert_eq!((to.objects("packs/"), to.objects("log/")), (packs, log), "{kin:?}");

        // Of a further snapshot only what is new in it is read.
        change(&from, seed, 3);
        from.later();
        from.backup();
        let next = copied(&from, &to);
        assert_eq!((next.copied.len(), next.present), (1, 2));
        let all: u64 = 24 / 5 * 103_100;
        assert!(next.bytes_read < all / 2 && next.stored_bytes < all / 2, "{kin:?}: {next:?}");
        assert_copied(&from, &to);
    }
}
