//! `doctor`: what it looks at, and that it leaves no trace.

use std::fs;

use lifeboat_testkit::{self as testkit, S3Place};

use super::world::{World, below};
use crate::store::on_disk;

#[test]
fn a_sound_place_passes_and_is_left_as_it_was() {
    let world = World::with_snapshot();
    let before = world.store.names("");
    let ended = world.run(&["doctor", "--cache-dir", "cache"]).succeeds();
    for words in ["what was stored is read at once", "enough for everything", "1 snapshot", "answered after"]
    {
        assert!(ended.out.contains(words), "{}", ended.out);
    }
    assert!(!ended.out.contains("unknown") && !ended.out.contains("failed"), "{}", ended.out);
    assert_eq!(world.store.names(""), before);
}

#[test]
fn programs_get_a_line_for_each_check_and_a_summary() {
    if !on_disk("other things are looked at in a bucket") {
        return;
    }
    let world = World::new();
    let lines = world.run(&["doctor", "--json", "--no-cache"]).succeeds().json_lines();
    let (summary, checks) = lines.split_last().unwrap();
    let names: Vec<_> = checks.iter().map(|line| line["name"].as_str().unwrap()).collect();
    let expected = match world.store.directory() {
        Some(_) => {
            "reach file_system read read_after_miss range size list clock store_again delete unlist leftovers \
             credentials open log cache"
        }
        None => {
            "reach read read_after_miss range size list versions clock store_again delete unlist pages leftovers \
             credentials open log cache"
        }
    };
    assert_eq!(names.join(" "), expected);
    for line in checks {
        assert_eq!(line["message_type"], "check");
        let expected = if line["name"] == "cache" { "noted" } else { "passed" };
        assert_eq!(line["result"], expected, "{line}");
        assert!(line["title"].is_string());
    }
    assert_eq!((&summary["message_type"], &summary["num_failed"]), (&"summary".into(), &0.into()));
    assert_eq!((&summary["num_unknown"], &summary["role"]), (&0.into(), &"pruner".into()));
    let rights = serde_json::json!({"list": true, "get": true, "put": true, "delete": true});
    assert_eq!(summary["rights"], rights);
    assert!(summary["first_byte"].as_f64().unwrap() >= 0.0);
}

#[test]
fn what_does_not_open_fails_and_is_named() {
    let world = World::new();
    let wrong = world.run_with(&[("LIFEBOAT_PASSWORD", "wrong")], &["doctor"]).fails(1, "1 check failed");
    assert!(wrong.out.contains("wrong password"), "{}", wrong.out);
    let unwritable = world.run(&["doctor", "--cache-dir", "/proc/nope"]).fails(1, "1 check failed");
    assert!(unwritable.out.contains("/proc/nope"), "{}", unwritable.out);
}

#[test]
fn before_there_is_a_repository_the_place_is_tried_out() {
    if !on_disk("in a bucket there is no place that is missing") {
        return;
    }
    let world = World::without_repository();
    world.run(&["doctor"]).fails(10, "no repository at repo");
    fs::create_dir(world.path("repo")).unwrap();
    let empty = world.run(&["doctor"]).fails(1, "1 check failed");
    assert!(empty.out.contains("no repository at repo"), "{}", empty.out);
    world.run(&["init", "--kdf-memory", "32"]).succeeds();
}

#[test]
fn what_belongs_to_others_is_left_alone() {
    if !on_disk("files that are no objects are no matter of buckets") {
        return;
    }
    for file in ["repo/Letter to grandma", "repo/data"] {
        let world = World::without_repository();
        world.write(file, b"dear");
        world.run(&["doctor"]).fails(1, "neither empty nor a repository");
        assert_eq!(below(&world.path("repo")), [world.path(file)]);
    }
}

#[test]
fn who_may_only_read_gets_a_useful_report() {
    if !testkit::needs_root() || !on_disk("its permissions are those of files") {
        return;
    }
    let world = World::with_snapshot();
    world.run_without_root(&["version"]).succeeds();
    for path in below(&world.path("repo")).into_iter().chain([world.path("repo")]) {
        let mode = if path.is_dir() { 0o555 } else { 0o444 };
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    }
    let ended = world.run_again_without_root(&["doctor", "--no-cache"]).succeeds();
    assert!(ended.out.contains("and not store: enough to restore and verify"), "{}", ended.out);
    assert!(ended.out.contains("1 snapshot") && ended.out.contains("not tried"), "{}", ended.out);
}

#[test]
fn where_storage_may_be_late_keys_change_only_for_whoever_is_alone() {
    let world = World::new();
    for copy in world.store.copies("config") {
        // One more field of the map: number 12, true. The log notices, for whoever gets so far.
        world.store.change(&copy, |config| {
            config[0] += 1;
            config.extend([0x0c, 0xf5]);
        });
    }
    world.write("new", b"another password");
    let add = ["key", "add", "--new-password-file", "new", "--kdf-memory", "32"];
    world.run(&add).fails(11, "only while nobody else uses the repository");
    world.run(&["key", "list"]).succeeds();
    world.run(&[&add[..], &["--exclusive"]].concat()).fails(14, "not the one it was made with");
    let ended = world.run(&["doctor", "--no-cache"]).fails(1, "1 check failed");
    assert!(ended.out.contains("noted   several may use the repository at once"), "{}", ended.out);
}

#[test]
fn buckets_are_tried_through_every_endpoint_that_is_named() {
    let (world, place) = (World::without_repository(), S3Place::in_process());
    let variables: Vec<_> =
        place.variables().iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let run = |arguments: &[&str]| {
        world.run_with(&variables, &[&["-r", place.url()], arguments].concat()).succeeds()
    };
    run(&["init", "--kdf-memory", "32"]);
    let (_, endpoint) = variables.iter().find(|(name, _)| name.starts_with("AWS_ENDPOINT")).unwrap();
    let endpoints = format!("endpoints={endpoint},{endpoint}");
    let lines = run(&["doctor", "--json", "-o", &endpoints]).json_lines();
    let passed = |name: &str| lines.iter().any(|line| line["name"] == name && line["result"] == "passed");
    for name in ["reach", "read", "pages", "versions", "clock", "leftovers", "credentials"] {
        assert!(passed(name), "{name}: {lines:?}");
    }
}
