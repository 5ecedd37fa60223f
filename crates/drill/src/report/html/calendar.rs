//! On which days a drill ran and how that ended, and on which it should have run and did not.

use super::figure::{Figure, label, line, table};
use super::mark::{legend, mark};
use crate::record::{Account, Kind};
use crate::report::word;
use jiff::Span;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// Weeks that are shown.
const WEEKS: i32 = 26;
const CELL: f64 = 24.0;
const LEFT: f64 = 60.0;
const TOP: f64 = 24.0;
const WIDTH: f64 = 880.0;

/// The days up to the newest of these accounts, of which there is at least one.
pub(super) fn calendar(id: &str, accounts: &[&Account]) -> String {
    let days = days(accounts);
    let newest = days.keys().next_back().copied().unwrap_or_default();
    let monday = newest.saturating_sub(Span::new().days(i64::from(newest.weekday().to_monday_zero_offset())));
    let first = monday.saturating_sub(Span::new().weeks(i64::from(WEEKS) - 1));
    let shown: Vec<_> = days.range(first..).map(|(day, words)| (*day, words.clone())).collect();
    let bad = shown.iter().filter(|(_, words)| words.iter().any(|word| word != "pass")).count();
    let title = "Calendar".to_owned();
    let description = format!(
        "{title}: the {WEEKS} weeks up to {newest}, a column for each, Monday on top; {} with runs or missed ones, {bad} of them with other ends than pass.",
        if shown.len() == 1 { "1 day".to_owned() } else { format!("{} days", shown.len()) }
    );
    let rows = shown.iter().rev().map(|(day, words)| vec![day.to_string(), words.join(", ")]);
    Figure {
        id: id.to_owned(),
        table: table(&title, &["Day (UTC)", "How it ended"], rows),
        title,
        description,
        width: WIDTH,
        height: TOP + 7.0 * CELL + 36.0,
        drawing: drawing(first, &shown),
    }
    .html()
}

/// What there was each day, in the order of time.
fn days(accounts: &[&Account]) -> BTreeMap<Date, Vec<String>> {
    let mut sorted = accounts.to_vec();
    sorted.sort_by_key(|account| account.when.finished);
    let mut days: BTreeMap<Date, Vec<String>> = BTreeMap::new();
    for account in sorted {
        let word = match account.kind {
            Kind::Missed => "missed".to_owned(),
            _ => word(account.verdict.status),
        };
        days.entry(account.when.finished.to_zoned(TimeZone::UTC).date()).or_default().push(word);
    }
    days
}

fn drawing(first: Date, shown: &[(Date, Vec<String>)]) -> String {
    let (right, bottom) = (LEFT + f64::from(WEEKS) * CELL, TOP + 7.0 * CELL);
    let mut drawing: String = (0..=7)
        .map(|row| TOP + f64::from(row) * CELL)
        .map(|y| line("grid", (LEFT, y), (right, y)))
        .chain(
            (0..=WEEKS)
                .map(|week| LEFT + f64::from(week) * CELL)
                .map(|x| line("grid", (x, TOP), (x, bottom))),
        )
        .collect();
    for (row, day) in (0_u8..).zip(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]) {
        drawing += &label(LEFT - 8.0, TOP + f64::from(row) * CELL + 16.0, "end", day);
    }
    drawing += &label(LEFT, TOP - 8.0, "start", &first.to_string());
    for (day, words) in shown {
        let after = first.until(*day).map_or(0, |span| span.get_days());
        let (x, y) = (LEFT + f64::from(after / 7) * CELL, TOP + f64::from(after % 7) * CELL);
        // Of several the worst.
        let worst = words.iter().max_by_key(|word| badness(word)).map_or("missed", String::as_str);
        drawing += &mark(worst, x + CELL / 2.0, y + CELL / 2.0);
    }
    let words: Vec<_> = shown.iter().flat_map(|(_, words)| words.clone()).collect();
    drawing + &legend(&words, LEFT, bottom + 26.0)
}

fn badness(word: &str) -> usize {
    ["pass", "degraded", "unknown", "missed", "fail", "selftest-failed", "error"]
        .into_iter()
        .position(|other| other == word)
        .unwrap_or(usize::MAX)
}
