//! Packs are listed as often as it is cheap, and whenever there is reason to.

use super::{Far, Machine, Requests, asked, unchanged};
use lifeboat_backend::{Backend as _, ObjectName};
use lifeboat_engine::{VerifyOptions, restore, verify};
use lifeboat_testkit::{Random, TreeSpec, make_tree};
use std::fs;
use std::sync::atomic::Ordering;

const HOUR: i64 = 60 * 60;

#[test]
fn few_packs_are_listed_once_an_hour() {
    let machine = Machine::with_files(3, 5);
    let listed = |requests: &Requests| requests.get("list packs").copied();
    assert_eq!(listed(&machine.backup()), Some(1), "by whoever never did");
    assert_eq!(listed(&machine.backup()), None);
    machine.world.advance(HOUR - 60);
    assert_eq!(listed(&machine.backup()), None);
    machine.world.advance(60);
    assert_eq!(listed(&machine.backup()), Some(1));
    assert_eq!(listed(&machine.backup()), None);
    fs::write(machine.world.source().join("new"), "new").unwrap();
    machine.backup();
    assert_eq!(listed(&machine.backup()), None, "one that stored packs and ended well");
}

#[test]
fn a_pack_that_is_lost_is_listed_for_until_it_is_stored_again() {
    let machine = Machine::with_files(4, 5);
    fs::write(machine.world.source().join("large"), Random::new(4).bytes(300_000)).unwrap();
    machine.world.later();
    machine.backup();
    machine.backup();
    for object in machine.world.objects("packs/") {
        machine.world.backend.delete(&object).unwrap();
    }
    // What nobody has reason to doubt is relied on for an hour.
    assert_eq!(machine.backup(), unchanged());
    let far = Far::new(&machine.world.backend, u64::MAX);
    let report = verify(&machine.open(&far), &VerifyOptions::default(), &machine.world.workers, &()).unwrap();
    assert!(!report.problems.is_empty(), "but verify lists");
    for _ in 0..2 {
        let requests = machine.backup();
        assert_eq!(requests["list packs"], 1, "a loss is never forgotten");
    }
    machine.check_restore();
}

#[test]
fn a_restore_that_misses_a_pack_makes_the_next_backup_look() {
    let machine = Machine::with_files(5, 5);
    fs::write(machine.world.source().join("large"), Random::new(5).bytes(300_000)).unwrap();
    machine.world.later();
    machine.backup();
    machine.backup();
    let largest = |name: &ObjectName| machine.world.backend.stat(name).unwrap().size;
    let lost = machine.world.objects("packs/").into_iter().max_by_key(largest).unwrap();
    machine.world.backend.delete(&lost).unwrap();
    let far = Far::new(&machine.world.backend, u64::MAX);
    let options = machine.restore_options();
    let snapshot = machine.world.snapshots().pop().unwrap();
    let report =
        restore(&machine.open(&far), &machine.world.view(), &snapshot, &options, &machine.world.workers, &())
            .unwrap();
    assert!(!report.problems.is_empty());
    assert_eq!(machine.backup()["list packs"], 1);
}

#[test]
fn a_killed_backup_goes_on_without_sending_again_what_it_had() {
    let tree = || {
        let machine = Machine::new(6);
        make_tree(&machine.world.source(), 6, &TreeSpec { odd: false, ..TreeSpec::default() });
        machine.world.later();
        machine
    };
    let plain = tree();
    let whole = Far::new(&plain.world.backend, u64::MAX);
    plain.try_backup(&whole).unwrap();
    let undisturbed = whole.sent.load(Ordering::Relaxed);
    let puts = u64::MAX - whole.puts_left.load(Ordering::Relaxed);

    let machine = tree();
    let mut random = Random::new(6);
    let mut sent = 0;
    for _ in 0..6 {
        // The first puts are the hint and those of the adoption.
        let far = Far::new(&machine.world.backend, 4 + random.below(puts / 3));
        assert!(machine.try_backup(&far).is_err());
        sent += far.sent.load(Ordering::Relaxed);
    }
    let last = Far::new(&machine.world.backend, u64::MAX);
    assert!(machine.try_backup(&last).unwrap().problems.is_empty());
    sent += last.sent.load(Ordering::Relaxed);
    assert!(sent < undisturbed + undisturbed / 5, "{sent} bytes instead of {undisturbed}");
    assert_eq!(asked(&last)["list packs"], 1);
    machine.check();
}

#[test]
fn a_backup_that_failed_and_took_its_hint_along_is_looked_for_as_well() {
    let machine = Machine::with_files(7, 5);
    machine.backup();
    machine.backup();
    fs::write(machine.world.source().join("large"), Random::new(7).bytes(600_000)).unwrap();
    machine.world.later();
    let far = Far::new(&machine.world.backend, 6);
    assert!(machine.try_backup(&far).is_err());
    for hint in machine.world.objects("running/") {
        machine.world.backend.delete(&hint).unwrap();
    }
    let sent = far.sent.load(Ordering::Relaxed);
    let next = Far::new(&machine.world.backend, u64::MAX);
    machine.try_backup(&next).unwrap();
    assert!(sent > 100_000 && next.sent.load(Ordering::Relaxed) < 600_000 * 11 / 10 - sent);
    machine.check();
}
