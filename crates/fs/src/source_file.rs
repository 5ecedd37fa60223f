//! A regular file that is read, or a block device read like one.

use crate::handle::Handle;
use crate::open::open_to_read;
use crate::{FsError, Stat, xattr};
use lifeboat_format::{Node, NodeKind};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{Advice, OFlags, SeekFrom, fadvise, seek};
use rustix::io::{Errno, read, retry_on_intr};
use std::path::PathBuf;

/// From this size on, in bytes, the kernel is told that the file is read from front to back.
const READ_AHEAD_MIN: u64 = 1 << 20;

/// An open regular file or block device with a position.
#[derive(Debug)]
pub struct SourceFile {
    fd: OwnedFd,
    name: Vec<u8>,
    path: PathBuf,
}

impl SourceFile {
    pub(crate) fn open(dir: BorrowedFd<'_>, name: &[u8], path: PathBuf) -> Result<Self, FsError> {
        let file = Self::open_any(dir, name, path, OFlags::NOFOLLOW)?;
        let node = file.stat()?.node;
        if node.kind != NodeKind::File {
            return Err(FsError::wrong_kind("open", file.path, "it is not a regular file"));
        }
        if node.size > READ_AHEAD_MIN {
            file.read_ahead();
        }
        Ok(file)
    }

    /// Opens a block device, which is read like a file.
    pub(crate) fn open_device(dir: BorrowedFd<'_>, name: &[u8], path: PathBuf) -> Result<Self, FsError> {
        let file = Self::open_any(dir, name, path, OFlags::empty())?;
        if file.stat()?.node.kind != NodeKind::BlockDevice {
            return Err(FsError::wrong_kind("open", file.path, "it is not a block device"));
        }
        file.read_ahead();
        Ok(file)
    }

    fn open_any(dir: BorrowedFd<'_>, name: &[u8], path: PathBuf, flags: OFlags) -> Result<Self, FsError> {
        // Without blocking: a pipe may have taken the place of the file since it was looked at.
        match open_to_read(dir, name, flags | OFlags::NONBLOCK | OFlags::NOCTTY) {
            Ok(fd) => Ok(Self { fd, name: name.to_vec(), path }),
            Err(errno) => Err(FsError::new("open", path, errno)),
        }
    }

    fn read_ahead(&self) {
        // Only a hint: a file system that has no use for it reads just as well.
        fadvise(&self.fd, 0, None, Advice::Sequential).ok();
    }

    /// Fills the buffer as far as the file goes and returns how many bytes that were; zero at the end.
    ///
    /// # Errors
    /// The file cannot be read there. The buffer may have been written to.
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<usize, FsError> {
        let mut filled = 0;
        while filled < buffer.len() {
            match retry_on_intr(|| read(&self.fd, &mut buffer[filled..])) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(errno) => return Err(self.error("read", errno)),
            }
        }
        Ok(filled)
    }

    /// How many bytes there are from the first to the last: for a device, which has no size of its own in
    /// [`SourceFile::stat`]. Leaves the position at the first byte.
    ///
    /// # Errors
    /// The device fails.
    pub fn length(&mut self) -> Result<u64, FsError> {
        let end = seek(&self.fd, SeekFrom::End(0)).map_err(|errno| self.error("measure", errno))?;
        self.rewind()?;
        Ok(end)
    }

    /// Goes back to the first byte.
    ///
    /// # Errors
    /// The file system fails.
    pub fn rewind(&mut self) -> Result<(), FsError> {
        seek(&self.fd, SeekFrom::Start(0)).map_err(|errno| self.error("rewind", errno))?;
        Ok(())
    }

    /// Describes the file as it is now, under the name it was opened by.
    ///
    /// # Errors
    /// The file system fails.
    pub fn stat(&self) -> Result<Stat, FsError> {
        let mut stat = Stat::of_open(self.fd.as_fd()).map_err(|errno| self.error("look at", errno))?;
        stat.node.name.clone_from(&self.name);
        Ok(stat)
    }

    /// Fills in all extended attributes that this process may read.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn read_xattrs(&self, node: &mut Node) -> Result<(), FsError> {
        node.xattrs = xattr::read(Handle::Open(self.fd.as_fd()))
            .map_err(|errno| self.error("read the extended attributes of", errno))?;
        Ok(())
    }

    fn error(&self, operation: &'static str, errno: Errno) -> FsError {
        FsError::new(operation, self.path.clone(), errno)
    }
}
