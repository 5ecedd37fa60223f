//! The account of the changes is what really differs.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use lifeboat_testkit::{TreeSpec, change_tree, copy_tree, make_tree};

#[test]
fn the_account_is_exact() {
    for seed in 0..8 {
        let temp = tempfile::tempdir().unwrap();
        let (before, after) = (temp.path().join("before"), temp.path().join("after"));
        make_tree(&before, seed, &TreeSpec { large: false, ..TreeSpec::default() });
        copy_tree(&before, &after);
        let changes = change_tree(&after, seed, 30);

        let (old, new) = (contents(&before), contents(&after));
        let expected_changed: Vec<_> =
            new.iter().filter(|(name, content)| old.get(*name).is_some_and(|old| old != *content)).collect();
        let expected_new: Vec<_> = new.iter().filter(|(name, _)| !old.contains_key(*name)).collect();
        let expected_gone: Vec<_> = old.keys().filter(|name| !new.contains_key(*name)).collect();
        let relative = |path: &PathBuf| path.strip_prefix(&after).unwrap().to_path_buf();

        assert!(
            changes.changed.iter().map(relative).eq(expected_changed.iter().map(|(name, _)| (*name).clone()))
        );
        assert!(changes.new.iter().map(relative).eq(expected_new.iter().map(|(name, _)| (*name).clone())));
        assert!(changes.gone.iter().map(relative).eq(expected_gone.into_iter().cloned()));
        // The only hard links of this tree have the same size, so each further name of them counts nothing.
        let links = expected_changed
            .iter()
            .filter(|(name, _)| name.to_str().is_some_and(|n| n.contains("hard-link-")));
        let sizes = expected_changed.iter().chain(&expected_new).map(|(_, content)| content.len() as u64);
        let twice: u64 = links.skip(1).map(|(_, content)| content.len() as u64).sum();
        assert_eq!(changes.bytes_to_read, sizes.sum::<u64>() - twice, "seed {seed}");
    }
}

#[test]
fn one_file_is_the_least() {
    let temp = tempfile::tempdir().unwrap();
    make_tree(temp.path(), 1, &TreeSpec { directories: 0, files: 3, large: false, odd: false });
    let changes = change_tree(temp.path(), 1, 1);
    assert_eq!(changes.changed.union(&changes.new).chain(&changes.gone).count(), 1);
}

/// The content of each regular file below `root` by its name relative to it.
fn contents(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut contents = BTreeMap::new();
    let mut pending = vec![root.to_path_buf()];
    while let Some(directory) = pending.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let kind = fs::symlink_metadata(&path).unwrap().file_type();
            if kind.is_dir() {
                pending.push(path);
            } else if kind.is_file() {
                contents.insert(path.strip_prefix(root).unwrap().to_path_buf(), fs::read(&path).unwrap());
            }
        }
    }
    contents
}
