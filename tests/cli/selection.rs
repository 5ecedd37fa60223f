//! The options of `restore` that choose among the items of a snapshot.

use std::collections::BTreeSet;
use std::fs;

use super::world::{World, below};

fn world() -> World {
    let world = World::new();
    for name in ["a.txt", "B.TXT", "sub/c.txt", "sub/d.log", "docs/deep/e.log"] {
        world.write(format!("files/{name}"), name.as_bytes());
    }
    world.run(&["backup", "files"]).succeeds();
    world.write("list", b"# a comment\n\n*.txt\r\n/nowhere\n");
    world
}

/// The files that come back, and the directories, with a slash.
fn restored(world: &World, options: &[&str]) -> Vec<String> {
    drop(fs::remove_dir_all(world.path("out")));
    let reference = world.latest("files");
    world.run(&[&["restore", &reference, "out"], options].concat()).succeeds();
    let out = world.path("out");
    let name = |path: std::path::PathBuf| {
        let slash = if path.is_dir() { "/" } else { "" };
        format!("{}{slash}", path.strip_prefix(&out).unwrap().display())
    };
    below(&out).into_iter().map(name).collect::<BTreeSet<_>>().into_iter().collect()
}

#[test]
fn each_option_chooses() {
    let world = world();
    let here = world.path("files/sub").display().to_string();
    let table: [(&[&str], &[&str]); 12] = [
        (&["--include", "*.txt"], &["a.txt", "sub/", "sub/c.txt"]),
        (&["-i", "deep", "-i", "d.log"], &["docs/", "docs/deep/", "docs/deep/e.log", "sub/", "sub/d.log"]),
        (&["--include", &here], &["sub/", "sub/c.txt", "sub/d.log"]),
        (&["--iinclude", "*.txt"], &["B.TXT", "a.txt", "sub/", "sub/c.txt"]),
        (&["--include-file", "list"], &["a.txt", "sub/", "sub/c.txt"]),
        (&["--iinclude-file", "list"], &["B.TXT", "a.txt", "sub/", "sub/c.txt"]),
        (&["--include", "*.log", "--include", "!e.log"], &["sub/", "sub/d.log"]),
        (&["--exclude", "*.txt"], &["B.TXT", "docs/", "docs/deep/", "docs/deep/e.log", "sub/", "sub/d.log"]),
        (&["-e", "sub", "-e", "/files"], &["B.TXT", "a.txt", "docs/", "docs/deep/", "docs/deep/e.log"]),
        (&["--iexclude", "*.txt", "-e", "docs"], &["sub/", "sub/d.log"]),
        (&["--exclude-file", "list", "-e", "docs"], &["B.TXT", "sub/", "sub/d.log"]),
        (&["--iexclude-file", "list", "-e", "docs"], &["sub/", "sub/d.log"]),
    ];
    for (options, names) in table {
        assert_eq!(restored(&world, options), names, "{options:?}");
    }
}

#[test]
fn totals_are_those_of_what_fits_also_of_a_dry_run() {
    let world = world();
    for dry in [&[][..], &["-n"]] {
        let arguments = [&["restore", "--json", "latest", "out", "--include", "*.log"], dry].concat();
        let summary = world.run(&arguments).succeeds().json_lines().pop().unwrap();
        assert_eq!(
            ["total_files", "total_bytes"].map(|name| summary[name].as_u64()),
            [2, 24].map(Some),
            "{summary}"
        );
    }
}

#[test]
fn what_fits_nothing_is_said_and_restores_nothing() {
    let world = world();
    world.write("out/mine", b"precious");
    let before = fs::metadata(world.path("out")).unwrap().modified().unwrap();
    let ended = world.run(&["restore", &world.latest("files"), "out", "--include", "*.tyop"]).succeeds();
    assert_eq!(ended.err, "nothing in the snapshot fits the patterns\n");
    assert!(ended.out.starts_with("restored 0 files and 0 directories, "), "{}", ended.out);
    assert_eq!(below(&world.path("out")).len(), 1);
    assert_eq!(fs::metadata(world.path("out")).unwrap().modified().unwrap(), before);
}

#[test]
fn a_named_file_is_subject_to_includes_and_not_to_excludes() {
    let world = world();
    let reference = world.latest("files/a.txt");
    for (options, there) in [
        (["--include", "*.txt"], true),
        (["--include", "files"], true),
        (["--include", "*.log"], false),
        (["--exclude", "*.txt"], true),
    ] {
        drop(fs::remove_dir_all(world.path("out")));
        world.run(&[&["restore", &reference, "out"][..], &options].concat()).succeeds();
        assert_eq!(world.path("out/a.txt").exists(), there, "{options:?}");
    }
}

#[test]
fn mistakes_end_with_2() {
    let world = world();
    let table: [(&[&str], &str); 5] = [
        (&["--include", "x", "--exclude", "y"], "cannot be used with"),
        (&["--iinclude-file", "list", "--iexclude-file", "list"], "cannot be used with"),
        (&["--include", "[z-a"], " (--include)"),
        (&["--iexclude", "{a"], " (--iexclude)"),
        (&["--include", ""], "a value is required"),
    ];
    for (options, cause) in table {
        world.run(&[&["restore", "latest", "out"], options].concat()).fails(2, cause);
    }
    world.run(&["restore", "latest", "out", "--include-file", "missing"]).fails(1, "cannot read missing");
    assert!(!world.path("out").exists());
}
