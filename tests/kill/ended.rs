//! Backups that are ended before their end: whatever ends one, there is no snapshot, the repository is sound, and the next
//! stores nothing twice.
//!
//! Nothing here depends on how fast the machine is: a run is ended when it has got somewhere, or at a moment of which
//! any is as good as any other.

use std::fs;
use std::path::Path;

use lifeboat_testkit::{Random, needs};
use rustix::fs::{Mode, OFlags, open};

use super::world::{Signal, World, bytes_of, packs_of};

/// What packs that were closed early cost: headers, directories, segments that were not full. Of what was in flight
/// when a process was killed nothing is in the repository, so it costs no more.
const CLOSED_EARLY: u64 = 1 << 20;

/// Whether there are hidden files among the packs, though the file system can keep what is not complete without a name.
fn has_needless_leftovers(repository: &Path) -> bool {
    let folders = fs::read_dir(repository.join("packs")).unwrap();
    let mut files = folders.flat_map(|folder| fs::read_dir(folder.unwrap().path()).unwrap());
    let is_hidden = |file: fs::DirEntry| file.file_name().as_encoded_bytes().starts_with(b".");
    open(repository, OFlags::TMPFILE | OFlags::WRONLY, Mode::RWXU).is_ok()
        && files.any(|file| is_hidden(file.unwrap()))
}

#[test]
fn a_backup_that_was_ended_is_taken_up_by_the_next() {
    if !needs("rsync") {
        return;
    }
    let world = World::new();
    world.write_source(20);
    let undisturbed = world.new_repository("plain");
    world.run(&undisturbed, &["backup", "source"]);
    let (packs, plain) = packs_of(&undisturbed);
    assert!(packs >= 6, "{packs} packs of {plain} bytes");

    let ends = [(1, Signal::Int), (3, Signal::Term), (1, Signal::Kill), (3, Signal::Kill)];
    for (packs, signal) in ends {
        let repository = &world.new_repository(&format!("after-{packs}-{signal:?}"));
        let said = world.end_backup(repository, packs, signal);
        let lines: Vec<&str> = said.lines().collect();
        if signal == Signal::Kill {
            assert!(lines.is_empty(), "{said}");
        } else {
            let hint = "hint: run the same command again: what is stored already is used";
            // One that takes long to end says so.
            let last = &lines[lines.len().saturating_sub(2)..];
            assert_eq!(last, ["error: interrupted: no snapshot was made", hint]);
        }
        assert_eq!(world.run(repository, &["snapshots", "--json"]).trim(), "[]");
        // One that was asked to stop has told all that it stored.
        let said = world.verify_after(repository, signal);
        assert_eq!(said.contains("packs that no index names"), signal == Signal::Kill, "{said}");
        assert_eq!(said.contains("has ended without a word"), signal == Signal::Kill, "{said}");
        assert!(!repository.directory().is_some_and(has_needless_leftovers));

        let said = world.run(repository, &["backup", "source"]);
        let takes_over =
            said.contains("taking over packs that no index names, as killed backups leave them: ");
        assert_eq!(takes_over, signal == Signal::Kill, "{said}");
        let (_, bytes) = packs_of(repository);
        assert!(
            bytes <= plain + CLOSED_EARLY,
            "{signal:?} after {packs} packs: {bytes} bytes, uninterrupted {plain}"
        );
        let said = world.run(repository, &["verify", "--read-data"]);
        let leftover = ["killed backups", "without a word"].iter().find(|words| said.contains(*words));
        assert_eq!(leftover, None, "{said}");
        world.assert_restores(repository);
        // All of them would take gigabytes.
        repository.directory().map_or(Ok(()), fs::remove_dir_all).unwrap();
    }
}

#[test]
fn a_backup_that_is_ended_ten_times_stores_next_to_nothing_twice() {
    if !needs("rsync") {
        return;
    }
    let world = World::new();
    world.write_source(20);
    let plain = world.new_repository("plain");
    world.run(&plain, &["backup", "source"]);
    let (packs, undisturbed) = (packs_of(&plain).0, bytes_of(&plain));
    for (seed, signal) in [(1, Signal::Kill), (2, Signal::Int)] {
        let repository = &world.new_repository(&format!("often-{signal:?}"));
        let mut random = Random::new(seed);
        for end in 0..10 {
            let stored = packs_of(repository).0;
            // Every other run gets a pack further, as long as that cannot be the end.
            let further = usize::from(end % 2 == 0 && stored + 2 < packs);
            world.end_some_time(repository, stored + further, signal, &mut random);
            let said = world.verify_after(repository, signal);
            let is_named = !said.contains("packs that no index names");
            assert!(is_named || signal == Signal::Kill, "seed {seed}, end {end}: {said}");
        }
        world.run(repository, &["backup", "source"]);
        let bytes = bytes_of(repository);
        assert!(
            bytes * 10 <= undisturbed * 11,
            "{signal:?}, seed {seed}: {bytes} bytes, undisturbed {undisturbed}"
        );
        world.run(repository, &["verify", "--read-data"]);
        world.assert_restores(repository);
        // All of them would take gigabytes.
        repository.directory().map_or(Ok(()), fs::remove_dir_all).unwrap();
    }
}
