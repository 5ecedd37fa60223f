//! The index between runs: where it is kept, that nobody has to have it, and what is said when it cannot be kept.

use super::world::{World, below};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Stdio;

/// The tables below a directory.
fn tables(world: &World, directory: &str) -> Vec<PathBuf> {
    let files = if world.path(directory).is_dir() { below(&world.path(directory)) } else { Vec::new() };
    // Of a repository far away other objects are kept, too.
    let is_table = |path: &PathBuf| path.is_file() && path.parent().unwrap().ends_with("index");
    files.into_iter().filter(is_table).collect()
}

#[test]
fn the_option_wins_over_the_variable_and_both_over_what_is_usual() {
    let world = World::with_snapshot();
    let home = world.path("home");
    let xdg = world.path("xdg");
    let (home, xdg) = (home.to_str().unwrap(), xdg.to_str().unwrap());
    world.run_with(&[("HOME", home)], &["ls", "latest"]).succeeds();
    let [table] = &tables(&world, "home/.cache/lifeboat")[..] else { panic!("one table") };
    assert!(table.parent().unwrap().ends_with("index"));
    assert_eq!(fs::metadata(table).unwrap().permissions().mode() & 0o7777, 0o600);
    world.run_with(&[("HOME", home), ("XDG_CACHE_HOME", xdg)], &["ls", "latest"]).succeeds();
    assert_eq!(tables(&world, "xdg/lifeboat").len(), 1);
    let both = [("HOME", home), ("LIFEBOAT_CACHE_DIR", "variable")];
    world.run_with(&both, &["restore", "latest", "--target", "out"]).succeeds();
    assert_eq!(tables(&world, "variable").len(), 1);
    world.run_with(&both, &["--cache-dir", "option", "ls", "latest"]).succeeds();
    assert_eq!(tables(&world, "option").len(), 1);
    world.run_with(&[("LIFEBOAT_CACHE_DIR", "none")], &["ls", "latest", "--no-cache"]).succeeds();
    assert!(!world.path("none").exists());
    // An empty value would mean the directory that is the current one by accident.
    let empty = {
        let mut command = world.command();
        command.env("LIFEBOAT_CACHE_DIR", "");
        world.run_in(command, &["ls", "latest"])
    };
    empty.fails(2, "LIFEBOAT_CACHE_DIR is set, but empty");
}

#[test]
fn backups_and_restores_do_not_depend_on_it() {
    let world = World::with_snapshot();
    for (round, damage) in ["nothing", "flip", "cut", "delete"].into_iter().enumerate() {
        for table in tables(&world, "cache") {
            let mut bytes = fs::read(&table).unwrap();
            match damage {
                "flip" => bytes.iter_mut().step_by(500).for_each(|byte| *byte ^= 1),
                "cut" => bytes.truncate(5_000),
                _ => {}
            }
            fs::write(&table, bytes).unwrap();
        }
        if damage == "delete" {
            fs::remove_dir_all(world.path("cache")).unwrap();
        }
        world.write(format!("files/new-{round}"), format!("{round}").as_bytes());
        world.run(&["--cache-dir", "cache", "backup", "files"]).succeeds();
        let target = format!("out-{round}");
        world
            .run(&["--cache-dir", "cache", "restore", &world.latest("files"), "--target", &target])
            .succeeds();
        for name in ["one".to_owned(), "sub/two".to_owned(), format!("new-{round}")] {
            let (saved, restored) = (world.path(format!("files/{name}")), world.path(&target).join(&name));
            assert!(fs::read(saved).unwrap() == fs::read(restored).unwrap(), "{damage}: {name}");
        }
        world.run(&["--cache-dir", "cache", "verify", "--read-data"]).succeeds();
    }
}

#[test]
fn a_cache_that_cannot_be_written_is_a_note() {
    let world = World::with_snapshot();
    world.write("cache", b"no directory");
    for verb in [&["backup", "files"][..], &["restore", "latest", "--target", "out"], &["verify"]] {
        let ended = world.run(&[&["--cache-dir", "cache"], verb].concat()).succeeds();
        assert!(ended.err.contains("the index is not kept for the next run: cache/"), "{}", ended.err);
    }
    world.run(&["--cache-dir", "cache", "ls", "latest"]).succeeds();
}

/// Whoever rescues a machine may not have been given a place for files.
#[test]
fn without_its_place_for_files_another_one_is_used() {
    let world = World::with_snapshot();
    let nowhere = [("TMPDIR", "/proc/none")];
    for cache in [&[][..], &["--cache-dir", "/proc/none"]] {
        for verb in [&["ls", "latest"][..], &["restore", "latest", "--target", "out"], &["verify"]] {
            world.run_with(&nowhere, &[verb, cache].concat()).succeeds();
        }
    }
}

#[test]
fn it_is_marked_as_a_cache_for_backups() {
    let world = World::with_snapshot();
    world.run(&["--cache-dir", "files/cache", "ls", "latest"]).succeeds();
    world.run(&["--cache-dir", "files/cache", "backup", "files", "--exclude-caches"]).succeeds();
    let listed = world.run(&["ls", "latest"]).succeeds().out;
    assert!(listed.contains("/CACHEDIR.TAG\n") && !listed.contains("/index"), "{listed}");
    assert!(listed.contains("/files/sub/two\n"), "what is beside it is no cache");
}

#[test]
fn verify_finds_damage_under_what_is_kept() {
    let world = World::with_snapshot();
    world.run(&["--cache-dir", "cache", "ls", "latest"]).succeeds();
    let index = world.store.names("index/").remove(0);
    world.store.flip(&index, 100);
    world.run(&["--cache-dir", "cache", "ls", "latest"]).succeeds();
    let ended = world.run(&["--cache-dir", "cache", "verify"]).fails(4, "");
    assert!(ended.err.contains(&index), "{}", ended.err);
}

#[test]
fn two_processes_use_it_at_once() {
    let world = World::with_snapshot();
    for round in 0..4 {
        world.write("files/one", format!("{round}").as_bytes());
        world.run(&["backup", "files"]).succeeds();
        let start = || {
            let mut command = world.command();
            command.args(["--cache-dir", "cache", "ls", "latest"]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        };
        let running = [start(), start(), start()];
        for child in running {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            assert!(String::from_utf8(output.stdout).unwrap().contains("/files/sub/two"));
        }
    }
    assert!(tables(&world, "cache").len() <= 4);
}

#[test]
fn nobody_waits_for_a_pipe_among_what_is_kept() {
    let world = World::with_snapshot();
    world.run(&["--cache-dir", "cache", "ls", "latest"]).succeeds();
    let table = tables(&world, "cache").remove(0);
    fs::remove_file(&table).unwrap();
    let file = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(rustix::fs::CWD, &table, file, rustix::fs::Mode::RUSR, 0).unwrap();
    world.run(&["--cache-dir", "cache", "restore", &world.latest("files"), "out"]).succeeds();
}
