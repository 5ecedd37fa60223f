//! What `verify` reads when it does not read everything, and how often it names what is damaged.

use crate::world::World;
use lifeboat_backend::{Backend as _, ObjectName};
use lifeboat_engine::{Event, Observer, ProblemKind, ReadData, RepairOptions, VerifyReport, Workers, repair};
use lifeboat_format::ObjectList;
use lifeboat_repository::{Pruner, Session};
use lifeboat_testkit::Random;
use std::sync::Mutex;
use std::time::Duration;

const GROUPS: u32 = 5;

fn world_of_many_packs(seed: u64) -> World {
    let world = World::new(seed, Workers::inline());
    std::fs::create_dir(world.source()).unwrap();
    save_more(&world, seed);
    world
}

/// About sixteen packs more.
fn save_more(world: &World, seed: u64) {
    std::fs::write(world.source().join(seed.to_string()), Random::new(seed).bytes(1 << 20)).unwrap();
    world.backup();
}

/// The lengths of the packs that are read.
#[derive(Default)]
struct Lengths(Mutex<Vec<u64>>);

impl Observer for Lengths {
    fn event(&self, event: &Event<'_>) {
        if let Event::Read(bytes) = event {
            self.0.lock().unwrap().push(*bytes);
        }
    }
}

fn lengths(world: &World, read_data: ReadData) -> Vec<u64> {
    let lengths = Lengths::default();
    let report = world.verify_part(read_data, &lengths);
    let lengths = lengths.0.into_inner().unwrap();
    assert_eq!(report.problems, []);
    assert_eq!((report.packs_read, report.bytes_read), (lengths.len() as u64, lengths.iter().sum()));
    lengths
}

fn flip(world: &World, name: &ObjectName) {
    let mut bytes = world.backend.get(name, u64::MAX).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 8;
    world.backend.delete(name).unwrap();
    world.backend.put(name, &bytes).unwrap();
}

/// How often each object, not file, is named.
fn named(report: &VerifyReport) -> Vec<String> {
    assert!(report.problems.iter().all(|problem| problem.kind == ProblemKind::Damage), "{report:?}");
    let mut names: Vec<String> =
        report.problems.iter().map(|problem| problem.path.display().to_string()).collect();
    names.retain(|name| !name.contains(":/"));
    names
}

#[test]
fn each_pack_is_in_one_group_and_stays_there() {
    let world = world_of_many_packs(60);
    let group = |number| ReadData::Group { number, groups: GROUPS };
    let whole = world.verify();
    let read = |number| world.verify_part(group(number), &()).packs_read;
    assert!(whole.packs >= 16 && (1..=GROUPS).map(read).sum::<u64>() == whole.packs, "{whole:?}");
    let damaged = world.objects("packs/").remove(3);
    flip(&world, &damaged);
    let finders = || -> Vec<u32> {
        let finds = |number: &u32| named(&world.verify_part(group(*number), &())) == [damaged.as_str()];
        (1..=GROUPS).filter(finds).collect()
    };
    let before = finders();
    assert_eq!(before.len(), 1, "{before:?}");
    save_more(&world, 61);
    assert_eq!(finders(), before, "packs that are added send no other to another group");
}

#[test]
fn a_share_and_a_size_are_random_and_kept() {
    let world = world_of_many_packs(62);
    let whole = world.verify();
    assert_eq!((whole.packs_read, whole.bytes_read), (whole.packs, whole.bytes));
    for (millionths, expected) in [(1, 1), (250_000, whole.packs.div_ceil(4)), (1_000_000, whole.packs)] {
        assert_eq!(lengths(&world, ReadData::Share(millionths)).len() as u64, expected);
    }
    assert_ne!(lengths(&world, ReadData::Share(300_000)), lengths(&world, ReadData::Share(300_000)));
    for size in [1, whole.bytes / 3, whole.bytes - 1, whole.bytes] {
        let read = lengths(&world, ReadData::Size(size));
        let total: u64 = read.iter().sum();
        let (kept, all) = (total <= size || read.len() == 1, total == whole.bytes);
        assert!(kept && !read.is_empty() && all == (size == whole.bytes), "{size}: {read:?}");
    }
    assert_ne!(lengths(&world, ReadData::Size(300_000)), lengths(&world, ReadData::Size(300_000)));
}

#[test]
fn no_pack_is_begun_when_the_time_is_over() {
    let world = world_of_many_packs(63);
    // A second passes whenever somebody looks: once at the start, once before each pack.
    for seconds in [1, 2, 6] {
        let read = lengths(&world, ReadData::Time(Duration::from_secs(seconds)));
        assert_eq!(read.len() as u64, seconds - 1);
    }
    let packs = world.verify().packs;
    assert_eq!(lengths(&world, ReadData::Time(Duration::from_secs(1000))).len() as u64, packs);
    assert!(lengths(&world, ReadData::None).is_empty());
}

#[test]
fn what_is_damaged_is_named_once_by_its_name_in_the_storage() {
    let world = world_of_many_packs(64);
    let (packs, index) = (world.objects("packs/"), world.objects("index/"));
    flip(&world, &packs[1]);
    world.backend.delete(&packs[2]).unwrap();
    let (flipped, gone) = (packs[1].as_str(), packs[2].as_str());
    assert_eq!(named(&world.verify()), [gone, flipped]);
    assert_eq!(named(&world.verify_part(ReadData::None, &())), [gone], "the structure is always whole");
    index.iter().for_each(|name| flip(&world, name));
    let mut expected: Vec<&str> = index.iter().map(ObjectName::as_str).collect();
    let mut found = named(&world.verify());
    expected.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, expected, "nobody repeats it for every pack that it lists");
}

#[test]
fn packs_that_are_about_to_be_swept_need_no_index() {
    let world = World::new(77, Workers::inline());
    std::fs::create_dir(world.source()).unwrap();
    save_more(&world, 77);
    let ids = world.snapshots().iter().map(|snapshot| snapshot.id).collect();
    Session::start(&world.repository).unwrap().forget(ids, "for a test").unwrap();
    let packs = world.view().packs().iter().copied().collect();
    // Whoever condemned them died before the sweep.
    drop(Pruner::start(&world.repository).unwrap().condemn(ObjectList { packs, index: Vec::new() }).unwrap());
    for name in world.objects("index/") {
        world.backend.delete(&name).unwrap();
    }
    let repaired = repair(&world.repository, &RepairOptions::default(), &world.workers, &()).unwrap();
    assert!(!repaired.quarantined.is_empty(), "{repaired:?}");
    let report = world.verify();
    assert!(report.problems.is_empty(), "{:?}", report.problems);
}
