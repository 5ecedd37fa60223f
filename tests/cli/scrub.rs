//! `verify --scrub`: without a password, by anybody who can read, on any copy.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use lifeboat_testkit::needs_root;

use super::json::fields_but_traffic;
use super::world::{World, below};
use crate::store::on_disk;

const WITHOUT_PASSWORD: [(&str, &str); 1] = [("LIFEBOAT_PASSWORD", "")];

#[test]
fn no_password_is_needed() {
    let world = World::with_snapshot();
    let out = world.run_with(&WITHOUT_PASSWORD, &["verify", "--scrub"]).succeeds().out;
    assert!(out.starts_with("Kind           Objects  Size\n----"), "{out}");
    let copies = world.store.copies("config").len();
    let of_control = [("config", 1), ("key slots", 1), ("keyring", 5), ("log entries", 2)];
    let of_control = of_control.map(|(kind, count)| (kind, count * copies));
    for (kind, count) in of_control.into_iter().chain([("packs", 2)]) {
        assert!(out.contains(&format!("\n{kind:<13}  {count} ")), "{kind}, {count}: {out}");
    }
    assert!(out.contains("\nchecked ") && out.ends_with("\nno errors were found\n"), "{out}");
    assert_eq!(world.run_with(&WITHOUT_PASSWORD, &["verify", "--scrub", "-q"]).succeeds().out, "");
}

#[test]
fn the_summary_lists_what_was_checked() {
    let world = World::with_snapshot();
    let ended = world.run_with(&WITHOUT_PASSWORD, &["verify", "--scrub", "--json"]).succeeds();
    let summary = ended.json_lines().pop().unwrap();
    insta::assert_snapshot!(fields_but_traffic(&world, &summary), @"bytes checked message_type notes num_errors objects seconds_elapsed");
    let checked = summary["checked"].as_array().unwrap();
    let kinds: Vec<_> = checked.iter().map(|kind| kind["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["config", "key_slot", "key", "log_entry", "index", "pack"]);
    for name in ["objects", "bytes"] {
        let sum: u64 = checked.iter().map(|kind| kind[name].as_u64().unwrap()).sum();
        assert_eq!(summary[name], sum, "{summary}");
    }
    let size: usize = world.store.names("").iter().map(|name| world.store.length(name)).sum();
    assert_eq!(summary["bytes"], size, "every object of the repository was read");
}

#[test]
fn another_user_scrubs_a_copy_that_cannot_be_written() {
    if !on_disk("permissions are those of files") || !needs_root() {
        return;
    }
    let world = World::with_snapshot();
    fs::rename(world.path("repo"), world.path("copy")).unwrap();
    world.run_without_root(&["version"]).succeeds();
    let paths: Vec<_> = [world.path("copy")].into_iter().chain(below(&world.path("copy"))).collect();
    for path in paths.iter().rev() {
        let mode = if path.is_dir() { 0o555 } else { 0o444 };
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }
    let arguments = ["verify", "--scrub", "-r", "copy", "--password-file", "nowhere"];
    let out = world.run_again_without_root(&arguments).succeeds().out;
    assert!(out.ends_with("\nno errors were found\n"), "{out}");
    for path in paths.iter().filter(|path| path.is_dir()) {
        fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
    }
}

#[test]
fn each_damaged_object_is_named_and_the_next_step_told() {
    let world = World::without_parity().saved();
    let packs = world.store.names("packs/");
    packs.iter().for_each(|pack| world.store.flip(pack, world.store.length(pack) / 2));
    let ended = world.run_with(&WITHOUT_PASSWORD, &["verify", "--scrub"]);
    let ended = ended.fails(4, "which files lose by it only a key can tell: 2 problems");
    assert!(
        ended.err.ends_with("\nhint: find out, with the password: lifeboat verify --read-data\n"),
        "{}",
        ended.err
    );
    for pack in &packs {
        assert_eq!(ended.err.matches(pack.as_str()).count(), 1, "{}", ended.err);
    }
    let json = world.run_with(&WITHOUT_PASSWORD, &["verify", "--scrub", "--json"]);
    let talk = json.json_talk();
    assert_eq!((&talk[0]["kind"], &talk[0]["during"]), (&"damage".into(), &"verify".into()), "{}", json.err);
    assert_eq!(json.json_lines().pop().unwrap()["num_errors"], 2);
}

#[test]
fn it_stands_alone_and_needs_a_repository() {
    let world = World::without_repository();
    world.run_with(&WITHOUT_PASSWORD, &["verify", "--scrub"]).fails(10, &world.no_repository());
    let depths: [&[&str]; 3] = [&["--read-data"], &["--read-data-subset", "1/2"], &["--budget", "1m"]];
    for depth in depths {
        let ended = world.run(&[&["verify", "--scrub"], depth].concat()).fails(2, "cannot be used with");
        assert_eq!(ended.err.lines().count(), 2, "{}", ended.err);
    }
}

#[test]
fn parity_is_checked_and_mends_without_a_key() {
    let world = World::with_parity("5").saved();
    for pack in world.store.names("packs/") {
        let sound = world.store.read(&pack);
        for place in [300, sound.len() - 300] {
            world.store.flip(&pack, place);
            let ended = world
                .run_with(&WITHOUT_PASSWORD, &["verify", "--scrub"])
                .fails(4, "can be mended: 1 problem");
            assert!(ended.err.lines().next().unwrap().ends_with(" (mendable)"), "{place}: {}", ended.err);
            world.store.write(&pack, &sound);
        }
    }
    world.run_with(&WITHOUT_PASSWORD, &["verify", "--scrub"]).succeeds();
}
