//! File systems other than the one the tests run on: what each can hold comes back, and what it cannot hold is named.

use std::collections::HashSet;
use std::fs::{self, File, FileTimes};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use lifeboat_testkit::{
    Aspect, EveryKindSpec, Mounted, Scratch, chattr, make_every_kind, needs, tree_differences,
};
use serde_json::Value;

use super::program::{Program, lines};

/// A world with a directory `there`, to mount at, and a repository.
fn world() -> (Scratch, PathBuf, Program) {
    let scratch = Scratch::new_in(Path::new(env!("CARGO_TARGET_TMPDIR")));
    let there = scratch.path().join("there");
    fs::create_dir(&there).unwrap();
    let program = Program::new(scratch.path());
    program.init();
    (scratch, there, program)
}

/// Restores the tree of a backup, which has to end with 3, and gives what was told of it.
fn errors(program: &Program, backup: &Value, tree: &Path, target: &Path) -> Vec<Value> {
    let reference = format!("{}:{}", backup["snapshot_id"].as_str().unwrap(), tree.display());
    let output = program.run_to(3, &["restore", "--json", &reference, "--target"], &[target]);
    let told = lines(&output.stderr).into_iter();
    told.filter(|line| line["message_type"] == "error").collect()
}

fn item(error: &Value) -> PathBuf {
    error["item"].as_str().unwrap().into()
}

fn cause(error: &Value) -> &str {
    error["error"]["message"].as_str().unwrap()
}

#[test]
fn a_file_system_that_holds_less_gets_the_rest_and_what_it_cannot_hold_is_named() {
    let (scratch, there, program) = world();
    let Some(_mounted) = Mounted::bare_memory(&there) else { return };
    let tree = scratch.path().join("tree");
    make_every_kind(&tree, 95, &EveryKindSpec::default());
    let backup = program.backup(&tree, &[]);
    let target = there.join("restored");
    let inode = |path: &Path| fs::symlink_metadata(path).unwrap().ino();
    // A file is named by one of its names.
    let named: HashSet<u64> =
        errors(&program, &backup, &tree, &target).iter().map(|error| inode(&item(error))).collect();
    let differences = tree_differences(&tree, &target);
    assert!(differences.len() > 30, "{differences:?}");
    for difference in differences {
        let lost = matches!(difference.aspect, Aspect::Xattr(_) | Aspect::Flags);
        let is_told = lost && named.contains(&inode(&tree.join(&difference.path)));
        assert!(is_told || difference.aspect == Aspect::Holes, "{difference}");
    }
}

#[test]
fn times_that_the_target_rounds_are_told_once() {
    let (scratch, there, program) = world();
    // Inodes without room for parts of seconds.
    let Some(_mounted) = Mounted::made(&["mkfs.ext4", "-q", "-I", "128"], "ext4", &there) else { return };
    let tree = scratch.path().join("tree");
    fs::create_dir(&tree).unwrap();
    for number in 0..9 {
        let file = File::create_new(tree.join(number.to_string())).unwrap();
        let time = SystemTime::UNIX_EPOCH + Duration::new(1_000_000_000 + number, 999_999_999);
        file.set_times(FileTimes::new().set_modified(time)).unwrap();
    }
    let backup = program.backup(&tree, &[]);
    let target = there.join("restored");
    for _again in 0..2 {
        let errors = errors(&program, &backup, &tree, &target);
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert!(cause(&errors[0]).starts_with("mtime: rounded"), "{errors:?}");
        let seconds = |name: &str| fs::metadata(target.join(name)).unwrap().mtime();
        assert_eq!([seconds("0"), seconds("8")], [1_000_000_000, 1_000_000_008]);
    }
}

#[test]
fn names_that_differ_by_case_do_not_take_each_others_place() {
    let (scratch, there, program) = world();
    if !needs("mount.exfat-fuse") {
        return;
    }
    let Some(_mounted) = Mounted::made(&["mkfs.exfat"], "exfat-fuse", &there) else { return };
    let tree = scratch.path().join("tree");
    fs::create_dir_all(tree.join("Directory")).unwrap();
    fs::create_dir(tree.join("directory")).unwrap();
    for (name, content) in [("FILE", "upper"), ("file", "lower"), ("Directory/x", "A"), ("directory/x", "b")]
    {
        fs::write(tree.join(name), content).unwrap();
    }
    let backup = program.backup(&tree, &[]);
    let target = there.join("restored");
    for _again in 0..2 {
        let errors = errors(&program, &backup, &tree, &target);
        let lost = errors.iter().filter(|error| error["kind"] == "not_written").map(item);
        assert_eq!(
            lost.collect::<HashSet<_>>(),
            HashSet::from(["directory", "file"].map(|name| tree.join(name)))
        );
        assert_eq!(fs::read_dir(&target).unwrap().count(), 2);
        assert_eq!(fs::read_to_string(target.join("FILE")).unwrap(), "upper");
        assert_eq!(fs::read_to_string(target.join("Directory/x")).unwrap(), "A");
    }
}

#[test]
fn flags_that_only_an_empty_file_takes_come_back() {
    let (_scratch, there, program) = world();
    let Some(_mounted) = Mounted::made(&["mkfs.btrfs", "-q"], "btrfs", &there) else { return };
    let tree = there.join("tree");
    for (name, flag) in [("in-place", "+C"), ("compressed", "+c"), ("uncompressed", "+m")] {
        let directory = tree.join(name);
        fs::create_dir_all(&directory).unwrap();
        let file = directory.join("file");
        fs::write(&file, "").unwrap();
        if !chattr(flag, &directory) || !chattr(flag, &file) {
            return;
        }
        fs::write(&file, "word ".repeat(50_000)).unwrap();
    }
    let backup = program.backup(&tree, &[]);
    let reference = format!("{}:{}", backup["snapshot_id"].as_str().unwrap(), tree.display());
    let target = there.join("restored");
    program.run(&["restore", &reference, "--target"], &[&target]);
    assert_eq!(tree_differences(&tree, &target), []);
}
