//! Names in a directory.

use crate::call::{Call, Kind};
use crate::gate::call;
use rustix::fd::{AsFd, BorrowedFd};
use rustix::fs::{self, CWD, DirEntry, Mode, OFlags, RawDirEntry};
use rustix::io::Result;
use std::fmt;
use std::mem::MaybeUninit;
use std::path::Path;

/// The entries of an open directory from its position on, read into a buffer that somebody else holds.
pub struct RawDir<'b, 'f> {
    directory: BorrowedFd<'f>,
    entries: fs::RawDir<'b, BorrowedFd<'f>>,
}

impl fmt::Debug for RawDir<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RawDir").field(&self.directory).finish()
    }
}

impl<'b, 'f> RawDir<'b, 'f> {
    /// Begins to read.
    #[must_use]
    pub fn new(directory: BorrowedFd<'f>, buffer: &'b mut [MaybeUninit<u8>]) -> Self {
        Self { directory, entries: fs::RawDir::new(directory, buffer) }
    }

    /// The next entry; none at the end.
    #[inline]
    pub fn read(&mut self) -> Option<Result<RawDirEntry<'_>>> {
        if self.entries.is_buffer_empty() {
            let asked: Result<()> = call(|| Call::on(Kind::List, self.directory), || Ok(()));
            if let Err(errno) = asked {
                return Some(Err(errno));
            }
        }
        self.entries.next()
    }
}

/// The entries of an open directory from the first one on.
#[derive(Debug)]
pub struct Dir {
    entries: fs::Dir,
    begun: bool,
}

impl Dir {
    /// Begins to read, in a descriptor of its own.
    ///
    /// # Errors
    /// Those of the system.
    pub fn read_from(directory: impl AsFd) -> Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = super::openat(directory, ".", flags, Mode::empty())?;
        Ok(Self { entries: fs::Dir::new(directory)?, begun: false })
    }

    /// The next entry; none at the end.
    #[inline]
    pub fn read(&mut self) -> Option<Result<DirEntry>> {
        if !self.begun {
            self.begun = true;
            let asked = self.entries.fd().and_then(|fd| call(|| Call::on(Kind::List, fd), || Ok(())));
            if let Err(errno) = asked {
                return Some(Err(errno));
            }
        }
        self.entries.read()
    }
}

/// The entries of a directory.
///
/// # Errors
/// Those of the system.
pub fn read_dir(path: &Path) -> std::io::Result<std::fs::ReadDir> {
    call(|| Call::at(Kind::List, CWD, &path), || path.read_dir())
}
