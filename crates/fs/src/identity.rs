//! Which inode something is, whatever its name.

use lifeboat_sys::fd::BorrowedFd;
use lifeboat_sys::fs::fstat;
use lifeboat_sys::io::Errno;

/// File system and inode: the same for all names of a file, and for nothing else as long as it exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    pub(crate) fn of(file: BorrowedFd<'_>) -> Result<Self, Errno> {
        let found = fstat(file)?;
        Ok(Self { device: found.st_dev, inode: found.st_ino })
    }

    /// Number of the file system.
    pub(crate) fn device(self) -> u64 {
        self.device
    }
}
