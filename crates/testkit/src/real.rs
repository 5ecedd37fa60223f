//! Real files: copies of what this machine has, because made-up trees forget what real ones contain.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::must::must;
use crate::{Totals, totals};

/// Where a Debian machine keeps many files, in the order in which they are taken.
const SYSTEM_SOURCES: [&str; 4] = ["/usr/share", "/usr/include", "/usr/lib", "/usr/bin"];

/// Copies directories of this machine below `destination`, subdirectory by subdirectory, until the copy has at least
/// `min_bytes` and `min_files`. What the user may not read is left out.
///
/// Panics when the machine has less.
pub fn copy_real_tree(destination: &Path, min_bytes: u64, min_files: u64) -> Totals {
    let mut sum = Totals::default();
    let mut complaints = String::new();
    let batches = sources().into_iter().flat_map(|source| batches(&source));
    for (number, batch) in batches.enumerate() {
        let part = destination.join(format!("{number:03}"));
        must(fs::create_dir_all(&part), "create", &part);
        complaints.push_str(&copy(&batch, &part));
        sum += totals(&part);
        if sum.bytes >= min_bytes && sum.files >= min_files {
            return sum;
        }
    }
    panic!("this machine lacks a tree of {min_files} files and {min_bytes} bytes: {sum:?}\n{complaints}");
}

/// Copies the content of the directory `from`, with all metadata, into `to`, which is created when missing.
pub fn copy_tree(from: &Path, to: &Path) {
    must(fs::create_dir_all(to), "create", to);
    let complaints = copy(&[from.join(".")], to);
    assert!(complaints.is_empty(), "cannot copy {}: {complaints}", from.display());
}

/// The system's directories, then, for machines with little else, those of the toolchain that runs the tests.
fn sources() -> Vec<PathBuf> {
    let mut sources: Vec<_> = SYSTEM_SOURCES.into_iter().map(PathBuf::from).collect();
    let cargo_home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = env::var_os("HOME").map(|home| Path::new(&home).join(".cargo"));
    sources.extend(cargo_home.or(home).map(|cargo| cargo.join("registry/src")));
    let cargo = env::var_os("CARGO").map(PathBuf::from);
    sources.extend(cargo.as_deref().and_then(Path::parent).and_then(Path::parent).map(Path::to_path_buf));
    sources.retain(|source| source.is_dir());
    sources
}

/// What is copied at once: each subdirectory alone, then everything else that lies in `source`.
fn batches(source: &Path) -> Vec<Vec<PathBuf>> {
    let list = must(fs::read_dir(source), "list", source);
    let mut paths: Vec<_> = list.map(|entry| must(entry, "list", source).path()).collect();
    paths.sort();
    let (directories, others): (Vec<_>, Vec<_>) =
        paths.into_iter().partition(|path| path.is_dir() && !path.is_symlink());
    let mut batches: Vec<_> = directories.into_iter().map(|directory| vec![directory]).collect();
    if !others.is_empty() {
        batches.push(others);
    }
    batches
}

/// Runs `cp -a` and returns what it complained about.
fn copy(from: &[PathBuf], to: &Path) -> String {
    let output = Command::new("cp").arg("-a").arg("--").args(from).arg(to).output();
    let output = must(output, "run cp into", to);
    String::from_utf8_lossy(&output.stderr).into_owned()
}
