//! Where the password comes from, and what is refused as a new one.

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

#[test]
fn no_hint_shows_the_command_or_a_list_for_a_file() {
    let world = World::new();
    let failing = ["snapshots", "--password-command", "printf s3cret; exit 7"];
    let ended = world.run_with(&[NO_VARIABLE], &failing).fails(1, "the password command ended");
    assert!(ended.err.contains("--password-command by hand"), "{}", ended.err);
    assert!(!ended.err.contains("s3cret"), "{}", ended.err);
    let failing = ["key", "add", "--new-password-command", "printf s3cret; exit 7"];
    let ended = world.run(&failing).fails(1, "the password command ended");
    assert!(ended.err.contains("--new-password-command by hand"), "{}", ended.err);
    assert!(!ended.err.contains("s3cret"), "{}", ended.err);
    let missing = world.run_with(&[NO_VARIABLE], &["snapshots", "--password-file", "missing"]);
    let hint = "\nhint: name a file that can be read: --password-file FILE\n";
    assert!(missing.err.ends_with(hint), "{}", missing.err);
    let dash = world.run_with(&[NO_VARIABLE], &["snapshots", "--password-file", "-"]);
    dash.fails(2, "--password-file does not take - for standard input");
}

#[test]
fn a_password_that_opens_the_repository_already_is_not_added_again() {
    let world = World::new();
    world.run(&["key", "add", "--new-password-command", "echo second", "--kdf-memory", "64"]).succeeds();
    for verb in ["add", "passwd"] {
        for password in [PASSWORD, "second"] {
            let command = format!("echo '{password}'");
            let again = world.run(&["key", verb, "--new-password-command", &command]);
            again.fails(1, "the new password opens key slot");
        }
    }
    assert!(world.run(&["key", "list"]).succeeds().out.ends_with("2 keys\n"));
}

#[test]
fn no_secret_is_written_into_a_file_called_minus() {
    let world = World::new();
    for option in ["--new-key-file", "--recovery-sheet"] {
        world.run(&["key", "add", option, "-"]).fails(2, "not written to standard output");
    }
    world.run(&["-r", "other", "init", "--recovery-sheet", "-"]).fails(2, "not written to standard output");
    assert!(!world.path("-").exists() && !world.path("other").exists());
    world.run(&["key", "add", "--new-key-file", "./-"]).succeeds();
    world.run_with(&[NO_VARIABLE], &["--key-file", "./-", "snapshots"]).succeeds();
}
