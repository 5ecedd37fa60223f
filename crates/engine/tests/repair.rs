//! `repair`: what anything still has comes back, byte for byte where it was; what nothing has is named, file by file, and hurts nobody else.

use crate::hooked::{Hooked, copied};
use crate::world::{World, environment, password};
use lifeboat_backend::{Backend, MemoryBackend, ObjectName};
use lifeboat_engine::{
    Means, Problem, ProblemKind, PruneOptions, RepairOptions, RepairReport, RestoreOptions, Unused,
    VerifyOptions, Workers, prune, repair, restore, verify,
};
use lifeboat_repository::{Repository, Session};
use lifeboat_testkit::{Random, TreeSpec, make_tree, tree_differences};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Arc;

const SECTOR: usize = 4096;

type Objects = BTreeMap<ObjectName, Vec<u8>>;

fn world(seed: u64, parity: u32) -> World {
    let world = World::with_parity(seed, Workers::pool(2).unwrap(), parity);
    make_tree(&world.source(), seed, &TreeSpec { odd: false, ..TreeSpec::default() });
    world.backup();
    world
}

fn objects(world: &World, folder: &str) -> Objects {
    let bytes = |name: ObjectName| {
        let bytes = world.backend.get(&name, u64::MAX).unwrap();
        (name, bytes)
    };
    world.objects(folder).into_iter().map(bytes).collect()
}

/// Another repository with the same keys, that has what this one has now.
fn replica(world: &World) -> (Arc<MemoryBackend>, Repository) {
    let backend = copied(&world.backend);
    let repository = Repository::open(Arc::clone(&backend) as _, &password(), environment(99, &world.clock));
    (backend, repository.unwrap())
}

fn helped(world: &World, replica: Repository) -> Repository {
    world.repository.clone().with_replicas(vec![replica]).unwrap()
}

fn repaired(world: &World, repository: &Repository) -> RepairReport {
    repair(repository, &RepairOptions::default(), &world.workers, &()).unwrap()
}

fn files(problems: &[Problem]) -> BTreeSet<String> {
    let of_files = problems.iter().filter(|problem| !problem.path.starts_with("packs"));
    of_files.map(|problem| problem.path.file_name().unwrap().to_string_lossy().into_owned()).collect()
}

fn largest(world: &World) -> ObjectName {
    let size = |name: &ObjectName| world.backend.stat(name).unwrap().size;
    world.objects("packs/").into_iter().max_by_key(size).unwrap()
}

fn prune_now(world: &World) {
    let options = PruneOptions { now: true, max_unused: Unused::Bytes(0), ..PruneOptions::default() };
    prune(&world.repository, &options, &world.workers, &()).unwrap();
}

/// Each pack in turn loses a sector, its end, or all that follows its parity.
#[test]
fn a_pack_that_is_damaged_within_its_parity_is_what_it_was() {
    let world = world(60, 3);
    let sound = objects(&world, "packs/");
    let mut random = Random::new(61);
    for (number, (name, bytes)) in sound.iter().enumerate() {
        let mut damaged = bytes.clone();
        match number % 3 {
            0 => damaged.truncate(bytes.len() - SECTOR - 100),
            1 => damaged[random.index(bytes.len())] ^= 1,
            _ => {
                let sector = random.index(bytes.len() / SECTOR) * SECTOR;
                damaged[sector..sector + SECTOR].fill(0x55);
            }
        }
        world.backend.replace(name, &damaged).unwrap();
    }
    let plan = RepairOptions { dry_run: true, ..RepairOptions::default() };
    let before = objects(&world, "");
    let planned = repair(&world.repository, &plan, &world.workers, &()).unwrap();
    assert_eq!(objects(&world, ""), before, "a plan changes nothing");
    let report = repaired(&world, &world.repository);
    assert_eq!(report.mended.len(), sound.len());
    assert_eq!(planned.mended, report.mended);
    assert!(report.mended.iter().all(|(_, means)| *means == Means::Parity), "{:?}", report.mended);
    assert!(report.problems.is_empty() && report.quarantined.is_empty(), "{report:?}");
    assert_eq!(objects(&world, "packs/"), sound);
    assert!(world.verify().problems.is_empty());
}

#[test]
fn a_pack_that_is_gone_comes_back_from_a_replica() {
    let world = world(62, 0);
    let (_, replica) = replica(&world);
    let sound = objects(&world, "packs/");
    for (name, bytes) in &sound {
        world.backend.delete(name).unwrap();
        let report = repaired(&world, &helped(&world, replica.clone()));
        assert!(matches!(report.mended[..], [(_, Means::Replica(_))]), "{:?}", report.mended);
        assert!(report.problems.is_empty(), "{:?}", report.problems);
        assert_eq!(&world.backend.get(name, u64::MAX).unwrap(), bytes);
    }
    assert!(world.verify().problems.is_empty());
}

/// The replica has the same blobs in other packs.
#[test]
fn what_a_replica_has_in_other_packs_is_stored_anew() {
    let world = world(63, 0);
    let old = world.snapshots()[0].id;
    fs::write(world.source().join("new"), Random::new(5).bytes(30_000)).unwrap();
    world.later();
    world.backup();
    let (other, replica) = replica(&world);
    Session::start(&replica).unwrap().forget(vec![old], "for a test").unwrap();
    // All that was there is stored once more, in packs of its own.
    for name in world.objects("packs/") {
        other.delete(&name).unwrap();
    }
    let source = World { backend: Arc::clone(&other), repository: replica.clone(), ..self::world(64, 0) };
    let again = lifeboat_engine::BackupOptions { paths: vec![world.source()], ..source.options() };
    source.later();
    source.try_backup(&again).unwrap();

    world.backend.delete(&largest(&world)).unwrap();
    let report = repaired(&world, &helped(&world, replica));
    assert_eq!(report.quarantined.len(), 1);
    assert!(matches!(report.mended[..], [(_, Means::Anew)]), "{:?} {:?}", report.mended, report.problems);
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    let found = world.verify();
    assert!(found.problems.is_empty(), "{:?}", found.problems);
    let (target, restored) = world.restore(&world.snapshots()[1], "target");
    assert!(restored.problems.is_empty(), "{:?}", restored.problems);
    assert!(tree_differences(&world.source(), &target).is_empty());
    // What is under quarantine goes when nobody needs it.
    assert!(!world.view().damaged().is_empty());
    prune_now(&world);
    assert!(world.view().damaged().is_empty());
    assert!(world.verify().problems.is_empty());
}

#[test]
fn readers_take_what_is_lost_from_a_replica_and_say_so() {
    let world = world(65, 0);
    let (_, replica) = replica(&world);
    for name in world.objects("packs/") {
        world.backend.delete(&name).unwrap();
    }
    let helped = helped(&world, replica);
    let options = world.restore_options("target");
    let view = helped.view(&helped.read_log().unwrap()).unwrap();
    let snapshot = world.snapshots().remove(0);
    let report = restore(&helped, &view, &snapshot, &options, &world.workers, &()).unwrap();
    let mendable =
        |problems: &[Problem]| problems.iter().all(|problem| problem.kind == ProblemKind::Mendable);
    assert!(!report.problems.is_empty() && mendable(&report.problems), "{:?}", report.problems);
    assert!(tree_differences(&world.source(), &options.target).is_empty());
    let found = verify(&helped, &VerifyOptions::default(), &world.workers, &()).unwrap();
    assert!(!found.problems.is_empty() && mendable(&found.problems), "{:?}", found.problems);
    let alone = RestoreOptions { target: world.folder.path().join("alone"), ..options };
    assert!(restore(&world.repository, &view, &snapshot, &alone, &world.workers, &()).is_err());
}

#[test]
fn a_replica_with_other_keys_is_refused() {
    let (one, other) = (world(66, 0), world(67, 0));
    let refused = one.repository.with_replicas(vec![other.repository]);
    assert!(refused.unwrap_err().to_string().contains("other keys"));
}

/// Without parity and replica.
#[test]
fn what_nothing_has_is_named_and_stored_again_by_the_next_backup() {
    let world = World::new(68, Workers::pool(2).unwrap());
    fs::create_dir(world.source()).unwrap();
    for file in 0..12 {
        let bytes = Random::new(680 + file).bytes(10_000);
        fs::write(world.source().join(file.to_string()), bytes).unwrap();
    }
    world.backup();
    let name = largest(&world);
    let mut bytes = world.backend.get(&name, u64::MAX).unwrap();
    bytes[300] ^= 1;
    world.backend.replace(&name, &bytes).unwrap();
    let (_, restored) = world.restore(&world.snapshots()[0], "before");
    let lost = files(&restored.problems);
    assert!(!lost.is_empty() && lost.len() < 6, "{lost:?}");

    let report = repaired(&world, &world.repository);
    assert_eq!(files(&report.problems), lost, "the files that a restore loses, no less and no more");
    assert!(report.problems.iter().all(|problem| problem.kind == ProblemKind::Damage));
    assert_eq!(report.quarantined, [std::path::Path::new(name.as_str())]);
    assert_eq!(world.backend.get(&name, u64::MAX).unwrap(), bytes, "nothing is deleted, and nothing changed");
    let found = world.verify();
    assert_eq!(files(&found.problems), lost);
    assert!(found.problems.iter().all(|problem| !problem.path.starts_with("packs")), "{:?}", found.problems);
    // Twice is once.
    let again = repaired(&world, &world.repository);
    assert!(again.quarantined.is_empty() && files(&again.problems) == lost, "{again:?}");
    // A prune neither stops nor takes what is left.
    prune_now(&world);
    assert_eq!(files(&world.verify().problems), lost);

    world.later();
    world.backup();
    assert!(world.verify().problems.is_empty(), "the source has it");
    let (target, restored) = world.restore(&world.snapshots()[0], "after");
    assert!(restored.problems.is_empty(), "{:?}", restored.problems);
    assert!(tree_differences(&world.source(), &target).is_empty());
    prune_now(&world);
    assert!(world.backend.get(&name, u64::MAX).is_err(), "nobody needs it any more");
    assert!(world.verify().notes.iter().all(|note| !note.contains("quarantine")));
}

#[test]
fn a_file_that_is_lost_for_ever_stops_no_prune() {
    let world = World::new(69, Workers::pool(2).unwrap());
    fs::create_dir(world.source()).unwrap();
    fs::write(world.source().join("lost"), Random::new(1).bytes(50_000)).unwrap();
    world.backup();
    world.backend.delete(&largest(&world)).unwrap();
    fs::write(world.source().join("lost"), Random::new(2).bytes(50_000)).unwrap();
    world.later();
    world.backup();
    assert!(
        prune(&world.repository, &PruneOptions::default(), &world.workers, &()).is_err(),
        "nobody said so yet"
    );
    let report = repaired(&world, &world.repository);
    assert_eq!(files(&report.problems), BTreeSet::from(["lost".to_owned()]));
    prune_now(&world);
    prune_now(&world);
    assert_eq!(files(&world.verify().problems), BTreeSet::from(["lost".to_owned()]));
    Session::start(&world.repository).unwrap().forget(vec![world.snapshots()[0].id], "lost").unwrap();
    prune_now(&world);
    let found = world.verify();
    assert!(found.problems.is_empty() && world.view().damaged().is_empty(), "{found:?}");
}

#[test]
fn a_pack_that_is_sound_again_counts_again() {
    let world = world(70, 0);
    let name = largest(&world);
    let bytes = world.backend.get(&name, u64::MAX).unwrap();
    world.backend.delete(&name).unwrap();
    repaired(&world, &world.repository);
    assert_eq!(world.view().damaged().packs.len(), 1);
    world.backend.put(&name, &bytes).unwrap();
    let report = repaired(&world, &world.repository);
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    assert!(world.view().damaged().is_empty());
    assert!(world.verify().problems.is_empty());
}

#[test]
fn index_objects_are_made_again_from_the_packs() {
    let world = world(71, 0);
    for (name, bytes) in objects(&world, "index/") {
        world.backend.replace(&name, &bytes[..bytes.len() / 2]).unwrap();
    }
    let packs = world.objects("packs/").len();
    let report = repaired(&world, &world.repository);
    assert_eq!(report.mended.iter().filter(|(_, means)| *means == Means::Index).count(), packs);
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    assert!(world.verify().problems.is_empty());
    let (target, restored) = world.restore(&world.snapshots()[0], "target");
    assert!(restored.problems.is_empty() && tree_differences(&world.source(), &target).is_empty());
    prune_now(&world);
    assert!(world.verify().notes.is_empty(), "{:?}", world.verify().notes);
    let (_, restored) = world.restore(&world.snapshots()[0], "pruned");
    assert!(restored.problems.is_empty(), "{:?}", restored.problems);
}

/// An index object cannot be read, and can again from some moment on: one look at it that fails makes nobody give it up.
#[test]
fn an_index_object_that_is_back_while_a_repair_runs_still_counts() {
    let world = world(72, 0);
    let all = objects(&world, "");
    let (name, sound) = objects(&world, "index/").into_iter().next().unwrap();
    let mut at = 0;
    loop {
        let storage = Arc::new(MemoryBackend::new());
        all.iter().for_each(|(name, bytes)| storage.put(name, bytes).unwrap());
        storage.replace(&name, &sound[..sound.len() / 2]).unwrap();
        let (again, back, bytes) = (Arc::clone(&storage), name.clone(), sound.clone());
        let hooked = Hooked::new(Arc::clone(&storage), move || again.replace(&back, &bytes).unwrap());
        let open = |backend: Arc<dyn Backend>, process: u64| {
            Repository::open(backend, &password(), environment(process + at as u64, &world.clock)).unwrap()
        };
        let repository = open(Arc::clone(&hooked) as _, 1000);
        hooked.wait_for(at);
        let report = repaired(&world, &repository);
        assert!(report.problems.is_empty(), "{at}: {:?}", report.problems);
        let found = verify(&open(storage, 2000), &VerifyOptions::default(), &world.workers, &()).unwrap();
        assert!(found.problems.is_empty(), "{at}: {:?}", found.problems);
        if !hooked.has_happened() {
            break;
        }
        at += 1;
    }
    assert!(at > 20, "{at} moments");
}

/// A pack and the index object that lists it are gone: a replica has the pack, and without one nobody waits for it for ever.
#[test]
fn a_pack_that_no_index_lists_comes_back_from_a_replica_or_is_given_up() {
    for has_replica in [true, false] {
        let world = world(73, 0);
        let (_, replica) = replica(&world);
        for folder in ["packs/", "index/"] {
            objects(&world, folder).keys().for_each(|name| world.backend.delete(name).unwrap());
        }
        let repository = if has_replica { helped(&world, replica) } else { world.repository.clone() };
        let report = repaired(&world, &repository);
        assert_eq!(report.problems.is_empty(), has_replica, "{:?}", report.problems);
        assert_eq!(report.quarantined.iter().any(|object| object.starts_with("packs")), !has_replica);
        let found = world.verify().problems;
        assert!(!found.iter().any(|problem| problem.path.starts_with("packs")), "{found:?}");
        // What nothing has is in the source.
        world.later();
        world.backup();
        let (_, restored) = world.restore(world.snapshots().last().unwrap(), "target");
        assert!(restored.problems.is_empty(), "{:?}", restored.problems);
    }
}
