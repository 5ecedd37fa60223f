//! Times for everything in a tree, from a seed.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fd::AsFd;
use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, utimensat};

use crate::Random;
use crate::cursor::{Moment, visit};
use crate::must::must;

/// Seconds since 1970 from which times are made: 1969, 1970, 2001, 2020 and, beyond 32 bits, 2096.
const EPOCHS: [i64; 5] = [-86_400, 0, 1_000_000_000, 1_600_000_000, 4_000_000_000];

/// Gives the root and everything below it a time of its own, with nanoseconds.
pub(crate) fn age(root: &Path, random: &mut Random) {
    visit(root, |cursor, name, moment| {
        if moment != Moment::Left {
            set_time(cursor, Path::new(OsStr::from_bytes(name)), random_time(random));
        }
    });
    set_time(CWD, root, random_time(random));
}

/// Sets the time of an entry itself, and the time of the last access with it.
pub(crate) fn set_time(directory: impl AsFd, name: &Path, time: Timespec) {
    let times = Timestamps { last_access: time, last_modification: time };
    must(utimensat(directory, name, &times, AtFlags::SYMLINK_NOFOLLOW), "set the time of", name);
}

fn random_time(random: &mut Random) -> Timespec {
    let tv_sec = random.pick(&EPOCHS) + random.below(80_000).cast_signed();
    Timespec { tv_sec, tv_nsec: random.below(1_000_000_000).cast_signed() }
}
