//! A regular file of a restore.

use crate::handle::Handle;
use crate::open::open_at;
use crate::{FsError, Unset, apply};
use lifeboat_format::Node;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags, ftruncate};
use rustix::io::{Errno, pwrite, retry_on_intr};
use std::path::PathBuf;

/// An open regular file that is written in any order.
#[derive(Debug)]
pub struct TargetFile {
    fd: OwnedFd,
    path: PathBuf,
    privileged: bool,
}

impl TargetFile {
    pub(crate) fn create(
        dir: BorrowedFd<'_>,
        name: &[u8],
        size: u64,
        path: PathBuf,
        privileged: bool,
    ) -> Result<Self, FsError> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW;
        let created = open_at(dir, name, flags, Mode::RUSR | Mode::WUSR).and_then(|fd| {
            if size > 0 {
                ftruncate(&fd, size)?;
            }
            Ok(fd)
        });
        match created {
            Ok(fd) => Ok(Self { fd, path, privileged }),
            Err(errno) => Err(FsError::new("create", path, errno)),
        }
    }

    /// Writes all bytes at `offset`, counted from the start of the file. What is never written stays a hole.
    ///
    /// # Errors
    /// Not everything could be written, for one because the file system is full.
    pub fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<(), FsError> {
        let (mut offset, mut rest) = (offset, bytes);
        while !rest.is_empty() {
            match retry_on_intr(|| pwrite(&self.fd, rest, offset)) {
                // A disk that takes nothing and reports nothing would be asked for ever.
                Ok(0) => return Err(self.error(Errno::IO)),
                Ok(count) => {
                    offset += count as u64;
                    rest = &rest[count..];
                }
                Err(errno) => return Err(self.error(errno)),
            }
        }
        Ok(())
    }

    /// Gives the file the metadata of the node and returns what of it could not be set. To be done when
    /// everything is written, because writing changes the time and drops capabilities.
    #[must_use]
    pub fn apply(&self, node: &Node) -> Vec<Unset> {
        apply::apply(Handle::Open(self.fd.as_fd()), node, self.privileged)
    }

    fn error(&self, errno: Errno) -> FsError {
        FsError::new("write", self.path.clone(), errno)
    }
}
