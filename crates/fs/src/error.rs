//! What can go wrong with a file of this machine.
//!
//! An error says which operation failed on which path; why is its source. Its text is always one line.

use crate::escaped;
use lifeboat_sys::io::Errno;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// An operation on a file or directory that failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot {operation} \"{}\"", escaped(path.as_os_str().as_bytes()))]
pub struct FsError {
    operation: &'static str,
    path: PathBuf,
    kind: FsErrorKind,
    source: io::Error,
}

/// What a caller can do something about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FsErrorKind {
    /// There is no such entry, or no longer.
    NotFound,
    /// This process may not do that.
    NotPermitted,
    /// A directory that has to be empty holds something.
    NotEmpty,
    /// The file system, or the user's share of it, is full.
    Full,
    /// Something of that name is there already.
    Exists,
    /// The entry is of another kind than the operation needs, a symbolic link included.
    WrongKind,
    /// The name, node or pattern itself is unusable; nothing was attempted.
    Invalid,
    /// Anything else, such as a read error of the disk.
    Other,
}

impl FsError {
    pub(crate) fn new(operation: &'static str, path: PathBuf, errno: Errno) -> Self {
        Self { operation, path, kind: kind_of(errno), source: errno.into() }
    }

    pub(crate) fn wrong_kind(operation: &'static str, path: PathBuf, why: &str) -> Self {
        Self { operation, path, kind: FsErrorKind::WrongKind, source: io::Error::other(why) }
    }

    pub(crate) fn exists(operation: &'static str, path: PathBuf, why: &str) -> Self {
        Self { operation, path, kind: FsErrorKind::Exists, source: io::Error::other(why) }
    }

    pub(crate) fn invalid(operation: &'static str, path: PathBuf, why: &str) -> Self {
        Self { operation, path, kind: FsErrorKind::Invalid, source: io::Error::other(why) }
    }

    /// What was being done, such as `open`; reads on from "cannot".
    #[must_use]
    pub fn operation(&self) -> &str {
        self.operation
    }

    /// The whole path, for people: it may be longer than the kernel takes.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What sort of failure it is.
    #[must_use]
    pub fn kind(&self) -> FsErrorKind {
        self.kind
    }

    /// Whether the entry does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.kind == FsErrorKind::NotFound
    }

    /// Whether the rights of this process do not suffice.
    #[must_use]
    pub fn is_not_permitted(&self) -> bool {
        self.kind == FsErrorKind::NotPermitted
    }

    /// Whether a directory was refused because it holds something.
    #[must_use]
    pub fn is_not_empty(&self) -> bool {
        self.kind == FsErrorKind::NotEmpty
    }

    /// Whether there is no room left.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.kind == FsErrorKind::Full
    }
}

fn kind_of(errno: Errno) -> FsErrorKind {
    match errno {
        Errno::NOENT => FsErrorKind::NotFound,
        Errno::PERM | Errno::ACCESS => FsErrorKind::NotPermitted,
        Errno::NOTEMPTY => FsErrorKind::NotEmpty,
        Errno::NOSPC | Errno::DQUOT => FsErrorKind::Full,
        Errno::EXIST => FsErrorKind::Exists,
        // What open answers to a link, a file, a directory and a pipe or socket in the wrong place.
        Errno::LOOP | Errno::NOTDIR | Errno::ISDIR | Errno::NXIO => FsErrorKind::WrongKind,
        _ => FsErrorKind::Other,
    }
}
