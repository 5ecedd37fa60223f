//! Inodes with many names.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, FileType, Mode, linkat, mknodat};

use crate::Random;
use crate::must::must;

/// Names of the one file in each directory.
const NAMES_PER_DIRECTORY: usize = 100;

/// `count` names of one file, and small groups of every kind that can have several.
pub(super) fn make(directory: &Path, count: usize, random: &mut Random) {
    let original = directory.join("popular");
    must(fs::write(&original, random.bytes(100_000)), "write", &original);
    for number in 1..count {
        let nested = directory.join(format!("names/{:03}", number / NAMES_PER_DIRECTORY));
        if number == 1 || number % NAMES_PER_DIRECTORY == 0 {
            must(fs::create_dir_all(&nested), "create", &nested);
        }
        link(&original, &nested.join(format!("{number:05}")));
    }
    let groups = directory.join("groups");
    must(fs::create_dir_all(groups.join("below")), "create", &groups);
    for (name, size) in [("empty", 0), ("inline", 50), ("chunk", 70_000), ("pages", 3 << 20)] {
        let path = groups.join(name);
        must(fs::write(&path, random.bytes(size)), "write", &path);
        give_names(&path);
    }
    let path = groups.join("symlink");
    must(symlink("../popular", &path), "link", &path);
    give_names(&path);
    for (name, kind) in [("fifo", FileType::Fifo), ("socket", FileType::Socket)] {
        let path = groups.join(name);
        must(mknodat(CWD, &path, kind, Mode::from_raw_mode(0o644), 0), "create", &path);
        give_names(&path);
    }
}

/// One more name beside it, and one below.
fn give_names(path: &Path) {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    link(path, &path.with_file_name(format!("{name}-2")));
    link(path, &path.with_file_name(format!("below/{name}-3")));
}

fn link(original: &Path, name: &Path) {
    must(linkat(CWD, original, CWD, name, AtFlags::empty()), "link", name);
}
