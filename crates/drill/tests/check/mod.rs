//! Checks of each kind: what they like, what they do not, and that they see what is spoilt on purpose.

mod archive;
mod canary;
mod command;
mod control;
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

use crate::world::World;
use lifeboat_drill::Rehearsed;
use lifeboat_drill::plan::{Check, CheckSpec, ResolvedDrill, RestoreMode, Scenario};
use lifeboat_drill::record::{CheckResult, Outcome};
use serde_json::Value;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

/// A world whose sandboxes can be entered by programs without rights.
fn open_world(seed: u64) -> World {
    let world = World::new(seed);
    for dir in [world.folder.path().to_owned(), world.ground()] {
        fs::set_permissions(dir, Permissions::from_mode(0o711)).unwrap();
    }
    fs::create_dir(world.source()).unwrap();
    world
}

/// A full restore with one check, as it stands in a plan, beside that of contents.
fn drill_with(spec: Value) -> ResolvedDrill {
    let mut drill = ResolvedDrill::usual();
    drill.scenario = Scenario::RestoreFull { mode: RestoreMode::Materialise };
    drill.checks.retain(|check| check.name == "content");
    let spec: CheckSpec = serde_json::from_value(spec).unwrap();
    drill.checks.push(Check { name: "tried".to_owned(), required: true, spec });
    drill
}

fn tried(rehearsed: &Rehearsed) -> &CheckResult {
    rehearsed.account.results.checks.iter().find(|check| check.name == "tried").unwrap()
}

/// What came of a check that has to be seen failing on its faults if it passes.
fn outcome(world: &World, spec: Value) -> (Outcome, String) {
    let rehearsed = world.drill(&drill_with(spec));
    let result = tried(&rehearsed);
    assert!(result.green_on.is_empty(), "{result:?}");
    assert_eq!(result.verdict == Outcome::Pass, result.last_negative_control.is_some(), "{result:?}");
    (result.verdict, result.message.clone())
}
