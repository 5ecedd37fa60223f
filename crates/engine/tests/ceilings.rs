//! Whatever lies in a repository, no verb takes much more memory than it was given.

use crate::craft::{Craft, Item, node};
use crate::world::{World, environment, password};
use lifeboat_backend::{Backend as _, ObjectName};
use lifeboat_engine::{
    Compression, Content, ListOptions, Node, NodeKind, RestoreOptions, Snapshot, Workers, backup, list,
    restore, scrub, verify,
};
use lifeboat_format::{Piece, Totals, limits};
use lifeboat_repository::{Objects, Repository, View};
use std::fs;
use std::sync::Arc;

/// Bytes that a verb may take beyond what it was given.
const BEYOND: u64 = 64 << 20;
/// A length that no pack of these repositories comes near.
const LONG: usize = 300 << 20;

/// A verb on this thread alone, whose allocations are counted, in as little memory as there may be.
fn under_ceiling<T>(world: &World, what: &str, verb: impl FnOnce(&Repository) -> T) -> T {
    let backend = Arc::clone(&world.backend);
    let mut done = None;
    let mut given = 0;
    let counted = allocation_counter::measure(|| {
        let environment = environment(600, &world.clock);
        let repository = Repository::open(backend as _, &password(), environment).unwrap();
        let repository = repository.within(0, 1, Compression::Auto);
        given = repository.memory().total();
        done = Some(verb(&repository));
    });
    assert!(counted.bytes_max <= given + BEYOND, "{what} took {} bytes of {given}", counted.bytes_max);
    done.unwrap()
}

/// All that reads.
fn read(world: &World, snapshot: &Snapshot) {
    let target = world.folder.path().join("target");
    drop(fs::remove_dir_all(&target));
    let options = RestoreOptions { target, ..RestoreOptions::default() };
    under_ceiling(world, "restore", |repository| {
        drop(restore(repository, &view(repository), snapshot, &options, &world.workers, &()));
    });
    under_ceiling(world, "ls", |repository| {
        let options = ListOptions { recursive: true, ..ListOptions::default() };
        drop(list(repository, &view(repository), snapshot, &options, &mut |_, _| {}));
    });
    under_ceiling(world, "verify", |repository| {
        let read_data = lifeboat_engine::ReadData::All;
        verify(repository, &lifeboat_engine::VerifyOptions { read_data }, &world.workers, &()).unwrap()
    });
}

fn view(repository: &Repository) -> View {
    repository.view(&repository.read_log().unwrap()).unwrap()
}

fn saved(seed: u64) -> World {
    let world = World::new(seed, Workers::inline());
    fs::create_dir(world.source()).unwrap();
    fs::write(world.source().join("file"), lifeboat_testkit::Random::new(seed).bytes(300_000)).unwrap();
    world.backup();
    world
}

/// Who can write to the storage needs no key for it.
#[test]
fn something_long_under_the_name_of_a_pack_is_not_read_whole() {
    let world = saved(320);
    let name = ObjectName::new(&format!("packs/ab/{}", "ab".repeat(32))).unwrap();
    world.backend.put(&name, &vec![0; LONG]).unwrap();
    read(&world, &world.snapshots()[0]);
    under_ceiling(&world, "backup", |repository| {
        let report = backup(repository, &world.options(), &world.workers, &()).unwrap();
        assert!(report.snapshot.is_some() && report.problems.is_empty(), "{:?}", report.problems);
    });
    let found = under_ceiling(&world, "scrub", |_| {
        let objects = Objects::open(Arc::clone(&world.backend) as _).unwrap();
        scrub(&objects, &world.workers, &()).unwrap()
    });
    assert_eq!(found.problems.len(), 1, "{:?}", found.problems);
}

#[test]
fn a_pack_that_has_grown_without_measure_is_damage_and_no_more() {
    let world = saved(321);
    let name = world.objects("packs/").remove(0);
    let mut bytes = world.backend.get(&name, u64::MAX).unwrap();
    bytes.resize(LONG, 7);
    world.backend.delete(&name).unwrap();
    world.backend.put(&name, &bytes).unwrap();
    drop(bytes);
    read(&world, &world.snapshots()[0]);
    assert!(!world.verify().problems.is_empty());
}

#[test]
fn folders_full_of_the_largest_objects_are_not_held_at_once() {
    let world = saved(322);
    let length = usize::try_from(limits::SMALL_OBJECT_MAX).unwrap();
    for number in 0..3000_u64 {
        let id = format!("{number:032x}");
        for name in [format!("keyring/{id}-{id}{id}"), format!("keys/{id}"), format!("running/{id}")] {
            if !name.starts_with("keys/") || number < 10 {
                world.backend.put(&ObjectName::new(&name).unwrap(), &vec![1; length]).unwrap();
            }
        }
    }
    read(&world, &world.snapshots()[0]);
}

/// Who has the key can commit what they like.
#[test]
fn trees_that_unfold_take_no_more_than_others() {
    let world = World::new(323, Workers::inline());
    let mut craft = Craft::new(&world);
    let blob = craft.data(&[9; 100]);
    let full = |name: &str| Node {
        size: 800,
        content: Content::Pieces(vec![Piece::Blob(blob, 100); 8]),
        ..node(name, NodeKind::File)
    };
    let mut bomb = craft.fill(node("bomb", NodeKind::Directory), vec![full("x")]);
    for _ in 0..12 {
        let entries = (b'a'..=b'z').map(|name| Node { name: vec![name], ..bomb.clone() }).collect();
        bomb = craft.fill(node("bomb", NodeKind::Directory), entries);
        bomb.totals = Some(Totals { files: 2000, directories: 2000, bytes: 0 });
    }
    let many = (0..5000).map(|number| full(&format!("{number:08}"))).collect();
    let wide = craft.fill(node("wide", NodeKind::Directory), many);
    let snapshot = craft.commit(vec![Item::with(bomb), Item::with(wide)]);
    read(&world, &snapshot);
}
