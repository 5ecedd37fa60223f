//! `copy`: several targets, names and passwords, what is said, and how it ends.

use super::world::{PASSWORD, World};

/// A world with a snapshot, and a second repository at `second`, made with these options.
fn with_second(init: &[&str]) -> World {
    let world = World::with_snapshot();
    world.run(&[&["--repo", "second", "init", "--kdf-memory", "32"], init].concat()).succeeds();
    world
}

/// What comes back from the repository `second` is what was saved.
fn assert_comes_back(world: &World, variables: &[(&str, &str)]) {
    let latest = world.latest("files");
    let arguments = ["--repo", "second", "restore", &latest, "--overwrite", "always", "back"];
    world.run_with(variables, &arguments).succeeds();
    for name in ["one", "sub/two", "sub/three"] {
        let [saved, back] = ["files", "back"].map(|folder| world.path(folder).join(name));
        assert_eq!(std::fs::read(saved).unwrap(), std::fs::read(back).unwrap(), "{name}");
    }
}

#[test]
fn only_what_is_missing_travels_and_the_copy_comes_back() {
    let world = with_second(&[]);
    let dry = world.run(&["copy", "--to", "second", "--dry-run"]).succeeds().out;
    assert!(
        dry.contains("would copy 1 snapshot to second") && dry.contains("0 snapshots there already"),
        "{dry}"
    );
    world.run(&["--repo", "second", "ls", "latest"]).fails(1, "no snapshot matches");
    let copied = world.run(&["copy", "--to", "second"]).succeeds().out;
    let id = &world.newest()[..8];
    assert!(
        copied.contains(&format!("copied {id}  ")) && copied.contains("copied 1 snapshot to second"),
        "{copied}"
    );
    assert_comes_back(&world, &[]);
    let again = world.run(&["sync", "--to", "second", "latest"]).succeeds().out;
    assert!(again.contains("1 snapshot there already") && again.contains("copied 0 snapshots"), "{again}");

    // What was forgotten there comes back only when it is named.
    world.run(&["--repo", "second", "forget", "latest"]).succeeds();
    let again = world.run(&["copy", "--to", "second"]).succeeds().out;
    assert!(again.contains("1 forgotten there and left alone"), "{again}");
    let named = world.run(&["copy", "--to", "second", "latest"]).succeeds().out;
    assert!(named.contains(&format!("copied {id} as ")), "{named}");
    assert_comes_back(&world, &[]);
}

#[test]
fn several_targets_each_with_its_own_key() {
    let world = World::with_snapshot();
    let repo = world.store.repository().to_owned();
    let config = format!(
        "[repository.here]\nurl = \"{repo}\"\n[repository.nas]\nurl = \"second\"\npassword-file = \"nas\"\n"
    );
    world.write("lifeboat.toml", config.as_bytes());
    world.write("nas", b"another\n");
    world.write("third-password", b"a third one\n");
    let init = ["--kdf-memory", "32", "--same-keys-as", &repo];
    world
        .run_with(&[("LIFEBOAT_PASSWORD", "another")], &["--repo", "second", "init", "--kdf-memory", "32"])
        .succeeds();
    let by_file = [("LIFEBOAT_PASSWORD_FILE", "third-password"), ("LIFEBOAT_PASSWORD", "")];
    world.run_with(&by_file, &[&["--repo", "third", "init"], &init[..2]].concat()).succeeds();

    let copy = ["--config", "lifeboat.toml", "copy", "--to", "nas", "--to", "third"];
    world.run(&copy).fails(12, "wrong password");
    world.run(&[&copy[..], &["--to-password-file", "third-password"]].concat()).succeeds();
    assert_comes_back(&world, &[("LIFEBOAT_PASSWORD", "another")]);
    let by_command = ["copy", "--to", "third", "--to-password-command", "cat third-password"];
    assert!(world.run(&by_command).succeeds().out.contains("1 snapshot there already"));
    world.run_with(&by_file, &["--repo", "third", "key", "add", "--new-key-file", "key"]).succeeds();
    world.run(&["copy", "--to", "third", "--to-key-file", "key"]).succeeds();

    // The keys of a repository that has another password: by its name.
    let init = ["--config", "lifeboat.toml", "--repo", "fourth", "init", "--kdf-memory", "32"];
    world.run(&[&init[..], &["--same-keys-as", "nas"]].concat()).succeeds();
    let copy = ["--config", "lifeboat.toml", "--repo", "nas", "copy", "--to", "fourth", "--json"];
    let third = [("LIFEBOAT_PASSWORD", "")];
    let lines = world
        .run_with(
            &third,
            &[&copy[..], &["--to-password-command", &format!("printf %s '{PASSWORD}'")]].concat(),
        )
        .succeeds()
        .json_lines();
    let [copied, summary] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!(
        (copied["message_type"].as_str(), summary["message_type"].as_str()),
        (Some("copied"), Some("summary"))
    );
    assert_eq!(copied["snapshot_id"], copied["from_id"]);
    let list = world.run(&["--repo", "fourth", "snapshots", "--json"]).succeeds().json();
    assert_eq!(list[0]["original"], copied["from_id"]);
    assert!(list[0]["original_repository"].is_string());
    assert_eq!(summary["to"], "fourth");
    let counts = ["snapshots_copied", "snapshots_present", "snapshots_damaged", "errors", "data_blobs"];
    assert_eq!(counts.map(|name| summary[name].as_u64()), [1, 0, 0, 0, 0].map(Some));
    assert!(summary["packs_copied"].as_u64() > Some(0) && summary["bytes_added"].as_u64() > Some(0));
}

#[test]
fn what_makes_no_sense_is_refused() {
    let world = with_second(&[]);
    let repo = world.store.repository().to_owned();
    world.run(&["copy"]).fails(2, "--to");
    world.run(&["copy", "--to", &repo]).fails(2, "is the repository itself");
    world.run(&["copy", "--to", "none"]).fails(10, "no repository at none");
    world.run(&["copy", "--to", "second", "--to", "none"]).fails(10, "no repository at none");
    world.run(&["--repo", "second", "ls", "latest"]).fails(1, "no snapshot matches");
    world.run(&["copy", "--to", "ftp://x"]).fails(2, "ftp");
    world.run(&["copy", "--to", "second", "abcdef"]).fails(1, "no snapshot matches");
    world.run(&["copy", "--to", "second", "latest", "--host", "nobody"]).fails(1, "no snapshot matches");
    let both = ["copy", "--to", "second", "--to-key-file", "k", "--to-password-file", "p"];
    world.run(&both).fails(2, "cannot be used with");
}

#[test]
fn what_is_damaged_is_named_and_the_rest_is_copied() {
    let world = World::without_parity();
    world.write("good/one", &lifeboat_testkit::Random::new(7).bytes(50_000));
    world.run(&["backup", "good"]).succeeds();
    let before = world.store.names("packs/");
    world.write_three_files();
    world.run(&["backup", "files"]).succeeds();
    for pack in world.store.names("packs/") {
        if !before.contains(&pack) {
            world.store.change(&pack, |bytes| bytes.iter_mut().skip(200).for_each(|byte| *byte ^= 1));
        }
    }
    world.run(&["--repo", "second", "init", "--kdf-memory", "32"]).succeeds();
    let ended = world.run(&["copy", "--to", "second"]).fails(4, "what is damaged was not copied");
    assert!(ended.out.contains("copied 1 snapshot to second"), "{}", ended.out);
    assert!(ended.err.contains("not copied, because of what is damaged"), "{}", ended.err);
    assert!(world.run(&["--repo", "second", "ls", "latest"]).succeeds().out.contains("good/one"));
    world.run(&["--repo", "second", "verify", "--read-data"]).succeeds();
}
