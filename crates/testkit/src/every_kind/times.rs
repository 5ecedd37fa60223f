//! Times at the ends of what file systems hold.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use rustix::fs::{CWD, Timespec};

use crate::age::set_time;
use crate::must::must;

/// Seconds since 1970 and nanoseconds: 1901, 1935, just before and after 1970, 2038 and just after, 2106, 2446.
const EXTREMES: [(i64, i64); 9] = [
    (-2_147_483_000, 999_999_999),
    (-1_100_000_000, 1),
    (-1, 999_999_999),
    (0, 0),
    (0, 1),
    (2_147_483_647, 999_999_999),
    (2_147_483_648, 0),
    (4_294_967_296, 123_456_789),
    (15_032_385_000, 999_999_999),
];

/// A file, a directory and a link for each.
pub(super) fn make(directory: &Path) {
    for number in 0..EXTREMES.len() {
        let [file, nested, link] = names(number).map(|name| directory.join(name));
        must(fs::write(&file, "old"), "write", &file);
        must(fs::create_dir(&nested), "create", &nested);
        must(symlink("nowhere", &link), "link", &link);
    }
}

/// Sets the times, as far as the file system holds them.
pub(super) fn set_extremes(directory: &Path) {
    for (number, (tv_sec, tv_nsec)) in EXTREMES.into_iter().enumerate() {
        for name in names(number) {
            set_time(CWD, &directory.join(name), Timespec { tv_sec, tv_nsec });
        }
    }
}

fn names(number: usize) -> [String; 3] {
    ["file", "directory", "symlink"].map(|kind| format!("{kind}-{number}"))
}
