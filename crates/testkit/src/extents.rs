//! Where a file has data and where it has holes, and what the data is.

use std::path::Path;

use rustix::fd::OwnedFd;
use rustix::fs::{SeekFrom, seek};
use rustix::io::{Errno, pread};

use crate::must::must;

/// File systems keep data in blocks of this size or a multiple of it; where data begins and ends within a block is
/// nobody's to know.
const BLOCK: u64 = 4096;

/// Bytes that are compared at once.
const STEP: usize = 256 << 10;

/// Start and end of each run of data, in whole blocks and in order.
pub(crate) fn extents(file: &OwnedFd, size: u64, path: &Path) -> Vec<(u64, u64)> {
    let mut extents: Vec<(u64, u64)> = Vec::new();
    let mut position = 0;
    while position < size {
        let start = match seek(file, SeekFrom::Data(position)) {
            Err(Errno::NXIO) => break,
            start => must(start, "find data in", path),
        };
        position = must(seek(file, SeekFrom::Hole(start)), "find a hole in", path);
        extents.push((start / BLOCK * BLOCK, position.next_multiple_of(BLOCK)));
    }
    joined(extents)
}

/// The first byte below `size` that differs, where all bytes outside of `extents` are zero in both.
pub(crate) fn first_difference(
    files: [&OwnedFd; 2],
    size: u64,
    extents: &[(u64, u64)],
    path: &Path,
) -> Option<u64> {
    let mut buffers = [vec![0; STEP], vec![0; STEP]];
    extents.iter().find_map(|&(start, end)| {
        (start..end.min(size)).step_by(STEP).find_map(|position| {
            let length = usize::try_from(end.min(size) - position).map_or(STEP, |left| left.min(STEP));
            for (file, buffer) in files.iter().zip(&mut buffers) {
                read_all(file, &mut buffer[..length], position, path);
            }
            let [one, other] = &buffers;
            let same = one[..length].iter().zip(&other[..length]).position(|(one, other)| one != other);
            same.map(|at| position + at as u64)
        })
    })
}

/// Everything that is data in one list or the other.
pub(crate) fn union(one: &[(u64, u64)], other: &[(u64, u64)]) -> Vec<(u64, u64)> {
    let mut all = [one, other].concat();
    all.sort_unstable();
    joined(all)
}

/// Makes one of those that touch.
fn joined(extents: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    let mut joined: Vec<(u64, u64)> = Vec::new();
    for (start, end) in extents {
        match joined.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => joined.push((start, end)),
        }
    }
    joined
}

fn read_all(file: &OwnedFd, mut buffer: &mut [u8], mut position: u64, path: &Path) {
    while !buffer.is_empty() {
        let count = must(pread(file, &mut *buffer, position), "read", path);
        assert_ne!(count, 0, "{} ends before its size", path.display());
        position += count as u64;
        buffer = &mut buffer[count..];
    }
}
