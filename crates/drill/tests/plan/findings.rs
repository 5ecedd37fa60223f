//! What is odd about drills.

use super::tables;
use lifeboat_drill::plan::{ResolvedDrill, Severity, validate};
use serde_json::{Value, json};

fn findings(plan: Value) -> Vec<(Severity, String)> {
    let tables = tables(plan);
    let drills = tables.resolve().unwrap();
    let findings = validate(&tables, &drills, &["nas".to_owned(), "far".to_owned()].into());
    findings.into_iter().map(|finding| (finding.severity, finding.to_string())).collect()
}

#[track_caller]
fn finds(plan: Value, expected: &[(Severity, &str)]) {
    let found = findings(plan);
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for ((severity, text), (expected_severity, part)) in found.iter().zip(expected) {
        assert!(severity == expected_severity && text.contains(part), "{text}\nis not\n{part}");
    }
}

#[test]
fn what_proves_something_is_not_odd() {
    assert_eq!(ResolvedDrill::usual().findings(), []);
    finds(json!({"drill": {"a": {"scenario": "restore-full", "repository": "nas", "replica": "far"}}}), &[]);
    finds(
        json!({"drill": {"a": {"scenario": "lost-primary", "replica": "s3://b/p", "mode": "stream"}}}),
        &[],
    );
}

#[test]
fn a_drill_that_looks_at_no_data_is_an_error() {
    use Severity::Error;
    let plan = |checks: Value, advisory: Value| {
        let check = json!({"tree": {"type": "paths", "must-exist": ["/a"]}});
        json!({"check": check, "drill": {"a": {"scenario": "restore-full", "checks": checks, "advisory": advisory}}})
    };
    let no_data = "[drill.a]: checks: none that decides looks at data";
    finds(plan(json!(["metadata", "tree"]), json!([])), &[(Error, no_data)]);
    finds(plan(json!(["tree"]), json!(["content"])), &[(Error, no_data)]);
    finds(plan(json!(["content", "tree"]), json!([])), &[]);
}

#[test]
fn checks_of_files_need_files() {
    use Severity::Error;
    let drill = |table: Value| json!({"drill": {"a": table}});
    let stream = json!({"scenario": "restore-full", "mode": "stream", "checks": ["content", "metadata"]});
    finds(
        drill(stream),
        &[(Error, "[drill.a]: checks: metadata looks at files, and mode = \"stream\" writes none")],
    );
    let rotation = json!({"scenario": "storage-damage", "checks": ["content"], "advisory": ["metadata"]});
    finds(drill(rotation), &[(Error, "metadata looks at files, and storage-damage writes none")]);
}

#[test]
fn what_can_never_be_reached_is_a_warning() {
    use Severity::Warning;
    let drill = |table: Value| json!({"objectives": {"rto": "1h"}, "drill": {"a": table}});
    let rto = "[drill.a]: objectives.rto: nothing is written, so it can never pass";
    finds(drill(json!({"scenario": "restore-full", "mode": "stream"})), &[(Warning, rto)]);
    finds(drill(json!({"scenario": "restore-full", "mode": "stream", "objectives": {"rto": "off"}})), &[]);
    let level = json!({"scenario": "lost-primary", "replica": "far", "mode": "stream", "objectives": {"rto": "off", "min-level": "L3"}});
    finds(drill(level), &[(Warning, "[drill.a]: objectives.min-level: L3 can never be reached, L2 at most")]);
    let warm =
        json!({"scenario": "restore-full", "sandbox": {"cache": "warm"}, "objectives": {"min-level": "L2"}});
    finds(
        drill(warm),
        &[(Warning, "a warm cache proves no recovery time"), (Warning, "L2 can never be reached, L1")],
    );
    finds(
        drill(json!({"scenario": "restore-full", "objectives": {"min-level": "L4"}})),
        &[(Warning, "L4 can never")],
    );
    let mut used =
        drill(json!({"scenario": "restore-full", "checks": ["app"], "objectives": {"min-level": "L4"}}));
    used["check"] = json!({"app": {"type": "command", "argv": ["a"]}});
    finds(used, &[]);
}

#[test]
fn names_that_nothing_has_are_found() {
    use Severity::{Error, Warning};
    let plan = json!({
        "check": {"idle": {"type": "archive", "glob": "*.zip"}},
        "evidence": {"store": ["far", "farther"]},
        "drill": {
            "a": {"scenario": "restore-sample", "repository": "nsa", "replica": "fra", "snapshot": {"select": "7f3a"}},
            "b": {"scenario": "storage-damage", "heal-from": ["parity", "replica:near"]},
        },
    });
    finds(
        plan,
        &[
            (Error, "[drill.a]: repository: there is no [repository.nsa]"),
            (Error, "[drill.a]: replica: there is no [repository.fra]"),
            (Error, "[drill.b]: heal-from: there is no [repository.near]"),
            (Error, "[evidence]: store: there is no [repository.farther]"),
            (Warning, "[drill.a]: snapshot.select: 7f3a stays the same"),
            (Warning, "[check.idle]: type: no drill names this check of archive"),
        ],
    );
}

#[test]
fn what_is_not_built_yet_is_an_error() {
    use Severity::Error;
    let yet = "this version cannot do that yet";
    for scenario in ["read-rotation", "version-skew"] {
        finds(
            json!({"drill": {"a": {"scenario": scenario}}}),
            &[(Error, "[drill.a]: scenario: this version cannot")],
        );
    }
    let plan = json!({
        "budget": {"bandwidth": "1M"},
        "objectives": {"coverage-days": 30},
        "drill": {"a": {"scenario": "restore-sample"}},
    });
    let keys = ["objectives.coverage-days", "budget.bandwidth"];
    let expected: Vec<_> = keys.iter().map(|key| (Error, format!("[drill.a]: {key}: {yet}"))).collect();
    let expected: Vec<_> = expected.iter().map(|(severity, text)| (*severity, text.as_str())).collect();
    finds(plan, &expected);
}
