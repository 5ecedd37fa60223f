//! A regular file of a restore.

use crate::handle::Handle;
use crate::open::open_at;
use crate::{FsError, Identity, Trail, Unset, apply, flags, is_zeros};
use lifeboat_format::Node;
use lifeboat_sys::fd::{AsFd, BorrowedFd, OwnedFd};
use lifeboat_sys::fs::{Mode, OFlags, fdatasync, fstat, ftruncate};
use lifeboat_sys::io::{Errno, pwrite, retry_on_intr};

/// Smallest hole that is left for zeros, in bytes, whatever the file system could keep.
const BLOCK_MIN: u64 = 4 << 10;

/// An open regular file that is written in any order.
#[derive(Debug)]
pub struct TargetFile {
    fd: OwnedFd,
    /// The way to its directory.
    trail: Trail,
    name: Vec<u8>,
    privileged: bool,
}

impl TargetFile {
    /// Makes an empty file under a name; `way` is what errors tell: the way to its directory, and the name that it is for.
    pub(crate) fn create(
        dir: BorrowedFd<'_>,
        name: &[u8],
        way: (&Trail, &[u8]),
        privileged: bool,
    ) -> Result<Self, FsError> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW;
        let created = open_at(dir, name, flags, Mode::RUSR | Mode::WUSR);
        let (trail, name) = way;
        match created {
            Ok(fd) => Ok(Self { fd, trail: trail.clone(), name: name.to_vec(), privileged }),
            Err(errno) => Err(FsError::new("create", trail.path_of(name), errno)),
        }
    }

    /// Gives a file that is still empty its size, as one hole, and before that those of `wanted` flags that come too late
    /// afterwards.
    pub(crate) fn begin(&self, size: u64, wanted: u32) -> Result<(), FsError> {
        // All flags are set, and those that are refused told, when the file gets its metadata.
        drop(flags::set(Handle::Open(self.fd.as_fd()), wanted, wanted & flags::EARLY));
        if size > 0 {
            ftruncate(&self.fd, size)
                .map_err(|errno| FsError::new("create", self.trail.path_of(&self.name), errno))?;
        }
        Ok(())
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

    /// As [`TargetFile::write_at`], but runs of zeros that fill blocks of the file system are not written and stay
    /// holes, as long as nothing else was written there.
    ///
    /// # Errors
    /// As [`TargetFile::write_at`].
    pub fn write_sparse_at(&self, offset: u64, bytes: &[u8]) -> Result<(), FsError> {
        let block = self.block_size()?;
        let (mut offset, mut rest) = (offset, bytes);
        while !rest.is_empty() {
            let zeros = length_of_run(offset, rest, block, true);
            (offset, rest) = (offset + zeros as u64, &rest[zeros..]);
            let data = length_of_run(offset, rest, block, false);
            self.write_at(offset, &rest[..data])?;
            (offset, rest) = (offset + data as u64, &rest[data..]);
        }
        Ok(())
    }

    /// Waits until the disk has what was written by now. It saves waiting for it in the end.
    ///
    /// # Errors
    /// The disk did not take it.
    pub fn sync_data(&self) -> Result<(), FsError> {
        retry_on_intr(|| fdatasync(&self.fd)).map_err(|errno| self.error(errno))
    }

    /// Gives the file the metadata of the node and returns what of it could not be set. To be done when
    /// everything is written, because writing changes the time and drops capabilities.
    #[must_use]
    pub fn apply(&self, node: &Node) -> Vec<Unset> {
        apply::apply(Handle::Open(self.fd.as_fd()), node, self.privileged)
    }

    /// Which inode it is.
    ///
    /// # Errors
    /// The file system fails.
    pub fn identity(&self) -> Result<Identity, FsError> {
        Identity::of(self.fd.as_fd())
            .map_err(|errno| FsError::new("look at", self.trail.path_of(&self.name), errno))
    }

    fn block_size(&self) -> Result<u64, FsError> {
        let told = fstat(&self.fd).map_err(|errno| self.error(errno))?.st_blksize;
        Ok(u64::try_from(told).unwrap_or_default().max(BLOCK_MIN))
    }

    fn error(&self, errno: Errno) -> FsError {
        FsError::new("write", self.trail.path_of(&self.name), errno)
    }
}

/// Length of the blocks from the front of `bytes`, which lie at `offset` of a file, that are all zeros or all are not.
/// At the ends of `bytes` a block may be cut.
fn length_of_run(offset: u64, bytes: &[u8], block: u64, zeros: bool) -> usize {
    let mut length = 0;
    while length < bytes.len() {
        let to_border = block - (offset + length as u64) % block;
        let left = bytes.len() - length;
        let step = usize::try_from(to_border).map_or(left, |step| step.min(left));
        if is_zeros(&bytes[length..length + step]) != zeros {
            break;
        }
        length += step;
    }
    length
}
