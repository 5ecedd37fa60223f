//! A person at a terminal: what they type is not shown, and giving up leaves the terminal as it was.

use super::world::{Ended, PASSWORD, World};
use lifeboat_testkit::needs;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

/// How prompts end.
const PROMPTS: [&str; 3] = ["password: ", "password again: ", "(none if empty): "];

/// What a run at a terminal left, and what the person saw of what was typed.
struct Session {
    ended: Ended,
    screen: String,
    echoes_after: bool,
}

/// Runs the program for somebody who types this as soon as what they type is hidden.
fn at_terminal(world: &World, arguments: &[&str], typed: &str) -> Session {
    let mut master = File::from(openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap());
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap();
    let path = Path::new(std::ffi::OsStr::from_bytes(name.as_bytes()));
    let terminal = OpenOptions::new().read(true).write(true).open(path).unwrap();
    // Away from the terminal of whoever runs the tests, so that prompts go to standard error.
    let mut command = world.prepared(Path::new("/usr/bin/setsid"));
    command.env_remove("LIFEBOAT_PASSWORD").args(["--wait", env!("CARGO_BIN_EXE_lifeboat")]).args(arguments);
    command.stdin(terminal.try_clone().unwrap()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let echoes = || tcgetattr(&terminal).unwrap().local_modes.contains(LocalModes::ECHO);
    while echoes() {
        std::thread::sleep(Duration::from_millis(5));
    }
    master.write_all(typed.as_bytes()).unwrap();
    let mut output = child.wait_with_output().unwrap();
    // The newline that ends a prompt is typed, and shown by the terminal.
    let talk = String::from_utf8(output.stderr).unwrap();
    output.stderr =
        PROMPTS.iter().fold(talk, |talk, end| talk.replace(end, &format!("{end}\n"))).into_bytes();
    drop(command);
    let echoes_after = echoes();
    drop(terminal);
    let mut screen = Vec::new();
    // Where nobody holds the other end any more, the end of what was shown is an error.
    assert!(master.read_to_end(&mut screen).is_err());
    let screen = String::from_utf8(screen).unwrap();
    Session { ended: Ended::of(arguments, output), screen, echoes_after }
}

#[test]
fn a_typed_password_is_not_shown() {
    if !needs("setsid") {
        return;
    }
    let world = World::new();
    let session = at_terminal(&world, &["snapshots"], &format!("{PASSWORD}\n"));
    let ended = session.ended.succeeds();
    assert_eq!(ended.err, "password: \n");
    assert!(!session.screen.contains("horse") && session.echoes_after, "{}", session.screen);
    let session = at_terminal(&world, &["snapshots"], "wrong, \x15guess\x7f\n");
    session.ended.fails(12, "wrong password");
    at_terminal(&world, &["snapshots"], "\n").ended.fails(2, "the password is empty");
    // The keys that edit a line work.
    let edited = format!("oops\x15{PASSWORD}x\x7f\n");
    at_terminal(&world, &["snapshots"], &edited).ended.succeeds();
}

#[test]
fn giving_up_leaves_the_terminal_as_it_was() {
    if !needs("setsid") {
        return;
    }
    let world = World::new();
    for typed in ["\x03", "half a pass\x03", "\x1c"] {
        let session = at_terminal(&world, &["snapshots"], typed);
        assert!(session.echoes_after, "{typed:?}");
        session.ended.fails(130, "interrupted");
    }
    let session = at_terminal(&world, &["snapshots"], "\x04");
    assert!(session.echoes_after);
    session.ended.fails(1, "cannot ask at the terminal");
}

#[test]
fn a_new_password_is_typed_twice_and_a_sheet_is_offered() {
    if !needs("setsid") {
        return;
    }
    let world = World::without_repository();
    let init = ["init", "--kdf-memory", "32"];
    at_terminal(&world, &init, "one\ntwo\n").ended.fails(2, "the two passwords differ");
    world.assert_has_no_repository();
    let made = at_terminal(&world, &init, &format!("{PASSWORD}\n{PASSWORD}\nsheet\n")).ended.succeeds();
    assert!(made.err.contains("file for a recovery sheet"), "{}", made.err);
    assert!(made.out.contains("a recovery sheet"), "{}", made.out);
    world.run_with(&[("LIFEBOAT_PASSWORD", "")], &["--key-file", "sheet", "snapshots"]).succeeds();

    let other = ["-r", "other", "init", "--kdf-memory", "32"];
    let made = at_terminal(&world, &other, &format!("{PASSWORD}\n{PASSWORD}\n\n")).ended.succeeds();
    assert!(made.err.contains("there is no recovery sheet"), "{}", made.err);
}

#[test]
fn passwords_are_added_and_changed_at_the_terminal() {
    if !needs("setsid") {
        return;
    }
    let world = World::new();
    let typed = format!("{PASSWORD}\nsecond\nsecond\n");
    at_terminal(&world, &["key", "add"], &typed).ended.succeeds();
    at_terminal(&world, &["key", "passwd"], &format!("{PASSWORD}\nthird\nthirt\n")).ended.fails(2, "differ");
    at_terminal(&world, &["key", "passwd"], &format!("{PASSWORD}\nthird\nthird\n")).ended.succeeds();
    world.run(&["snapshots"]).fails(12, "wrong password");
    for password in ["second", "third"] {
        world.run_with(&[("LIFEBOAT_PASSWORD", password)], &["snapshots"]).succeeds();
    }
}

#[test]
fn a_repository_that_is_made_besides_is_told_before_the_password_is_asked_for() {
    if !needs("setsid") {
        return;
    }
    let world = World::without_repository();
    world.write_three_files();
    let backup = ["backup", "--init", "files"];
    let made = at_terminal(&world, &backup, &format!("{PASSWORD}\n{PASSWORD}\n")).ended.succeeds();
    let told = format!("there is {} yet: making one", world.no_repository());
    let order = [&told, "password: ", "keep the password safe"];
    let places = order.map(|words| made.err.find(words).unwrap_or_else(|| panic!("{words}: {}", made.err)));
    assert!(places.is_sorted(), "{}", made.err);
    let again = at_terminal(&world, &backup, &format!("{PASSWORD}\n")).ended.succeeds();
    assert!(!again.err.contains("making one"), "{}", again.err);
}
