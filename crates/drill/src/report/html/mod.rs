//! Records as one page for people: no script, nothing from elsewhere, each drawing with its numbers in a table.
//!
//! Invariants: how something ended is told by words and shapes, never by colour alone; text of records is escaped.

mod calendar;
mod figure;
mod mark;
mod phases;
mod text;
mod trend;

use super::{Reported, runs, shown, word};
use crate::record::{Account, CheckResult, Kind, Objective};
use figure::table;
use serde_json::Value;
use text::{bytes, duration, escaped, moment, share};
use trend::{Point, Trend};

const STYLE: &str = include_str!("style.css");
/// Runs of a drill that are shown, the newest.
const RUNS_SHOWN: usize = 30;

/// The page.
#[must_use]
pub fn html(records: &[Reported<'_>]) -> String {
    let runs = runs(records);
    let drills = runs.iter().enumerate().map(|(number, (drill, runs))| section(number, drill, runs, records));
    let (overview, drills) = (overview(records), drills.collect::<String>());
    let nothing = if runs.is_empty() { "<p>There are no runs of any drill.</p>\n" } else { "" };
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Rehearsals of recovery</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <header>\n<h1>Rehearsals of recovery</h1>\n</header>\n<main>\n{overview}{nothing}{drills}</main>\n\
         <footer><p>Made by lifeboat from the records of its drills. What the page says is only as good as they are: \
         <code>lifeboat evidence verify</code> proves that none was altered or taken away.</p></footer>\n\
         </body>\n</html>\n"
    )
}

/// A row for each drill.
fn overview(records: &[Reported<'_>]) -> String {
    let rows = runs(records).into_iter().filter_map(|(drill, runs)| {
        let newest = runs.last()?;
        let account = &newest.record.account;
        let bound = account.results.statistics.as_ref();
        let bound = bound.map_or_else(
            || "none".to_owned(),
            |found| {
                format!(
                    "{:.4} % ({:.0} %)",
                    found.upper_bound_damaged_fraction * 100.0,
                    found.confidence * 100.0
                )
            },
        );
        let of = |name| {
            newest.objective(name).map_or_else(
                || "none".to_owned(),
                |objective| {
                    format!(
                        "{} of {}",
                        told(objective, &objective.attained),
                        told(objective, &objective.target)
                    )
                },
            )
        };
        let record = newest.name.map_or_else(|| "not stored".to_owned(), |name| name.to_string());
        let (verdict, level) = (word(account.verdict.status), word(account.method.level));
        let finished = moment(account.when.finished);
        Some(vec![drill.to_owned(), finished, verdict, level, of("rto"), of("rpo"), bound, record])
    });
    let header = [
        "Drill",
        "Newest run",
        "Verdict",
        "Level",
        "Recovery time",
        "Recovery point",
        "Damaged at most",
        "Record",
    ];
    "<h2 class=\"first\">Overview</h2>\n".to_owned() + &table("The newest run of each drill", &header, rows)
}

fn section(number: usize, drill: &str, runs: &[Reported<'_>], records: &[Reported<'_>]) -> String {
    let shown = &runs[runs.len().saturating_sub(RUNS_SHOWN)..];
    let Some(newest) = shown.last() else { return String::new() };
    let account = &newest.record.account;
    let mut section = format!("<section>\n<h2>{}</h2>\n{}", escaped(drill), verdict(account));
    if shown.len() < runs.len() {
        section +=
            &format!("<p class=\"soft\">The newest {RUNS_SHOWN} of {} runs are shown.</p>\n", runs.len());
    }
    section += &(checks(&account.results.checks) + &objectives(&account.objectives));
    section += "<h3>From run to run</h3>\n";
    section += &recovery_time(number, shown).html();
    section += &coverage(number, shown).map_or(String::new(), |trend| trend.html());
    section += &calendar::calendar(&format!("calendar-{number}"), &days(drill, records));
    if !account.results.phases.is_empty() {
        section += &phases::phases(&format!("phases-{number}"), &account.results.phases);
    }
    section
        + &said("What this proves", &account.proves)
        + &said("What this does not prove", &account.does_not_prove)
        + "</section>\n"
}

fn verdict(account: &Account) -> String {
    let word = word(account.verdict.status);
    let selected = &account.scope.selected;
    let looked = format!("{} files, {}", selected.files, bytes(selected.bytes));
    let head = format!(
        "<p><strong class=\"{word}\">{}</strong> on {}: {}, level {}, {looked}.</p>\n",
        word.replace('-', " "),
        moment(account.when.finished),
        escaped(&account.plan.scenario),
        super::word(account.method.level)
    );
    let reasons: String =
        account.verdict.reasons.iter().map(|text| format!("<li>{}</li>\n", escaped(text))).collect();
    if reasons.is_empty() { head } else { format!("{head}<ul>\n{reasons}</ul>\n") }
}

fn checks(checks: &[CheckResult]) -> String {
    let rows = checks.iter().map(|check| {
        let required = if check.required { "yes" } else { "no" };
        let (subjects, message) = (check.subjects.to_string(), check.message.clone());
        vec![check.name.clone(), required.to_owned(), word(check.verdict), subjects, message]
    });
    table("Checks of the newest run", &["Check", "Required", "Verdict", "Looked at", "Message"], rows)
}

fn objectives(objectives: &[Objective]) -> String {
    let rows = objectives.iter().map(|objective| {
        let (target, attained) = (told(objective, &objective.target), told(objective, &objective.attained));
        let (basis, verdict) = (objective.basis.clone(), word(objective.verdict));
        vec![objective.name.clone(), target, attained, basis, verdict, objective.message.clone()]
    });
    let header = ["Objective", "Target", "Attained", "Basis", "Verdict", "Message"];
    table("Objectives of the newest run", &header, rows)
}

/// A number of an objective, in the unit that it has.
fn told(objective: &Objective, value: &Value) -> String {
    match (objective.name.as_str(), value.as_f64()) {
        ("rto" | "rpo" | "snapshot-age", Some(seconds)) => duration(seconds),
        ("coverage", Some(part)) => share(part),
        _ => shown(value),
    }
}

fn recovery_time(number: usize, runs: &[Reported<'_>]) -> Trend<'static> {
    let objective = runs.last().and_then(|newest| newest.objective("rto")?.target.as_f64());
    Trend {
        id: format!("rto-{number}"),
        title: "Recovery time",
        column: "Took",
        points: points(runs, |reported| reported.attained("rto"), |reported| reported.bounds("rto")),
        objective,
        most: None,
        tell: duration,
    }
}

/// None where no run tells.
fn coverage(number: usize, runs: &[Reported<'_>]) -> Option<Trend<'static>> {
    let covered =
        |reported: &Reported<'_>| Some(reported.record.account.results.coverage.as_ref()?.bytes_share);
    let points = points(runs, covered, |_| None);
    let is_known = points.iter().any(|point| point.value.is_some());
    is_known.then(|| Trend {
        id: format!("coverage-{number}"),
        title: "Share of stored bytes that was read back in the window",
        column: "Read back",
        points,
        objective: runs.last().and_then(|newest| newest.objective("coverage")?.target.as_f64()),
        most: Some(1.0),
        tell: share,
    })
}

fn points(
    runs: &[Reported<'_>],
    value: impl Fn(&Reported<'_>) -> Option<f64>,
    bounds: impl Fn(&Reported<'_>) -> Option<(f64, f64)>,
) -> Vec<Point> {
    let point = |reported: &Reported<'_>| Point {
        time: reported.record.account.when.finished,
        value: value(reported),
        bounds: bounds(reported),
        verdict: word(reported.record.account.verdict.status),
    };
    runs.iter().map(point).collect()
}

/// Runs of a drill and those that it missed.
fn days<'a>(drill: &str, records: &[Reported<'a>]) -> Vec<&'a Account> {
    let accounts =
        records.iter().filter(|reported| reported.is_run() || reported.record.account.kind == Kind::Missed);
    accounts.map(|reported| &reported.record.account).filter(|account| account.plan.drill == drill).collect()
}

fn said(title: &str, sentences: &[String]) -> String {
    let items: String = sentences.iter().map(|text| format!("<li>{}</li>\n", escaped(text))).collect();
    format!("<h3>{title}</h3>\n<ul>\n{items}</ul>\n")
}
