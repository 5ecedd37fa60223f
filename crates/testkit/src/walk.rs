//! All entries below a directory, in one order on every machine.

use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

use crate::must::must;

/// One entry of a tree; its metadata is its own, never that of a link's target.
pub(crate) struct Entry {
    pub(crate) path: PathBuf,
    pub(crate) metadata: Metadata,
}

/// Everything below `root` (without `root`), sorted by path: a directory stands before its children.
pub(crate) fn walk(root: &Path) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut pending = vec![root.to_path_buf()];
    while let Some(directory) = pending.pop() {
        for child in must(fs::read_dir(&directory), "list", &directory) {
            let path = must(child, "list", &directory).path();
            let metadata = must(fs::symlink_metadata(&path), "stat", &path);
            if metadata.is_dir() {
                pending.push(path.clone());
            }
            entries.push(Entry { path, metadata });
        }
    }
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    entries
}
