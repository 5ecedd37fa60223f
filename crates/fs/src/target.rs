//! The directory that a restore fills.

use crate::open::open_at;
use crate::{FsError, TargetDir, entries};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;
use rustix::process::geteuid;
use std::fs::DirBuilder;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

/// Where a restore begins.
#[derive(Clone, Copy, Debug)]
pub struct Target;

impl Target {
    /// Makes the directory, with all its parents, or takes one that is there and empty. Links in the path are
    /// followed. The new directory is for the owner only, until metadata is applied to it; its parents get the mode that
    /// `mkdir -p` gives them.
    ///
    /// Whether this process is root is decided here, for everything that is restored below.
    ///
    /// # Errors
    /// The directory is not empty, is something else, or cannot be made or listed.
    pub fn create(path: &Path) -> Result<TargetDir, FsError> {
        let error = |operation, errno| FsError::new(operation, path.to_owned(), errno);
        let fd = match open(path) {
            Err(Errno::NOENT) => {
                make(path).map_err(|errno| error("create", errno))?;
                open(path)
            }
            other => other,
        }
        .map_err(|errno| error("open", errno))?;
        if entries::names(fd.as_fd()).map_err(|errno| error("list", errno))?.is_empty() {
            TargetDir::new(fd, path, geteuid().is_root()).map_err(|errno| error("open", errno))
        } else {
            Err(error("restore into", Errno::NOTEMPTY))
        }
    }
}

fn open(path: &Path) -> Result<OwnedFd, Errno> {
    open_at(CWD, path.as_os_str().as_bytes(), OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty())
}

fn make(path: &Path) -> Result<(), Errno> {
    // What is to be the target is not open to others for a moment, whatever the mask allows.
    let parents = path.parent().map_or(Ok(()), |parents| DirBuilder::new().recursive(true).create(parents));
    parents
        .and_then(|()| DirBuilder::new().mode(0o700).create(path))
        .map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))
}
