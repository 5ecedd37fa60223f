//! The golden repository, made by the program as anybody makes one.

use std::env;
use std::fs;
use std::path::Path;
use std::sync::Once;

use super::account::{account, below, files};
use super::{PASSWORD, SAVED, SECOND_PASSWORD, place, program, source, succeeded};
use lifeboat_testkit::copy_tree;

/// Bytes of all its files, at most: they are in the checkout for good.
const BYTES_MAX: u64 = 220 << 10;
/// Whoever made it is nobody in particular.
const MAKER: [&str; 4] = ["--host", "golden", "--user", "golden"];

/// What makes of a directory what a snapshot is of.
type Make = fn(&Path);

/// Makes it if the variable says so, and fails then: it is to be looked at first.
pub(super) fn write_if_asked() {
    static WRITTEN: Once = Once::new();
    if env::var_os("LIFEBOAT_WRITE_GOLDEN").is_none_or(|value| value != "1") {
        return;
    }
    WRITTEN.call_once(write);
    assert!(!place().exists(), "{} was written: look at it, then test without", place().display());
}

fn write() {
    let scratch = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let here = scratch.path();
    let run = |arguments: &[&str]| {
        succeeded(&program(here).args(arguments).output().unwrap(), arguments);
    };
    let key = |arguments: &[&str]| run(&[&["key"], arguments, &MAKER].concat());
    fs::write(here.join("password"), PASSWORD).unwrap();
    fs::write(here.join("second"), SECOND_PASSWORD).unwrap();
    // The first key tells which machine it was made on, and goes.
    let first = ["init", "--kdf-memory", "32", "--chunk-size", "1", "--parity", "3"];
    let output = program(here).env("LIFEBOAT_PASSWORD", "the very first").args(first).output();
    succeeded(&output.unwrap(), &first);
    let passwd = [&["key", "passwd", "--new-password-file", "password"][..], &MAKER].concat();
    let output = program(here).env("LIFEBOAT_PASSWORD", "the very first").args(&passwd).output();
    succeeded(&output.unwrap(), &passwd);
    key(&["add", "--new-password-file", "second"]);
    key(&["add", "--new-key-file", "key"]);
    key(&["add", "--recovery-sheet", "sheet"]);

    let golden = here.join("golden");
    fs::create_dir(&golden).unwrap();
    let makes: [(&str, Make); 2] = [("first.txt", source::make), ("second.txt", source::change)];
    for (number, (name, make)) in (1..).zip(makes) {
        let directory = here.join("source");
        make(&directory);
        let time = format!("2026-01-0{number} 12:00:00");
        run(&["backup", "source", "--as-path", SAVED, "--host", "golden", "--time", &time]);
        fs::write(golden.join(name), account(&directory)).unwrap();
    }
    fs::copy(here.join("key"), golden.join("key")).unwrap();
    let sheet = fs::read_to_string(here.join("sheet")).unwrap();
    // Where it was made is nobody's business.
    let here_shown = here.canonicalize().unwrap();
    fs::write(golden.join("sheet"), sheet.replace(here_shown.to_str().unwrap(), SAVED)).unwrap();
    copy_tree(&here.join("repository"), &golden.join("repository"));
    remove_empty(&golden);
    let bytes: u64 = files(&golden).iter().map(|file| fs::metadata(file).unwrap().len()).sum();
    assert!(bytes <= BYTES_MAX, "{bytes} bytes are too many for a checkout");
    if place().exists() {
        fs::remove_dir_all(place()).unwrap();
    }
    copy_tree(&golden, &place());
}

/// Empty directories are nothing that a checkout keeps.
fn remove_empty(root: &Path) {
    for path in below(root).iter().rev().filter(|path| path.is_dir()) {
        // One that is not empty stays.
        fs::remove_dir(path).ok();
    }
}
