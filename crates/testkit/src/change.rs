//! Changes to a tree from a seed, and an exact account of them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::Random;
use crate::must::must;
use crate::walk::{Entry, walk};

/// What [`change_tree`] did. No path is in two of the sets.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Names of the files with new content: all names of a file with hard links.
    pub changed: BTreeSet<PathBuf>,
    /// Names that were not there before: created files and the new names of renamed ones.
    pub new: BTreeSet<PathBuf>,
    /// Names that are gone: deleted files and the old names of renamed ones.
    pub gone: BTreeSet<PathBuf>,
    /// The sizes of all changed and new files, hard links once: what an incremental backup has to read.
    pub bytes_to_read: u64,
}

/// Changes `percent` of the regular files below `root`, at least one: bytes overwritten in the middle, appended, cut
/// off; files deleted, created, renamed. Files that their owner may not write are left alone.
pub fn change_tree(root: &Path, seed: u64, percent: u8) -> Changes {
    let mut random = Random::new(seed);
    let mut files = writable_files(root);
    assert!(!files.is_empty(), "no file below {} can be changed", root.display());
    let count = (files.len() * usize::from(percent)).div_ceil(100).max(1);
    random.shuffle(&mut files);
    files.truncate(count);
    let mut changes = Changes::default();
    for (number, names) in files.into_iter().enumerate() {
        let fresh_name = format!("fresh-{seed:x}-{number}");
        change_file(names, &fresh_name, &mut random, &mut changes);
    }
    changes.bytes_to_read = sum_of_sizes(changes.changed.iter().chain(&changes.new));
    changes
}

/// Each file that can be changed, as all its names, ordered by the first of them.
fn writable_files(root: &Path) -> Vec<Vec<PathBuf>> {
    let entries = walk(root);
    let writable = |entry: &&Entry| entry.metadata.mode() & 0o200 != 0;
    let directories: HashSet<_> = entries
        .iter()
        .filter(|entry| entry.metadata.is_dir())
        .filter(writable)
        .map(|entry| &entry.path)
        .collect();
    let mut files: BTreeMap<usize, Vec<PathBuf>> = BTreeMap::new();
    let mut positions = HashMap::new();
    for (position, entry) in entries.iter().enumerate().filter(|(_, entry)| entry.metadata.is_file()) {
        let first = *positions.entry((entry.metadata.dev(), entry.metadata.ino())).or_insert(position);
        files.entry(first).or_default().push(entry.path.clone());
    }
    files.retain(|&first, names| {
        let reachable = |name: &PathBuf| {
            name.parent().is_some_and(|up| up == root || directories.contains(&up.to_path_buf()))
        };
        writable(&&entries[first]) && names.iter().all(reachable)
    });
    files.into_values().collect()
}

/// Does one thing to one file. To delete or rename one of several names would touch the others too, so files with hard
/// links only get new content.
fn change_file(names: Vec<PathBuf>, fresh_name: &str, random: &mut Random, changes: &mut Changes) {
    let path = names[0].clone();
    let fresh = path.with_file_name(fresh_name);
    let kinds = if names.len() == 1 { 6 } else { 3 };
    match random.below(kinds) {
        3 => {
            must(fs::remove_file(&path), "delete", &path);
            changes.gone.insert(path);
        }
        4 => {
            must(fs::rename(&path, &fresh), "rename", &path);
            changes.gone.insert(path);
            changes.new.insert(fresh);
        }
        5 => {
            let size = random.index(100_000);
            must(fs::write(&fresh, random.text(size)), "write", &fresh);
            changes.new.insert(fresh);
        }
        kind => {
            change_content(&path, kind, random);
            changes.changed.extend(names);
        }
    }
}

/// Overwrites in the middle (0), cuts off the end (1) or appends. An empty file can only grow.
fn change_content(path: &Path, kind: u64, random: &mut Random) {
    let file: File = must(OpenOptions::new().write(true).open(path), "open", path);
    let size = must(file.metadata(), "stat", path).len();
    let fresh = random.bytes(1 + random.clone().index(5000));
    match kind {
        0 if size > 0 => {
            let start = size / 2;
            let room = usize::try_from(size - start).expect("a file of a test fits into memory");
            must(file.write_all_at(&fresh[..fresh.len().min(room)], start), "overwrite", path);
        }
        1 if size > 0 => must(file.set_len(size / 2), "cut", path),
        _ => must(file.write_all_at(&fresh, size), "append to", path),
    }
}

fn sum_of_sizes<'a>(paths: impl Iterator<Item = &'a PathBuf>) -> u64 {
    let files = paths.map(|path| must(fs::symlink_metadata(path), "stat", path));
    files.map(|file| ((file.dev(), file.ino()), file.len())).collect::<HashMap<_, _>>().into_values().sum()
}
