//! The names in a directory.
//!
//! Invariant: all of them or an error, never a shorter list.

use crate::Names;
use lifeboat_sys::fd::BorrowedFd;
use lifeboat_sys::fs::{RawDir, SeekFrom, seek};
use lifeboat_sys::io::Errno;

/// Bytes asked of the kernel at a time: some two thousand names of usual length.
const BUFFER_LEN: usize = 64 << 10;

/// All names, without `.` and `..`. Moves the position of the descriptor, so that only one thread at a time may ask.
pub(crate) fn list(dir: BorrowedFd<'_>, names: &mut Names) -> Result<(), Errno> {
    for_each(dir, |name| names.push(name))
}

/// Names that are wanted, in the order of the directory; the same holds.
pub(crate) fn names_where(
    dir: BorrowedFd<'_>,
    wanted: impl Fn(&[u8]) -> bool,
) -> Result<Vec<Vec<u8>>, Errno> {
    let mut names = Vec::new();
    for_each(dir, |name| {
        if wanted(name) {
            names.push(name.to_vec());
        }
    })?;
    Ok(names)
}

fn for_each(dir: BorrowedFd<'_>, mut visit: impl FnMut(&[u8])) -> Result<(), Errno> {
    seek(dir, SeekFrom::Start(0))?;
    let mut buffer: Vec<u8> = Vec::with_capacity(BUFFER_LEN);
    let mut entries = RawDir::new(dir, buffer.spare_capacity_mut());
    while let Some(entry) = entries.read() {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if name != b"." && name != b".." {
            visit(name);
        }
    }
    Ok(())
}
