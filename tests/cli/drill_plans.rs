//! Drills of a plan, run: by their names, when they are due, with reports for other programs.

use super::world::{Ended, World};
use serde_json::Value;
use std::fs;

const PLAN: &str = r#"
[drill.everything]
scenario = "restore-full"
schedule = "0 0 1 1 *"
zone = "UTC"
checks = ["content", "metadata", "there"]
objectives = { rto = "1h", max-snapshot-age = "1d" }

[drill.gone]
scenario = "restore-full"
checks = ["content", "not-there"]

[drill.rot]
scenario = "storage-damage"
damage = { packs = 1, faults = ["bitflip"], metadata = false }
heal-from = ["parity"]

[drill.nothing]
scenario = "restore-file"
paths = ["/nowhere/*.conf"]

[drill.no-sample]
scenario = "restore-sample"
paths = ["/nowhere/*.conf"]

[drill.keys]
scenario = "lost-key"
keys = [{ name = "safe", password-file = "safe.txt" }, { name = "lost", password-file = "lost.txt" }]

[check.there]
type = "paths"
must-exist = ["sub/two"]

[check.not-there]
type = "paths"
must-exist = ["*.sqlite"]
"#;

fn world() -> World {
    let world = World::with_parity("10").saved();
    world.write("plan.toml", PLAN.as_bytes());
    fs::create_dir(world.path("drills")).unwrap();
    world
}

fn run(world: &World, more: &[&str]) -> Ended {
    let usual =
        ["drill", "run", "--plan", "plan.toml", "--sandbox", "drills", "--state-dir", "state", "--json"];
    world.run(&[&usual[..], more].concat())
}

fn record(ended: &Ended) -> Value {
    let lines: Vec<Value> = ended.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    lines.into_iter().find(|line| line["message_type"] == "summary").unwrap()
}

#[test]
fn drills_are_run_by_their_names() {
    let world = world();
    let everything = record(&run(&world, &["everything"]).succeeds());
    assert_eq!(everything["plan"]["drill"], "everything");
    let checks: Vec<_> = everything["results"]["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| check["verdict"].clone())
        .collect();
    assert_eq!(checks, ["pass", "pass", "pass"]);
    let rto = &everything["objectives"][0];
    assert_eq!(
        (&rto["name"], &rto["basis"], &rto["verdict"]),
        (&"rto".into(), &"measured".into(), &"pass".into())
    );
    let gone = run(&world, &["gone"]);
    assert_eq!((gone.code, record(&gone)["verdict"]["exit_code"].clone()), (4, 4.into()), "{}", gone.err);
    let rot = record(&run(&world, &["rot"]).succeeds());
    assert_eq!(rot["method"]["faults_injected"][0]["healed_from"], "parity", "{rot}");
    world.run(&["verify", "--read-data"]).succeeds();
    let unknown = run(&world, &["everythin"]);
    assert_eq!(unknown.code, 2);
    assert_eq!(unknown.json_talk()[0]["message"], "there is no drill called everythin", "{}", unknown.err);
}

#[test]
fn patterns_that_fit_nothing_are_no_pass() {
    let world = world();
    for name in ["nothing", "no-sample"] {
        let ended = run(&world, &[name]);
        let record = record(&ended);
        assert_eq!((ended.code, record["scope"]["selected"]["files"].clone()), (4, 0.into()), "{record}");
    }
}

#[test]
fn what_is_due_is_done_once() {
    let world = world();
    let first = run(&world, &["--due"]).succeeds();
    let record = record(&first);
    assert_eq!(
        (&record["plan"]["drill"], &record["who"]["trigger"]),
        (&"everything".into(), &"schedule".into())
    );
    assert!(record["when"]["due"].as_str().unwrap().ends_with("-01-01T00:00:00Z"), "{record}");
    let again = run(&world, &["--due"]).succeeds();
    assert!(
        !again.out.contains("summary") && again.err.contains("no drill is due"),
        "{}{}",
        again.out,
        again.err
    );
}

#[test]
fn reports_are_written_for_other_programs() {
    let world = world();
    run(&world, &["everything", "--junit", "out.xml", "--metrics", "out.prom"]).succeeds();
    let junit = fs::read_to_string(world.path("out.xml")).unwrap();
    assert!(junit.contains("name=\"everything\"") && junit.contains("failures=\"0\""), "{junit}");
    let metrics = fs::read_to_string(world.path("out.prom")).unwrap();
    assert!(
        metrics.contains("lifeboat_drill_status{drill=\"everything\",replica=\"primary\"} 0"),
        "{metrics}"
    );
    run(&world, &["gone", "--junit", "out.xml"]);
    let junit = fs::read_to_string(world.path("out.xml")).unwrap();
    assert!(junit.contains("<failure"), "{junit}");
    let nowhere = run(&world, &["gone", "--junit", "no/out.xml"]);
    assert!(nowhere.code == 1 && nowhere.err.contains("cannot write no/out.xml"), "{}", nowhere.err);
    world.run(&["drill", "report"]).fails(2, "no report is asked for");
    world.run(&["drill", "report", "--html", "page.html", "--metrics", "all.prom"]).succeeds();
    let page = fs::read_to_string(world.path("page.html")).unwrap();
    assert!(page.contains("<svg") && page.contains("everything") && !page.contains("<script"), "{page}");
    let all = fs::read_to_string(world.path("all.prom")).unwrap();
    assert!(all.contains("drill=\"gone\"") && all.contains("drill=\"everything\""), "{all}");
}

#[test]
fn each_key_has_to_suffice() {
    let world = world();
    world.write("safe.txt", b"another password\n");
    world.write("lost.txt", b"nobody's password\n");
    world.run(&["key", "add", "--new-password-file", "safe.txt"]).succeeds();
    let ended = run(&world, &["keys"]);
    assert_eq!(ended.code, 12, "one of the keys opens nothing: {} {}", ended.out, ended.err);
    let record = record(&ended);
    assert_eq!(
        (&record["method"]["key"], &record["verdict"]["status"]),
        (&"safe".into(), &"pass".into()),
        "{record}"
    );
    assert_eq!(record["method"]["denied"][0]["proven_absent"], true);
    world.run(&["evidence", "verify"]).succeeds();
}

#[test]
fn checks_are_seen_failing() {
    let world = world();
    let usual = ["drill", "selftest", "--plan", "plan.toml", "--sandbox", "drills"];
    let passed = world.run(&[&usual[..], &["everything"]].concat()).succeeds();
    assert!(passed.out.contains("verdict: pass"), "{}", passed.out);
    // What does not pass cannot be seen to fail for the right reason.
    world.run(&[&usual[..], &["gone"]].concat()).fails(6, "the check not-there did not pass");
    assert!(world.store.names("evidence/").is_empty());
}

#[test]
fn a_canary_tells_how_old_a_snapshot_is() {
    let world = world();
    let token = world.run(&["drill", "canary"]).succeeds().out;
    let other = world.run(&["drill", "canary"]).succeeds().out;
    assert!(token != other && token.ends_with('\n'), "{token}");
    world.write("files/canary", token.as_bytes());
    world.run(&["backup", "files"]).succeeds();
    let path = world.path("files/canary");
    let plan = format!(
        "[drill.fresh]\nscenario = \"restore-full\"\nchecks = [\"content\", \"alive\"]\n\
         [check.alive]\ntype = \"canary\"\npath = {:?}\nmax-age-at-snapshot = \"1h\"\n",
        path.to_str().unwrap()
    );
    world.write("plan.toml", plan.as_bytes());
    run(&world, &["fresh"]).succeeds();
    world.write("files/canary", token.replacen(|c: char| c.is_ascii_digit(), "x", 1).as_bytes());
    world.run(&["backup", "files"]).succeeds();
    assert_eq!(run(&world, &["fresh"]).code, 4);
}
