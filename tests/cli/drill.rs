//! `drill`, seen from outside: what is rehearsed, what it leaves, what it finds, and what a killed one leaves.

use super::world::World;
use crate::store::on_disk;
use serde_json::Value;
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// A place for sandboxes, outside of what is saved.
fn ground(world: &World) -> PathBuf {
    let ground = world.path("drills");
    fs::create_dir_all(&ground).unwrap();
    ground
}

fn run(world: &World, more: &[&str]) -> super::world::Ended {
    let (ground, state) = (ground(world), world.path("state"));
    let usual =
        ["drill", "run", "--sandbox", ground.to_str().unwrap(), "--state-dir", state.to_str().unwrap()];
    world.run(&[&usual[..], more].concat())
}

fn record(lines: &[Value]) -> &Value {
    lines.iter().find(|line| line["message_type"] == "summary").unwrap()
}

#[test]
fn a_drill_without_a_plan_restores_a_sample_and_leaves_evidence() {
    let world = World::with_snapshot();
    let before = world.store.names("");
    let ended = run(&world, &[]).succeeds();
    for said in
        ["restore-sample of snapshot", "check content: pass, 3 subjects", "verdict: pass", "does not prove: "]
    {
        assert!(ended.out.contains(said), "{}", ended.out);
    }
    assert_eq!(fs::read_dir(ground(&world)).unwrap().count(), 0, "the sandbox is still there");
    let after = world.store.names("");
    let new: Vec<_> = after.iter().filter(|name| !before.contains(name)).collect();
    assert!(matches!(&new[..], [name] if name.starts_with("evidence/")), "{new:?}");
    let lines = run(&world, &["--json"]).json_lines();
    let record = record(&lines);
    assert_eq!(
        (&record["verdict"]["status"], &record["chain"]["seq"]),
        (&"pass".into(), &1.into()),
        "{record}"
    );
    assert_eq!(record["method"]["live_writes"], 0);
    assert_eq!(record["results"]["statistics"]["method"], "census");
    let text = serde_json::to_string(record).unwrap();
    assert!(!text.contains("sub/two"), "evidence is open to all who can read the storage: {text}");
    let list = world.run(&["evidence", "list", "--json"]).succeeds().json();
    assert_eq!(list.as_array().unwrap().len(), 2);
    world.run(&["evidence", "verify"]).succeeds();
    world.run(&["verify", "--read-data"]).succeeds();
}

#[test]
fn what_is_lost_is_a_failure_with_its_files() {
    let world = World::without_parity().saved();
    for pack in world.store.names("packs/") {
        world.store.change(&pack, |bytes| bytes[200..260].fill(0xaa));
    }
    let ended = run(&world, &[]);
    assert_eq!(ended.code, 4, "{} {}", ended.out, ended.err);
    assert!(ended.out.contains("verdict: FAIL") && ended.err.contains("hint: see how far"), "{}", ended.err);
    let lines = run(&world, &["--json"]).json_lines();
    let record = record(&lines);
    assert_eq!((&record["verdict"]["status"], &record["verdict"]["exit_code"]), (&"fail".into(), &4.into()));
    world.run(&["evidence", "verify"]).succeeds();
}

#[test]
fn what_was_mended_on_the_way_degrades_the_verdict() {
    let world = World::with_parity("10").saved();
    for pack in world.store.names("packs/") {
        world.store.change(&pack, |bytes| bytes[200..230].fill(0xaa));
    }
    let before: Vec<_> = world.store.names("packs/").iter().map(|pack| world.store.read(pack)).collect();
    let ended = run(&world, &[]);
    assert_eq!(ended.code, 3, "{} {}", ended.out, ended.err);
    assert!(ended.out.contains("verdict: DEGRADED"), "{}", ended.out);
    assert!(
        ended.err.contains("hint: nothing is lost yet; make it whole again: lifeboat repair"),
        "{}",
        ended.err
    );
    let after: Vec<_> = world.store.names("packs/").iter().map(|pack| world.store.read(pack)).collect();
    assert_eq!(after, before, "a drill changes nothing");
}

#[test]
fn a_record_that_was_taken_away_is_noticed_by_the_next_drill() {
    let world = World::with_snapshot();
    run(&world, &[]).succeeds();
    let [only] = &world.store.names("evidence/")[..] else { panic!("one record") };
    world.store.remove(only);
    run(&world, &[]).fails(14, "a record of this machine is gone");
}

#[test]
fn sandboxes_that_could_do_harm_are_refused() {
    if !on_disk("it is about directories of this machine") {
        return;
    }
    let world = World::with_snapshot();
    let records = world.store.names("evidence/").len();
    let link = world.path("link");
    std::os::unix::fs::symlink("/", &link).unwrap();
    let inside = world.path("files/sub");
    let repository = world.store.directory().unwrap().to_owned();
    for (dir, cause) in [
        (&inside, "is no place for a sandbox: backups save"),
        (&repository, "is no place for a sandbox: the repository"),
        (&link, "/ is no place for a sandbox: it is the root of all files"),
        (&world.path("nowhere"), "is no place for a sandbox"),
    ] {
        world.run(&["drill", "run", "--sandbox", dir.to_str().unwrap()]).fails(2, cause);
    }
    assert_eq!(world.store.names("evidence/").len(), records);
}

#[expect(
    clippy::zombie_processes,
    reason = "where there is no sandbox the test is over, and with it the drill"
)]
/// A drill of enough files to be killed in the middle of it, its sandbox being there.
fn begun(world: &World) -> (Child, PathBuf) {
    let ground = ground(world);
    let mut command = world.command();
    command.args(["drill", "run", "--no-cache", "--sandbox"]).arg(&ground);
    command.stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    let child = command.spawn().unwrap();
    let began = Instant::now();
    loop {
        if let Some(sandbox) = fs::read_dir(&ground).unwrap().map(|entry| entry.unwrap().path()).next()
            && sandbox.join("claim").metadata().is_ok_and(|claim| claim.len() > 0)
        {
            return (child, sandbox);
        }
        assert!(began.elapsed() < Duration::from_secs(120), "there is no sandbox");
    }
}

#[test]
fn what_a_killed_drill_left_is_removed_and_recorded() {
    let world = World::new();
    for number in 0..600 {
        world.write(format!("files/{number}"), format!("file {number} ").repeat(500).as_bytes());
    }
    let world = world.saved();
    let (mut child, sandbox) = begun(&world);
    // While it runs nobody takes its sandbox away.
    let ground = ground(&world);
    let gc = ["drill", "gc", "--sandbox", ground.to_str().unwrap()];
    if child.try_wait().unwrap().is_none() {
        let said = world.run(&gc).succeeds();
        assert!(
            child.try_wait().unwrap().is_some() || said.err.contains("no drill was killed"),
            "{}",
            said.err
        );
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(sandbox.exists(), "it was over before it was killed");
    let said = world.run(&gc).succeeds();
    assert!(said.err.contains("drills that were killed and cleaned up after: 1"), "{}", said.err);
    assert!(!sandbox.exists());
    let list = world.run(&["evidence", "list", "--json"]).succeeds().json();
    let kinds: Vec<_> = list.as_array().unwrap().iter().map(|line| line["record"]["kind"].clone()).collect();
    assert_eq!(kinds, ["aborted"], "{list}");
    assert!(world.run(&gc).succeeds().err.contains("no drill was killed here"));
    // The next drill does the same by itself.
    let (mut child, sandbox) = begun(&world);
    child.kill().unwrap();
    child.wait().unwrap();
    run(&world, &[]).succeeds();
    assert!(!sandbox.exists());
    world.run(&["evidence", "verify"]).succeeds();
}
