//! Where the password comes from.

use super::world::{PASSWORD, World};

const NO_VARIABLE: (&str, &str) = ("LIFEBOAT_PASSWORD", "");

#[test]
fn a_file_or_a_command_may_end_with_one_newline() {
    let world = World::new();
    world.write("password", format!("{PASSWORD}\n").as_bytes());
    let command = format!("echo '{PASSWORD}'");
    let options: [&[&str]; 2] = [&["--password-file", "password"], &["--password-command", &command]];
    for option in options {
        world.run_with(&[NO_VARIABLE], &[option, &["snapshots"]].concat()).succeeds();
    }
    world.run_with(&[NO_VARIABLE, ("LIFEBOAT_PASSWORD_FILE", "password")], &["snapshots"]).succeeds();
    world.run_with(&[NO_VARIABLE, ("LIFEBOAT_PASSWORD_COMMAND", &command)], &["snapshots"]).succeeds();
    world.write("password", format!("{PASSWORD}\r\n").as_bytes());
    world.run_with(&[NO_VARIABLE], &["snapshots", "--password-file", "password"]).succeeds();
    world.write("password", format!("{PASSWORD}\n\n").as_bytes());
    world.run_with(&[NO_VARIABLE], &["snapshots", "--password-file", "password"]).fails(12, "wrong password");
}

#[test]
fn a_wrong_password_ends_with_12() {
    let world = World::new();
    for verb in ["snapshots", "verify"] {
        world.run_with(&[("LIFEBOAT_PASSWORD", "guess")], &[verb]).fails(12, "wrong password");
    }
}

#[test]
fn two_sources_none_or_an_empty_one_end_with_2() {
    let world = World::new();
    world.write("password", b"\n");
    let variable_and_option = world.run(&["snapshots", "--password-file", "password"]);
    variable_and_option.fails(2, "more than one source: LIFEBOAT_PASSWORD and --password-file");
    world
        .run_with(&[("LIFEBOAT_PASSWORD_COMMAND", "echo x")], &["snapshots"])
        .fails(2, "more than one source: LIFEBOAT_PASSWORD and LIFEBOAT_PASSWORD_COMMAND");
    let both = ["snapshots", "--password-file", "password", "--password-command", "echo x"];
    world.run_with(&[NO_VARIABLE], &both).fails(2, "--password-file and --password-command");
    world.run_with(&[NO_VARIABLE], &["snapshots"]).fails(2, "no password is given");
    let empty = ["snapshots", "--password-file", "password"];
    world.run_with(&[NO_VARIABLE], &empty).fails(2, "the password is empty");
}

#[test]
fn a_source_that_fails_ends_with_1() {
    let world = World::new();
    let missing = ["snapshots", "--password-file", "missing"];
    world.run_with(&[NO_VARIABLE], &missing).fails(1, "cannot read the password file missing");
    let failing = ["snapshots", "--password-command", "echo x; exit 7"];
    world.run_with(&[NO_VARIABLE], &failing).fails(1, "the password command ended with exit status: 7");
}

#[test]
fn an_endless_password_is_refused() {
    let world = World::new();
    let options = [["--password-file", "/dev/zero"], ["--password-command", "cat /dev/zero; exec sleep 600"]];
    for [option, value] in options {
        let ended = world.run_with(&[NO_VARIABLE], &["snapshots", option, value]);
        ended.fails(2, "the password or key is longer than 64 KiB");
    }
}

#[test]
fn the_longest_password_is_one_of_64_kib() {
    let world = World::new();
    for (length, code, cause) in [(64 << 10, 12, "wrong password"), ((64 << 10) + 1, 2, "longer than")] {
        world.write("password", &vec![b'x'; length]);
        let option = ["snapshots", "--password-file", "password"];
        world.run_with(&[NO_VARIABLE], &option).fails(code, cause);
    }
}
