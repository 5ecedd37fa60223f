//! `backup` of what lists name.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use super::world::World;

fn world(files: &[&[u8]]) -> World {
    let world = World::new();
    for file in files {
        world.write(OsStr::from_bytes(file), file);
    }
    world
}

/// The names of all files of the newest snapshot, in hexadecimal where they are no text.
fn saved(world: &World) -> Vec<String> {
    let lines = world.run(&["ls", "--json", &world.newest()]).succeeds().json_lines();
    let files = lines.iter().filter(|line| line["type"] == "file");
    let name = |line: &serde_json::Value| {
        line.get("name_hex").unwrap_or_else(|| &line["name"]).as_str().unwrap().to_owned()
    };
    files.map(name).collect()
}

#[test]
fn lines_are_paths_and_patterns() {
    let world =
        world(&[b"a/one.txt", b"a/two.txt", b"a/three.log", b"a/odd\xff.txt", b"b/ space ", b"plain", b"x*"]);
    let list = b"# a comment\n\n  a/*.txt \t\n\tplain\r\n\nx\\*\n";
    world.write("list", list);
    world.run(&["backup", "--files-from", "list"]).succeeds();
    assert_eq!(saved(&world), ["6f6464ff2e747874", "one.txt", "two.txt", "plain", "x*"]);
    // Paths and more lists come on top, and a path that is there twice is saved once.
    world.write("more", b"plain\nb/*\n");
    world.run(&["backup", "--files-from", "list", "a/three.log", "--files-from", "more"]).succeeds();
    assert_eq!(
        saved(&world),
        ["6f6464ff2e747874", "one.txt", "three.log", "two.txt", " space ", "plain", "x*"]
    );
}

#[test]
fn a_pattern_that_matches_nothing_is_a_missing_source() {
    let world = world(&[b"plain"]);
    world.write("list", b"plain\nnone*\n");
    let ended =
        world.run(&["backup", "--files-from", "list"]).fails(3, "not everything could be saved: 1 problem");
    assert!(ended.err.contains(&format!("\"{}\"", world.path("none*").display())), "{}", ended.err);
    assert_eq!(saved(&world), ["plain"]);
    world.write("list", b"none*\n");
    world.run(&["backup", "--files-from", "list"]).fails(1, "nothing to back up: cannot look at");
    world.write("list", b"plain\n\na[\n");
    let cause = format!("list, line 3: cannot use pattern \"{}\"", world.path("a[").display());
    world.run(&["backup", "--files-from", "list"]).fails(2, &cause);
}

#[test]
fn verbatim_lines_are_paths_as_they_stand() {
    let names: [&[u8]; 6] = [b"# a", b" b ", b"c*", b"d\xff", b"e\r", b"f"];
    let world = world(&names);
    world.write("list", &[&names[..5].join(&b'\n')[..], b"\n\n"].concat());
    world.run(&["backup", "--files-from-verbatim", "list"]).succeeds();
    assert_eq!(saved(&world), [" b ", "# a", "c*", "64ff", "e\r"]);
}

#[test]
fn raw_paths_end_with_a_zero_byte() {
    let names: [&[u8]; 4] = [b"a\nb", b"c\xff", b" d", b"e"];
    let world = world(&names);
    world.write("list", b"a\nb\0c\xff\0 d\0");
    world.run(&["backup", "--files-from-raw", "list"]).succeeds();
    assert_eq!(saved(&world), [" d", "a\nb", "63ff"]);
    world.write("list", b"a\nb\0c");
    world.run(&["backup", "--files-from-raw", "list"]).fails(2, "no zero byte ends list");
    world.write("list", b"e\0\0");
    world.run(&["backup", "--files-from-raw", "list"]).fails(2, "path 2 of list is empty");
}

#[test]
fn a_dash_is_standard_input() {
    let world = world(&[b"a", b"b"]);
    for (option, input) in
        [("--files-from", &b"[a]\n"[..]), ("--files-from-verbatim", b"a"), ("--files-from-raw", b"a\0")]
    {
        world.run_fed(world.command(), &["backup", option, "-"], input).succeeds();
        assert_eq!(saved(&world), ["a"], "{option}");
    }
    let twice = ["backup", "--files-from", "-", "--files-from-raw", "-"];
    world.run_fed(world.command(), &twice, b"a").fails(2, "standard input is named as more than one list");
}

#[test]
fn a_list_and_a_stream_exclude_each_other() {
    let world = world(&[b"a"]);
    for list in ["--files-from", "--files-from-verbatim", "--files-from-raw"] {
        world.run(&["backup", "--stdin", list, "a"]).fails(2, "cannot be used with");
        world
            .run(&["backup", "--stdin-from-command", list, "a", "--", "true"])
            .fails(2, "cannot be used with");
    }
}

#[test]
fn lists_without_a_path_are_refused() {
    let world = world(&[b"a"]);
    world.write("list", b"\n# nothing\n");
    world.write("empty", b"");
    for (option, list) in
        [("--files-from", "list"), ("--files-from-verbatim", "empty"), ("--files-from-raw", "empty")]
    {
        world.run(&["backup", option, list]).fails(1, "nothing to back up: the lists name no path");
        world.run(&["backup", option, list, "a"]).succeeds();
        world.run(&["backup", option, "missing", "a"]).fails(1, "cannot read missing: No such file");
    }
    assert_eq!(saved(&world), ["a"]);
}

#[test]
fn what_a_list_names_is_kept_by_the_filter() {
    let world = world(&[b"files/a.tmp", b"files/b.tmp", b"files/c"]);
    world.write("list", b"files\nfiles/a.tmp\n");
    world.run(&["backup", "--files-from-verbatim", "list", "-e", "*.tmp"]).succeeds();
    assert_eq!(saved(&world), ["a.tmp", "c"]);
    assert!(fs::exists(world.path("files/b.tmp")).unwrap());
}
