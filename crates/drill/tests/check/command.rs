//! Programs that look at what was restored: by whom, with what, for how long.

use super::{drill_with, open_world, outcome, tried};
use lifeboat_drill::record::{Level, Outcome, Status};
use lifeboat_testkit::{needs, needs_root};
use serde_json::{Value, json};
use std::fs;

/// Two lines that a program can look for.
fn world() -> crate::world::World {
    let world = open_world(1);
    fs::write(world.source().join("file"), "all is well\nindeed\n").unwrap();
    world.backup();
    world
}

fn restored(world: &crate::world::World) -> String {
    format!("{{root}}{}/file", world.source().display())
}

fn command(argv: &[&str]) -> Value {
    json!({ "type": "command", "argv": argv })
}

#[test]
fn a_program_that_likes_what_it_sees_is_a_pass() {
    let world = world();
    let file = restored(&world);
    let mut spec = command(&["grep", "well", &file]);
    assert_eq!(outcome(&world, spec.clone()).0, Outcome::Pass);
    spec["stdout-contains"] = json!("all is well");
    let rehearsed = world.drill(&drill_with(spec.clone()));
    let account = &rehearsed.account;
    assert_eq!((account.verdict.status, account.method.level), (Status::Pass, Level::L4), "{account:#?}");
    assert_eq!((account.sandbox.isolation.as_str(), account.sandbox.network.as_str()), ("user", "none"));
    assert_eq!(tried(&rehearsed).subjects, 1);
    spec["stdout-contains"] = json!("all is lost");
    assert_eq!(outcome(&world, spec), (Outcome::Fail, "it did not print what it should".to_owned()));
    let relative = format!(".{}/file", world.source().display());
    assert_eq!(outcome(&world, command(&["grep", "well", &relative])).0, Outcome::Pass);
    let mut absent = command(&["grep", "-c", "nowhere", &file]);
    absent["exit"] = json!(1);
    assert_eq!(outcome(&world, absent).0, Outcome::Pass);
}

#[test]
fn a_program_that_does_not_is_a_failure() {
    let world = world();
    let file = restored(&world);
    let fails = |spec: Value| {
        let (verdict, message) = outcome(&world, spec);
        assert_eq!(verdict, Outcome::Fail, "{message}");
        message
    };
    assert_eq!(fails(command(&["grep", "nowhere", &file])), "it ended with exit code 1");
    assert_eq!(fails(command(&["./bin/erp"])), "the program is not among what was restored");
    let mut slow = command(&["sleep", "3600"]);
    slow["timeout"] = json!("1s");
    assert_eq!(fails(slow), "it did not end within 1s, or was killed");
    let mut loud = command(&["cat", "/dev/zero"]);
    loud["max-output"] = json!("1k");
    assert_eq!(fails(loud), "it printed more than it may");
    // No shell: what would be one is an argument.
    assert_eq!(fails(command(&["test", "-e", &format!("{file}; true")])), "it ended with exit code 1");
}

#[test]
fn a_program_that_crashes_is_a_failure() {
    if !needs("python3") {
        return;
    }
    let crash = command(&["python3", "-c", "import ctypes; ctypes.string_at(0)"]);
    assert_eq!(outcome(&world(), crash), (Outcome::Fail, "signal 11 ended it".to_owned()));
}

#[test]
fn what_is_not_here_is_unknown() {
    let world = world();
    let (verdict, message) = outcome(&world, command(&["no-such-program-anywhere"]));
    assert_eq!((verdict, message.as_str()), (Outcome::Unknown, "the program is not on this machine"));
    let rehearsed = world.drill(&drill_with(command(&["/no/such/program"])));
    assert_eq!((rehearsed.account.verdict.status, rehearsed.account.verdict.exit_code), (Status::Unknown, 6));
}

#[test]
fn a_program_has_nothing_but_what_the_plan_gives_it() {
    let world = world();
    let says = |script: &str, wanted: &str| {
        let mut spec = command(&["sh", "-c", script]);
        spec["env"] = json!({ "TOLD": "something" });
        spec["stdout-contains"] = json!(wanted);
        let rehearsed = world.drill(&drill_with(spec));
        assert_eq!(tried(&rehearsed).verdict, Outcome::Pass, "{script}: {:?}", tried(&rehearsed));
    };
    says("echo $TOLD ${HOME-no home} ${CARGO_MANIFEST_DIR-no cargo}", "something no home no cargo");
    says("sed 1,2d /proc/net/dev | grep -vc lo: || true", "0\n");
    // It is the first of its processes: what it leaves behind ends with it.
    says("echo $$; sleep 3600 & echo begun", "1\nbegun");
}

#[test]
fn a_program_has_no_rights() {
    if !needs_root() {
        return;
    }
    let world = world();
    let secret = world.folder.path().join("secret");
    fs::write(&secret, "").unwrap();
    fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let mut spec = command(&["id", "-u"]);
    spec["stdout-contains"] = json!("65534\n");
    assert_eq!(tried(&world.drill(&drill_with(spec.clone()))).verdict, Outcome::Pass);
    let reads = command(&["cat", secret.to_str().unwrap()]);
    assert_eq!(outcome(&world, reads).0, Outcome::Fail);
    // Unless the plan gives it some, which the record then says.
    let mut drill = drill_with(spec);
    drill.sandbox.isolation = lifeboat_drill::plan::Isolation::None;
    drill.sandbox.network = lifeboat_drill::plan::Network::Host;
    let rehearsed = world.drill(&drill);
    assert_eq!(tried(&rehearsed).verdict, Outcome::Fail);
    let sandbox = &rehearsed.account.sandbox;
    assert_eq!((sandbox.isolation.as_str(), sandbox.network.as_str()), ("none", "host"));
}

#[test]
fn a_sandbox_that_programs_cannot_enter_leaves_it_unknown() {
    if !needs_root() {
        return;
    }
    let world = world();
    fs::set_permissions(world.folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let (verdict, message) = outcome(&world, command(&["true"]));
    assert_eq!(verdict, Outcome::Unknown);
    assert!(message.contains("cannot enter the sandbox"), "{message}");
}
