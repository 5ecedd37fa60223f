//! The probe of a store: whatever is odd about it is found, and called by its name.

use crate::odd::{Odd, Oddity};
use crate::world::{environment, names, password, small};
use lifeboat_backend::{Backend, LocalBackend, MemoryBackend, ObjectName};
use lifeboat_repository::{
    Check, CheckKind, Door, InitOptions, Repository, Role, StoreProbe, Verdict, Workers, init, probe,
};
use std::sync::Arc;

fn door(backend: Arc<dyn Backend>) -> Door {
    Door { name: "the door".into(), backend }
}

fn probe_odd(oddity: Oddity) -> StoreProbe {
    let store = Arc::new(MemoryBackend::new());
    probe(&[door(Odd::new(&store, oddity))], Some(&Workers::inline()), &environment(1))
}

/// Kinds that ended like this.
fn kinds(found: &StoreProbe, verdict: Verdict) -> Vec<CheckKind> {
    found.checks.iter().filter(|check| check.verdict == verdict).map(|check| check.kind).collect()
}

fn check(found: &StoreProbe, kind: CheckKind) -> &Check {
    found.checks.iter().find(|check| check.kind == kind).unwrap()
}

#[test]
fn sound_stores_pass_and_are_left_as_they_were() {
    let scratch = tempfile::tempdir().unwrap();
    let stores: [Arc<dyn Backend>; 3] = [
        Odd::new(&Arc::default(), Oddity::None),
        Arc::new(MemoryBackend::new()),
        Arc::new(LocalBackend::open(scratch.path()).unwrap()),
    ];
    for store in stores {
        store.put(&ObjectName::new("config").unwrap(), b"x").unwrap();
        let found = probe(&[door(Arc::clone(&store))], Some(&Workers::inline()), &environment(1));
        // A disk tells the true time, the clock of the tests another one.
        let odd: Vec<_> = found.checks.iter().filter(|check| check.verdict != Verdict::Passed).collect();
        assert!(odd.iter().all(|check| check.kind == CheckKind::Clock), "{odd:?}");
        assert!(found.is_consistent() && found.rights.role() == Some(Role::Pruner));
        assert!(found.checks.iter().any(|check| check.kind == CheckKind::Pages));
        assert_eq!(names(&*store, ""), ["config"]);
    }
}

#[test]
fn each_oddity_is_found_and_named() {
    use CheckKind as Kind;
    let table: [(Oddity, &[Kind], Kind, &str); 11] = [
        (Oddity::LateRead, &[Kind::Read, Kind::ReadAfterMiss], Kind::Read, ""),
        (Oddity::RemembersMisses, &[Kind::ReadAfterMiss], Kind::ReadAfterMiss, ""),
        (Oddity::ShiftedRange, &[Kind::Range], Kind::Range, "other bytes came back"),
        (Oddity::EndlessRange, &[Kind::Range], Kind::Range, "and not refused"),
        (Oddity::WrongSize, &[Kind::List, Kind::Size], Kind::Size, "another size"),
        (Oddity::LateList, &[Kind::List, Kind::Unlist, Kind::Pages], Kind::List, "is not listed"),
        (Oddity::Stutters, &[Kind::List, Kind::Pages], Kind::Pages, "1100 of 1100 objects"),
        (Oddity::RefusesAgain, &[Kind::Again], Kind::Again, ""),
        (Oddity::DeletedIsRead, &[Kind::Delete], Kind::Delete, "something to read where nothing is"),
        (Oddity::DeletedIsListed, &[Kind::Unlist, Kind::Pages], Kind::Unlist, "still listed"),
        (Oddity::OnePage, &[Kind::Pages], Kind::Pages, "1000 of 1100 objects"),
    ];
    for (oddity, failed, kind, words) in table {
        let found = probe_odd(oddity);
        let mut kinds = kinds(&found, Verdict::Failed);
        kinds.sort_unstable();
        let mut failed = failed.to_vec();
        failed.sort_unstable();
        assert_eq!(kinds, failed, "{oddity:?}: {found:?}");
        let check = check(&found, kind);
        assert!(check.finding.contains(words), "{check:?}");
        assert!(!(check.finding.is_empty() && check.cause.is_none()), "{check:?}");
        assert!(!found.is_consistent(), "{oddity:?}");
    }
}

#[test]
fn what_is_worth_knowing_is_noted_and_no_failure() {
    let table = [
        (Oddity::KeepsVersions, CheckKind::Versions, "lifecycle rule"),
        (Oddity::TakesDamage, CheckKind::Checksums, "only https:// guards"),
        (Oddity::ClockAhead(300), CheckKind::Clock, "300 s ahead of"),
    ];
    for (oddity, kind, words) in table {
        let found = probe_odd(oddity);
        assert_eq!(kinds(&found, Verdict::Noted), [kind]);
        assert!(check(&found, kind).finding.contains(words), "{found:?}");
        assert!(found.is_consistent());
    }
    assert_eq!(check(&probe_odd(Oddity::ClockAhead(59)), CheckKind::Clock).verdict, Verdict::Passed);
}

#[test]
fn rights_are_told_apart_and_nothing_is_passed_that_was_not_tried() {
    let role = |refused| probe_odd(Oddity::Refuses(refused)).rights.role();
    assert_eq!(role("delete"), Some(Role::Writer));
    assert_eq!(role("put"), Some(Role::Reader));
    assert_eq!((role("get"), role("list")), (None, None));

    let reader = probe_odd(Oddity::Refuses("put"));
    assert_eq!(kinds(&reader, Verdict::Failed), []);
    let unknown = kinds(&reader, Verdict::Unknown).len();
    assert_eq!(
        (unknown, kinds(&reader, Verdict::Passed).len()),
        (9, 2),
        "all but the place itself: {reader:?}"
    );

    let writer = probe_odd(Oddity::Refuses("delete"));
    assert_eq!(kinds(&writer, Verdict::Unknown), [CheckKind::Delete, CheckKind::Pages, CheckKind::Unlist]);
    assert!(check(&writer, CheckKind::Leftovers).finding.starts_with("2 small objects"), "{writer:?}");
    assert_eq!(check(&writer, CheckKind::Read).verdict, Verdict::Passed);
}

#[test]
fn a_store_that_does_not_answer_is_asked_for_nothing_more() {
    let found = probe_odd(Oddity::Silent);
    assert_eq!(kinds(&found, Verdict::Failed), [CheckKind::Reach]);
    assert!(check(&found, CheckKind::Reach).cause.as_ref().unwrap().is_retryable());
    assert!(found.first_byte.is_none() && found.rights.role().is_none());
}

#[test]
fn every_door_is_tried_with_every_other() {
    let store = Arc::new(MemoryBackend::new());
    let named = |name: &str, oddity| Door { name: name.into(), backend: Odd::new(&store, oddity) as _ };
    let found =
        probe(&[named("a", Oddity::None), named("b", Oddity::RemembersMisses)], None, &environment(1));
    assert_eq!(kinds(&found, Verdict::Failed), [CheckKind::ReadAfterMiss]);
    let finding = &check(&found, CheckKind::ReadAfterMiss).finding;
    assert_eq!(finding, "changed through a, seen through b");
    assert_eq!(names(&*store, ""), Vec::<String>::new());
}

#[test]
fn what_a_killed_probe_left_is_deleted_once_it_is_old() {
    let store = Arc::new(MemoryBackend::new());
    for name in ["probe/old-1", "probe/new-1", "packs/00/old"] {
        store.put(&ObjectName::new(name).unwrap(), b"x").unwrap();
    }
    let found = probe(&[door(Odd::new(&store, Oddity::None))], None, &environment(1));
    assert!(found.is_consistent());
    assert_eq!(names(&*store, ""), ["packs/00/old", "probe/new-1"]);
}

#[test]
fn a_store_that_may_be_late_makes_its_repository_exclusive() {
    for (oddity, exclusive) in
        [(Oddity::None, false), (Oddity::Network, true), (Oddity::RemembersMisses, true)]
    {
        let store = Arc::new(MemoryBackend::new());
        let backend: Arc<dyn Backend> = Odd::new(&store, oddity);
        let (made, found) = init(backend, &password(), &small(), environment(3)).unwrap();
        assert_eq!((made.config().exclusive, found.is_consistent()), (exclusive, !exclusive), "{oddity:?}");
        let opened = Repository::open(store, &password(), environment(4)).unwrap();
        assert_eq!(opened.config(), made.config());
        opened.read_log().unwrap();
    }
}

#[test]
fn an_init_tries_all_doors_and_minds_no_leftovers() {
    let store = Arc::new(MemoryBackend::new());
    store.put(&ObjectName::new("probe/new-1").unwrap(), b"x").unwrap();
    let doors = [Oddity::None, Oddity::LateRead].map(|oddity| door(Odd::new(&store, oddity)));
    let options = InitOptions { doors: doors.to_vec(), ..small() };
    let (made, _) = init(Arc::clone(&store) as _, &password(), &options, environment(3)).unwrap();
    assert!(made.config().exclusive);
}

#[test]
fn who_may_not_delete_can_make_a_repository() {
    let store = Arc::new(MemoryBackend::new());
    let backend: Arc<dyn Backend> = Odd::new(&store, Oddity::Refuses("delete"));
    let (made, found) = init(backend, &password(), &small(), environment(3)).unwrap();
    assert!(!made.config().exclusive && found.rights.role() == Some(Role::Writer));
    assert_eq!(names(&*store, "running/").len(), 1);
}
