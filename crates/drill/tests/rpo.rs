//! Recovery points: what would have been lost.

use jiff::{SignedDuration, Timestamp};
use lifeboat_drill::rpo::{Gap, Recoverable, worst_gap};
use lifeboat_testkit::Random;
use std::time::Duration;

fn hour(hour: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hour)
}

fn snapshot(started: i64, available: i64) -> Recoverable {
    Recoverable { started: hour(started), available: hour(available) }
}

fn hours(gap: Option<Gap>) -> Option<u64> {
    gap.map(|gap| gap.length().as_secs() / 3600)
}

#[test]
fn the_worst_moment_is_before_the_next_one_is_there() {
    let daily = [snapshot(0, 1), snapshot(24, 26), snapshot(48, 49)];
    assert_eq!(hours(worst_gap(&daily, hour(0), hour(50))), Some(26));
    let worst = worst_gap(&daily, hour(0), hour(50)).unwrap();
    assert_eq!((worst.from, worst.until), (hour(0), hour(26)));
    // The interval that is still open is the worst one in the end.
    assert_eq!(hours(worst_gap(&daily, hour(0), hour(90))), Some(42));
    // Gaps that were over before are not looked at.
    assert_eq!(hours(worst_gap(&daily, hour(26), hour(50))), Some(25));
    assert_eq!(hours(worst_gap(&daily, hour(49), hour(50))), Some(2));
}

#[test]
fn a_replica_that_lags_loses_more() {
    let here = [snapshot(0, 1), snapshot(4, 5), snapshot(8, 9)];
    let there =
        here.map(|one| Recoverable { available: one.available + SignedDuration::from_hours(9), ..one });
    assert_eq!(hours(worst_gap(&here, hour(0), hour(9))), Some(5));
    assert_eq!(hours(worst_gap(&there, hour(0), hour(18))), Some(14));
}

#[test]
fn what_is_not_there_yet_or_older_helps_nobody() {
    assert_eq!(worst_gap(&[], hour(0), hour(9)), None);
    assert_eq!(worst_gap(&[snapshot(0, 20)], hour(0), hour(9)), None);
    // One that came late and is older changes nothing.
    assert_eq!(hours(worst_gap(&[snapshot(8, 9), snapshot(0, 12)], hour(0), hour(20))), Some(12));
    // Clocks may be wrong.
    assert_eq!(worst_gap(&[snapshot(30, 5)], hour(0), hour(9)).map(|gap| gap.length()), Some(Duration::ZERO));
}

/// Hour by hour: what is lost at any moment, by its definition.
#[test]
fn the_worst_gap_is_that_of_every_moment() {
    let mut random = Random::new(9);
    for _ in 0..500 {
        let start = |random: &mut Random| i64::try_from(random.below(100)).unwrap();
        let snapshots: Vec<_> = (0..random.below(8))
            .map(|_| (start(&mut random), start(&mut random) / 4))
            .map(|(started, takes)| snapshot(started, started + takes))
            .collect();
        let (since, now) = (start(&mut random), 130);
        let lost_before = |moment: i64| {
            let there = snapshots.iter().filter(|one| one.available < hour(moment));
            there.map(|one| one.started).max().map(|from| Gap { from, until: hour(moment) }.length())
        };
        let lost = (since + 1..=now).filter_map(lost_before).max();
        assert_eq!(worst_gap(&snapshots, hour(since), hour(now)).map(|gap| gap.length()), lost);
    }
}
