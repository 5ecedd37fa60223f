//! Records as results of tests in the XML that CI systems read: a suite for each drill, a case for each check and objective, and
//! one for the verdict.
//!
//! Invariant: CI shows what is skipped as if it were good, so only what nobody asked for is skipped.

use super::{Reported, shown, word};
use crate::record::{CheckResult, Objective, Outcome, Status};
use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};
use std::time::Duration;

/// The file.
///
/// # Panics
/// Never: it is written to memory.
#[must_use]
pub fn junit(records: &[Reported<'_>]) -> String {
    let mut report = Report::new("lifeboat drill");
    report.add_test_suites(records.iter().map(suite));
    report.to_string().expect("writing to memory cannot fail, and all of it is UTF-8")
}

fn suite(reported: &Reported<'_>) -> TestSuite {
    let account = &reported.record.account;
    let mut suite = TestSuite::new(account.plan.drill.as_str());
    suite.set_time(Duration::from_millis(account.when.monotonic_ms));
    suite.add_properties(properties(reported));
    suite.add_test_cases(account.results.checks.iter().map(check));
    let configured =
        account.objectives.iter().filter(|objective| objective.verdict != Outcome::NotConfigured);
    suite.add_test_cases(configured.map(objective));
    suite.add_test_case(verdict(reported));
    suite
}

/// What is worth comparing from run to run.
fn properties(reported: &Reported<'_>) -> Vec<Property> {
    let account = &reported.record.account;
    let mut properties = vec![
        ("scenario", account.plan.scenario.clone()),
        ("started", account.when.started.to_string()),
        ("level", word(account.method.level)),
    ];
    for name in ["rto", "rpo"] {
        properties.extend(reported.objective(name).map(|objective| (name, shown(&objective.attained))));
    }
    let statistics = account.results.statistics.as_ref();
    properties.extend(statistics.map(|found| ("bound", found.upper_bound_damaged_fraction.to_string())));
    properties.extend(reported.name.map(|name| ("chain-head", name.to_string())));
    properties.into_iter().map(|(name, value)| Property::new(name, value)).collect()
}

fn check(result: &CheckResult) -> TestCase {
    let status = status(result.verdict, result.required, &result.message);
    let mut case = TestCase::new(result.name.as_str(), status);
    case.set_classname(format!("check.{}", result.kind)).set_time(Duration::from_millis(result.ms));
    case.set_assertions(usize::try_from(result.subjects).unwrap_or(usize::MAX));
    if result.verdict == Outcome::Warn {
        case.set_system_out(format!("warning: {}", result.message));
    }
    case
}

fn objective(objective: &Objective) -> TestCase {
    let (target, attained) = (shown(&objective.target), shown(&objective.attained));
    let told = format!("{attained} of {target}, {}: {}", objective.basis, objective.message);
    let mut case =
        TestCase::new(objective.name.as_str(), status(objective.verdict, true, told.trim_end_matches(": ")));
    case.set_classname("objective");
    case
}

/// What the whole came to, so that a drill which came to no check is seen as well.
fn verdict(reported: &Reported<'_>) -> TestCase {
    let verdict = &reported.record.account.verdict;
    let status = match verdict.status {
        Status::Pass => TestCaseStatus::success(),
        Status::Degraded | Status::Fail => not_good(NonSuccessKind::Failure, &verdict.reasons.join("; ")),
        Status::Unknown | Status::SelftestFailed | Status::Error => {
            not_good(NonSuccessKind::Error, &verdict.reasons.join("; "))
        }
    };
    let mut case = TestCase::new(format!("verdict: {}", word(verdict.status)), status);
    case.set_classname("verdict");
    case
}

fn status(outcome: Outcome, required: bool, message: &str) -> TestCaseStatus {
    match (outcome, required) {
        (Outcome::Pass | Outcome::Warn, _) => TestCaseStatus::success(),
        (Outcome::Fail, _) => not_good(NonSuccessKind::Failure, message),
        (Outcome::Unknown, _) | (Outcome::Skipped | Outcome::NotConfigured, true) => {
            not_good(NonSuccessKind::Error, message)
        }
        (Outcome::Skipped | Outcome::NotConfigured, false) => TestCaseStatus::skipped(),
    }
}

fn not_good(kind: NonSuccessKind, message: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(if message.is_empty() { "no reason was given" } else { message });
    status
}
