//! Records as metrics in the text form of Prometheus: of each drill what its newest run has shown.
//!
//! Invariant: what nobody knows has no sample, so that rules about absence notice it.

use super::{Reported, runs, word};
use crate::record::{Kind, Status};
use std::collections::BTreeMap;

/// The file; `problems` is what verifying the evidence has found, none where it was not verified.
#[must_use]
pub fn metrics(records: &[Reported<'_>], problems: Option<usize>) -> String {
    let mut text = String::new();
    for Metric { name, help, sample } in METRICS {
        let samples: Vec<_> = runs(records)
            .into_iter()
            .filter_map(|(drill, runs)| Some((labels(drill, runs.last()?), sample(&runs)?)))
            .collect();
        family(&mut text, name, "gauge", help, &samples);
    }
    let help = "Times at which a drill was due and none ran.";
    family(&mut text, "lifeboat_drill_missed_total", "counter", help, &missed(records));
    let problems: Vec<_> =
        problems.map(|problems| (String::new(), float(problems as u64))).into_iter().collect();
    let help = "Records that were altered or taken away.";
    family(&mut text, "lifeboat_drill_evidence_problems", "gauge", help, &problems);
    text
}

/// Something that is told of each drill.
struct Metric {
    name: &'static str,
    help: &'static str,
    /// Of its runs, the oldest first and at least one.
    sample: fn(&[Reported<'_>]) -> Option<f64>,
}

const METRICS: [Metric; 13] = [
    gauge(
        "lifeboat_drill_status",
        "How the newest run ended: 0 pass, 1 degraded, 2 fail, 3 unknown, 4 error, 5 selftest failed.",
        |runs| Some(status(newest(runs)?.record.account.verdict.status)),
    ),
    gauge(
        "lifeboat_drill_level",
        "How deep the newest run went: from 0, a plan, to 5, from the kit alone.",
        |runs| word(newest(runs)?.record.account.method.level).strip_prefix('L')?.parse().ok(),
    ),
    gauge("lifeboat_drill_last_run_timestamp_seconds", "When the newest run was over.", |runs| {
        Some(finished(newest(runs)?))
    }),
    gauge(
        "lifeboat_drill_last_pass_timestamp_seconds",
        "When the newest run was over that is a pass.",
        |runs| {
            let passed = |reported: &&Reported<'_>| reported.record.account.verdict.status == Status::Pass;
            runs.iter().rev().find(passed).map(finished)
        },
    ),
    gauge("lifeboat_drill_duration_seconds", "How long the newest run took.", |runs| {
        Some(float(newest(runs)?.record.account.when.monotonic_ms) / 1000.0)
    }),
    gauge("lifeboat_drill_rto_seconds", "Recovery time that the newest run has shown.", |runs| {
        newest(runs)?.attained("rto")
    }),
    gauge("lifeboat_drill_rto_upper_seconds", "Recovery time at most, where it was extrapolated.", |runs| {
        Some(newest(runs)?.bounds("rto")?.1)
    }),
    gauge("lifeboat_drill_rto_target_seconds", "Recovery time that is to be reached.", |runs| {
        newest(runs)?.objective("rto")?.target.as_f64()
    }),
    gauge("lifeboat_drill_rpo_seconds", "Greatest time between what can be recovered.", |runs| {
        newest(runs)?.attained("rpo")
    }),
    gauge("lifeboat_drill_damage_upper_ratio", "Share of stored bytes that are damaged, at most.", |runs| {
        Some(newest(runs)?.record.account.results.statistics.as_ref()?.upper_bound_damaged_fraction)
    }),
    gauge(
        "lifeboat_drill_coverage_ratio",
        "Share of stored bytes that were read back in the window.",
        |runs| Some(newest(runs)?.record.account.results.coverage.as_ref()?.bytes_share),
    ),
    gauge(
        "lifeboat_drill_coverage_oldest_read_seconds",
        "How long ago the oldest of what was read was read.",
        |runs| Some(float(newest(runs)?.record.account.results.coverage.as_ref()?.oldest_read_age_s)),
    ),
    gauge("lifeboat_drill_never_read_bytes", "Stored bytes that were never read back.", |runs| {
        Some(float(newest(runs)?.record.account.results.coverage.as_ref()?.never_read_bytes))
    }),
];

const fn gauge(name: &'static str, help: &'static str, sample: fn(&[Reported<'_>]) -> Option<f64>) -> Metric {
    Metric { name, help, sample }
}

fn newest<'a, 'b>(runs: &'a [Reported<'b>]) -> Option<&'a Reported<'b>> {
    runs.last()
}

/// Of each drill, none included.
fn missed(records: &[Reported<'_>]) -> Vec<(String, f64)> {
    let mut missed = BTreeMap::new();
    for account in records.iter().map(|reported| &reported.record.account) {
        let count = if account.kind == Kind::Missed { account.when.missed } else { 0 };
        *missed.entry(account.plan.drill.as_str()).or_insert(0) += count;
    }
    missed
        .into_iter()
        .map(|(drill, count)| (format!("{{drill=\"{}\"}}", escaped(drill)), float(count)))
        .collect()
}

fn status(status: Status) -> f64 {
    match status {
        Status::Pass => 0.0,
        Status::Degraded => 1.0,
        Status::Fail => 2.0,
        Status::Unknown => 3.0,
        Status::Error => 4.0,
        Status::SelftestFailed => 5.0,
    }
}

fn finished(reported: &Reported<'_>) -> f64 {
    reported.record.account.when.finished.as_duration().as_secs_f64()
}

/// Metrics have no other numbers.
#[expect(clippy::cast_precision_loss, reason = "beyond 2^53 nobody minds the last digits")]
fn float(number: u64) -> f64 {
    number as f64
}

fn family(text: &mut String, name: &str, kind: &str, help: &str, samples: &[(String, f64)]) {
    if samples.is_empty() {
        return;
    }
    *text += &format!("# HELP {name} {help}\n# TYPE {name} {kind}\n");
    samples.iter().for_each(|(labels, value)| *text += &format!("{name}{labels} {value}\n"));
}

fn labels(drill: &str, newest: &Reported<'_>) -> String {
    let scope = &newest.record.account.scope;
    format!("{{drill=\"{}\",replica=\"{}\"}}", escaped(drill), escaped(&scope.replica))
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
