//! `tag`, `forget --undo` and `sessions`: what is said of what snapshots are called, of what can be had back, and of who is at work.

use super::world::World;

/// A world with two snapshots of one file, of which it has had two contents.
fn with_two() -> World {
    let world = World::new();
    for content in ["first", "second"] {
        world.write("files/one", content.repeat(20_000).as_bytes());
        world.run(&["backup", "--host", "ark", "files"]).succeeds();
    }
    world
}

fn count(world: &World) -> usize {
    world.run(&["snapshots", "--json"]).succeeds().json().as_array().unwrap().len()
}

#[test]
fn what_was_forgotten_by_mistake_is_had_back() {
    let world = with_two();
    let newest = world.newest();
    let nothing = world.run(&["forget", "--undo"]).succeeds().out;
    assert_eq!(nothing, "no snapshot is forgotten and still whole\n");
    world.run(&["forget", "latest"]).succeeds();
    let told = world.run(&["forget", "--undo"]).succeeds().out;
    assert!(told.starts_with("forgotten, and to be had back with lifeboat forget --undo ID:\n"), "{told}");
    assert!(told.contains(&newest[..8]) && told.contains("  ark  "), "{told}");
    let listed = world.run(&["forget", "--undo", "--json"]).succeeds().json();
    let [one] = &listed.as_array().unwrap()[..] else { panic!("{listed}") };
    assert_eq!((&one["id"], one["hostname"].as_str()), (&newest.as_str().into(), Some("ark")));
    let [forgotten, until] = ["forgotten", "kept_until"].map(|field| one[field].as_str().unwrap());
    assert!(forgotten < until && one["reason"].is_string(), "{one}");
    world.run(&["forget", "--undo", "0123456789"]).fails(1, "no snapshot matches");
    let told = world.run(&["forget", "--undo", &newest[..8]]).succeeds().out;
    assert!(told.starts_with(&newest[..8]) && told.ends_with("  is wanted again\n"), "{told}");
    assert_eq!(count(&world), 2);
    world.run(&["forget", "--undo", &newest]).fails(1, "is not forgotten");
    world.run(&["verify", "--read-data"]).succeeds();
}

#[test]
fn what_was_swept_cannot_be_had_back() {
    let world = with_two();
    let newest = world.newest();
    world.run(&["forget", &newest, "--prune", "--now"]).succeeds();
    world.run(&["forget", "--undo", &newest]).fails(1, "cannot be had back");
    assert_eq!(world.run(&["forget", "--undo", "--json"]).succeeds().out, "[]\n");
    world.run(&["forget", "--undo", "--keep-last", "1"]).fails(2, "not what to have back");
    world.run(&["forget", "--undo", "--dry-run"]).fails(2, "cannot be used with");
}

#[test]
fn tags_are_added_taken_away_and_replaced() {
    let world = with_two();
    let told = world.run(&["tag", "--add", "a,b", "latest"]).succeeds().out;
    assert!(told.contains("  a,b\n") && told.ends_with("changed 1 snapshot\n"), "{told}");
    let tags = |reference: &str| {
        let list = world.run(&["snapshots", "--json", reference]).succeeds().json();
        list[0]["tags"]
            .as_array()
            .unwrap()
            .iter()
            .map(|tag| tag.as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(tags("latest"), ["a", "b"]);
    assert_eq!(tags("latest~1"), [""; 0]);
    world.run(&["tag", "--remove", "a", "--add", "c", "--tag", "b"]).succeeds();
    assert_eq!(tags("latest"), ["b", "c"]);
    let set = world.run(&["tag", "--set", "x", "--json", "--host", "ark"]).succeeds();
    let [one, other, summary] = &set.json_lines()[..] else { panic!("{}", set.out) };
    assert_eq!((&one["message_type"], &one["tags"][0]), (&"changed".into(), &"x".into()));
    assert_eq!(other["old_snapshot_id"], other["new_snapshot_id"]);
    assert_eq!((&summary["message_type"], &summary["changed_snapshots"]), (&"summary".into(), &2.into()));
    let again = world.run(&["tag", "--set", "x"]).succeeds().out;
    assert_eq!(again, "nothing had to be changed\n");
    world.run(&["tag", "--set", "", "latest"]).succeeds();
    assert_eq!((tags("latest"), tags("latest~1")), (vec![], vec!["x".to_owned()]));
    world.run(&["tag", "latest"]).fails(2, "nothing says what to change");
    world.run(&["tag", "--set", "a", "--add", "b"]).fails(2, "cannot be used with");
    world.run(&["tag", "--add", "a", "0123456789"]).fails(1, "no snapshot matches");
}

#[test]
fn what_is_pinned_is_shown_and_no_rule_takes_it() {
    let world = with_two();
    world.run(&["tag", "--pin", "latest~1"]).succeeds();
    let told = world.run(&["snapshots"]).succeeds().out;
    assert_eq!(told.matches("complete, pinned").count(), 1, "{told}");
    let listed = world.run(&["snapshots", "--json"]).succeeds().json();
    assert_eq!((&listed[0]["pinned"], listed[1].get("pinned")), (&true.into(), None));
    let told = world.run(&["forget", "--keep-last", "1"]).succeeds().out;
    assert!(told.contains("there is nothing to forget"), "{told}");
    world.run(&["tag", "--pin", "--unpin"]).fails(2, "cannot be used with");
    world.run(&["tag", "--unpin", "latest~1"]).succeeds();
    world.run(&["forget", "--keep-last", "1"]).succeeds();
    assert_eq!(count(&world), 1);
}

#[test]
fn sessions_tell_who_is_at_work_and_what_waits() {
    let world = with_two();
    assert_eq!(world.run(&["sessions"]).succeeds().out, "nobody is at work, and nothing waits\n");
    world.run(&["forget", "latest"]).succeeds();
    let told = world.run(&["sessions"]).succeeds().out;
    assert!(told.starts_with("forgotten, and to be had back"), "{told}");
    let json = world.run(&["sessions", "--json"]).succeeds().json();
    assert_eq!((&json["message_type"], &json["running"]), (&"sessions".into(), &serde_json::json!([])));
    assert_eq!((json["forgotten"].as_array().unwrap().len(), &json["swept"]["packs"]), (1, &0.into()));
    world.run(&["--no-cache", "sessions", "surplus"]).fails(2, "unexpected argument");
}
