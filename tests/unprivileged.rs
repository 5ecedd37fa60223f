//! The built program, run by somebody without root: on a tree of their own, on one that root made, and on a snapshot
//! that root made. What takes root is named and not tried, and everything else is right.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use lifeboat_testkit::{
    Aspect, Difference, EveryKindSpec, NOBODY, Scratch, change_every_kind, make_every_kind, needs,
    needs_root, tree_differences, without_root,
};
use serde_json::Value;

use super::program::{Program, lines};

const SEED: u64 = 65_534;

/// `append-only` and `immutable`, which take root.
const ROOT_FLAGS: u32 = 0x20 | 0x10;

/// The set-user-id and set-group-id bits.
const SET_ID_BITS: u32 = 0o6000;

#[test]
fn their_own_tree_comes_back() {
    if !needs("rsync") {
        return;
    }
    let scratch = Scratch::new();
    let tree = scratch.path().join("tree");
    without_root(&[scratch.path()], || make_every_kind(&tree, SEED, &EveryKindSpec::default()));
    let program = Program::new(scratch.path()).without_root();
    program.init();
    let first = program.backup(&tree, &[]);
    program.assert_restores(&first, &tree, &tree, &["/beyond"]);
    without_root(&[], || change_every_kind(&tree, SEED));
    let second = program.backup(&tree, &[]);
    program.assert_restores(&second, &tree, &tree, &["/beyond"]);
}

#[test]
fn what_they_may_not_read_is_named_and_the_rest_is_saved() {
    if !needs_root() {
        return;
    }
    let (scratch, tree) = tree_of_root();
    let unreadable: BTreeSet<_> = without_root(&[scratch.path()], || unreadable(&tree)).into_iter().collect();
    assert!(unreadable.len() > 10, "{unreadable:?}");
    let program = Program::new(scratch.path()).without_root();
    program.init();
    let output = program.run_to(3, &["backup", "--json"], &[&tree]);
    let named = lines(&output.stderr);
    let errors = named.iter().filter(|line| line["message_type"] == "error");
    let unread = errors.map(|line| {
        assert_eq!(line["kind"], "unread", "{line}");
        PathBuf::from(line["item"].as_str().unwrap())
    });
    assert_eq!(unread.collect::<BTreeSet<_>>(), unreadable);

    let backup = lines(&output.stdout).pop().unwrap();
    let snapshots: Value =
        serde_json::from_slice(&program.run(&["snapshots", "--json"], &[]).stdout).unwrap();
    assert_eq!(snapshots[0]["partial"], true, "{snapshots}");
    let (target, _) = program.restore(&backup, &tree);
    let is_known = |difference: &Difference| {
        let path = tree.join(&difference.path);
        takes_root(&tree, difference) || unreadable.iter().any(|unread| path.starts_with(unread))
    };
    assert_eq!(other_differences(&tree, &target, is_known), []);
}

#[test]
fn a_snapshot_of_root_comes_back_but_for_what_takes_root() {
    if !needs_root() {
        return;
    }
    let (scratch, tree) = tree_of_root();
    let place = scratch.path().join("place");
    fs::create_dir(&place).unwrap();
    let root = Program::new(&place);
    root.init();
    let backup = root.backup(&tree, &[]);
    let program = root.without_root();
    give_away(&place);
    fs::set_permissions(scratch.path(), fs::Permissions::from_mode(0o755)).unwrap();

    let (target, summary) = program.restore(&backup, &tree);
    assert_eq!(other_differences(&tree, &target, |difference| takes_root(&tree, difference)), []);
    let notes: Vec<_> = summary["notes"].as_array().unwrap().iter().map(Value::to_string).collect();
    assert_eq!(notes.iter().collect::<BTreeSet<_>>().len(), notes.len(), "noted twice: {notes:?}");
    for what in ["owner", "group", "devices", "trusted.", "security."] {
        assert!(notes.iter().any(|note| note.contains(what)), "{what} is not in {notes:?}");
    }
    for lending in ["owners/file-0-4755", "owners/file-0-6711", "ordinary/odd/mode-4755"] {
        let mode = fs::metadata(target.join(lending)).unwrap().permissions().mode();
        assert_eq!(mode & SET_ID_BITS, 0, "{lending} lends the rights of somebody else");
    }
}

/// A tree with everything, whose paths all can be named, made by root in a scratch directory that everybody can enter.
fn tree_of_root() -> (Scratch, PathBuf) {
    let scratch = Scratch::new();
    fs::set_permissions(scratch.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let tree = scratch.path().join("tree");
    make_every_kind(&tree, SEED, &EveryKindSpec { depth: 0, ..EveryKindSpec::default() });
    (scratch, tree)
}

fn give_away(directory: &Path) {
    let user = format!("{NOBODY}:{NOBODY}");
    assert!(Command::new("chown").args(["-R", &user]).arg(directory).status().unwrap().success());
}

/// What cannot be read of a directory and what is below it: a directory, not what is in it.
fn unreadable(directory: &Path) -> Vec<PathBuf> {
    let Ok(list) = fs::read_dir(directory) else { return vec![directory.to_owned()] };
    let mut found = Vec::new();
    for path in list.map(|entry| entry.unwrap().path()) {
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_dir() => found.extend(unreadable(&path)),
            Ok(metadata) if metadata.is_file() && File::open(&path).is_err() => found.push(path),
            Ok(_) => {}
            Err(_) => found.push(path),
        }
    }
    found
}

/// Differences that are not known.
fn other_differences(
    expected: &Path,
    target: &Path,
    is_known: impl Fn(&Difference) -> bool,
) -> Vec<Difference> {
    tree_differences(expected, target).into_iter().filter(|difference| !is_known(difference)).collect()
}

/// Whether something is missing in the second tree because it takes root.
fn takes_root(tree: &Path, difference: &Difference) -> bool {
    let Difference { path, aspect, first, second } = difference;
    let lost = |radix: u32, bits: u32| {
        let [first, second] = [first, second].map(|number| u32::from_str_radix(number, radix).unwrap());
        second == first & !bits
    };
    match aspect {
        Aspect::Owner | Aspect::Group => *second == NOBODY.to_string(),
        Aspect::Presence => second == "-" && is_device(&tree.join(path)),
        Aspect::Xattr(name) => {
            second == "-" && (name.starts_with("trusted.") || name.starts_with("security."))
        }
        // Nobody owns what was lent by others.
        Aspect::Mode => lost(8, SET_ID_BITS),
        Aspect::Flags => lost(16, ROOT_FLAGS),
        _ => false,
    }
}

fn is_device(path: &Path) -> bool {
    let kind = fs::symlink_metadata(path).unwrap().file_type();
    kind.is_char_device() || kind.is_block_device()
}
