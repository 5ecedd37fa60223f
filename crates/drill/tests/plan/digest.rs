//! The fingerprint of a drill.

use super::only;
use lifeboat_drill::plan::{ResolvedDrill, Tables};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// A drill that says something of everything.
fn table() -> Value {
    json!({
        "scenario": "restore-sample", "schedule": "40 3 * * *", "zone": "Europe/Berlin", "jitter": "45m", "criticality": 1,
        "repository": "nas", "snapshot": {"select": "random", "window": "90d", "count": 2},
        "sample": {"confidence": 0.95, "max-damaged": 0.001},
        "deny": ["source"], "checks": ["content", "app"], "objectives": {"rto": "1h", "rpo": "1d"},
        "budget": {"max-bytes": "1G", "max-duration": "1h"}, "sandbox": {"dir": "/box", "max-inodes": 7}
    })
}

fn app() -> Value {
    json!({"type": "command", "argv": ["a", "b"], "env": {"X": "1", "Y": "2"}, "timeout": "1m"})
}

/// JSON text with the keys of its objects in another order.
fn shuffled(value: &Value, order: &mut impl FnMut(usize) -> usize) -> String {
    match value {
        Value::Object(map) => {
            let mut pairs: Vec<_> =
                map.iter().map(|(key, value)| format!("{}:{}", json!(key), shuffled(value, order))).collect();
            for last in (1..pairs.len()).rev() {
                pairs.swap(last, order(last + 1));
            }
            format!("{{{}}}", pairs.join(","))
        }
        Value::Array(values) => {
            let values: Vec<_> = values.iter().map(|value| shuffled(value, order)).collect();
            format!("[{}]", values.join(","))
        }
        value => value.to_string(),
    }
}

fn plan() -> Value {
    json!({"drill": {"a": table()}, "check": {"app": app()}, "objectives": {"rpo": "2d", "min-level": "L3"}})
}

proptest! {
    #[test]
    fn the_order_of_keys_changes_nothing(seed in any::<u64>()) {
        let mut random = lifeboat_testkit::Random::new(seed);
        let text = shuffled(&plan(), &mut |below| random.index(below));
        let tables: Tables = serde_json::from_str(&text).unwrap();
        let drills: BTreeMap<String, ResolvedDrill> = tables.resolve().unwrap();
        prop_assert_eq!(drills["a"].digest(), only(plan()).digest());
    }
}

#[test]
fn a_drill_that_is_another_has_another() {
    let digest = |plan: Value| only(plan).digest();
    let same = digest(plan());
    assert!(same.len() == 64 && same.bytes().all(|byte| byte.is_ascii_hexdigit()), "{same}");
    // What is said otherwise and means the same is the same.
    let mut plan_of_minutes = plan();
    plan_of_minutes["drill"]["a"]["objectives"]["rto"] = json!("60m");
    plan_of_minutes["drill"]["a"]["budget"]["max-bytes"] = json!("1024M");
    assert_eq!(digest(plan_of_minutes), same);
    for (key, value) in [
        ("scenario", json!("lost-key")),
        ("schedule", json!("41 3 * * *")),
        ("criticality", json!(2)),
        ("deny", json!([])),
        ("checks", json!(["app", "content"])),
        ("sample", json!({"max-damaged": 0.0011})),
        ("objectives", json!({"rto": "1h"})),
        ("sandbox", json!({"dir": "/box", "max-inodes": 8})),
    ] {
        let mut other = plan();
        other["drill"]["a"][key] = value;
        assert_ne!(digest(other), same, "{key}");
    }
    let mut other = plan();
    other["check"]["app"]["env"]["X"] = json!("2");
    assert_ne!(digest(other), same);
}

#[test]
fn paths_need_not_be_text() {
    let plan = json!({
        "check": {"pg": {"type": "postgres", "mode": "dump", "path": "/d", "bin": "bin", "query": [{"sql": "s"}]}},
        "drill": {"a": {"scenario": "lost-key", "checks": ["content", "pg"], "sandbox": {"dir": "box"},
            "keys": [{"name": "k", "key-file": "key"}]}},
    });
    let digest = |directory: &[u8]| {
        let tables: Tables = serde_json::from_value(plan.clone()).unwrap();
        tables.seen_from(Path::new(OsStr::from_bytes(directory))).resolve().unwrap()["a"].digest()
    };
    assert_ne!(digest(b"/\xff"), digest(b"/\xfe"));
    assert_ne!(digest(b"/\xff"), digest(b"/\\xff"));
}

#[test]
fn the_usual_drill_is_always_the_same() {
    let usual = ResolvedDrill::usual();
    assert_eq!(usual.digest(), ResolvedDrill::usual().digest());
    // By hand: keys in order, no spaces.
    let text = serde_json::to_string(&serde_json::to_value(&usual).unwrap()).unwrap();
    assert!(text.starts_with("{\"budget\":{\"bandwidth\":null,\"max-bytes\":null"), "{text}");
}
