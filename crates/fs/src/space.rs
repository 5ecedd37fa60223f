//! How much room a file system has.

use crate::FsError;
use crate::open::open_at;
use lifeboat_sys::fd::AsFd as _;
use lifeboat_sys::fs::{CWD, Mode, OFlags, fstatfs};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// What is free for this user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// Bytes.
    pub bytes: u64,
    /// Inodes; none where the file system makes them as it needs them.
    pub inodes: Option<u64>,
}

/// The room on the file system of a directory.
///
/// # Errors
/// There is no such directory, or it cannot be asked.
pub fn free_space(path: &Path) -> Result<Space, FsError> {
    let name = path.as_os_str().as_bytes();
    let asked = open_at(CWD.as_fd(), name, OFlags::PATH | OFlags::DIRECTORY, Mode::empty()).and_then(fstatfs);
    let found = asked.map_err(|errno| FsError::new("look at the file system of", path.to_owned(), errno))?;
    let block = u64::try_from(found.f_bsize).unwrap_or_default();
    Ok(Space {
        bytes: found.f_bavail.saturating_mul(block),
        inodes: (found.f_files > 0).then_some(found.f_ffree),
    })
}
