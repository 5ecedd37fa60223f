//! What no program should be given: whatever it is, it ends in a cause on one line and a hint, with a code that fits.

use super::world::{Ended, World};
use lifeboat_testkit::Random;

/// Values that somebody may give to an option by accident, by a script that went wrong, or on purpose.
const VALUES: [&str; 18] = [
    "",
    "-",
    "..",
    "\u{1b}[31m",
    "two\nlines",
    "-1",
    "0",
    "99999999999999999999",
    "1e309",
    "0x10",
    "1/0",
    "5/3",
    "101%",
    "NaN",
    "latest~99999999999999999999",
    ":/:",
    "9999999999999d",
    "\u{e9}\u{202e}",
];

/// Where they are given.
const PLACES: [&[&str]; 14] = [
    &["--max-memory=", "snapshots"],
    &["--compression=", "snapshots"],
    &["-o=", "snapshots"],
    &["--limit-upload=", "snapshots"],
    &["--repo=", "snapshots"],
    &["verify", "--read-data-subset="],
    &["verify", "--budget="],
    &["backup", "-n", "files", "--exclude-larger-than="],
    &["backup", "-n", "files", "--exclude="],
    &["backup", "-n", "files", "--time="],
    &["backup", "-n", "files", "--parent="],
    &["restore", "-n", "--target=out", "="],
    &["ls", "="],
    &["key", "remove", "="],
];

/// It did what it was asked for, or could not, or was not asked for anything that makes sense; never damage.
fn assert_told(ended: &Ended) {
    assert!(matches!(ended.code, 0 | 1 | 2 | 3 | 10 | 12), "{}: {}", ended.code, ended.err);
    if ended.code != 0 {
        let lines: Vec<_> = ended.err.lines().collect();
        let [.., cause, hint] = lines[..] else { panic!("no cause and no hint: {}", ended.err) };
        assert!(cause.starts_with("error: ") && hint.starts_with("hint: "), "{}", ended.err);
    }
    assert!(!ended.err.chars().any(|c| c.is_control() && c != '\n'), "{:?}", ended.err);
}

#[test]
fn values_that_make_no_sense_are_told_so() {
    let world = World::with_snapshot();
    let before = world.store.names("");
    for place in PLACES {
        for value in VALUES {
            let arguments: Vec<String> = place
                .iter()
                .map(|part| match *part {
                    "=" => value.to_owned(),
                    part if part.ends_with('=') => format!("{part}{value}"),
                    part => part.to_owned(),
                })
                .collect();
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            assert_told(&world.run(&arguments));
        }
    }
    assert_eq!(world.store.names(""), before, "nothing was changed by any of it");
    world.run(&["verify", "--read-data"]).succeeds();
}

#[test]
fn files_that_make_no_sense_are_told_so() {
    let world = World::with_snapshot();
    let mut random = Random::new(74);
    let long = [vec![b'x'; 1 << 20], vec![b'\n']].concat();
    let files = [Vec::new(), vec![0; 100], random.bytes(500), long, b"\xff\xfe\n[\n{a\n\\\n!\n".to_vec()];
    for file in files {
        world.write("nonsense", &file);
        for option in ["--files-from", "--files-from-verbatim", "--files-from-raw"] {
            assert_told(&world.run(&["backup", "-n", option, "nonsense"]));
        }
        for option in ["--exclude-file", "--iexclude-file"] {
            assert_told(&world.run(&["backup", "-n", "files", option, "nonsense"]));
            assert_told(&world.run(&["restore", "latest", "-n", "--target", "out", option, "nonsense"]));
        }
        for option in ["--password-file", "--key-file"] {
            let without_password = [("LIFEBOAT_PASSWORD", "")];
            assert_told(&world.run_with(&without_password, &[option, "nonsense", "snapshots"]));
        }
    }
    world.run(&["verify", "--read-data"]).succeeds();
}
