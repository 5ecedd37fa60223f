//! The directory that a restore fills.

use crate::open::open_at;
use crate::{FsError, TargetDir};
use lifeboat_sys::fd::OwnedFd;
use lifeboat_sys::fs::{CWD, Mode, OFlags, create_dir_all, mkdirat};
use lifeboat_sys::io::Errno;
use lifeboat_sys::process::geteuid;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Where a restore begins.
#[derive(Clone, Copy, Debug)]
pub struct Target;

impl Target {
    /// Makes the directory, with all its parents, or takes the one that is there. Links in the path are followed. The
    /// new directory is for the owner only, until metadata is applied to it; its parents get the mode that `mkdir -p`
    /// gives them.
    ///
    /// Whether this process is root is decided here, for everything that is restored below.
    ///
    /// # Errors
    /// It is something else than a directory, or cannot be made or opened.
    pub fn create(path: &Path) -> Result<TargetDir, FsError> {
        if let Some(dir) = Self::find(path)? {
            return Ok(dir);
        }
        make(path).map_err(|errno| FsError::new("create", path.to_owned(), errno))?;
        open(path)
            .and_then(|fd| TargetDir::new(fd, path, geteuid().is_root(), true))
            .map_err(|errno| FsError::new("open", path.to_owned(), errno))
    }

    /// Takes the directory if it is there; nothing is made.
    ///
    /// # Errors
    /// As [`Target::create`].
    pub fn find(path: &Path) -> Result<Option<TargetDir>, FsError> {
        match open(path).and_then(|fd| TargetDir::new(fd, path, geteuid().is_root(), false)) {
            Ok(dir) => Ok(Some(dir)),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(FsError::new("open", path.to_owned(), errno)),
        }
    }
}

fn open(path: &Path) -> Result<OwnedFd, Errno> {
    open_at(CWD, path.as_os_str().as_bytes(), OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty())
}

fn make(path: &Path) -> Result<(), Errno> {
    // What is to be the target is not open to others for a moment, whatever the mask allows.
    let usual = Mode::from_raw_mode(0o777);
    path.parent().map_or(Ok(()), |parents| create_dir_all(parents, usual))?;
    mkdirat(CWD, path, Mode::RWXU)
}
