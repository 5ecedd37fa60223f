//! Keys: every way to open a repository, how it is made, and how it is taken away.

use super::world::{Ended, PASSWORD, World};
use crate::store::on_disk;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

const NO_PASSWORD: (&str, &str) = ("LIFEBOAT_PASSWORD", "");

/// Runs without the password of the world, with the key or password that `option` names.
fn run_as(world: &World, option: [&str; 2], arguments: &[&str]) -> Ended {
    world.run_with(&[NO_PASSWORD], &[&option[..], arguments].concat())
}

fn keys(world: &World) -> Vec<Value> {
    world.run(&["key", "list", "--json"]).succeeds().json().as_array().unwrap().clone()
}

fn ids(world: &World, kind: &str) -> Vec<String> {
    let of_kind = |key: &&Value| key["kind"] == kind;
    keys(world).iter().filter(of_kind).map(|key| key["id"].as_str().unwrap().to_owned()).collect()
}

/// The words of a recovery sheet, line by line.
fn words(world: &World, sheet: &str) -> Vec<Vec<String>> {
    let page = fs::read_to_string(world.path(sheet)).unwrap();
    let lines = page.lines().filter(|line| line.as_bytes().get(1) == Some(&b':'));
    let lines: Vec<_> =
        lines.map(|line| line[3..].split(' ').map(str::to_owned).collect::<Vec<_>>()).collect();
    assert!(lines.len() == 8 && lines.iter().all(|line| line.len() == 4), "{page}");
    lines
}

fn assert_private(world: &World, name: &str) {
    let mode = fs::metadata(world.path(name)).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600, "{name}");
}

#[test]
fn a_new_repository_has_one_key() {
    let world = World::new();
    let keys = keys(&world);
    assert_eq!(keys.len(), 1);
    let [key] = &keys[..] else { unreachable!("one") };
    assert_eq!((key["kind"].as_str(), key["current"].as_bool()), (Some("password"), Some(true)));
    assert!(key["host"].as_str().is_some_and(|host| !host.is_empty()), "{key}");
    assert!(key["user"].is_string() && key.get("label").is_none(), "{key}");
    assert!(key["created"].as_str().unwrap().ends_with("+00:00"), "{key}");
    let table = world.run(&["key", "list"]).succeeds().out;
    let short = &key["id"].as_str().unwrap()[..8];
    assert!(table.contains(&format!("*  {short}  password")) && table.ends_with("1 key\n"), "{table}");
}

#[test]
fn several_keys_open_one_repository() {
    let world = World::with_snapshot();
    world.write("second", b"another secret\n");
    let named = ["--label", "the \n laptop", "--host", "ark", "--user", "noah"];
    world.run(&[&["key", "add", "--new-password-file", "second"][..], &named].concat()).succeeds();
    world.run(&["key", "add", "--new-password-command", "echo third", "--kdf-memory", "64"]).succeeds();
    world.run(&["key", "add", "--new-key-file", "key", "--label", "cron"]).succeeds();
    world.run(&["key", "add", "--recovery-sheet", "sheet"]).succeeds();
    let options = [
        ["--password-file", "second"],
        ["--password-command", "echo third"],
        ["--key-file", "key"],
        ["--key-file", "sheet"],
    ];
    for option in options {
        let listed = run_as(&world, option, &["snapshots", "--json"]).succeeds().json();
        assert_eq!(listed.as_array().unwrap().len(), 1, "{option:?}");
        let current = run_as(&world, option, &["key", "list", "--json"]).succeeds().json();
        let current: Vec<_> =
            current.as_array().unwrap().iter().filter(|key| key["current"] == true).cloned().collect();
        assert_eq!(current.len(), 1, "{current:?}");
    }
    let keys = keys(&world);
    let labelled = keys.iter().find(|key| key["host"] == "ark").unwrap();
    assert_eq!((&labelled["user"], &labelled["label"]), (&"noah".into(), &"the \n laptop".into()));
    assert!(keys.iter().any(|key| key["label"] == "cron" && key["kind"] == "key_file"));
    assert!(keys.iter().any(|key| key["kind"] == "recovery_sheet"));
    let table = world.run(&["key", "list"]).succeeds().out;
    assert!(table.contains("the \\n laptop") && table.ends_with("5 keys\n"), "{table}");
    world.run(&["verify"]).succeeds();
}

#[test]
fn what_is_added_and_removed_is_told() {
    let world = World::new();
    let added = world.run(&["key", "add", "--new-key-file", "key", "--json"]).succeeds().json();
    assert_eq!((&added["message_type"], &added["kind"]), (&"key_added".into(), &"key_file".into()));
    let id = added["id"].as_str().unwrap();
    assert_eq!(ids(&world, "key_file"), [id]);
    let removed = world.run(&["key", "remove", &id[..8], "--json"]).succeeds().json();
    assert_eq!((&removed["message_type"], &removed["id"]), (&"key_removed".into(), &id.into()));
    run_as(&world, ["--key-file", "key"], &["snapshots"]).fails(12, "wrong password");
    let added = world.run(&["key", "add", "--new-key-file", "another"]).succeeds().out;
    assert!(added.starts_with("added key ") && added.ends_with(", a key file\n"), "{added}");
    let id = ids(&world, "key_file").remove(0);
    let removed = world.run(&["key", "remove", &id]).succeeds().out;
    assert_eq!(removed, format!("removed key {}\n", &id[..8]));
}

#[test]
fn one_way_in_always_stays() {
    let world = World::new();
    let own = ids(&world, "password").remove(0);
    world.run(&["key", "remove", &own]).fails(1, "is the last one");
    world.run(&["key", "add", "--new-key-file", "key"]).succeeds();
    world.run(&["key", "remove", &own]).fails(1, "is the one that opened the repository");
    world.run(&["key", "remove", "xyz"]).fails(1, "no key slot begins with xyz");
    world.run(&["key", "remove", ""]).fails(2, "a value is required");
    run_as(&world, ["--key-file", "key"], &["key", "remove", &own]).succeeds();
    world.run(&["snapshots"]).fails(12, "wrong password");
    run_as(&world, ["--key-file", "key"], &["snapshots"]).succeeds();
}

#[test]
fn the_beginning_of_several_ids_names_none() {
    let world = World::new();
    // Fifteen ids that all begin with digits of their own are possible, and rare.
    for number in 0..15 {
        world.run(&["key", "add", "--new-key-file", &format!("key-{number}")]).succeeds();
    }
    let ids = ids(&world, "key_file");
    let shared =
        ids.iter().map(|id| &id[..1]).find(|digit| ids.iter().filter(|id| id.starts_with(digit)).count() > 1);
    if let Some(shared) = shared {
        world.run(&["key", "remove", shared]).fails(1, "several key slots begin with");
    }
    let refused = world.run(&["key", "add", "--new-key-file", "one-more"]);
    refused.fails(1, "the repository has 16 key slots, as many as there can be");
    assert!(!world.path("one-more").exists(), "a key that opens nothing is not left");
}

#[test]
fn passwd_changes_the_password_in_use() {
    let world = World::with_snapshot();
    world.run(&["key", "add", "--recovery-sheet", "sheet"]).succeeds();
    world.write("new", b"new secret");
    let changed = world.run(&["key", "passwd", "--new-password-file", "new"]).succeeds().out;
    assert!(changed.contains("added key ") && changed.contains("removed key "), "{changed}");
    world.run(&["snapshots"]).fails(12, "wrong password");
    let new = ["--password-file", "new"];
    run_as(&world, new, &["snapshots"]).succeeds();
    let command = ["key", "passwd", "--new-password-command", "printf newest", "--kdf-memory", "128"];
    let about = ["--label", "mine", "--host", "ark", "--user", "noah"];
    run_as(&world, new, &[&command[..], &about].concat()).succeeds();
    run_as(&world, new, &["snapshots"]).fails(12, "wrong password");
    let newest = ["--password-command", "printf newest"];
    let listed = run_as(&world, newest, &["key", "list", "--json"]).succeeds().json();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    let current = listed.as_array().unwrap().iter().find(|key| key["current"] == true).unwrap();
    assert_eq!((&current["label"], &current["host"]), (&"mine".into(), &"ark".into()));
    let by_sheet = run_as(&world, ["--key-file", "sheet"], &["key", "passwd", "--new-password-file", "new"]);
    by_sheet.fails(1, "there is none to change");
}

#[test]
fn a_lost_password_is_replaced_with_the_sheet() {
    let world = World::without_repository();
    world.write_three_files();
    world.run(&["init", "--kdf-memory", "32", "--recovery-sheet", "sheet"]).succeeds();
    world.run(&["backup", "files"]).succeeds();
    // What a person types from the paper: words only, in capitals.
    let typed = words(&world, "sheet").iter().map(|line| line.join("  ").to_uppercase()).collect::<Vec<_>>();
    world.write("typed", typed.join("\n").as_bytes());
    fs::remove_file(world.path("sheet")).unwrap();
    let sheet = ["--key-file", "typed"];
    run_as(&world, sheet, &["restore", "latest", "--target", "out"]).succeeds();
    world.write("new", b"new secret");
    run_as(&world, sheet, &["key", "add", "--new-password-file", "new", "--kdf-memory", "32"]).succeeds();
    let lost = ids(&world, "password").remove(0);
    run_as(&world, ["--password-file", "new"], &["key", "remove", &lost]).succeeds();
    world.run(&["snapshots"]).fails(12, "wrong password");
    run_as(&world, ["--password-file", "new"], &["snapshots"]).succeeds();
    run_as(&world, sheet, &["snapshots"]).succeeds();
}

#[test]
fn a_slip_on_a_typed_sheet_is_named_by_its_line() {
    let world = World::without_repository();
    let made = world.run(&["init", "--kdf-memory", "32", "--recovery-sheet", "sheet"]).succeeds();
    assert!(made.err.contains("print the recovery sheet"), "{}", made.err);
    let page = fs::read_to_string(world.path("sheet")).unwrap();
    let place = match world.path("repo").canonicalize() {
        Ok(directory) => directory.to_str().unwrap().to_owned(),
        Err(_) => world.store.repository().to_owned(),
    };
    assert!(page.contains(&place) && page.contains(&ids_of_repository(&world)), "{page}");
    let mut lines = words(&world, "sheet");
    let word = std::mem::replace(&mut lines[2][1], "abandn".to_owned());
    let type_out = |lines: &[Vec<String>]| {
        let text: Vec<_> = lines.iter().map(|line| line.join(" ")).collect();
        world.write("typed", text.join("\n").as_bytes());
        run_as(&world, ["--key-file", "typed"], &["snapshots"])
    };
    type_out(&lines).fails(2, "line 3: there is no word \"abandn\"; the nearest is \"abandon\"");
    lines[2][1] = if word == "zebra" { "zero" } else { "zebra" }.to_owned();
    type_out(&lines).fails(2, "line 3: one of its words is not that of the sheet");
    lines[2][1] = word;
    type_out(&lines).succeeds();
    lines.truncate(7);
    type_out(&lines).fails(2, "line 8 is missing");
}

fn ids_of_repository(world: &World) -> String {
    let other = world.run(&["-r", "other", "init", "--kdf-memory", "32", "--json"]).succeeds().json();
    assert_eq!(other["message_type"], "initialized");
    let page = fs::read_to_string(world.path("sheet")).unwrap();
    let id = page.lines().find_map(|line| line.strip_prefix("Repository: ")).unwrap();
    assert!(id.len() == 32 && id != other["id"], "{page}");
    id.to_owned()
}

#[test]
fn an_init_without_a_sheet_says_how_to_get_one() {
    let world = World::without_repository();
    for verb in [&["init", "--kdf-memory", "32"][..], &["-r", "other", "backup", "--init", "."]] {
        let talk = world.run(verb).succeeds().err;
        assert!(talk.contains("lifeboat key add --recovery-sheet FILE"), "{talk}");
    }
}

#[test]
fn an_init_that_cannot_make_its_sheet_makes_no_repository() {
    let world = World::without_repository();
    world.write("sheet", b"precious");
    world.run(&["init", "--recovery-sheet", "sheet"]).fails(1, "cannot make the file sheet");
    world.run(&["init", "--recovery-sheet", "no/such/place"]).fails(1, "cannot make the file");
    world.assert_has_no_repository();
    assert_eq!(fs::read(world.path("sheet")).unwrap(), b"precious");
    // And the other way round: no sheet without its repository.
    world.store.write("letter-to-grandma.txt", b"dear");
    world.run(&["init", "--recovery-sheet", "new"]).fails(1, "neither empty nor a repository");
    assert!(!world.path("new").exists());
}

#[test]
fn files_with_keys_are_private_and_take_nobodys_place() {
    let world = World::new();
    for option in ["--new-key-file", "--recovery-sheet"] {
        world.write("taken", b"precious");
        for place in ["taken", "/dev/stdout", "."] {
            world.run(&["key", "add", option, place]).fails(1, "cannot make the file");
        }
        assert_eq!(fs::read(world.path("taken")).unwrap(), b"precious");
        std::os::unix::fs::symlink("nowhere", world.path(format!("link{option}"))).unwrap();
        world.run(&["key", "add", option, &format!("link{option}")]).fails(1, "cannot make the file");
        assert!(!world.path("nowhere").exists());
        world.run(&["key", "add", option, &format!("new{option}")]).succeeds();
        assert_private(&world, &format!("new{option}"));
    }
    assert_eq!(keys(&world).len(), 3);
}

#[test]
fn a_wrong_password_makes_no_file() {
    let world = World::new();
    let wrong = world.run_with(&[("LIFEBOAT_PASSWORD", "guess")], &["key", "add", "--new-key-file", "key"]);
    wrong.fails(12, "wrong password");
    assert!(!world.path("key").exists());
}

#[test]
fn two_new_keys_at_once_are_refused() {
    let world = World::new();
    let table: [(&[&str], &str); 5] = [
        (&["add", "--new-key-file", "a", "--recovery-sheet", "b"], "'--recovery-sheet <FILE>'"),
        (&["add", "--new-key-file", "a", "--new-password-file", "b"], "cannot be used with"),
        (&["passwd", "--new-password-file", "a", "--new-password-command", "b"], "cannot be used with"),
        (&["passwd"], "no password is given, and there is no terminal"),
        (&["add"], "no password is given, and there is no terminal"),
    ];
    for (arguments, cause) in table {
        world.run(&[&["key"], arguments].concat()).fails(2, cause);
    }
    for (content, cause) in [("\n", "the password is empty"), ("x".repeat(70_000).as_str(), "64 KiB")] {
        world.write("new", content.as_bytes());
        world.run(&["key", "add", "--new-password-file", "new"]).fails(2, cause);
    }
    let failing = ["key", "add", "--new-password-command", "exit 3"];
    world.run(&failing).fails(1, "the password command ended with exit status: 3");
    assert_eq!(keys(&world).len(), 1);
}

#[test]
fn a_key_file_that_is_none_ends_with_2() {
    let world = World::new();
    world.run(&["key", "add", "--new-key-file", "key"]).succeeds();
    let key = fs::read_to_string(world.path("key")).unwrap();
    let table = [
        ("", "neither a key file nor a recovery sheet"),
        (PASSWORD, "neither a key file nor a recovery sheet"),
        (&key[..key.len() - 2], "cut short or mistyped"),
        (&key.replace("key-1", "key-2"), "newer version"),
    ];
    for (content, cause) in table {
        world.write("other", content.as_bytes());
        run_as(&world, ["--key-file", "other"], &["snapshots"]).fails(2, cause);
    }
    run_as(&world, ["--key-file", "/dev/zero"], &["snapshots"]).fails(2, "longer than 64 KiB");
    run_as(&world, ["--key-file", "missing"], &["snapshots"]).fails(1, "cannot read the key file missing");
    world.write("other", format!("\n  {key}\n\n").as_bytes());
    run_as(&world, ["--key-file", "other"], &["snapshots"]).succeeds();
}

#[test]
fn a_key_file_may_be_named_by_a_variable() {
    let world = World::new();
    world.run(&["key", "add", "--new-key-file", "key"]).succeeds();
    world.run_with(&[NO_PASSWORD, ("LIFEBOAT_KEY_FILE", "key")], &["snapshots"]).succeeds();
    let both = world.run_with(&[("LIFEBOAT_KEY_FILE", "key")], &["snapshots"]);
    both.fails(2, "more than one source: LIFEBOAT_PASSWORD and LIFEBOAT_KEY_FILE");
    let both = run_as(&world, ["--key-file", "key"], &["snapshots", "--password-file", "x"]);
    both.fails(2, "more than one source: --password-file and --key-file");
}

#[test]
fn systemd_may_hand_over_the_password_or_a_key() {
    let world = World::new();
    world.run(&["key", "add", "--new-key-file", "key"]).succeeds();
    fs::create_dir(world.path("secrets")).unwrap();
    let systemd = [NO_PASSWORD, ("CREDENTIALS_DIRECTORY", "secrets")];
    world.run_with(&systemd, &["snapshots"]).fails(2, "no password is given");
    world.write("secrets/lifeboat.password", format!("{PASSWORD}\n").as_bytes());
    world.run_with(&systemd, &["snapshots"]).succeeds();
    let beside = world.run_with(&systemd, &["snapshots", "--key-file", "key"]);
    beside.fails(2, "more than one source: --key-file and the systemd credential lifeboat.password");
    fs::copy(world.path("key"), world.path("secrets/lifeboat.key")).unwrap();
    let both = world.run_with(&systemd, &["snapshots"]);
    both.fails(2, "the systemd credential lifeboat.password and the systemd credential lifeboat.key");
    fs::remove_file(world.path("secrets/lifeboat.password")).unwrap();
    world.run_with(&systemd, &["snapshots"]).succeeds();
}

#[test]
fn a_repository_may_be_made_for_a_key_alone() {
    let world = World::new();
    world.run(&["key", "add", "--new-key-file", "key"]).succeeds();
    run_as(&world, ["--key-file", "key"], &["-r", "other", "init"]).succeeds();
    let listed = run_as(&world, ["--key-file", "key"], &["-r", "other", "key", "list", "--json"]).succeeds();
    assert_eq!(listed.json()[0]["kind"], "key_file");
    world.run(&["-r", "other", "snapshots"]).fails(12, "wrong password");
}

#[test]
fn a_damaged_key_is_named_and_stops_no_other() {
    let world = World::new();
    world.run(&["key", "add", "--new-key-file", "key"]).succeeds();
    let id = ids(&world, "key_file").remove(0);
    for copy in world.store.copies(&format!("keys/{id}")) {
        world.store.write(&copy, b"rubbish");
    }
    world.run(&["snapshots"]).succeeds();
    world.run(&["key", "list"]).fails(4, "stored data is damaged: 1 problem");
    let lost = run_as(&world, ["--key-file", "key"], &["snapshots"]);
    lost.fails(12, &format!("or it is that of keys/{id}, which cannot be read"));
    world.run(&["key", "remove", &id]).succeeds();
    world.run(&["key", "list"]).succeeds();
}

#[test]
fn no_secret_is_ever_shown() {
    let world = World::without_repository();
    let mut shown = String::new();
    let mut look = |ended: Ended| {
        shown.push_str(&ended.out);
        shown.push_str(&ended.err);
    };
    look(world.run(&["init", "--kdf-memory", "32", "--recovery-sheet", "sheet", "-v"]));
    look(world.run(&["key", "add", "--new-key-file", "key", "-v", "--json"]));
    world.write("new", b"tr0ub4dor");
    look(world.run(&["key", "add", "--new-password-file", "new", "-v"]));
    look(world.run(&["key", "list"]));
    look(world.run(&["key", "list", "--json"]));
    look(run_as(
        &world,
        ["--password-file", "new"],
        &["key", "passwd", "--new-password-command", "echo zaq12wsx"],
    ));
    look(run_as(&world, ["--key-file", "key"], &["key", "list"]));
    look(run_as(&world, ["--password-file", "new"], &["snapshots"]));
    let key = fs::read_to_string(world.path("key")).unwrap();
    world.write("cut", &key.as_bytes()[..70]);
    look(run_as(&world, ["--key-file", "cut"], &["snapshots"]));
    let digits = key.split('-').nth(3).unwrap();
    for secret in [PASSWORD, "tr0ub4dor", "zaq12wsx", &digits[..8], &digits[40..48]] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    for line in words(&world, "sheet") {
        assert!(!shown.contains(&line.join(" ")), "{line:?} in {shown}");
    }
}

/// A config that says that there are no second copies would leave those of a removed key behind.
#[test]
fn keys_are_not_changed_under_a_config_that_the_log_does_not_bind() {
    if !on_disk("in a bucket there are no second copies") {
        return;
    }
    let world = World::with_snapshot();
    world.write("new", b"another one");
    world.run(&["key", "add", "--new-password-file", "new"]).succeeds();
    let listed = world.run(&["key", "list", "--json"]).succeeds().json();
    let other = listed.as_array().unwrap().iter().find(|key| key["current"] == false).unwrap();
    world.store.change("config", |bytes| {
        assert_eq!(bytes.split_off(bytes.len() - 2), [10, 0xf5], "the last field");
        bytes[0] -= 1;
    });
    world.run(&["key", "remove", other["id"].as_str().unwrap()]).fails(14, "config");
    world.run(&["key", "add", "--new-key-file", "key"]).fails(14, "config");
}
