//! A tree is a function of its seed, and it holds what it promises.

use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt};

use lifeboat_testkit::{TreeSpec, make_tree, needs, rsync_differences};

#[test]
fn the_same_seed_gives_the_same_tree() {
    if !needs("rsync") {
        return;
    }
    let temp = tempfile::tempdir().unwrap();
    let trees = ["one", "two", "other"].map(|name| temp.path().join(name));
    for (tree, seed) in trees.iter().zip([1, 1, 2]) {
        make_tree(tree, seed, &TreeSpec::default());
    }
    assert_eq!(rsync_differences(&trees[0], &trees[1]), Vec::<String>::new());
    assert_ne!(rsync_differences(&trees[0], &trees[2]), Vec::<String>::new());
}

#[test]
fn the_totals_fit_the_spec() {
    let temp = tempfile::tempdir().unwrap();
    let spec = TreeSpec { directories: 8, files: 24, large: false, odd: false };
    let totals = make_tree(temp.path(), 9, &spec);
    assert_eq!(totals.directories, 8);
    assert_eq!(totals.files, 24);
    let sizes = 1 + 127 + 128 + 129 + 4095 + 4096 + 20_000 + 65_535 + 65_536 + 65_537 + 300_000;
    assert_eq!(totals.bytes, 2 * sizes);
}

#[test]
fn the_odd_entries_are_there() {
    let temp = tempfile::tempdir().unwrap();
    make_tree(temp.path(), 4, &TreeSpec { large: false, ..TreeSpec::default() });
    let odd = temp.path().join("odd");
    let kind = |name: &str| fs::symlink_metadata(odd.join(name)).unwrap().file_type();
    assert!(kind("fifo").is_fifo());
    assert!(kind("socket").is_socket());
    assert!(kind("symlink-2").is_symlink() && !odd.join("symlink-2").exists());
    assert_eq!(fs::metadata(odd.join("hard-links/hard-link-2")).unwrap().nlink(), 3);
    assert_eq!(fs::metadata(odd.join("mode-4755")).unwrap().mode() & 0o7777, 0o4755);
    assert!(odd.join("n".repeat(255)).is_file() && odd.join("new\nline").is_file());
}
