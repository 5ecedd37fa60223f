//! The order of system calls in which something is stored, and told to be stored.
//!
//! The rules are those of docs/log-protocol.md and of the local disk: bytes before names, names before what relies on
//! them, and everything before a word of success.

use std::path::{Path, PathBuf};

use lifeboat_testkit::needs;

use super::trace::{Name, Trace};
use super::world::World;

/// Later kinds of objects rely on the earlier ones.
const KINDS: [(&str, u32); 7] =
    [("running", 0), ("keys", 1), ("keyring", 1), ("packs", 1), ("index", 2), ("log", 3), ("config", 4)];

/// Second copies are of the kind of their objects.
fn kind(path: &Path, repository: &Path) -> Option<u32> {
    let first = path.strip_prefix(repository).ok()?.iter().next()?.to_str()?;
    KINDS.iter().find(|(folder, _)| *folder == first.trim_end_matches('2')).map(|(_, kind)| *kind)
}

/// Where the second copy of an object lies, if it has one.
fn second_copy(path: &Path, repository: &Path) -> Option<PathBuf> {
    let mut parts = path.strip_prefix(repository).ok()?.iter();
    let first = parts.next()?.to_str()?;
    let is_doubled = ["keys", "keyring", "index", "log", "config"].contains(&first);
    is_doubled.then(|| parts.fold(repository.join(format!("{first}2")), |path, part| path.join(part)))
}

/// Asserts every rule; gives how many objects were stored.
fn assert_order(trace: &Trace, world: &World) -> usize {
    let here: Vec<&Name> =
        trace.names.iter().filter(|name| name.path.starts_with(world.path("")) && is_kept(name)).collect();
    let objects: Vec<&&Name> = here.iter().filter(|name| name.content.is_some()).collect();
    let told = trace.told.iter().map(|span| span.start).min().expect("it says what it has done");
    for name in &here {
        let settled = trace.settled(name);
        assert!(settled.is_some_and(|end| end < told), "told before its directory was synced: {name:?}");
    }
    for content in trace.contents.iter().filter(|content| content.path.starts_with(world.path(""))) {
        let is_synced = content.syncs.first().is_some_and(|sync| sync.end < told);
        assert!(content.last_write.is_none() || is_synced, "told before it was synced: {content:?}");
    }
    for object in &objects {
        assert_synced_once_before_it_is_named(object);
        for folder in object.path.ancestors().skip(2).take_while(|path| path.starts_with(world.repository()))
        {
            // Whoever made the folders below may not have come to that.
            let is_synced = trace.is_synced_before(folder, object.span);
            assert!(
                is_synced,
                "{object:?}\nis named before a folder above it was synced: {}",
                folder.display()
            );
        }
        if let Some(second) = second_copy(&object.path, &world.repository()) {
            let second = objects.iter().find(|object| object.path == second).expect("the second copy");
            let is_settled = trace.settled(second).is_some_and(|end| end < object.span.start);
            assert!(is_settled, "{object:?}\nis named before its second copy is durable");
        }
        let own = kind(&object.path, &world.repository());
        for earlier in objects.iter().filter(|earlier| kind(&earlier.path, &world.repository()) < own) {
            let is_settled = trace.settled(earlier).is_some_and(|end| end < object.span.start);
            let is_later = object.span.end < earlier.span.start;
            assert!(is_settled || is_later, "{object:?}\nis named before this is durable:\n{earlier:?}");
        }
    }
    objects.len()
}

fn assert_synced_once_before_it_is_named(object: &Name) {
    let content = object.content.as_ref().unwrap();
    let [sync] = &content.syncs[..] else { panic!("not synced once, but so often: {object:?}") };
    assert!(content.last_write.is_none_or(|write| write.end < sync.start), "synced too early: {object:?}");
    assert!(sync.end < object.span.start, "named before it was synced: {object:?}");
}

/// What is hidden only lasts until it gets its name.
fn is_kept(name: &Name) -> bool {
    !name.path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".tmp-"))
}

#[test]
fn what_is_told_is_durable_and_so_is_what_it_relies_on() {
    if !needs("strace") {
        return;
    }
    let world = World::new();
    world.write_source(1 << 20);
    let init = world.traced(&["init", "--kdf-memory", "32"]);
    assert!(assert_order(&init, &world) >= 17, "claim; slot, keys, log entry and config twice");
    let config = |name: &&Name| name.path == world.repository().join("config");
    assert_eq!(init.names.iter().filter(config).count(), 1);
    for _ in 0..2 {
        // A hint, packs of both kinds, the index of each and an entry of the log twice.
        assert_eq!(assert_order(&world.traced(&["backup", "source"]), &world), 9);
        world.write_source(2 << 20);
    }
    let add = world.traced(&["key", "add", "--new-key-file", "key"]);
    assert_eq!(assert_order(&add, &world), 2);
    let id = slot(&add, &world);
    let remove = world.traced(&["key", "remove", &id]);
    assert_eq!(slot(&remove, &world), id);
    assert_eq!(assert_order(&remove, &world), 0);
    world.run(&["verify", "--read-data"]);
}

#[test]
fn the_order_is_the_same_where_files_must_have_names_from_the_start() {
    if !needs("strace") {
        return;
    }
    let world = World::with_repository();
    world.write_source(1 << 20);
    let trace = world.traced_with(&["-e", "inject=linkat:error=EPERM"], &["backup", "source"]);
    assert_eq!(assert_order(&trace, &world), 9);
    assert!(trace.names.iter().any(|name| !is_kept(name)), "{:?}", trace.names);
    world.run(&["verify", "--read-data"]);
    assert!(world.leftovers().is_empty());
}

#[test]
fn a_file_gets_its_name_without_the_help_of_proc() {
    if !needs("strace") || !lifeboat_testkit::needs_root() {
        return;
    }
    let world = World::with_repository();
    world.write_source(1 << 20);
    let trace = world.traced_with(&["-e", "inject=linkat:error=ENOENT:when=1"], &["backup", "source"]);
    assert_eq!(assert_order(&trace, &world), 9);
    assert!(trace.names.iter().all(is_kept), "{:?}", trace.names);
}

/// The id of the key slot whose name came or went.
fn slot(trace: &Trace, world: &World) -> String {
    let slots = world.repository().join("keys");
    let mut found = trace.names.iter().filter(|name| name.path.parent() == Some(&slots));
    let name = found.next().expect("a slot").path.file_name().unwrap().to_str().unwrap().to_owned();
    assert!(found.next().is_none());
    name
}
