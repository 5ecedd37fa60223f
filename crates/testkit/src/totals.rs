//! How much a tree holds.

use std::collections::HashSet;
use std::ops::AddAssign;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::walk::walk;

/// The size of a tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Names of regular files: a file with two hard links counts twice.
    pub files: u64,
    /// Bytes in regular files: a file with two hard links counts once.
    pub bytes: u64,
    /// Directories below the root.
    pub directories: u64,
}

impl AddAssign for Totals {
    fn add_assign(&mut self, other: Self) {
        self.files += other.files;
        self.bytes += other.bytes;
        self.directories += other.directories;
    }
}

/// Counts what is below `root`.
pub fn totals(root: &Path) -> Totals {
    let mut totals = Totals::default();
    let mut inodes = HashSet::new();
    for entry in walk(root) {
        if entry.metadata.is_dir() {
            totals.directories += 1;
        } else if entry.metadata.is_file() {
            totals.files += 1;
            if inodes.insert((entry.metadata.dev(), entry.metadata.ino())) {
                totals.bytes += entry.metadata.len();
            }
        }
    }
    totals
}
