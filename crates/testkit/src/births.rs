//! When everything in a tree was born, which no tool can set and so no comparison can ask for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rustix::fs::StatxFlags;

use crate::cursor::{Moment, visit};
use crate::inode::Inode;

/// Seconds since 1970 and nanoseconds of the birth of everything below `root`, by its path from there; what the file
/// system does not know is missing.
pub fn birth_times(root: &Path) -> BTreeMap<PathBuf, (i64, u32)> {
    let mut births = BTreeMap::new();
    visit(root, |cursor, name, moment| {
        if moment == Moment::Left {
            return;
        }
        let inode = Inode::of(cursor, name);
        if StatxFlags::from_bits_retain(inode.stat.stx_mask).contains(StatxFlags::BTIME) {
            let born = inode.stat.stx_btime;
            births.insert(inode.path, (born.tv_sec, born.tv_nsec));
        }
    });
    births
}
