//! Whole drills: what they claim, and what they refuse to claim.

use crate::world::World;
use lifeboat_backend::Backend as _;
use lifeboat_drill::plan::{ResolvedDrill, Sample, Scenario};
use lifeboat_drill::record::{CheckResult, Kind, Level, Mode, Outcome, SelectionKind, Status};
use lifeboat_drill::storage::{Overlay, StorageFault};
use lifeboat_drill::{DrawSeed, Rehearsed};
use lifeboat_testkit::{Random, TreeSpec, make_tree};
use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::Ordering;

fn check<'r>(rehearsed: &'r Rehearsed, name: &str) -> &'r CheckResult {
    rehearsed.account.results.checks.iter().find(|check| check.name == name).unwrap()
}

fn full(mode: lifeboat_drill::plan::RestoreMode) -> ResolvedDrill {
    ResolvedDrill { scenario: Scenario::RestoreFull { mode }, ..ResolvedDrill::usual() }
}

/// Many small files, of which a sample is not all.
fn world_of_many(seed: u64) -> World {
    fill(World::new(seed), seed)
}

pub(crate) fn fill(world: World, seed: u64) -> World {
    fs::create_dir(world.source()).unwrap();
    let mut random = Random::new(seed);
    for number in 0..1500 {
        let folder = world.source().join(format!("{:02}", number % 37));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{number}")), random.bytes(1000 + number % 5000)).unwrap();
    }
    world.backup();
    world
}

#[test]
fn without_a_plan_a_sample_is_restored_and_checked() {
    let world = world_of_many(1);
    let rehearsed = world.drill(&ResolvedDrill::usual());
    let account = &rehearsed.account;
    assert_eq!((account.verdict.status, account.verdict.exit_code), (Status::Pass, 0), "{account:#?}");
    assert_eq!(
        (account.kind, account.method.level, account.method.mode),
        (Kind::Run, Level::L3, Mode::Materialise)
    );
    let selection = &account.method.selection;
    assert_eq!((selection.kind, selection.draws), (SelectionKind::Random, 299));
    let (selected, population) = (account.scope.selected, account.scope.population);
    assert_eq!(population.files, 1500);
    assert!((200..300).contains(&selected.files) && selected.bytes < population.bytes, "{selected:?}");
    assert_eq!(check(&rehearsed, "content").subjects, selected.files);
    assert!(check(&rehearsed, "metadata").subjects >= selected.files);
    let statistics = account.results.statistics.as_ref().unwrap();
    assert_eq!((statistics.n, statistics.failures), (299, 0));
    assert!((0.0098..0.01).contains(&statistics.upper_bound_damaged_fraction), "{statistics:?}");
    assert!(account.results.phases.iter().all(|phase| phase.ms > 0));
    assert!(account.results.io.bytes_read > 0 && account.results.io.requests > 0);
    assert_eq!(account.sandbox.cleanup, "verified");
    let newest = account.scope.snapshots.first().unwrap();
    assert!(newest.newest && newest.complete && world.snapshot_ids() == [newest.id.clone()]);
    // Anybody can draw it again.
    let other = world.drill(&ResolvedDrill::usual());
    assert_ne!(other.account.method.selection.seed, selection.seed, "each drill draws anew");
}

#[test]
fn a_seed_that_is_given_draws_the_same_again() {
    let world = world_of_many(2);
    let given = |text: &str| {
        let seed = text.to_owned().into();
        let scenario = Scenario::RestoreSample(Sample { seed, ..Sample::default() });
        world.drill(&ResolvedDrill { scenario, ..ResolvedDrill::usual() }).account
    };
    let (one, same, other) = (given("an auditor"), given("an auditor"), given("another"));
    assert_eq!(one.method.selection.seed, Some(DrawSeed::of(&[b"an auditor"]).text()));
    assert_eq!(one.scope.selected, same.scope.selected);
    assert_ne!(one.scope.selected, other.scope.selected);
}

#[test]
fn everything_is_restored_with_all_it_has() {
    use lifeboat_drill::plan::RestoreMode::{Materialise, Stream};
    let world = World::new(3);
    make_tree(&world.source(), 3, &TreeSpec::default());
    world.backup();
    let written = world.drill(&full(Materialise));
    assert_eq!(written.account.verdict.status, Status::Pass, "{:#?}", written.account);
    assert_eq!(written.account.method.level, Level::L3);
    assert_eq!(written.account.scope.selected, written.account.scope.population);
    let rto = written.account.objectives.iter().find(|objective| objective.name == "rto").unwrap();
    assert_eq!((rto.verdict, rto.basis.as_str()), (Outcome::NotConfigured, "measured"));
    assert!(rto.attained.as_f64().unwrap() > 0.0);
    // What is only put together has no metadata to look at.
    let mut drill = full(Stream);
    drill.checks.retain(|check| check.name == "content");
    let read = world.drill(&drill);
    assert_eq!(read.account.verdict.status, Status::Pass, "{:#?}", read.account);
    assert_eq!((read.account.method.level, read.account.method.mode), (Level::L2, Mode::Stream));
    assert_eq!(read.account.scope.selected, written.account.scope.population);
    assert_eq!(read.account.results.io.bytes_written, 0);
    assert_eq!(check(&read, "content").subjects, check(&written, "content").subjects + special_files(&world));
}

/// Links, pipes and sockets are put together as well, and have no content to compare.
fn special_files(world: &World) -> u64 {
    let (mut count, mut folders) = (0, vec![world.source()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            match entry.file_type().unwrap() {
                kind if kind.is_dir() => folders.push(entry.path()),
                kind => count += u64::from(!kind.is_file()),
            }
        }
    }
    count
}

#[test]
fn damage_is_a_failure_wherever_it_is_met() {
    let world = world_of_many(4);
    let healthy = Arc::clone(&world.backend);
    for folder in ["packs/", "index/", "log/"] {
        for fault in [StorageFault::BitFlip(1_000_003), StorageFault::Truncate, StorageFault::Missing] {
            let faults: BTreeMap<_, _> =
                world.objects(folder).into_iter().map(|(name, _)| (name, fault.clone())).collect();
            let overlay = Arc::new(Overlay::over(Arc::clone(&healthy) as _, faults));
            let rehearsed =
                match lifeboat_drill::rehearse(&ResolvedDrill::usual(), &world.site_on(overlay), &()) {
                    Ok(rehearsed) => rehearsed,
                    // Without its keys nothing can be said, or signed.
                    Err(error) => {
                        assert!(error.is_damage(), "{folder} {fault:?}: {error}");
                        continue;
                    }
                };
            let verdict = &rehearsed.account.verdict;
            assert_eq!(
                (verdict.status, verdict.exit_code),
                (Status::Fail, 4),
                "{folder} {fault:?}: {verdict:?}"
            );
        }
    }
}

#[test]
fn nothing_is_no_pass() {
    let world = World::new(5);
    let empty = world.drill(&ResolvedDrill::usual());
    assert_eq!(empty.account.verdict.status, Status::Fail, "{:#?}", empty.account.verdict);
    fs::create_dir(world.source()).unwrap();
    world.backup();
    let nothing = world.drill(&ResolvedDrill::usual());
    assert_eq!(nothing.account.verdict.status, Status::Fail, "{:#?}", nothing.account.verdict);
    fs::write(world.source().join("file"), "something").unwrap();
    world.backup();
    let mut without_checks = ResolvedDrill::usual();
    without_checks.checks.clear();
    let unproven = world.drill(&without_checks);
    assert_eq!((unproven.account.verdict.status, unproven.account.verdict.exit_code), (Status::Unknown, 6));
    let census = world.drill(&ResolvedDrill::usual()).account;
    assert_eq!((census.verdict.status, census.method.selection.kind), (Status::Pass, SelectionKind::Census));
    assert_eq!(census.results.statistics.unwrap().upper_bound_damaged_fraction, 0.0);
}

#[test]
fn a_budget_that_is_used_up_leaves_it_unknown() {
    let world = world_of_many(6);
    let mut drill = ResolvedDrill::usual();
    drill.budget.max_requests = Some(20);
    let rehearsed = world.drill(&drill);
    let verdict = &rehearsed.account.verdict;
    assert_eq!((verdict.status, verdict.exit_code), (Status::Unknown, 6), "{verdict:?}");
    assert!(verdict.reasons[0].contains("budget"), "{verdict:?}");
}

#[test]
fn an_old_snapshot_misses_its_objective() {
    let world = world_of_many(7);
    let mut drill = ResolvedDrill::usual();
    drill.objectives.max_snapshot_age = Some("26h".to_owned().try_into().unwrap());
    assert_eq!(world.drill(&drill).account.verdict.status, Status::Pass);
    world.clock.ahead.fetch_add(27 * 3600, Ordering::Relaxed);
    let verdict = world.drill(&drill).account.verdict;
    assert_eq!((verdict.status, verdict.exit_code), (Status::Degraded, 5), "{verdict:?}");
}

#[test]
fn sandboxes_are_refused_where_they_could_do_harm() {
    let world = world_of_many(8);
    let inside = world.source().join("00");
    let link = world.folder.path().join("link");
    std::os::unix::fs::symlink("/", &link).unwrap();
    for (dir, code) in
        [(inside, 2), (world.source(), 2), (link, 2), ("/".into(), 2), (world.folder.path().join("no"), 2)]
    {
        let mut drill = ResolvedDrill::usual();
        drill.sandbox.dir = Some(dir.clone());
        let rehearsed = world.drill(&drill);
        let verdict = &rehearsed.account.verdict;
        assert_eq!((verdict.status, verdict.exit_code), (Status::Error, code), "{dir:?}: {verdict:?}");
        assert_eq!(rehearsed.account.results.io.bytes_written, 0);
    }
    let mut small = ResolvedDrill::usual();
    small.sandbox.max_bytes = Some("10k".to_owned().try_into().unwrap());
    let verdict = world.drill(&small).account.verdict;
    assert_eq!((verdict.status, verdict.exit_code), (Status::Error, 1), "{verdict:?}");
    let packs = world.backend.stat(&world.objects("packs/")[0].0);
    assert!(packs.is_ok());
}
