//! `forget`: a policy is a function of when snapshots were made, and says why it keeps each.

use crate::world::World;
use lifeboat_engine::{
    Calendar, Count, EngineError, ForgetOptions, ForgetReport, GroupBy, Period, Policy, Reason, Snapshot,
    SnapshotId, Span, Timestamp, Workers, forget,
};
use lifeboat_format::{Node, NodeKind, PathBytes};
use lifeboat_repository::Session;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// A calendar without weeks, months and years of different lengths.
struct Plain;

impl Calendar for Plain {
    fn key(&self, period: Period, at: Timestamp) -> i64 {
        at.seconds.div_euclid(match period {
            Period::Hour => HOUR,
            Period::Day => DAY,
            Period::Week => 7 * DAY,
            Period::Month => 30 * DAY,
            Period::Year => 360 * DAY,
        })
    }

    fn back(&self, from: Timestamp, span: Span) -> Timestamp {
        let days = i64::from(span.years) * 360 + i64::from(span.months) * 30 + i64::from(span.days);
        let seconds = from.seconds - days * DAY - i64::from(span.hours) * HOUR;
        Timestamp { seconds, ..from }
    }
}

fn snapshot(number: u8, seconds: i64) -> Snapshot {
    let root = Node { kind: NodeKind::Directory, ..Node::default() };
    Snapshot::new(SnapshotId::new([number; 32]), root, Timestamp { seconds, nanoseconds: 0 })
}

fn partial(number: u8, seconds: i64) -> Snapshot {
    let mut snapshot = snapshot(number, seconds);
    snapshot.summary.unread = 1;
    snapshot
}

/// First bytes of the ids of what is kept.
fn kept(policy: &Policy, snapshots: &[Snapshot]) -> Vec<u8> {
    let snapshots: Vec<&Snapshot> = snapshots.iter().collect();
    policy.keeps(&snapshots, &Plain, &|_| false).keys().map(|id| id.as_bytes()[0]).collect()
}

fn of(period: Period, count: Count) -> Policy {
    Policy { of: BTreeMap::from([(period, count)]), ..Policy::default() }
}

#[test]
fn the_newest_of_each_period_is_kept() {
    // Three a day for four days.
    let snapshots: Vec<_> = (0..12).map(|number| snapshot(number, i64::from(number) * 8 * HOUR)).collect();
    assert_eq!(kept(&Policy { last: Count::Some(2), ..Policy::default() }, &snapshots), [10, 11]);
    assert_eq!(kept(&of(Period::Day, Count::Some(2)), &snapshots), [8, 11]);
    assert_eq!(
        kept(&of(Period::Day, Count::All), &snapshots),
        [0, 2, 5, 8, 11],
        "and the first there ever was"
    );
    assert_eq!(kept(&of(Period::Month, Count::Some(6)), &snapshots), [0, 11]);
    assert_eq!(kept(&of(Period::Month, Count::Some(1)), &snapshots), [11]);
    let both = Policy { last: Count::Some(1), ..of(Period::Day, Count::Some(3)) };
    assert_eq!(kept(&both, &snapshots), [5, 8, 11], "what two rules keep is one");
}

#[test]
fn what_is_young_is_seen_from_the_newest() {
    let snapshots: Vec<_> = (0..12).map(|number| snapshot(number, i64::from(number) * 8 * HOUR)).collect();
    let day = Span { days: 1, ..Span::default() };
    let within = Policy { within: Some(day), ..Policy::default() };
    assert_eq!(kept(&within, &snapshots), [8, 9, 10, 11]);
    let daily =
        Policy { within_of: BTreeMap::from([(Period::Day, Span { days: 2, ..day })]), ..Policy::default() };
    assert_eq!(kept(&daily, &snapshots), [5, 8, 11]);
}

#[test]
fn a_partial_snapshot_takes_nobodys_place() {
    let snapshots = [snapshot(1, DAY), snapshot(2, 2 * DAY), partial(3, 2 * DAY + HOUR), partial(4, 3 * DAY)];
    assert_eq!(kept(&Policy { last: Count::Some(1), ..Policy::default() }, &snapshots), [2, 3, 4]);
    assert_eq!(kept(&of(Period::Day, Count::Some(2)), &snapshots), [1, 2, 4]);
    let within = Policy { within: Some(Span { hours: 1, ..Span::default() }), ..Policy::default() };
    assert_eq!(kept(&within, &snapshots), [2, 3, 4]);
}

#[test]
fn names_labels_and_pins_say_so() {
    let mut tagged = snapshot(1, DAY);
    tagged.tags = vec!["release".into(), "kept".into()];
    let all = [tagged, snapshot(2, 2 * DAY), snapshot(3, 3 * DAY), snapshot(4, 4 * DAY)];
    let policy = Policy {
        tags: vec![vec!["kept".into(), "release".into()], vec!["none".into()]],
        ids: BTreeSet::from([all[1].id]),
        ..Policy::default()
    };
    let snapshots: Vec<&Snapshot> = all.iter().collect();
    let reasons = policy.keeps(&snapshots, &Plain, &|id| id == all[2].id);
    let told: Vec<String> =
        reasons.values().map(|reasons| reasons.iter().map(Reason::to_string).collect()).collect();
    assert_eq!(told, ["tag kept,release", "named", "pinned"]);
    assert_eq!(kept(&Policy { tags: vec![Vec::new()], ..Policy::default() }, &all), [1], "of any tag");
}

fn counts() -> impl Strategy<Value = Count> {
    prop_oneof![Just(Count::None), (1_u32..6).prop_map(Count::Some), Just(Count::All)]
}

fn more(count: Count) -> Count {
    match count {
        Count::None => Count::Some(1),
        Count::Some(count) => Count::Some(count + 1),
        Count::All => Count::All,
    }
}

proptest! {
    #[test]
    fn the_order_means_nothing_and_more_is_more(
        times in proptest::collection::vec((0_i64..900 * DAY, any::<bool>()), 1..60),
        last in counts(), daily in counts(), weekly in counts(), yearly in counts(),
    ) {
        let make = |(number, (at, is_whole)): (u8, &(i64, bool))| match is_whole {
            true => snapshot(number, *at),
            false => partial(number, *at),
        };
        let mut snapshots: Vec<Snapshot> = (0..).zip(&times).map(make).collect();
        let of = BTreeMap::from([(Period::Day, daily), (Period::Week, weekly), (Period::Year, yearly)]);
        let policy = Policy { last, of, ..Policy::default() };
        let before = kept(&policy, &snapshots);
        snapshots.reverse();
        prop_assert_eq!(&kept(&policy, &snapshots), &before);
        let of = policy.of.iter().map(|(period, count)| (*period, more(*count))).collect();
        let larger = kept(&Policy { last: more(last), of, ..Policy::default() }, &snapshots);
        prop_assert!(before.iter().all(|id| larger.contains(id)), "{before:?} is not in {larger:?}");
        let keeps_any = policy.last != Count::None || policy.of.values().any(|count| *count != Count::None);
        prop_assert_eq!(keeps_any, !before.is_empty());
    }
}

/// Commits empty snapshots of these hosts and times.
fn world_of(seed: u64, snapshots: &[(&str, i64)]) -> World {
    let world = World::new(seed, Workers::inline());
    for (host, seconds) in snapshots {
        let session = Session::start(&world.repository).unwrap();
        let mut made = snapshot(0, *seconds);
        made.id = session.snapshot();
        made.host = (*host).to_owned();
        made.paths = vec![PathBytes(b"/data".to_vec())];
        let index = std::sync::Arc::new(world.repository.load_index(session.view()).unwrap());
        let options = lifeboat_repository::WriterOptions {
            compression: lifeboat_engine::Compression::Off,
            verify_writes: lifeboat_engine::VerifyWrites::All,
            workers: world.workers.clone(),
        };
        let flushed = session.writer(index, options).finish().unwrap();
        drop(session.commit(&made, flushed).unwrap());
    }
    world
}

fn told(report: &ForgetReport) -> Vec<(String, usize, usize)> {
    let told =
        |group: &lifeboat_engine::Group| (group.key.host.clone(), group.kept.len(), group.forgotten.len());
    report.groups.iter().map(told).collect()
}

#[test]
fn each_group_keeps_its_own() {
    let world = world_of(1, &[("a", DAY), ("a", 2 * DAY), ("a", 3 * DAY), ("b", DAY), ("b", 2 * DAY)]);
    let policy = Policy { last: Count::Some(1), ..Policy::default() };
    let options =
        ForgetOptions { policy, dry_run: true, reason: "--keep-last 1".into(), ..ForgetOptions::default() };
    let report = forget(&world.repository, &options, &Plain).unwrap();
    assert_eq!(told(&report), [("a".to_owned(), 1, 2), ("b".to_owned(), 1, 1)]);
    assert_eq!(world.snapshots().len(), 5, "a dry run");
    let together = GroupBy { host: false, ..GroupBy::default() };
    let report =
        forget(&world.repository, &ForgetOptions { group_by: together, ..options.clone() }, &Plain).unwrap();
    assert_eq!(told(&report), [(String::new(), 1, 4)]);
    let report = forget(&world.repository, &ForgetOptions { dry_run: false, ..options }, &Plain).unwrap();
    assert_eq!(report.forgotten().len(), 3);
    assert_eq!(world.snapshots().len(), 2);
    let view = world.view();
    assert!(view.forgotten().all(|(_, wishes)| wishes[0].reason == "--keep-last 1"));
}

#[test]
fn nothing_goes_because_a_policy_fits_nothing() {
    let world = world_of(2, &[("a", DAY), ("a", 2 * DAY)]);
    let policy = Policy { tags: vec![vec!["mistyped".into()]], ..Policy::default() };
    let options = ForgetOptions { policy, ..ForgetOptions::default() };
    let refused = forget(&world.repository, &options, &Plain).unwrap_err();
    assert!(matches!(refused, EngineError::NothingKept { count: 2 }), "{refused}");
    assert_eq!(world.snapshots().len(), 2);
    let none = forget(&world.repository, &ForgetOptions::default(), &Plain).unwrap();
    assert!(none.groups.is_empty() && none.forgotten().is_empty(), "no policy at all is none");
    forget(&world.repository, &ForgetOptions { allows_none: true, ..options }, &Plain).unwrap();
    assert_eq!(world.snapshots().len(), 0);
}

#[test]
fn what_is_named_goes_and_what_is_not_there_stops_it() {
    let world = world_of(3, &[("a", DAY), ("a", 2 * DAY)]);
    let first = world.snapshots()[0].id.to_string();
    let named = |named: &str| ForgetOptions { named: vec![named.to_owned()], ..ForgetOptions::default() };
    assert!(matches!(forget(&world.repository, &named("0000ffff"), &Plain), Err(EngineError::NoSnapshot(_))));
    forget(&world.repository, &named(&first[..12]), &Plain).unwrap();
    let left = world.snapshots();
    assert!(left.len() == 1 && left[0].id.to_string() != first);
}
