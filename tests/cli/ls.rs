//! `ls`: names on standard output and nothing else.

use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::process::Stdio;

use super::world::World;

#[test]
fn names_are_data_and_the_rest_is_talk() {
    let world = World::with_snapshot();
    let ended = world.run(&["ls", &world.latest("files")]).succeeds();
    let top = world.path("files").display().to_string();
    let expected: String =
        ["", "/one", "/sub", "/sub/three", "/sub/two"].map(|name| format!("{top}{name}\n")).concat();
    assert_eq!(ended.out, expected);
    assert!(ended.err.starts_with("snapshot ") && ended.err.lines().count() == 1, "{}", ended.err);
    assert_eq!(world.run(&["ls", "-q", &world.latest("files")]).succeeds().err, "");
}

#[test]
fn a_long_list_shows_kind_mode_and_size() {
    let world = World::with_snapshot();
    symlink("one", world.path("files/link")).unwrap();
    world.run(&["backup", "files"]).succeeds();
    let out = world.run(&["ls", "-l", &world.latest("files")]).succeeds().out;
    let line =
        |end: &str| out.lines().find(|line| line.ends_with(end)).unwrap_or_else(|| panic!("{end}: {out}"));
    assert!(line("/files/one").starts_with("-rw-"), "{out}");
    assert!(line("/sub/two").contains(" 100000 "), "{out}");
    assert!(line("/files/link -> one").starts_with("Lrwxrwxrwx"), "{out}");
}

#[test]
fn names_cannot_break_lines() {
    let world = World::new();
    let odd = std::ffi::OsStr::from_bytes(b"new\nline \xff \x1b[31m");
    world.write(std::path::Path::new("files").join(odd), b"");
    world.run(&["backup", "files"]).succeeds();
    let out = world.run(&["ls", &world.latest("files")]).succeeds().out;
    assert!(out.ends_with("/new\\nline \\xff \\u{1b}[31m\n"), "{out}");
}

#[test]
fn a_path_that_is_not_there_ends_with_1() {
    let world = World::with_snapshot();
    world.run(&["ls", "latest:/nowhere"]).fails(1, "\"/nowhere\" is not in the snapshot");
}

#[test]
fn a_reader_may_go_away() {
    let world = World::with_snapshot();
    for number in 0..2000 {
        world.write(format!("files/many/{number:0100}"), b"");
    }
    world.run(&["backup", "files"]).succeeds();
    let mut program = world.command();
    program.args(["ls", "latest"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = program.spawn().unwrap();
    let mut first = [0; 10];
    // The pipe is closed with this, long before everything that is to be said fits into it.
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    let talk = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && talk.lines().count() == 1, "{}\n{talk}", output.status);
}

#[test]
fn output_that_cannot_be_written_ends_with_1() {
    let world = World::with_snapshot();
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = world.command().args(["ls", "latest"]).stdout(full).output().unwrap();
    let talk = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{talk}");
    assert!(talk.contains("error: cannot write the output: No space left"), "{talk}");
}
