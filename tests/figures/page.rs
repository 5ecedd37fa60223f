//! The tables of `docs/safety.md`, made of the figures.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::Value;

use super::half::Half;

/// What one half has of a row: for people, and how many samples that is, where it is a sample.
type Cell = (String, Option<u64>);

/// How often things were tried, and how often each thing went wrong in simulated histories.
pub(super) fn tables(figures: &Value) -> String {
    let halves = ["ci", "by_hand"].map(|name| Half::of(figures, name));
    let drawn = |section: &str| halves.each_ref().map(|half| half.sum(section).map(sampled));
    let listed =
        |section: &str| halves.each_ref().map(|half| half.sum(section).map(|sum| (grouped(sum), None)));
    let told = |(found, of)| (format!("{found} of {of}"), None);
    let rows = [
        row("simulated histories", halves.each_ref().map(|half| half.histories().map(sampled))),
        row("crash points", listed("crash_points")),
        row("power cuts", drawn("power_cuts")),
        row("real processes killed", drawn("kills")),
        row("runs of several processes at once", together(&halves, "beside")),
        row("the same in a bucket, behind a proxy that fails", together(&halves, "beside_in_buckets")),
        row("verbs on harmed repositories", listed("damage_matrix")),
        row("planted bugs found", halves.each_ref().map(|half| half.planted().map(told))),
        row(
            "states of the model of the log protocol",
            counted(&halves, "states", |sum| (grouped(sum), None)),
        ),
        row("walks through the model with everybody", counted(&halves, "walks", sampled)),
        row("rules that the model cannot do without", halves.each_ref().map(|half| half.rules().map(told))),
        row("fuzz targets", halves.each_ref().map(|half| fuzz(half).map(|told| (told, None)))),
    ];
    let head = "| | in CI | by hand | fails less often than |\n|---|--:|--:|--:|\n";
    [head, &rows.concat(), &happened(&halves)].concat()
}

/// A figure of the model.
fn counted(halves: &[Half<'_>; 2], figure: &str, cell: fn(u64) -> Cell) -> [Option<Cell>; 2] {
    halves.each_ref().map(|half| half.model(figure).map(cell))
}

fn row(what: &str, cells: [Option<Cell>; 2]) -> String {
    let most = cells.iter().flatten().filter_map(|(_, samples)| *samples).max();
    let bound = most.map(bound).unwrap_or_default();
    let [ci, by_hand] = cells.map(|cell| cell.map_or_else(|| "-".to_owned(), |(told, _)| told));
    format!("| {what} | {ci} | {by_hand} | {bound} |\n")
}

/// What went wrong in simulated histories.
fn happened(halves: &[Half<'_>; 2]) -> String {
    let counts = halves.each_ref().map(Half::happened);
    let names: BTreeSet<_> = counts.iter().flat_map(|counts| counts.keys()).collect();
    let mut text = String::from("\n| in simulated histories | in CI | by hand |\n|---|--:|--:|\n");
    for name in names {
        let [ci, by_hand] = counts
            .each_ref()
            .map(|counts| counts.get(*name).map_or_else(|| "-".to_owned(), |count| grouped(*count)));
        writeln!(text, "| {name} | {ci} | {by_hand} |").unwrap();
    }
    text
}

fn sampled(count: u64) -> Cell {
    (grouped(count), Some(count))
}

/// What several processes did at once, as a section tells.
fn together(halves: &[Half<'_>; 2], section: &str) -> [Option<Cell>; 2] {
    let told = |[runs, kills, seconds]: [u64; 3]| {
        (format!("{}, {} killed, in {seconds} seconds", grouped(runs), grouped(kills)), None)
    };
    halves.each_ref().map(|half| half.beside(section).map(told))
}

fn fuzz(half: &Half<'_>) -> Option<String> {
    let (targets, executions) = half.fuzz("executions")?;
    match half.fuzz("seconds")?.1 {
        0 => Some(format!("{targets}, {} inputs of the corpus", half.fuzz("inputs")?.1)),
        seconds => Some(format!("{targets}, {} inputs in {} minutes", grouped(executions), seconds / 60)),
    }
}

/// What the share of failures is below at 95 %, after so many samples of which none failed: three of them, in percent, with
/// two digits and rounded up.
fn bound(samples: u64) -> String {
    let ten_thousandths = 3_000_000_u64.div_ceil(samples.max(1));
    let step = 10_u64.pow(ten_thousandths.ilog10().saturating_sub(1));
    let rounded = ten_thousandths.next_multiple_of(step);
    let percent = format!("{}.{:04}", rounded / 10_000, rounded % 10_000);
    format!("{} %", percent.trim_end_matches('0').trim_end_matches('.'))
}

/// With a space between each three digits.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let first = digits.len() % 3;
    let groups = digits.as_bytes()[first..].chunks(3).map(|three| std::str::from_utf8(three).unwrap());
    let groups = [&digits[..first]].into_iter().filter(|first| !first.is_empty()).chain(groups);
    groups.collect::<Vec<_>>().join(" ")
}

#[test]
fn numbers_are_told_as_they_are() {
    assert_eq!([7, 60, 1_000, 123_456].map(grouped), ["7", "60", "1 000", "123 456"]);
    assert_eq!([60, 76, 1_702, 5_000, 200_000].map(bound), ["5 %", "4 %", "0.18 %", "0.06 %", "0.0015 %"]);
}
