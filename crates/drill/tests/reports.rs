//! Reports are read by what is meant to read them, and say of each record what it says.

use super::sample;
use lifeboat_drill::record::{Account, Chain, Kind, Outcome, Record, SCHEMA, Status};
use lifeboat_drill::report::{Reported, junit, metrics};
use lifeboat_testkit::needs;
use quick_junit::{NonSuccessKind, Report, TestCaseStatus};
use serde_json::Value;
use std::io::Write as _;
use std::process::{Command, Stdio};

fn record(account: Account) -> Record {
    Record { schema: SCHEMA.to_owned(), chain: Chain::default(), account }
}

fn reported(records: &[Record]) -> Vec<Reported<'_>> {
    records.iter().map(|record| Reported { record, name: None }).collect()
}

/// One of each way to end, of a drill whose name is hard on every form.
fn one_of_each() -> Vec<Record> {
    let ends = [
        Status::Pass,
        Status::Degraded,
        Status::Unknown,
        Status::Fail,
        Status::SelftestFailed,
        Status::Error,
    ];
    (0..).zip(ends).map(|(day, status)| record(sample::account("a<b>&\"c\"\\\n\u{1}", day, status))).collect()
}

/// What a program says of a text.
fn fed(program: &str, arguments: &[&str], input: &str) -> (bool, String) {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

#[test]
fn results_of_tests_are_read_by_a_stock_parser() {
    if !needs("python3") {
        return;
    }
    let records = one_of_each();
    let script = "import sys, xml.etree.ElementTree as e\n\
        for suite in e.fromstring(sys.stdin.buffer.read()).iter('testsuite'):\n\
        \x20 cases = list(suite.iter('testcase'))\n\
        \x20 print(len(cases), *[len(list(suite.iter(kind))) for kind in ('failure', 'error', 'skipped')],\n\
        \x20   *[suite.get(name) for name in ('tests', 'failures', 'errors')])";
    let (is_read, said) = fed("python3", &["-c", script], &junit(&reported(&records)));
    assert!(is_read, "{said}");
    // Three checks, two objectives and the verdict. What fails has a failed check; its objectives are unknown.
    let of_pass = "6 0 0 1 6 0 0";
    let of_fail = "6 2 2 1 6 2 2";
    let of_error = "6 1 3 1 6 1 3";
    assert_eq!(said.lines().collect::<Vec<_>>(), [of_pass, of_fail, of_error, of_fail, of_error, of_error]);
}

#[test]
fn what_is_not_proved_is_an_error_and_never_skipped() {
    let mut account = sample::account("erp", 0, Status::Unknown);
    let ways = [
        (Outcome::Pass, true, None),
        (Outcome::Warn, true, None),
        (Outcome::Fail, false, Some(NonSuccessKind::Failure)),
        (Outcome::Unknown, false, Some(NonSuccessKind::Error)),
        (Outcome::Skipped, true, Some(NonSuccessKind::Error)),
    ];
    let check = account.results.checks.remove(0);
    account.results.checks = ways
        .iter()
        .map(|(verdict, required, _)| {
            let mut check = check.clone();
            (check.verdict, check.required) = (*verdict, *required);
            check
        })
        .collect();
    let records = [record(account)];
    let report = Report::deserialize_from_str(&junit(&reported(&records))).unwrap();
    for ((outcome, _, expected), case) in ways.iter().zip(&report.test_suites[0].test_cases) {
        let kind = match &case.status {
            TestCaseStatus::NonSuccess { kind, .. } => Some(*kind),
            TestCaseStatus::Success { .. } => None,
            TestCaseStatus::Skipped { .. } => panic!("{outcome:?} is skipped"),
        };
        assert_eq!(kind, *expected, "{outcome:?}");
    }
}

#[test]
fn results_of_tests_have_what_is_worth_comparing() {
    let world = super::evidence::World::of_fifty(1);
    let chains = world.chains(&world.objects());
    let stored = chains.records().next().unwrap();
    let report = Report::deserialize_from_str(&junit(&[stored.into()])).unwrap();
    let properties = &report.test_suites[0].properties;
    let value = |name: &str| {
        let property = properties.iter().find(|property| property.name.as_str() == name);
        property.unwrap_or_else(|| panic!("no {name}")).value.to_string()
    };
    assert_eq!(value("chain-head"), stored.name.to_string());
    assert_eq!(
        (value("rpo"), value("bound"), value("level")),
        ("18000".into(), "0.009969".into(), "L3".into())
    );
    assert_eq!(value("rto"), stored.record.account.objectives[0].attained.to_string());
}

#[test]
fn metrics_are_what_prometheus_takes() {
    let records = one_of_each();
    let text = metrics(&reported(&records), Some(0));
    if needs("promtool") {
        let (is_good, said) = fed("promtool", &["check", "metrics"], &text);
        assert!(is_good && said.is_empty(), "{said}\n{text}");
    }
    let drill = "drill=\"a<b>&\\\"c\\\"\\\\\\n\u{1}\"";
    for line in [
        format!("lifeboat_drill_status{{{drill},replica=\"primary\"}} 4\n"),
        format!("lifeboat_drill_missed_total{{{drill}}} 0\n"),
        "lifeboat_drill_evidence_problems 0\n".to_owned(),
    ] {
        assert!(text.contains(&line), "{line}{text}");
    }
    assert!(!metrics(&reported(&records), None).contains("evidence_problems"));
}

#[test]
fn metrics_tell_of_the_newest_run_and_of_nothing_that_nobody_knows() {
    let mut records: Vec<_> = [(3, Status::Pass), (9, Status::Fail), (1, Status::Pass)]
        .map(|(day, status)| sample::account("erp", day, status))
        .map(record)
        .into();
    let finished = |record: &Record| record.account.when.finished.as_second();
    records[1].account.objectives[0].attained = Value::Null;
    let mut missed = record(sample::account("erp", 10, Status::Unknown));
    (missed.account.kind, missed.account.when.missed) = (Kind::Missed, 3);
    records.push(missed);
    let text = metrics(&reported(&records), None);
    let value = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(&format!("lifeboat_drill_{name}{{")));
        line.map(|line| line.rsplit_once(' ').unwrap().1.to_owned())
    };
    assert_eq!(value("status"), Some("2".into()));
    assert_eq!(value("last_run_timestamp_seconds"), Some(finished(&records[1]).to_string()));
    assert_eq!(value("last_pass_timestamp_seconds"), Some(finished(&records[0]).to_string()));
    assert_eq!((value("rto_seconds"), value("rto_target_seconds")), (None, Some("120".into())));
    assert_eq!((value("missed_total"), value("duration_seconds")), (Some("3".into()), Some("90".into())));
}
