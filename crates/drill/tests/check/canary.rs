//! A file that every backup renews, or should have.

use super::{open_world, outcome};
use jiff::{SignedDuration, Timestamp};
use lifeboat_drill::canary;
use lifeboat_drill::record::Outcome;
use lifeboat_repository::Clock as _;
use serde_json::json;
use std::fs;

#[test]
fn an_old_canary_in_a_new_snapshot_is_seen() {
    let world = open_world(8);
    let file = world.source().join("canary.json");
    let spec = || json!({ "type": "canary", "path": file, "max-age-at-snapshot": "26h" });
    let fails = |content: &str, why: &str| {
        fs::write(&file, content).unwrap();
        world.backup();
        let (verdict, message) = outcome(&world, spec());
        assert!(verdict == Outcome::Fail && message.contains(why), "{verdict:?}: {message}");
    };
    let hours_ago = |hours| {
        let now = Timestamp::from_second(world.clock.now().seconds).unwrap();
        canary(&world.repository, now - SignedDuration::from_hours(hours), [7; 16])
    };
    fs::write(&file, hours_ago(0)).unwrap();
    world.backup();
    assert_eq!(outcome(&world, spec()), (Outcome::Pass, String::new()));
    // The backup is made an hour later.
    fails(&hours_ago(26), "it is older than it may be");
    fails(&hours_ago(-2), "it was issued after the backup began");
    fails(&hours_ago(0).replace("0707", "0708"), "nobody with the keys");
    fails("", "nobody with the keys");
    fs::remove_file(&file).unwrap();
    fs::write(world.source().join("other"), "something").unwrap();
    world.backup();
    assert_eq!(outcome(&world, spec()).1, "it is not in the snapshot");
}
