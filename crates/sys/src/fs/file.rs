//! An open file or directory, as the standard library has it.

use crate::call::{Call, Kind};
use crate::gate::{call, transfer};
use rustix::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use rustix::fs::CWD;
use std::fs::{Metadata, OpenOptions};
use std::io::{Result, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::time::SystemTime;

/// An open file or directory.
#[derive(Debug)]
pub struct File(std::fs::File);

impl File {
    /// Opens what is there to read it.
    ///
    /// # Errors
    /// Those of the system.
    pub fn open(path: &Path) -> Result<Self> {
        Self::open_as(Kind::Open, path, OpenOptions::new().read(true))
    }

    /// Opens what is there to write it.
    ///
    /// # Errors
    /// Those of the system.
    pub fn open_to_write(path: &Path) -> Result<Self> {
        Self::open_as(Kind::Open, path, OpenOptions::new().write(true))
    }

    /// Makes a file that must not be there, for its owner alone to read and write.
    ///
    /// # Errors
    /// Those of the system.
    pub fn create_private(path: &Path) -> Result<Self> {
        let mut options = OpenOptions::new();
        Self::open_as(Kind::Create, path, options.read(true).write(true).create_new(true).mode(0o600))
    }

    /// What it is.
    ///
    /// # Errors
    /// Those of the system.
    #[inline]
    pub fn metadata(&self) -> Result<Metadata> {
        call(|| Call::on(Kind::Look, self.as_fd()), || self.0.metadata())
    }

    /// Waits until it is on disk. After an error nothing of what was written since the last success may be believed.
    ///
    /// # Errors
    /// Those of the system.
    #[inline]
    pub fn sync_all(&self) -> Result<()> {
        call(|| Call::on(Kind::Sync, self.as_fd()), || self.0.sync_all())
    }

    /// Gives it a time of last modification.
    ///
    /// # Errors
    /// Those of the system.
    #[inline]
    pub fn set_modified(&self, time: SystemTime) -> Result<()> {
        call(|| Call::on(Kind::SetAttribute, self.as_fd()), || self.0.set_modified(time))
    }

    /// A second handle with the same position.
    ///
    /// # Errors
    /// Those of the system.
    #[inline]
    pub fn try_clone(&self) -> Result<Self> {
        call(|| Call::on(Kind::Open, self.as_fd()), || self.0.try_clone()).map(Self)
    }

    fn open_as(kind: Kind, path: &Path, options: &OpenOptions) -> Result<Self> {
        call(|| Call::at(kind, CWD, &path), || options.open(path)).map(Self)
    }
}

impl Write for File {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let mut file = &self.0;
        let describe = || Call::write(self.0.as_fd(), bytes, None);
        transfer(describe, bytes.len(), |most| file.write(&bytes[..most]))
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

impl FileExt for File {
    #[inline]
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> Result<usize> {
        let length = buffer.len();
        let describe = || Call::read(self.as_fd(), length, offset);
        transfer(describe, length, |most| self.0.read_at(&mut buffer[..most], offset))
    }

    #[inline]
    fn write_at(&self, bytes: &[u8], offset: u64) -> Result<usize> {
        let describe = || Call::write(self.as_fd(), bytes, Some(offset));
        transfer(describe, bytes.len(), |most| self.0.write_at(&bytes[..most], offset))
    }
}

impl From<OwnedFd> for File {
    fn from(fd: OwnedFd) -> Self {
        Self(fd.into())
    }
}

impl AsFd for File {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl AsRawFd for File {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}
