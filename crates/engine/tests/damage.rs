//! Whatever happens to a stored object is noticed, the files that lose by it are named, and all others come back.

use crate::world::World;
use lifeboat_backend::Backend as _;
use lifeboat_engine::{EngineError, ProblemKind, Workers};
use lifeboat_format::{PACK_HEADER_LENGTH, PACK_TRAILER_LENGTH};
use lifeboat_testkit::{Random, TreeSpec, copy_tree, make_tree};
use std::path::Path;

/// Packs that are damaged in turn: each costs a whole restore.
const PACKS_TRIED: usize = 5;

fn world_with_a_snapshot(seed: u64) -> World {
    let world = World::new(seed, Workers::inline());
    make_tree(&world.source(), seed, &TreeSpec { odd: false, ..TreeSpec::default() });
    let pristine = world.folder.path().join("pristine");
    copy_tree(&world.source(), &pristine);
    world.backup();
    world
}

fn is_damage(kind: ProblemKind) -> bool {
    kind == ProblemKind::Damage
}

/// Every file below `left` is below `right` with the same content, but for those that are named, by themselves or by
/// their directory; `saved` is where they were backed up from.
fn same_but(left: &Path, right: &Path, saved: &Path, named: &[&Path]) {
    if named.contains(&saved) {
        return;
    }
    for entry in std::fs::read_dir(left).unwrap() {
        let entry = entry.unwrap();
        let other = right.join(entry.file_name());
        let kind = entry.file_type().unwrap();
        let saved = saved.join(entry.file_name());
        if kind.is_dir() {
            same_but(&entry.path(), &other, &saved, named);
        } else if kind.is_file() {
            let is_named = named.contains(&&*saved);
            match std::fs::read(&other) {
                Ok(bytes) => assert!(bytes == std::fs::read(entry.path()).unwrap(), "{}", other.display()),
                Err(_) => assert!(is_named, "{} is missing and not named", other.display()),
            }
        }
    }
}

#[test]
fn a_flipped_bit_anywhere_in_a_pack_is_found_and_never_restored_silently() {
    let world = world_with_a_snapshot(20);
    let mut random = Random::new(21);
    let snapshot = world.snapshots().remove(0);
    let mut packs = world.objects("packs/");
    random.shuffle(&mut packs);
    for (number, name) in packs.into_iter().take(PACKS_TRIED).enumerate() {
        let sound = world.backend.get(&name, u64::MAX).unwrap();
        let length = sound.len();
        // Header, trailer, and somewhere in between.
        for (place, byte) in [20, length - 30, random.index(length)].into_iter().enumerate() {
            let mut flipped = sound.clone();
            flipped[byte] ^= 1 << random.below(8);
            world.backend.delete(&name).unwrap();
            world.backend.put(&name, &flipped).unwrap();
            let found = world.verify();
            // Header and trailer stand in for each other, and somewhere in between may lie in one of them.
            let is_doubled = byte < PACK_HEADER_LENGTH || byte >= length - PACK_TRAILER_LENGTH;
            let is_found = |kind| is_damage(kind) || (is_doubled && kind == ProblemKind::Mendable);
            assert!(found.problems.iter().any(|problem| is_found(problem.kind)), "byte {byte} of {name}");
            let (target, report) = world.try_restore(&snapshot, &format!("target-{number}-{place}"));
            match report {
                Ok(report) => {
                    let named: Vec<&Path> = report.problems.iter().map(|problem| &*problem.path).collect();
                    same_but(&world.folder.path().join("pristine"), &target, &world.source(), &named);
                }
                Err(EngineError::Repository(error)) => assert!(error.is_damage(), "{error}"),
                Err(error) => panic!("{error}"),
            }
        }
        world.backend.delete(&name).unwrap();
        world.backend.put(&name, &sound).unwrap();
    }
    assert!(world.verify().problems.is_empty());
}

#[test]
fn a_vanished_pack_is_named_and_stored_again_by_the_next_backup() {
    let world = world_with_a_snapshot(22);
    world.later();
    let mut packs = world.objects("packs/");
    Random::new(25).shuffle(&mut packs);
    for name in packs.into_iter().take(PACKS_TRIED) {
        let sound = world.backend.get(&name, u64::MAX).unwrap();
        world.backend.delete(&name).unwrap();
        assert!(world.verify().problems.iter().any(|problem| is_damage(problem.kind)));
        world.backup();
        let snapshot = world.snapshots().pop().unwrap();
        let target = format!("again-{}", &name.as_str()[9..20]);
        let (target, report) = world.restore(&snapshot, &target);
        assert!(report.problems.is_empty(), "{:?}", report.problems);
        same_but(&world.folder.path().join("pristine"), &target, &world.source(), &[]);
        world.backend.put(&name, &sound).unwrap();
    }
}

#[test]
fn only_files_that_need_the_damaged_segment_are_named_and_all_names_of_them() {
    let world = World::new(26, Workers::inline());
    std::fs::create_dir(world.source()).unwrap();
    let mut random = Random::new(27);
    for name in ["a", "b", "c", "d", "e"] {
        std::fs::write(world.source().join(name), random.bytes(10_000)).unwrap();
    }
    std::fs::hard_link(world.source().join("a"), world.source().join("z")).unwrap();
    world.backup();
    // The first segment lies behind the header, and `a` is the first file in it.
    let packs = world.objects("packs/");
    let largest = packs.iter().max_by_key(|name| world.backend.stat(name).unwrap().size).unwrap();
    let mut bytes = world.backend.get(largest, u64::MAX).unwrap();
    bytes[200] ^= 1;
    world.backend.delete(largest).unwrap();
    world.backend.put(largest, &bytes).unwrap();

    let files = |problems: &[lifeboat_engine::Problem]| -> Vec<String> {
        let mut names: Vec<String> = problems
            .iter()
            .filter(|problem| !problem.path.starts_with("packs"))
            .map(|problem| problem.path.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    };
    let (target, report) = world.restore(&world.snapshots()[0], "target");
    let lost = files(&report.problems);
    assert!(report.problems.iter().all(|problem| is_damage(problem.kind)), "{:?}", report.problems);
    assert!(lost.contains(&"a".to_owned()) && lost.contains(&"z".to_owned()), "{lost:?}");
    assert!(lost.len() < 6, "one segment holds 16 KiB: {lost:?}");
    assert_eq!(files(&world.verify().problems), lost, "verify names what restore loses, no less and no more");
    for name in ["a", "b", "c", "d", "e", "z"] {
        assert_eq!(target.join(name).exists(), !lost.contains(&name.to_owned()), "{name}");
    }
}
