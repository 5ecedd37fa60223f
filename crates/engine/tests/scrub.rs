//! `scrub`: whatever is wrong with any object is found without a key, named once, and harms no other.

use crate::world::World;
use lifeboat_backend::{Backend, BackendError, ErrorKind, MemoryBackend, ObjectInfo, ObjectName};
use lifeboat_engine::{EngineError, ObjectKind, Problem, ProblemKind, ScrubReport, Workers, scrub};
use lifeboat_format::{Config, SessionId};
use lifeboat_repository::{Objects, RepositoryError};
use lifeboat_testkit::Random;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// What lies twice where there are second copies.
const COPIED: [&str; 4] = ["keys", "keyring", "log", "index"];

fn saved(seed: u64) -> World {
    let world = World::new(seed, Workers::pool(2).unwrap());
    std::fs::create_dir(world.source()).unwrap();
    std::fs::write(world.source().join("file"), Random::new(seed).bytes(300_000)).unwrap();
    world.backup();
    world
}

fn name(text: &str) -> ObjectName {
    ObjectName::new(text).unwrap()
}

impl World {
    fn get(&self, name: &ObjectName) -> Vec<u8> {
        self.backend.get(name, u64::MAX).unwrap()
    }

    fn replace(&self, name: &ObjectName, bytes: &[u8]) {
        self.backend.delete(name).unwrap();
        self.backend.put(name, bytes).unwrap();
    }

    /// Asks for second copies and makes them.
    fn copy_control(&self) {
        let config = name("config");
        let mut twice = Config::decode(&self.get(&config)).unwrap();
        twice.second_copies = true;
        self.replace(&config, &twice.encode());
        self.backend.put(&name("config2"), &twice.encode()).unwrap();
        for folder in COPIED {
            for object in self.objects(&format!("{folder}/")) {
                let second = object.as_str().replacen(folder, &format!("{folder}2"), 1);
                self.backend.put(&name(&second), &self.get(&object)).unwrap();
            }
        }
    }

    fn scrub(&self) -> ScrubReport {
        scrub_on(Arc::clone(&self.backend) as _).unwrap()
    }

    /// Whether exactly these are named.
    fn finds(&self, expected: &[(ProblemKind, &str)]) {
        let problems = self.scrub().problems;
        let mut found: Vec<(ProblemKind, &str)> =
            problems.iter().map(|problem| (problem.kind, problem.path.to_str().unwrap())).collect();
        found.sort_unstable();
        assert_eq!(found, expected, "{problems:?}");
    }
}

fn scrub_on(backend: Arc<dyn Backend>) -> Result<ScrubReport, EngineError> {
    scrub(&Objects::open(backend)?, &Workers::pool(2).unwrap(), &())
}

#[test]
fn all_that_is_sound_is_counted() {
    let world = saved(70);
    let report = world.scrub();
    assert!(report.problems.is_empty() && report.notes.is_empty(), "{report:?}");
    let folders = [
        (ObjectKind::KeySlot, "keys/"),
        (ObjectKind::Key, "keyring/"),
        (ObjectKind::LogEntry, "log/"),
        (ObjectKind::Index, "index/"),
        (ObjectKind::Pack, "packs/"),
    ];
    for (kind, folder) in folders {
        let objects = world.objects(folder);
        let bytes: u64 = objects.iter().map(|name| world.backend.stat(name).unwrap().size).sum();
        let checked = report.checked[&kind];
        assert_eq!((checked.objects, checked.bytes), (objects.len() as u64, bytes), "{folder}");
    }
    assert_eq!(report.total().objects, world.objects("").len() as u64);
}

#[test]
fn an_object_that_is_not_its_name_is_named_alone() {
    let world = saved(71);
    let mut random = Random::new(72);
    for object in world.objects("") {
        let sound = world.get(&object);
        let (mut flipped, mut longer) = (sound.clone(), sound.clone());
        flipped[random.index(sound.len())] ^= 1 << random.below(8);
        longer.push(0);
        let by_hash = !["config", "keys/"].iter().any(|folder| object.as_str().starts_with(folder));
        // What lies in a config or slot is bound by keys alone.
        let altered = [(flipped, by_hash), (longer, true), (Vec::new(), true)];
        for (bytes, _) in altered.iter().filter(|(_, is_noticed)| *is_noticed) {
            world.replace(&object, bytes);
            let problems = world.scrub().problems;
            let [Problem { kind, path, .. }] = &problems[..] else { panic!("{object}: {problems:?}") };
            assert_eq!(path.to_str(), Some(object.as_str()));
            // The trailer of a pack can be made again without parity, too.
            let is_pack = object.as_str().starts_with("packs/");
            assert!(
                *kind == ProblemKind::Damage || is_pack && *kind == ProblemKind::Mendable,
                "{problems:?}"
            );
        }
        world.replace(&object, &sound);
    }
    world.finds(&[]);
}

#[test]
fn a_slot_under_the_name_of_another_is_damage_and_a_newer_one_a_note() {
    let world = saved(73);
    let slot = world.objects("keys/").remove(0);
    let bytes = world.get(&slot);
    let other = format!("keys/{}", "ab".repeat(16));
    world.backend.put(&name(&other), &bytes).unwrap();
    world.finds(&[(ProblemKind::Damage, other.as_str())]);
    world.backend.delete(&name(&other)).unwrap();
    // A map, its field 0, and the version in it.
    assert_eq!(bytes[1..3], [0, 1]);
    let mut newer = bytes;
    newer[2] = 2;
    world.replace(&slot, &newer);
    let report = world.scrub();
    assert_eq!(report.problems, []);
    assert!(report.notes.len() == 1 && report.notes[0].contains("needs a newer version"), "{report:?}");
}

#[test]
fn what_a_copy_still_has_can_be_mended() {
    let world = saved(74);
    world.copy_control();
    world.finds(&[]);
    for folder in COPIED {
        let first = world.objects(&format!("{folder}/")).remove(0);
        let second = name(&first.as_str().replacen(folder, &format!("{folder}2"), 1));
        let sound = world.get(&first);
        for copy in [&first, &second] {
            world.backend.delete(copy).unwrap();
            world.finds(&[(ProblemKind::Mendable, copy.as_str())]);
            world.backend.put(copy, &sound[1..]).unwrap();
            world.finds(&[(ProblemKind::Mendable, copy.as_str())]);
            world.replace(copy, &sound);
        }
        world.replace(&first, b"");
        world.replace(&second, b"");
        world.finds(&[(ProblemKind::Damage, first.as_str()), (ProblemKind::Damage, second.as_str())]);
        world.replace(&first, &sound);
        world.replace(&second, &sound);
    }
    world.backend.delete(&name("config")).unwrap();
    world.finds(&[(ProblemKind::Mendable, "config")]);
}

#[test]
fn copies_that_differ_are_damage() {
    let world = saved(75);
    world.copy_control();
    let mut config = Config::decode(&world.get(&name("config"))).unwrap();
    config.pack += 1;
    world.replace(&name("config2"), &config.encode());
    world.finds(&[(ProblemKind::Damage, "config")]);
}

#[test]
fn what_no_repository_can_be_without_is_missed() {
    let world = saved(76);
    for (folder, place) in [("keys/", "keys"), ("keyring/", "keyring"), ("log/", "log"), ("config", "config")]
    {
        let objects: Vec<_> =
            world.objects("").into_iter().filter(|object| object.as_str().starts_with(folder)).collect();
        let bytes: Vec<_> = objects.iter().map(|object| world.get(object)).collect();
        objects.iter().for_each(|object| world.backend.delete(object).unwrap());
        world.finds(&[(ProblemKind::Damage, place)]);
        objects.iter().zip(bytes).for_each(|(object, bytes)| world.backend.put(object, &bytes).unwrap());
    }
}

#[test]
fn foreign_objects_are_noted_and_hints_are_not() {
    let world = saved(77);
    world.backend.put(&name(&format!("running/{}", SessionId::new([1; 16]))), b"any").unwrap();
    assert_eq!(world.scrub().notes, [""; 0]);
    world.backend.put(&name("packs/zz/notes.txt"), b"any").unwrap();
    let report = world.scrub();
    assert_eq!(report.problems, []);
    assert_eq!(report.notes, ["objects under names that no repository gives: 1, such as packs/zz/notes.txt"]);
}

#[test]
fn without_a_repository_there_is_nothing_to_scrub() {
    let backend = Arc::new(MemoryBackend::new());
    let ended = |backend: &Arc<MemoryBackend>| scrub_on(Arc::clone(backend) as _).unwrap_err();
    assert!(matches!(ended(&backend), EngineError::Repository(RepositoryError::NoRepository(_))));
    backend.put(&name("config"), b"{\"version\":2}").unwrap();
    assert!(matches!(ended(&backend), EngineError::Repository(RepositoryError::Foreign(_))));
}

#[test]
fn a_pack_with_a_sector_that_cannot_be_read_can_be_mended() {
    let world = World::with_parity(79, Workers::inline(), 3);
    std::fs::create_dir(world.source()).unwrap();
    std::fs::write(world.source().join("file"), Random::new(79).bytes(300_000)).unwrap();
    world.backup();
    for object in world.objects("packs/") {
        let (inner, bad) = (Arc::clone(&world.backend), object.clone());
        let before = move |name: &ObjectName, range: Range<u64>| match *name == bad
            && range.start < 8192
            && 4096 < range.end
        {
            true => Err(BackendError::new(ErrorKind::Damaged, "get range of", name)),
            false => Ok(()),
        };
        let found = scrub_on(Arc::new(Disturbed { inner, before })).unwrap().problems;
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].kind, found[0].path.to_str()), (ProblemKind::Mendable, Some(object.as_str())));
    }
}

/// Whoever writes puts one copy after the other.
#[test]
fn a_copy_that_is_put_while_others_are_read_is_not_missed() {
    let world = saved(80);
    world.copy_control();
    let entry = world.objects("log/").remove(0);
    let bytes = world.get(&entry);
    world.backend.delete(&entry).unwrap();
    world.finds(&[(ProblemKind::Mendable, entry.as_str())]);
    let (inner, other) = (Arc::clone(&world.backend), Arc::clone(&world.backend));
    let before = move |name: &ObjectName, _| match name.as_str().starts_with("packs/") {
        true => other.put(&entry, &bytes),
        false => Ok(()),
    };
    let found = scrub_on(Arc::new(Disturbed { inner, before })).unwrap();
    assert!(found.problems.is_empty(), "{:?}", found.problems);
}

/// A storage in which something happens before bytes of an object are read.
struct Disturbed<F> {
    inner: Arc<MemoryBackend>,
    before: F,
}

impl<F> fmt::Debug for Disturbed<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Disturbed")
    }
}

type Read = Result<(), BackendError>;

impl<F: Fn(&ObjectName, Range<u64>) -> Read + Send + Sync> Backend for Disturbed<F> {
    fn put(&self, name: &ObjectName, bytes: &[u8]) -> Result<(), BackendError> {
        self.inner.put(name, bytes)
    }

    fn get(&self, name: &ObjectName, limit: u64) -> Result<Vec<u8>, BackendError> {
        self.inner.get(name, limit)
    }

    fn get_range(&self, name: &ObjectName, offset: u64, buffer: &mut [u8]) -> Result<(), BackendError> {
        (self.before)(name, offset..offset + buffer.len() as u64)?;
        self.inner.get_range(name, offset, buffer)
    }

    fn stat(&self, name: &ObjectName) -> Result<ObjectInfo, BackendError> {
        self.inner.stat(name)
    }

    fn list(&self, prefix: &str, visit: &mut dyn FnMut(ObjectInfo)) -> Result<(), BackendError> {
        self.inner.list(prefix, visit)
    }

    fn delete(&self, name: &ObjectName) -> Result<(), BackendError> {
        self.inner.delete(name)
    }

    fn location(&self) -> String {
        self.inner.location()
    }
}

#[test]
fn a_disk_that_fails_names_the_object_and_a_storage_that_refuses_ends_it() {
    let world = saved(78);
    let object = world.objects("packs/").remove(1);
    let total = world.scrub().total().objects;
    let scrub = |kind| {
        let (inner, object) = (Arc::clone(&world.backend), object.clone());
        let before = move |name: &ObjectName, _| match *name == object {
            true => Err(BackendError::new(kind, "get range of", name)),
            false => Ok(()),
        };
        scrub_on(Arc::new(Disturbed { inner, before }))
    };
    let failed = scrub(ErrorKind::Damaged).unwrap();
    let [Problem { kind: ProblemKind::Damage, path, cause }] = &failed.problems[..] else {
        panic!("{failed:?}")
    };
    assert!(path.to_str() == Some(object.as_str()) && cause.contains("the storage failed"), "{failed:?}");
    assert_eq!(failed.total().objects, total, "all others are looked at");
    let gone = scrub(ErrorKind::NotFound).unwrap();
    assert_eq!((gone.problems.len(), gone.total().objects), (0, total - 1));
    assert_eq!(gone.notes, ["objects that somebody deleted before it was their turn: 1"]);
    for kind in [ErrorKind::Denied, ErrorKind::Unavailable, ErrorKind::Other] {
        assert!(matches!(scrub(kind), Err(EngineError::Repository(RepositoryError::Backend(_)))));
    }
}
