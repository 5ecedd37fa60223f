//! Negative controls: what is spoilt on purpose is seen, and a check that likes everything is found out.

use super::{drill_with, open_world, tried};
use crate::world::World;
use lifeboat_drill::plan::{ResolvedDrill, RestoreMode, Scenario};
use lifeboat_drill::record::{Outcome, Status};
use lifeboat_drill::selftest;
use lifeboat_format::{Bug, planted, under};
use serde_json::{Value, json};
use std::fs;

/// Two files of one size, two names of one file, a link.
fn world() -> World {
    let world = open_world(2);
    let source = world.source();
    fs::write(source.join("one"), "something").unwrap();
    fs::write(source.join("two"), "different").unwrap();
    fs::hard_link(source.join("two"), source.join("three")).unwrap();
    std::os::unix::fs::symlink("one", source.join("link")).unwrap();
    world.backup();
    world
}

/// A check of each kind that passes here, whatever programs there are.
fn checks(world: &World) -> Vec<Value> {
    vec![
        json!({ "type": "content" }),
        json!({ "type": "metadata" }),
        json!({ "type": "metadata", "fields": ["hardlink", "symlink"] }),
        json!({ "type": "live-compare" }),
        json!({ "type": "paths", "must-exist": ["one", "l*k"], "must-not-exist": ["*.tmp"] }),
        json!({ "type": "bounds", "files": { "min": 1, "max-change": 0.2 }, "newest-mtime-age": "26h" }),
        json!({ "type": "command", "argv": ["grep", "some", format!("{{root}}{}/one", world.source().display())] }),
    ]
}

#[test]
fn each_check_sees_its_own_faults() {
    let world = world();
    for spec in checks(&world) {
        let rehearsed = world.drill(&drill_with(spec.clone()));
        let result = tried(&rehearsed);
        assert_eq!(result.verdict, Outcome::Pass, "{spec}: {result:?}");
        assert!(result.last_negative_control.is_some() && result.green_on.is_empty(), "{spec}: {result:?}");
        assert_eq!(rehearsed.account.verdict.status, Status::Pass, "{spec}: {:?}", rehearsed.account.verdict);
    }
}

#[test]
fn a_check_that_likes_everything_is_found_out() {
    let world = world();
    assert!(!planted(Bug::AlwaysGreen));
    for spec in checks(&world) {
        let rehearsed = under(Some(Bug::AlwaysGreen), || world.drill(&drill_with(spec.clone())));
        let verdict = &rehearsed.account.verdict;
        assert_eq!((verdict.status, verdict.exit_code), (Status::SelftestFailed, 6), "{spec}: {verdict:?}");
        assert!(
            verdict.reasons.iter().any(|reason| reason.contains("the check tried says nothing")),
            "{verdict:?}"
        );
        assert_eq!(tried(&rehearsed).last_negative_control, None);
        assert!(rehearsed.account.proves.is_empty());
    }
}

#[test]
fn a_command_that_does_not_look_is_found_out() {
    let world = world();
    let rehearsed = world.drill(&drill_with(json!({ "type": "command", "argv": ["true"] })));
    assert_eq!(tried(&rehearsed).green_on, ["nothing is there"]);
    assert_eq!(rehearsed.account.verdict.exit_code, 6);
}

#[test]
fn what_is_only_put_together_is_spoilt_too() {
    let world = world();
    let mut drill = ResolvedDrill::usual();
    drill.scenario = Scenario::RestoreFull { mode: RestoreMode::Stream };
    drill.checks.retain(|check| check.name == "content");
    let seen = world.drill(&drill);
    assert!(seen.account.results.checks[0].last_negative_control.is_some(), "{:?}", seen.account.results);
    let blind = under(Some(Bug::AlwaysGreen), || world.drill(&drill));
    let green = &blind.account.results.checks[0].green_on;
    assert_eq!(green, &["one byte of a file is another", "two files of one size have changed places"]);
}

#[test]
fn a_selftest_judges_the_checks_alone() {
    let world = world();
    let site = world.site_on(std::sync::Arc::clone(&world.backend) as _);
    let judged = |drill: &ResolvedDrill| selftest(drill, &site, &()).unwrap().account.verdict;
    let mut late = ResolvedDrill::usual();
    late.objectives.max_snapshot_age = Some("1s".to_owned().try_into().unwrap());
    world.clock.ahead.fetch_add(3600, std::sync::atomic::Ordering::Relaxed);
    assert_eq!((judged(&late).status, judged(&late).exit_code), (Status::Pass, 0));
    let blind = under(Some(Bug::AlwaysGreen), || judged(&late));
    assert_eq!((blind.status, blind.exit_code), (Status::SelftestFailed, 6), "{blind:?}");
    let fails = judged(&drill_with(json!({ "type": "paths", "must-exist": ["nowhere"] })));
    assert_eq!((fails.status, fails.exit_code), (Status::Unknown, 6), "{fails:?}");
    let none = judged(&ResolvedDrill { checks: Vec::new(), ..ResolvedDrill::usual() });
    assert_eq!((none.status, none.exit_code), (Status::Unknown, 6), "{none:?}");
}
