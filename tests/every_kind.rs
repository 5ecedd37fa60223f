//! A tree with everything that a Linux file system holds, through the built program, twice, and back.
//!
//! What it proves: two snapshots of it, with changes of every kind between them, come back identical, in the eyes of
//! rsync as far as those go, and in our own in flags, holes, raw attributes and what lies deeper than any path. Birth
//! times, which nobody can set, are in the snapshot.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use lifeboat_testkit::{
    EveryKindSpec, Scratch, birth_times, change_every_kind, make_every_kind, needs, skip,
};
use serde_json::Value;

use super::program::{Program, lines};

const SEED: u64 = 2026;

/// Where in the tree the paths are that rsync cannot name.
const BEYOND: [&str; 1] = ["/beyond"];

#[test]
fn a_changing_tree_of_every_kind_comes_back() {
    if !needs("rsync") {
        return;
    }
    let scratch = Scratch::new_in(Path::new(env!("CARGO_TARGET_TMPDIR")));
    let [tree, version_1] = ["tree", "version-1"].map(|name| scratch.path().join(name));
    for refusal in make_every_kind(&tree, SEED, &EveryKindSpec::full()) {
        skip(&format!("a part of it: {refusal}"));
    }
    make_every_kind(&version_1, SEED, &EveryKindSpec::full());

    let program = Program::new(scratch.path());
    program.init();
    let first = program.backup(&tree, &[]);
    assert_knows_births(&program, &first, &tree);
    change_every_kind(&tree, SEED);
    let second = program.backup(&tree, &[]);
    assert_knows_births(&program, &second, &tree);

    program.assert_restores(&second, &tree, &tree, &BEYOND);
    program.assert_restores(&first, &tree, &version_1, &BEYOND);
    program.run(&["verify"], &[]);
}

/// Asserts that a snapshot of the tree as it is now has the birth times that it has.
fn assert_knows_births(program: &Program, backup: &Value, tree: &Path) {
    let reference = format!("{}:{}", backup["snapshot_id"].as_str().unwrap(), tree.display());
    let listed = lines(&program.run(&["ls", "--json", "-l", &reference], &[]).stdout);
    let nodes = listed.iter().filter(|line| line["message_type"] == "node");
    let mut saved: BTreeMap<_, _> = nodes
        .filter_map(|node| Some((path(node).strip_prefix(tree).ok()?.to_owned(), birth(node)?)))
        .collect();
    // The directory that was asked for is in the list, too.
    saved.remove(Path::new(""));
    let found = birth_times(tree);
    assert!(!found.is_empty(), "this file system does not know when its files were born");
    assert_eq!(saved.len(), found.len());
    let wrong = found.iter().find(|(path, birth)| saved.get(*path) != Some(birth));
    assert_eq!(wrong, None, "{:?}", wrong.and_then(|(path, _)| saved.get(path)));
}

/// The path of a listed node, of any bytes.
fn path(node: &Value) -> PathBuf {
    let Some(digits) = node["path_hex"].as_str() else {
        return node["path"].as_str().unwrap().into();
    };
    let digit = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    OsString::from_vec((0..digits.len()).step_by(2).map(digit).collect()).into()
}

/// Seconds since 1970 and nanoseconds of the birth of a listed node.
fn birth(node: &Value) -> Option<(i64, u32)> {
    let moment: jiff::Timestamp = node["btime"].as_str()?.parse().unwrap();
    Some((moment.as_second(), moment.subsec_nanosecond().unsigned_abs()))
}

#[test]
fn listed_nodes_are_understood() {
    let node: Value = serde_json::from_str(
        r#"{"path": "/a\ufffd", "path_hex": "2f61ff", "btime": "2026-11-21T21:17:14.000000005+01:00"}"#,
    )
    .unwrap();
    assert_eq!(path(&node).as_os_str().as_bytes(), b"/a\xff");
    assert_eq!(birth(&node), Some((1_795_292_234, 5)));
}
