//! What only a directory can get wrong: leftovers, links, permissions, a full disk.

#![expect(
    clippy::unwrap_used,
    reason = "helpers are parts of tests, but the lint sees them as plain functions"
)]

mod faults;
mod files;
mod sweep;

use std::path::{Path, PathBuf};

/// All files and links below a directory, temporary ones included, relative to it and sorted.
fn files_below(root: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder of the test") {
            let entry = entry.expect("an entry of the test");
            if entry.file_type().expect("a type").is_dir() {
                folders.push(entry.path());
            } else {
                files.push(entry.path().strip_prefix(root).expect("it is below the root").to_owned());
            }
        }
    }
    files.sort();
    files
}
