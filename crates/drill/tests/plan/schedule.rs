//! Schedules: which moments five fields mean, on odd days, too.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};
use lifeboat_drill::plan::Schedule;
use lifeboat_testkit::Random;

fn schedule(text: &str) -> Schedule {
    Schedule::try_from(text.to_owned()).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Clocks go forward on 2026-03-29 at 01:00 UTC, and back on 2026-10-25 at 01:00 UTC.
fn central_europe() -> TimeZone {
    TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
}

/// Clocks go by half an hour: forward on 2026-10-04 at 02:00, back on 2026-04-05 at 02:00.
fn lord_howe() -> TimeZone {
    TimeZone::posix("LHST-10:30LHDT-11,M10.1.0,M4.1.0/2").unwrap()
}

/// All moments within two.
fn moments(schedule: &Schedule, after: Timestamp, until: Timestamp, zone: &TimeZone) -> Vec<Timestamp> {
    let next = |moment: &Timestamp| schedule.next(*moment, zone);
    std::iter::successors(next(&after), next).take_while(|moment| *moment <= until).collect()
}

type Rule = fn(&Zoned) -> bool;

/// Fields, and the same as a rule for each minute.
const RULES: [(&str, Rule); 12] = [
    ("* * * * *", |_| true),
    ("*/15 * * * *", |time| time.minute() % 15 == 0),
    ("15 2 * * *", |time| (time.hour(), time.minute()) == (2, 15)),
    ("5 6 * * 1-5", |time| {
        (time.hour(), time.minute()) == (6, 5) && time.weekday().to_monday_one_offset() <= 5
    }),
    ("0 4 * * 0", |time| {
        (time.hour(), time.minute()) == (4, 0) && time.weekday().to_monday_one_offset() == 7
    }),
    ("0 4 * * 7", |time| {
        (time.hour(), time.minute()) == (4, 0) && time.weekday().to_monday_one_offset() == 7
    }),
    ("0 1 1 */3 *", |time| (time.day(), time.hour(), time.minute()) == (1, 1, 0) && time.month() % 3 == 1),
    ("0 9 15 1,7 *", |time| {
        (time.day(), time.hour(), time.minute()) == (15, 9, 0) && [1, 7].contains(&time.month())
    }),
    ("7-40/11 3-5 * feb-Apr MON,wed", |time| {
        let weekday = time.weekday().to_monday_one_offset();
        [7, 18, 29, 40].contains(&time.minute())
            && (3..=5).contains(&time.hour())
            && (2..=4).contains(&time.month())
            && [1, 3].contains(&weekday)
    }),
    // Either day suffices where both are said,
    ("0 0 13 * fri", |time| {
        (time.hour(), time.minute()) == (0, 0)
            && (time.day() == 13 || time.weekday().to_monday_one_offset() == 5)
    }),
    // and both are needed where one begins with a star.
    ("0 0 */2 * mon", |time| {
        (time.hour(), time.minute()) == (0, 0)
            && time.day() % 2 == 1
            && time.weekday().to_monday_one_offset() == 1
    }),
    ("59 23 31 * *", |time| (time.day(), time.hour(), time.minute()) == (31, 23, 59)),
];

#[test]
fn fields_mean_what_rules_say() {
    let (first, last) = (at("2027-12-30T00:00:00Z"), at("2029-01-02T00:00:00Z"));
    for (text, rule) in RULES {
        let schedule = schedule(text);
        let minutes = (1..).map(|minute| first + SignedDuration::from_mins(minute));
        let fits = |moment: &Timestamp| rule(&moment.to_zoned(TimeZone::UTC));
        let expected: Vec<_> = minutes.take_while(|moment| *moment <= last).filter(fits).collect();
        assert!(!expected.is_empty(), "{text}");
        assert_eq!(schedule.count(first, last, &TimeZone::UTC), expected.len() as u64, "{text}");
        // Whoever asks for each of half a million minutes by itself asks for long.
        let expected: Vec<_> = expected.into_iter().take(3000).collect();
        assert_eq!(moments(&schedule, first, *expected.last().unwrap(), &TimeZone::UTC), expected, "{text}");
    }
}

#[test]
fn the_last_moment_is_the_one_before_the_next() {
    let mut random = Random::new(4);
    for zone in [TimeZone::UTC, central_europe(), lord_howe()] {
        for (text, _) in RULES {
            let schedule = schedule(text);
            for _ in 0..40 {
                let now = at("2026-01-01T00:00:00Z")
                    + SignedDuration::from_secs(i64::try_from(random.below(365 * 86_400)).unwrap());
                let last = schedule.last(now, &zone).unwrap();
                let next = schedule.next(now, &zone).unwrap();
                assert!(last <= now && now < next, "{text}: {last} {now} {next}");
                assert_eq!(schedule.next(last, &zone), Some(next), "{text}");
                assert_eq!(schedule.last(next, &zone), Some(next), "{text}");
                assert_eq!(schedule.count(last, next, &zone), 1, "{text}");
            }
        }
    }
}

/// The moments of a day in October or March, as UTC has them.
#[track_caller]
fn on(text: &str, zone: &TimeZone, day: &str, expected: &[&str]) {
    let first = at(&format!("{day}T00:00:00Z")) - SignedDuration::from_secs(1);
    let found = moments(&schedule(text), first, first + SignedDuration::from_hours(5), zone);
    let found: Vec<_> = found.iter().map(|moment| moment.strftime("%H:%M").to_string()).collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn a_day_without_an_hour_has_each_drill_once() {
    let zone = central_europe();
    // 02:30 is not there: it is done an hour later, at 03:30.
    on("30 2 * * *", &zone, "2026-03-29", &["01:30"]);
    on("30 1 * * *", &zone, "2026-03-29", &["00:30"]);
    on("0 3 * * *", &zone, "2026-03-29", &["01:00"]);
    // Two that fall together are one.
    on("0 2,3 * * *", &zone, "2026-03-29", &["01:00"]);
    on("30 2-4 * * *", &zone, "2026-03-29", &["01:30", "02:30"]);
    // Every hour that there is.
    on("0 * * * *", &zone, "2026-03-29", &["00:00", "01:00", "02:00", "03:00", "04:00"]);
    on("20 2 * * *", &lord_howe(), "2026-10-03", &[]);
    let half_an_hour_later = schedule("20 2 * * *").next(at("2026-10-03T12:00:00Z"), &lord_howe());
    assert_eq!(half_an_hour_later, Some(at("2026-10-03T15:50:00Z")));
}

#[test]
fn a_day_with_an_hour_twice_has_each_drill_once() {
    let zone = central_europe();
    on("30 2 * * *", &zone, "2026-10-25", &["00:30"]);
    on("30 3 * * *", &zone, "2026-10-25", &["02:30"]);
    on("*/30 2 * * *", &zone, "2026-10-25", &["00:00", "00:30"]);
    // Every hour that there is: this one twice.
    on("0 * * * *", &zone, "2026-10-25", &["00:00", "01:00", "02:00", "03:00", "04:00"]);
    let day = schedule("0 * * * *").count(at("2026-10-24T21:59:59Z"), at("2026-10-25T22:59:59Z"), &zone);
    assert_eq!(day, 25);
    let from_noon = schedule("45 1 * * *").next(at("2026-04-04T12:00:00Z"), &lord_howe());
    assert_eq!(from_noon, Some(at("2026-04-04T14:45:00Z")), "the first of two");
}

#[test]
fn days_are_those_of_the_zone() {
    let midnight = schedule("0 0 1 1 *");
    assert_eq!(
        midnight.next(at("2026-06-01T00:00:00Z"), &central_europe()),
        Some(at("2026-12-31T23:00:00Z"))
    );
    assert_eq!(
        midnight.last(at("2026-12-31T23:30:00Z"), &central_europe()),
        Some(at("2026-12-31T23:00:00Z"))
    );
    assert_eq!(midnight.last(at("2026-12-31T23:30:00Z"), &TimeZone::UTC), Some(at("2026-01-01T00:00:00Z")));
}

#[test]
fn rare_days_come() {
    let leap = schedule("0 0 29 2 *");
    assert_eq!(leap.next(at("2096-03-01T00:00:00Z"), &TimeZone::UTC), Some(at("2104-02-29T00:00:00Z")));
    assert_eq!(leap.last(at("2104-02-28T00:00:00Z"), &TimeZone::UTC), Some(at("2096-02-29T00:00:00Z")));
    // A Sunday, across a year without one.
    let sunday = schedule("0 0 29 2 */7");
    assert_eq!(sunday.next(at("2088-03-01T00:00:00Z"), &TimeZone::UTC), Some(at("2128-02-29T00:00:00Z")));
    assert_eq!(leap.next(Timestamp::MAX, &TimeZone::UTC), None);
    assert_eq!(leap.last(Timestamp::MIN, &TimeZone::UTC), None);
}

#[test]
fn what_is_no_schedule_is_refused() {
    for text in [
        "",
        "* * * *",
        "* * * * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * 32 * *",
        "* * * 0 *",
        "* * * 13 *",
        "* * * * 8",
        "-1 * * * *",
        "+1 * * * *",
        "1- * * * *",
        "-5 * * * *",
        "5-1 * * * *",
        "*/0 * * * *",
        "*/61 * * * *",
        "5/10 * * * *",
        "1,,2 * * * *",
        ", * * * *",
        "*/ * * * *",
        "**  * * * *",
        "a * * * *",
        "* * * foo *",
        "* * * * foo",
        "jan * * * *",
        "1.5 * * * *",
        "@daily",
        "*-5 * * * *",
        "1-2-3 * * * *",
        "1-5/2/2 * * * *",
        "\u{661} * * * *",
        "99999999999 * * * *",
    ] {
        let error = Schedule::try_from(text.to_owned()).unwrap_err();
        assert!(error.starts_with("write minute, hour, day, month and weekday"), "{text}: {error}");
    }
    for text in ["0 0 30 2 *", "0 0 31 4,6,9,11 *"] {
        assert_eq!(Schedule::try_from(text.to_owned()), Err("there is no such day"));
    }
}

#[test]
fn spaces_do_not_matter() {
    let schedule = schedule(" 15  2 *\t* * ");
    assert_eq!(schedule, self::schedule("15 2 * * *"));
    assert_eq!(serde_json::to_value(&schedule).unwrap(), "15 2 * * *");
}
