//! Damage within the budget of parity costs nothing: everything comes back, and verify says what could be mended.

use crate::world::{World, bytes};
use lifeboat_backend::Backend as _;
use lifeboat_backend::ObjectName;
use lifeboat_engine::{ListOptions, Problem, ProblemKind, VerifyOptions, Workers, list, verify};
use lifeboat_testkit::{Random, TreeSpec, make_tree, tree_differences};
use std::fs;

const SECTOR: usize = 4096;

fn world_with_a_snapshot(seed: u64) -> World {
    let world = World::with_parity(seed, Workers::inline(), 3);
    make_tree(&world.source(), seed, &TreeSpec { odd: false, ..TreeSpec::default() });
    world.backup();
    world
}

fn replace(world: &World, name: &ObjectName, bytes: &[u8]) {
    world.backend.delete(name).unwrap();
    world.backend.put(name, bytes).unwrap();
}

fn assert_mendable(problems: &[Problem]) {
    assert!(!problems.is_empty());
    assert!(problems.iter().all(|problem| problem.kind == ProblemKind::Mendable), "{problems:?}");
}

fn same(world: &World, target: &std::path::Path) {
    let differences = tree_differences(&world.source(), target);
    assert!(differences.is_empty(), "{differences:?}");
}

/// Every pack at once, at the places that all else hangs on.
#[test]
fn a_lost_sector_in_every_pack_is_mended_wherever_it_is() {
    let world = world_with_a_snapshot(40);
    let snapshot = world.snapshots().remove(0);
    let packs: Vec<_> = world
        .objects("packs/")
        .into_iter()
        .map(|name| {
            let sound = world.backend.get(&name, u64::MAX).unwrap();
            (name, sound)
        })
        .collect();
    for place in 0..4 {
        for (name, sound) in &packs {
            let sectors = sound.len() / SECTOR;
            let sector = [0, sectors, sectors / 3, sectors - 3][place] * SECTOR;
            let mut damaged = sound.clone();
            let end = damaged.len().min(sector + SECTOR);
            damaged[sector..end].fill(0xaa);
            replace(&world, name, &damaged);
        }
        let found = world.verify();
        assert_mendable(&found.problems);
        assert_eq!(found.problems.len(), packs.len(), "each pack once, at place {place}");
        let (target, report) = world.restore(&snapshot, &format!("target-{place}"));
        same(&world, &target);
        assert!(report.problems.iter().all(|problem| problem.kind == ProblemKind::Mendable));
    }
    for (name, sound) in &packs {
        replace(&world, name, sound);
    }
    assert!(world.verify().problems.is_empty());
}

#[test]
fn packs_without_their_ends_lose_no_file() {
    let world = world_with_a_snapshot(41);
    for name in world.objects("packs/") {
        let sound = world.backend.get(&name, u64::MAX).unwrap();
        let mut damaged = sound[..sound.len() - 2 * SECTOR].to_vec();
        damaged[200..300].fill(0);
        replace(&world, &name, &damaged);
    }
    // Without a look at the data their lengths tell.
    let shallow = verify(&world.repository, &VerifyOptions::default(), &world.workers, &()).unwrap();
    assert_mendable(&shallow.problems);
    let (target, report) = world.restore(&world.snapshots()[0], "target");
    same(&world, &target);
    assert_mendable(&report.problems);
    assert_eq!(report.problems.len(), world.objects("packs/").len(), "each pack is told once");
}

#[test]
fn directories_in_a_damaged_pack_are_read_by_all() {
    let world = world_with_a_snapshot(42);
    world.later();
    for name in world.objects("packs/") {
        let mut damaged = world.backend.get(&name, u64::MAX).unwrap();
        damaged[SECTOR..2 * SECTOR].fill(0);
        damaged[192..300].fill(0);
        replace(&world, &name, &damaged);
    }
    let shallow = verify(&world.repository, &VerifyOptions::default(), &world.workers, &()).unwrap();
    assert_mendable(&shallow.problems);
    let mut nodes = 0;
    let options = ListOptions { path: Some(bytes(&world.source())), recursive: true };
    let told =
        list(&world.repository, &world.view(), &world.snapshots()[0], &options, &mut |_, _| nodes += 1)
            .unwrap();
    assert!(nodes > 10);
    assert_mendable(&told);
    fs::write(world.source().join("new"), b"new").unwrap();
    let report = world.backup();
    assert!(report.snapshot.is_some());
    assert_mendable(&report.problems);
}

#[test]
fn what_is_beyond_parity_is_named() {
    let world = world_with_a_snapshot(43);
    let mut random = Random::new(44);
    for name in world.objects("packs/") {
        let mut damaged = world.backend.get(&name, u64::MAX).unwrap();
        let length = damaged.len();
        damaged[length / 4..].copy_from_slice(&random.bytes(length - length / 4));
        replace(&world, &name, &damaged);
    }
    let found = world.verify();
    assert!(found.problems.iter().any(|problem| problem.kind == ProblemKind::Damage), "{:?}", found.problems);
}
