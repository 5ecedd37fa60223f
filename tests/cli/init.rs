//! `init`, and what it refuses.

use std::fs;
use std::path::Path;

use super::world::World;
use crate::store::on_disk;

#[test]
fn a_repository_is_made_once() {
    let world = World::without_repository();
    let ended = world.run(&["init", "--kdf-memory", "32", "--chunk-size", "64"]).succeeds();
    assert!(
        ended.out.starts_with("created repository ")
            && ended.out.ends_with(&format!(" at {}\n", world.store.repository())),
        "{}",
        ended.out
    );
    assert!(world.store.has("config"));
    world.run(&["init"]).fails(1, "a repository exists already");
}

#[test]
fn foreign_files_are_not_buried() {
    if !on_disk("no object has such a name") {
        return;
    }
    let world = World::without_repository();
    // The storage would not see a file with such a name.
    world.write("repo/letter to grandma.txt", b"dear");
    world.run(&["init"]).fails(1, "neither empty nor a repository");
    world.run(&["backup", "--init", "."]).fails(1, "neither empty nor a repository");
    assert_eq!(fs::read_dir(world.path("repo")).unwrap().count(), 1);
}

#[test]
fn an_empty_directory_and_a_new_file_system_are_welcome() {
    if !on_disk("buckets have no directories") {
        return;
    }
    for name in ["repo", "repo/lost+found"] {
        let world = World::without_repository();
        fs::create_dir_all(world.path(name)).unwrap();
        world.run(&["init", "--kdf-memory", "32"]).succeeds();
    }
}

#[test]
fn without_a_repository_every_verb_ends_with_10() {
    let world = World::without_repository();
    let verbs: [&[&str]; 5] =
        [&["backup", "."], &["snapshots"], &["ls", "latest"], &["restore", "latest", "out"], &["verify"]];
    for verb in verbs {
        world.run(verb).fails(10, &world.no_repository());
    }
    assert_eq!(fs::read_dir(world.path("")).unwrap().count(), 0);
    fs::create_dir(world.path("repo")).unwrap();
    world.run(&["verify"]).fails(10, "no repository at");
}

#[test]
fn a_place_where_nothing_can_be_made_is_no_damage() {
    let world = World::without_repository();
    world.write("file", b"");
    for place in ["/proc/nope", "file/below"] {
        for verb in [&["init"][..], &["backup", "--init", "."]] {
            let ended = world.run(&[&["-r", place], verb].concat()).fails(1, place);
            assert!(ended.err.contains("-r DIR"), "{}", ended.err);
        }
    }
    let program = env!("CARGO_BIN_EXE_lifeboat");
    for place in [".", "below"] {
        fs::create_dir(world.path("gone")).unwrap();
        let mut shell = world.prepared(Path::new("/bin/sh"));
        shell.args(["-c", "cd gone && rmdir ../gone && exec \"$0\" \"$@\"", program]);
        let ended = world.run_in(shell, &["-r", place, "init"]).fails(1, "");
        assert!(ended.err.contains("-r DIR"), "{}", ended.err);
    }
}

#[test]
fn first_backups_of_several_jobs_at_once_all_succeed() {
    let world = World::without_repository();
    let jobs = ["a", "b", "c"];
    for job in jobs {
        world.write(format!("{job}/file"), job.as_bytes());
    }
    std::thread::scope(|scope| {
        for job in jobs {
            let world = &world;
            scope.spawn(move || world.run(&["backup", "--init", job]).succeeds());
        }
    });
    let listed = world.run(&["snapshots", "--json"]).succeeds();
    assert_eq!(listed.out.matches("short_id").count(), 3, "{}", listed.out);
    world.run(&["verify", "--read-data"]).succeeds();
}

#[test]
fn what_a_killed_init_left_is_named_and_not_touched() {
    let world = World::new();
    for name in ["config", "log"].iter().flat_map(|name| world.store.copies(name)) {
        world.store.remove(&name);
    }
    world.store.names("keys/").iter().for_each(|name| world.store.remove(name));
    for verb in [&["init"][..], &["backup", "--init", "."]] {
        let ended = world.run(verb).fails(1, "was interrupted, or is still under way");
        assert!(ended.err.contains("empty the directory"), "{}", ended.err);
    }
    assert!(!world.store.names("keyring/").is_empty());
}

#[test]
fn a_repository_of_another_program_is_none_of_ours() {
    for config in [&b"[repository]\nversion = 1\n"[..], b""] {
        let world = World::without_repository();
        world.store.write("config", config);
        world.store.write("data/readme", b"x");
        let cause = format!("{} is not a lifeboat repository", world.store.repository());
        let opened = world.run(&["snapshots"]).fails(10, &cause);
        assert!(opened.err.ends_with("lifeboat -r DIR init\n"), "{}", opened.err);
        world.run(&["backup", "--init", "."]).fails(10, &cause);
        assert_eq!(world.store.read("config"), config);
    }
    let world = World::new();
    world.store.copies("config").iter().for_each(|copy| world.store.write(copy, b""));
    world.run(&["snapshots"]).fails(4, "config is damaged");
}

#[test]
fn a_repository_with_the_keys_of_another_one() {
    let world = World::with_snapshot();
    let repo = world.store.repository().to_owned();
    let init = ["--repo", "second", "init", "--kdf-memory", "32", "--same-keys-as", &repo];
    world.run(&[&init[..], &["--chunk-size", "64"]].concat()).fails(2, "cannot be used with");
    world.run(&["--repo", "second", "init", "--same-keys-as", "none"]).fails(10, "no repository at none");
    world.run(&init).succeeds();
    world.run(&["--repo", "second", "ls", "latest"]).fails(1, "no snapshot matches");
}
