//! Whether drills are due.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use lifeboat_drill::due::{Due, Spread, due};
use lifeboat_drill::plan::{Span, Timing};
use std::collections::BTreeSet;

const WHO: Spread<'static> = Spread { host: "web", drill: "nightly" };

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn span(text: &str) -> Span {
    Span::try_from(text.to_owned()).unwrap()
}

/// Every night at 02:15, as UTC has it.
fn nightly() -> Timing {
    let schedule = "15 2 * * *".to_owned().try_into().unwrap();
    Timing { schedule, zone: None, jitter: None, max_lateness: None }
}

fn of(timing: &Timing, now: &str, done: Option<&str>) -> Due {
    due(timing, &TimeZone::UTC, WHO, at(now), done.map(at))
}

fn not_yet(next: &str) -> Due {
    Due::NotYet { next: Some(at(next)) }
}

#[test]
fn it_is_due_from_its_moment_until_it_was_done() {
    let done = Some("2026-05-01T02:20:00Z");
    assert_eq!(of(&nightly(), "2026-05-02T02:14:59Z", done), not_yet("2026-05-02T02:15:00Z"));
    let now = Due::Now { at: at("2026-05-02T02:15:00Z"), missed: 0 };
    assert_eq!(of(&nightly(), "2026-05-02T02:15:00Z", done), now);
    assert_eq!(of(&nightly(), "2026-05-02T23:00:00Z", done), now);
    // Done by hand in time counts; a moment too early does not.
    assert_eq!(
        of(&nightly(), "2026-05-02T23:00:00Z", Some("2026-05-02T02:15:00Z")),
        not_yet("2026-05-03T02:15:00Z")
    );
    assert_eq!(of(&nightly(), "2026-05-02T23:00:00Z", Some("2026-05-02T02:14:59Z")), now);
    // By a clock that was wrong.
    assert_eq!(
        of(&nightly(), "2026-05-02T23:00:00Z", Some("2027-01-01T00:00:00Z")),
        not_yet("2026-05-03T02:15:00Z")
    );
}

#[test]
fn what_was_missed_is_caught_up_on_once() {
    // Done on the 6th; the nights of the 7th, 8th and 9th were missed, and on the 10th it is done.
    let late = of(&nightly(), "2026-05-10T03:00:00Z", Some("2026-05-06T02:20:00Z"));
    assert_eq!(late, Due::Now { at: at("2026-05-10T02:15:00Z"), missed: 3 });
    assert_eq!(
        of(&nightly(), "2026-05-10T04:00:00Z", Some("2026-05-10T03:00:00Z")),
        not_yet("2026-05-11T02:15:00Z")
    );
}

#[test]
fn what_is_too_late_is_only_told() {
    let timing = Timing { max_lateness: Some(span("2h")), ..nightly() };
    let done = Some("2026-05-06T02:20:00Z");
    let last = at("2026-05-10T02:15:00Z");
    assert_eq!(of(&timing, "2026-05-10T04:15:00Z", done), Due::Now { at: last, missed: 3 });
    assert_eq!(of(&timing, "2026-05-10T04:15:01Z", done), Due::Missed { at: last, missed: 4 });
    // Once that is on record it is told no more.
    assert_eq!(
        of(&timing, "2026-05-10T05:00:00Z", Some("2026-05-10T04:30:00Z")),
        not_yet("2026-05-11T02:15:00Z")
    );
}

#[test]
fn what_was_never_done_is_due() {
    assert_eq!(
        of(&nightly(), "2026-05-10T12:00:00Z", None),
        Due::Now { at: at("2026-05-10T02:15:00Z"), missed: 0 }
    );
    let timing = Timing { max_lateness: Some(span("2h")), ..nightly() };
    assert_eq!(of(&timing, "2026-05-10T12:00:00Z", None), not_yet("2026-05-11T02:15:00Z"));
}

#[test]
fn many_machines_start_one_after_the_other() {
    let jitter = Some(span("45m"));
    let later = |host: &str| Spread { host, drill: "nightly" }.later(jitter);
    assert_eq!(later("web"), later("web"));
    assert_eq!(WHO.later(None), SignedDuration::ZERO);
    let hosts: Vec<String> = (0..200).map(|number| format!("host{number}")).collect();
    let all: BTreeSet<_> = hosts.iter().map(|host| later(host)).collect();
    assert!(all.len() > 180, "{} of 200 differ", all.len());
    assert!(all.iter().all(|later| *later <= SignedDuration::from_mins(45)));
    assert!(
        all.first().unwrap() < &SignedDuration::from_mins(2)
            && all.last().unwrap() > &SignedDuration::from_mins(43)
    );
    assert_ne!(
        Spread { host: "ab", drill: "c" }.later(jitter),
        Spread { host: "a", drill: "bc" }.later(jitter)
    );
}

#[test]
fn what_is_spread_is_due_later() {
    let timing = Timing { jitter: Some(span("45m")), ..nightly() };
    let later = WHO.later(timing.jitter);
    assert!(later > SignedDuration::from_secs(1), "the test needs another name");
    let moment = at("2026-05-02T02:15:00Z") + later;
    let done = at("2026-05-01T02:15:00Z") + later;
    let of = |now: Timestamp, done: Timestamp| due(&timing, &TimeZone::UTC, WHO, now, Some(done));
    let second = SignedDuration::from_secs(1);
    assert_eq!(of(moment - second, done), Due::NotYet { next: Some(moment) });
    assert_eq!(of(moment, done), Due::Now { at: moment, missed: 0 });
    assert_eq!(of(moment, done - second), Due::Now { at: moment, missed: 1 });
    assert_eq!(of(moment, moment), Due::NotYet { next: Some(moment + SignedDuration::from_hours(24)) });
}

/// Whatever clocks do and whenever somebody looks: each night is done once or missed, never both and never neither.
#[test]
fn every_moment_is_accounted_for() {
    let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
    let mut random = lifeboat_testkit::Random::new(11);
    for lateness in [None, Some(span("3h"))] {
        let schedule = "30 2 * * *".to_owned().try_into().unwrap();
        let timing = Timing { schedule, zone: None, jitter: Some(span("30m")), max_lateness: lateness };
        let start = at("2026-01-01T12:00:00Z");
        let (mut now, mut done, mut accounted) = (start, start, 0);
        while now < at("2027-01-01T12:00:00Z") {
            match due(&timing, &zone, WHO, now, Some(done)) {
                Due::NotYet { next } => assert!(next.unwrap() > now),
                Due::Now { missed, .. } => (done, accounted) = (now, accounted + 1 + missed),
                Due::Missed { missed, .. } => (done, accounted) = (now, accounted + missed),
            }
            now += SignedDuration::from_mins(i64::try_from(random.below(3000)).unwrap());
        }
        let until = done - WHO.later(timing.jitter);
        assert_eq!(accounted, timing.schedule.count(start, until, &zone));
        assert!(accounted > 360, "{accounted}");
    }
}
