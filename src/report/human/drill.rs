//! What `drill` tells people: what was done, what each check and objective came to, and what that proves.

use crate::amount;
use lifeboat_drill::record::{CheckResult, Objective, Outcome, Record, SelectionKind, Status};
use serde_json::Value;
use std::time::Duration;

/// A drill that is over.
pub(super) fn of_drill(record: &Record) -> Vec<String> {
    let account = &record.account;
    let mut lines = vec![format!(
        "{} of {}: {} of {} files, {} of {}, {}",
        account.plan.scenario,
        snapshots(record),
        amount::count(account.scope.selected.files),
        amount::count(account.scope.population.files),
        amount::bytes(account.scope.selected.bytes),
        amount::bytes(account.scope.population.bytes),
        drawn(record),
    )];
    lines.extend(account.results.checks.iter().map(of_check));
    lines.extend(account.objectives.iter().filter_map(of_objective));
    if let Some(statistics) = &account.results.statistics {
        lines.push(format!(
            "  damaged at most: {:.3} % of all bytes, with confidence {}",
            statistics.upper_bound_damaged_fraction * 100.0,
            statistics.confidence
        ));
    }
    let time = Duration::from_millis(account.when.monotonic_ms);
    let read = amount::bytes(account.results.io.bytes_read);
    lines.push(format!("  level {:?}, {read} read, in {}", account.method.level, amount::duration(time)));
    lines.extend(account.proves.iter().map(|proved| format!("proves: {proved}")));
    lines.extend(account.does_not_prove.iter().map(|not| format!("does not prove: {not}")));
    // What was not stored has no place among others.
    if !record.chain.writer.is_empty() {
        lines.push(format!("record {} of writer {}", record.chain.seq, record.chain.writer));
    }
    lines.push(format!("verdict: {}", status(account.verdict.status)));
    lines.extend(account.verdict.reasons.iter().map(|reason| format!("  because {reason}")));
    lines
}

fn snapshots(record: &Record) -> String {
    match &record.account.scope.snapshots[..] {
        [] => "no snapshot".to_owned(),
        [one] => format!("snapshot {}", one.id.get(..8).unwrap_or(&one.id)),
        several => amount::of(several.len() as u64, "snapshot"),
    }
}

fn drawn(record: &Record) -> String {
    let selection = &record.account.method.selection;
    match selection.kind {
        SelectionKind::Census => "everything".to_owned(),
        SelectionKind::Random => amount::of(selection.draws, "draw"),
        SelectionKind::Rotation => "what was not read for longest".to_owned(),
        SelectionKind::Explicit => "what the plan names".to_owned(),
    }
}

fn of_check(check: &CheckResult) -> String {
    let required = if check.required { "" } else { ", not required" };
    let message = if check.message.is_empty() { String::new() } else { format!(": {}", check.message) };
    let subjects = amount::of(check.subjects, "subject");
    format!("  check {}: {}, {subjects}{required}{message}", check.name, outcome(check.verdict))
}

/// An objective that the plan has, or that was measured all the same.
fn of_objective(objective: &Objective) -> Option<String> {
    let message =
        if objective.message.is_empty() { String::new() } else { format!(": {}", objective.message) };
    let attained = match &objective.attained {
        Value::Null => None,
        Value::Number(seconds) if objective.name != "sample" => {
            seconds.as_f64().map(|seconds| amount::duration(Duration::from_secs_f64(seconds.max(0.0))))
        }
        other => Some(other.as_str().map_or_else(|| other.to_string(), str::to_owned)),
    };
    let text = match (objective.verdict, attained) {
        (Outcome::NotConfigured, Some(attained)) if objective.basis == "measured" => {
            format!("{attained}, no objective")
        }
        (Outcome::NotConfigured, _) => return None,
        (verdict, Some(attained)) => format!("{}, {attained}", outcome(verdict)),
        (verdict, None) => outcome(verdict).to_owned(),
    };
    Some(format!("  objective {}: {text}{message}", objective.name))
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "pass",
        Outcome::Warn => "odd",
        Outcome::Fail => "FAIL",
        Outcome::Unknown => "UNKNOWN",
        Outcome::Skipped => "skipped",
        Outcome::NotConfigured => "not asked for",
    }
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Pass => "pass",
        Status::Degraded => "DEGRADED",
        Status::Unknown => "UNKNOWN",
        Status::Fail => "FAIL",
        Status::SelftestFailed => "SELF-TEST FAILED",
        Status::Error => "ERROR",
    }
}
