//! `init`, and what it refuses.

use std::fs;

use super::world::World;

#[test]
fn a_repository_is_made_once() {
    let world = World::without_repository();
    let ended = world.run(&["init", "--kdf-memory", "32", "--chunk-size", "64"]).succeeds();
    assert!(
        ended.out.starts_with("created repository ") && ended.out.ends_with(" at repo\n"),
        "{}",
        ended.out
    );
    assert!(world.path("repo/config").exists());
    world.run(&["init"]).fails(1, "a repository exists already");
}

#[test]
fn foreign_files_are_not_buried() {
    let world = World::without_repository();
    // The storage would not see a file with such a name.
    world.write("repo/letter to grandma.txt", b"dear");
    world.run(&["init"]).fails(1, "neither empty nor a repository");
    world.run(&["backup", "--init", "."]).fails(1, "neither empty nor a repository");
    assert_eq!(fs::read_dir(world.path("repo")).unwrap().count(), 1);
}

#[test]
fn an_empty_directory_and_a_new_file_system_are_welcome() {
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
        world.run(verb).fails(10, "no repository at repo");
    }
    assert_eq!(fs::read_dir(world.path("")).unwrap().count(), 0);
    fs::create_dir(world.path("repo")).unwrap();
    world.run(&["verify"]).fails(10, "no repository at");
}
