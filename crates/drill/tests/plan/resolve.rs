//! From tables to drills.

use super::{only, refused, tables};
use lifeboat_drill::plan::{
    Capability, Check, CheckSpec, KeyKind, Means, ResolvedDrill, RestoreMode, Scenario, Select, Tables, USUAL,
};
use lifeboat_drill::record::{Cache, Level};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;

fn names(drill: &ResolvedDrill) -> Vec<(&str, bool)> {
    drill.checks.iter().map(|check| (check.name.as_str(), check.required)).collect()
}

#[test]
fn a_drill_needs_a_scenario_and_nothing_else() {
    let drill = only(json!({"drill": {"nightly": {"scenario": "restore-sample"}}}));
    assert_eq!(drill, ResolvedDrill { name: "nightly".to_owned(), ..ResolvedDrill::usual() });
    assert_eq!(ResolvedDrill::usual().name, USUAL);
    let Scenario::RestoreSample(sample) = drill.scenario else { panic!("{:?}", drill.scenario) };
    assert_eq!(sample.draws(), 299);
    assert_eq!(names(&ResolvedDrill::usual()), [("content", true), ("metadata", true)]);
    assert_eq!((drill.sandbox.cache, drill.sandbox.dir), (Cache::Cold, None));
    assert!(refused(json!({"drill": {"nightly": {}}})).contains("missing field `scenario`"));
}

#[test]
fn what_is_said_for_all_gives_way_to_what_is_said_for_one() {
    let drill = only(json!({
        "objectives": {"rto": "4h", "rpo": "26h", "min-level": "L3"},
        "budget": {"max-bytes": "1G", "max-requests": 100},
        "sandbox": {"dir": "/var/tmp", "max-inodes": 7},
        "drill": {"a": {
            "scenario": "restore-full",
            "objectives": {"rto": "off", "min-level": "L2", "rpo-window": "1w"},
            "budget": {"max-requests": 7},
            "sandbox": {"keep-on-fail": true, "cache": "warm"},
        }},
    }));
    let objectives = drill.objectives;
    assert_eq!((objectives.rto, objectives.min_level), (None, Some(Level::L2)));
    assert_eq!(objectives.rpo.map(|rpo| rpo.duration()), Some(Duration::from_secs(26 * 3600)));
    assert_eq!((objectives.rpo_window.to_string().as_str(), objectives.min_coverage.value()), ("1w", 1.0));
    assert_eq!(
        (drill.budget.max_bytes.map(|size| size.bytes()), drill.budget.max_requests),
        (Some(1 << 30), Some(7))
    );
    let sandbox = drill.sandbox;
    assert_eq!((sandbox.dir, sandbox.max_inodes), (Some(PathBuf::from("/var/tmp")), Some(7)));
    assert_eq!((sandbox.keep_on_fail, sandbox.cache, sandbox.min_free.value()), (true, Cache::Warm, 0.1));
}

#[test]
fn what_restores_nothing_takes_no_time_for_recovery() {
    let all = json!({"rto": "4h", "min-level": "L3", "rpo": "1d"});
    let rotation = |own: Value| json!({"objectives": all, "drill": {"a": {"scenario": "read-rotation", "objectives": own}}});
    let objectives = only(rotation(json!({}))).objectives;
    assert_eq!((objectives.rto, objectives.min_level, objectives.coverage_days), (None, None, Some(30)));
    assert!(objectives.rpo.is_some());
    let own = only(rotation(json!({"min-level": "L1", "coverage-days": 7, "rto": "off"}))).objectives;
    assert_eq!((own.min_level, own.coverage_days), (Some(Level::L1), Some(7)));
    let cause = refused(rotation(json!({"rto": "1h"})));
    assert_eq!(cause, "[drill.a]: objectives.rto: the scenario read-rotation has no use for it");
}

#[test]
fn checks_are_put_in_place() {
    let drill = only(json!({
        "check": {
            "app": {"type": "command", "argv": ["bin/app", "{root}"], "stdout-contains": "OK"},
            "content": {"type": "content"},
            "size": {"type": "bounds", "files": {"min": 10}, "bytes": {"max-change": "30%"}},
        },
        "drill": {"a": {"scenario": "restore-full", "checks": ["app", "live-compare", "content"], "advisory": ["size"]}},
    }));
    assert_eq!(names(&drill), [("app", true), ("live-compare", true), ("content", true), ("size", false)]);
    let CheckSpec::Command(command) = &drill.checks[0].spec else { panic!("{:?}", drill.checks[0]) };
    assert_eq!((command.exit, command.timeout.to_string().as_str()), (0, "5m"));
    let stream = only(json!({"drill": {"a": {"scenario": "restore-full", "mode": "stream"}}}));
    assert_eq!(names(&stream), [("content", true)]);
    let none = only(json!({"drill": {"a": {"scenario": "restore-full", "checks": []}}}));
    assert_eq!(none.checks, Vec::<Check>::new());
}

#[test]
fn every_scenario_has_what_it_needs() {
    let scenario = |table: Value| only(json!({"drill": {"a": table}}));
    let file = scenario(json!({"scenario": "restore-file", "paths": ["/etc/*"]}));
    assert!(matches!(file.scenario, Scenario::RestoreFile { ref paths, pick: 5 } if paths.len() == 1));
    let primary = scenario(
        json!({"scenario": "lost-primary", "replica": "far", "mode": "stream", "deny": ["source", "repo:nas"]}),
    );
    assert_eq!(primary.scenario, Scenario::LostPrimary { mode: RestoreMode::Stream });
    let gone = [
        Capability::Cache,
        Capability::Source,
        Capability::Primary,
        Capability::Repository("nas".to_owned()),
    ];
    assert_eq!(primary.deny, gone);
    let damage = scenario(
        json!({"scenario": "storage-damage", "damage": {"packs": 3}, "heal-from": ["parity", "replica:far"]}),
    );
    let Scenario::StorageDamage { damage, heal_from } = damage.scenario else {
        panic!("{:?}", damage.scenario)
    };
    assert_eq!((damage.packs, damage.faults.len(), damage.metadata), (3, 3, true));
    assert_eq!(heal_from, [Means::Parity, Means::Replica("far".to_owned())]);
    let key = scenario(json!({"scenario": "lost-key", "keys": [{"name": "safe", "key-file": "/k"}]}));
    assert_eq!(key.deny, [Capability::Keys]);
    assert!(
        matches!(key.scenario, Scenario::LostKey { keys, .. } if keys[0].key == KeyKind::KeyFile("/k".into()))
    );
    assert_eq!(scenario(json!({"scenario": "version-skew"})).scenario, Scenario::VersionSkew);
    assert_eq!(scenario(json!({"scenario": "read-rotation"})).scenario, Scenario::ReadRotation);
}

#[test]
fn snapshots_are_chosen() {
    let choice = |table: Value| {
        only(json!({"drill": {"a": {"scenario": "restore-sample", "snapshot": table}}})).snapshots
    };
    assert_eq!(choice(json!({"select": "latest"})).select, Select::Latest);
    assert_eq!(choice(json!({"select": "7f3a"})).select, Select::Reference("7f3a".to_owned()));
    let random = choice(
        json!({"select": "random", "window": "90d", "count": 2, "latest": true, "tags": ["a", "b"], "host": "h"}),
    );
    assert!(matches!(random.select, Select::Random { window: Some(_), count: 2, latest: true }));
    let filter = random.filter();
    assert_eq!(
        (filter.hosts, filter.tags),
        (vec!["h".to_owned()], vec![vec!["a".to_owned(), "b".to_owned()]])
    );
    assert!(choice(json!({})).filter().tags.is_empty());
}

/// Fails unless each of these drills is refused, for this cause.
#[track_caller]
fn each_is_refused(drills: impl IntoIterator<Item = (Value, &'static str)>) {
    for (table, cause) in drills {
        let check = json!({"tree": {"type": "paths", "must-exist": ["/a"]}});
        let actual = refused(json!({"drill": {"a": table}, "check": check}));
        assert!(actual.contains(cause), "{actual}\nis not\n{cause}");
    }
}

#[test]
fn keys_that_a_scenario_does_not_use_are_refused() {
    each_is_refused([
        (json!({"scenario": "restore-file"}), "[drill.a]: paths: the scenario restore-file needs it"),
        (json!({"scenario": "lost-primary"}), "[drill.a]: replica: the scenario lost-primary needs it"),
        (
            json!({"scenario": "restore-full", "pick": 3}),
            "[drill.a]: pick: the scenario restore-full has no use for it",
        ),
        (
            json!({"scenario": "read-rotation", "paths": ["a"]}),
            "[drill.a]: paths: the scenario read-rotation has",
        ),
        (
            json!({"scenario": "restore-everything"}),
            "unknown variant `restore-everything`, expected one of `read-rotation`",
        ),
        (
            json!({"scenario": "restore-sample", "shedule": "x"}),
            "unknown field `shedule`, expected one of `scenario`",
        ),
        (json!({"scenario": "restore-sample", "sandbox": {"tll": "1h"}}), "unknown field `tll`"),
    ]);
}

#[test]
fn scenarios_that_are_still_to_come_are_refused() {
    for name in ["lost-host", "ransomware", "tamper-resistance", "rogue-writer", "tabletop"] {
        let cause = refused(json!({"drill": {"a": {"scenario": name, "pick": 1}}}));
        assert_eq!(cause, format!("[drill.a]: scenario: {name} is not there yet"));
    }
}

#[test]
fn values_that_mean_nothing_are_refused() {
    let sample = |mut table: Value| {
        table["scenario"] = json!("restore-sample");
        table
    };
    each_is_refused([
        (sample(json!({"sample": {"max-damaged": 1e-8}})), "[drill.a]: sample: it takes 299573226 draws"),
        (sample(json!({"checks": ["tre"]})), "[drill.a]: checks: there is no [check.tre]"),
        (sample(json!({"checks": ["tree", "tree"]})), "tree is there twice"),
        (sample(json!({"checks": ["tree"], "advisory": ["tree"]})), "tree is there twice"),
        (sample(json!({"zone": "UTC"})), "[drill.a]: schedule: zone, jitter and"),
        (sample(json!({"criticality": 0})), "[drill.a]: criticality: write a number from 1 on"),
        (sample(json!({"objectives": {"coverage-days": 0}})), "objectives.coverage-days: write a"),
        (sample(json!({"budget": {"max-requests": 0}})), "budget.max-requests: write a number from 1 on"),
        (sample(json!({"sandbox": {"max-inodes": 0}})), "sandbox.max-inodes: write a number from 1 on"),
        (sample(json!({"snapshot": {"count": 2}})), "snapshot.select: window, count and latest"),
        (sample(json!({"snapshot": {"select": "random", "count": 0}})), "snapshot.count"),
        (sample(json!({"snapshot": {"select": ""}})), "snapshot.select: write latest"),
        (sample(json!({"deny": ["repo:"]})), "write config, cache, source"),
        (json!({"scenario": "restore-file", "paths": ["a"], "pick": 0}), "[drill.a]: pick: write a number"),
        (
            json!({"scenario": "storage-damage", "damage": {"faults": []}}),
            "[drill.a]: damage: nothing would be damaged",
        ),
        (
            json!({"scenario": "storage-damage", "damage": {"packs": 0, "metadata": false}}),
            "nothing would be damaged",
        ),
        (json!({"scenario": "storage-damage", "heal-from": ["replica:"]}), "write parity or replica:NAME"),
        (json!({"scenario": "lost-key", "keys": [{"name": "a"}]}), "[drill.a]: keys: give each one of"),
        (
            json!({"scenario": "lost-key", "keys": [{"name": "", "key-file": "k"}]}),
            "[drill.a]: keys: give each a name",
        ),
    ]);
}

#[test]
fn names_can_stand_anywhere() {
    for name in ["", "a b", "a/b", ".a", "-a", "default", "\u{e4}"] {
        let cause = refused(json!({"drill": {name: {"scenario": "restore-sample"}}}));
        assert!(cause.starts_with(&format!("[drill.{name}]: name: ")), "{cause}");
    }
}

#[test]
fn checks_that_look_at_nothing_are_refused() {
    for (check, cause) in [
        (json!({"type": "paths"}), "[check.a]: must-exist: write what has to be there"),
        (json!({"type": "bounds"}), "[check.a]: files: write a bound"),
        (json!({"type": "metadata", "fields": []}), "[check.a]: fields: "),
        (
            json!({"type": "sqlite", "glob": "*.db", "min-matches": 0}),
            "[check.a]: min-matches: write at least 1",
        ),
        (json!({"type": "sqlite", "glob": "*.db", "pragma": []}), "[check.a]: query: write what to ask"),
        (
            json!({"type": "postgres", "mode": "dump", "path": "/d", "query": []}),
            "[check.a]: query: write at least one",
        ),
        (
            json!({"type": "postgres", "mode": "dump", "path": "/d", "query": [{"sql": " "}]}),
            "query: write its sql",
        ),
        (
            json!({"type": "sqlite", "glob": "*", "query": [{"sql": "s", "min": 3, "max": 2}]}),
            "min is more than max",
        ),
        (json!({"type": "command", "argv": []}), "[check.a]: argv: write the program"),
        (json!({"type": "archive", "glob": "*.zip", "min-matches": 0}), "[check.a]: min-matches: "),
        (json!({"type": "content", "required": true}), "unknown field `required`"),
        (json!({"type": "metadata", "field": []}), "unknown field `field`, expected `fields`"),
        (json!({"type": "contents"}), "unknown variant `contents`"),
        (json!({"glob": "*"}), "missing field `type`"),
    ] {
        let actual = refused(json!({"check": {"a": check}}));
        assert!(actual.contains(cause), "{actual}\nis not\n{cause}");
    }
    let one_sided = json!({"type": "sqlite", "glob": "*", "query": [{"sql": "s", "min": 3}]});
    assert!(tables(json!({"check": {"a": one_sided}})).resolve().is_ok());
}

#[test]
fn paths_of_this_machine_are_seen_from_the_file() {
    let plan = json!({
        "sandbox": {"dir": "box"},
        "check": {"pg": {"type": "postgres", "mode": "datadir", "path": "var/pg", "bin": "bin", "query": [{"sql": "s"}]}},
        "drill": {
            "a": {"scenario": "lost-key", "keys": [{"name": "k", "key-file": "key"}, {"name": "p", "password-file": "/p"}]},
            "b": {"scenario": "restore-full", "checks": ["pg"], "sandbox": {"dir": "other"}},
        },
    });
    let drills = tables(plan).seen_from(Path::new("/etc")).resolve().unwrap();
    let dirs = drills.values().map(|drill| drill.sandbox.dir.clone().unwrap());
    assert_eq!(dirs.collect::<Vec<_>>(), [Path::new("/etc/box"), Path::new("/etc/other")]);
    let Scenario::LostKey { keys, .. } = &drills["a"].scenario else { panic!() };
    assert_eq!(keys[0].key, KeyKind::KeyFile("/etc/key".into()));
    assert_eq!(keys[1].key, KeyKind::PasswordFile("/p".into()));
    let CheckSpec::Postgres(check) = &drills["b"].checks[0].spec else { panic!() };
    assert_eq!(
        (check.bin.as_deref(), check.path.as_path()),
        (Some(Path::new("/etc/bin")), Path::new("var/pg"))
    );
    assert_eq!(Tables::default().resolve().unwrap().len(), 0);
}
