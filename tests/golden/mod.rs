//! A small repository that lies in the checkout, as a release writes it: it opens in every way that it has, and all that was
//! saved in it comes back.
//!
//! `LIFEBOAT_WRITE_GOLDEN=1` makes one for a format that has none: testdata/golden/README.md says when that is right.

mod account;
mod source;
mod write;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use lifeboat_format::FORMAT_DRAFT;
use lifeboat_testkit::copy_tree;
use serde_json::Value;

use super::sources::root;
use account::{account, without_owners};

const PASSWORD: &str = "the first of two";
const SECOND_PASSWORD: &str = "the second of two";
/// What the saved directory is called in the snapshots.
const SAVED: &str = "/golden";

/// Where the repository of this format lies, with its keys and what is in it.
fn place() -> PathBuf {
    root().join(format!("testdata/golden/draft-{FORMAT_DRAFT}"))
}

/// A copy of it to work with, or none where it is being made.
struct Golden {
    scratch: tempfile::TempDir,
}

impl Golden {
    fn open() -> Self {
        write::write_if_asked();
        let scratch = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        copy_tree(&place(), scratch.path());
        Self { scratch }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        program(self.scratch.path()).args(arguments).output().unwrap()
    }

    /// Runs the program, which has to succeed; gives its standard output.
    fn succeed(&self, arguments: &[&str]) -> String {
        succeeded(&self.run(arguments), arguments)
    }

    /// The accounts of its snapshots, the oldest first.
    fn accounts(&self) -> [String; 2] {
        ["first.txt", "second.txt"].map(|name| fs::read_to_string(self.path(name)).unwrap())
    }

    /// Asserts that a snapshot comes back as the account says.
    fn assert_restores(&self, snapshot: &str, wanted: &str) {
        let target = self.path("target");
        self.succeed(&["restore", &format!("{snapshot}:{SAVED}"), "--target", "target"]);
        let found = account(&target);
        match rustix::process::geteuid().is_root() {
            true => assert_eq!(found, wanted),
            // Nobody else can give files away.
            false => assert_eq!(without_owners(&found), without_owners(wanted)),
        }
        fs::remove_dir_all(target).unwrap();
    }
}

/// The program in a directory where `repository` is one, with nothing of this machine in its environment.
fn program(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lifeboat"));
    command.env_clear().env("TZ", "UTC").env("LIFEBOAT_PASSWORD", PASSWORD);
    command.env("LIFEBOAT_REPOSITORY", "repository").current_dir(directory);
    command
}

fn succeeded(output: &Output, arguments: &[&str]) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?} ended with {}: {said}", output.status);
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn every_snapshot_comes_back_as_it_was_saved() {
    let golden = Golden::open();
    let [first, second] = golden.accounts();
    golden.assert_restores("latest~1", &first);
    golden.assert_restores("latest", &second);
    assert!(golden.succeed(&["verify", "--read-data"]).contains("no errors were found"));
    let listed = golden.succeed(&["ls", &format!("latest:{SAVED}"), "--json"]);
    assert_eq!(listed.lines().count(), 1 + second.lines().count(), "one for the snapshot, {listed}");
}

#[test]
fn every_key_opens_it() {
    let golden = Golden::open();
    fs::write(golden.path("password"), SECOND_PASSWORD).unwrap();
    for option in [["--password-file", "password"], ["--key-file", "key"], ["--key-file", "sheet"]] {
        let arguments = [&option[..], &["snapshots", "--json"]].concat();
        let mut command = program(golden.scratch.path());
        let output = command.env_remove("LIFEBOAT_PASSWORD").args(&arguments).output().unwrap();
        let list: Vec<Value> = serde_json::from_str(&succeeded(&output, &arguments)).unwrap();
        let hosts: Vec<&str> = list.iter().map(|snapshot| snapshot["hostname"].as_str().unwrap()).collect();
        assert_eq!(hosts, ["golden", "golden"]);
    }
    let keys: Vec<Value> = serde_json::from_str(&golden.succeed(&["key", "list", "--json"])).unwrap();
    let of_kind = |kind: &str| keys.iter().filter(|key| key["kind"] == kind).count();
    assert_eq!(["password", "key_file", "recovery_sheet"].map(of_kind), [2, 1, 1]);
}

#[test]
fn the_same_files_are_cut_and_named_as_they_were() {
    let golden = Golden::open();
    let directory = golden.path("source");
    source::make(&directory);
    source::change(&directory);
    let backup = ["--json", "backup", "source", "--as-path", SAVED, "--host", "golden", "--force"];
    let said = golden.succeed(&backup);
    let summary: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    assert_eq!((&summary["data_blobs"], &summary["unread"]), (&0.into(), &0.into()), "{summary}");
    golden.assert_restores("latest", &golden.accounts()[1]);
    golden.succeed(&["verify", "--read-data"]);
}

#[test]
fn what_parity_and_second_copies_are_there_for_is_mended() {
    let golden = Golden::open();
    fs::remove_file(golden.path("repository/config")).unwrap();
    let packs = account::files(&golden.path("repository/packs"));
    for pack in &packs {
        let mut bytes = fs::read(pack).unwrap();
        let place = bytes.len() / 3;
        bytes[place] ^= 0x10;
        // Packs may not be written to.
        fs::remove_file(pack).unwrap();
        fs::write(pack, bytes).unwrap();
    }
    assert!(packs.len() > 1);
    golden.assert_restores("latest~1", &golden.accounts()[0]);
    let output = golden.run(&["verify", "--read-data"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(4), "{said}");
}
