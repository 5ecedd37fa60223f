//! A directory to be backed up.
//!
//! Invariant: nothing here follows a symbolic link, but for the path given to [`SourceDir::open`].

use crate::handle::Handle;
use crate::open::{open_to_name, open_to_read};
use crate::{FsError, Identity, SourceFile, Stat, Trail, entries, file_system, flags, xattr};
use lifeboat_format::{Node, NodeKind};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{CWD, OFlags, readlinkat};
use rustix::io::Errno;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// An open directory whose entries are looked at and read.
#[derive(Debug)]
pub struct SourceDir {
    fd: OwnedFd,
    trail: Trail,
    /// Held while names are read: the descriptor has one position, and two readers would each miss names.
    listing: Mutex<()>,
}

impl SourceDir {
    /// Opens a directory by path and follows links: for the places a user names.
    ///
    /// # Errors
    /// The path leads nowhere, to something else than a directory, or to where this process may not go.
    pub fn open(path: &Path) -> Result<Self, FsError> {
        open_to_read(CWD, path.as_os_str().as_bytes(), OFlags::DIRECTORY)
            .map(|fd| Self::new(fd, Trail::new(path)))
            .map_err(|errno| FsError::new("open", path.to_owned(), errno))
    }

    /// Opens a directory in this one.
    ///
    /// # Errors
    /// As [`SourceDir::open`]; a symbolic link is of the wrong kind wherever it points.
    pub fn open_dir(&self, name: &[u8]) -> Result<Self, FsError> {
        open_to_read(self.fd.as_fd(), name, OFlags::DIRECTORY | OFlags::NOFOLLOW)
            .map(|fd| Self::new(fd, self.trail.join(name)))
            .map_err(|errno| self.error("open", name, errno))
    }

    /// Opens a regular file in this directory.
    ///
    /// # Errors
    /// As [`SourceDir::open_dir`]; anything but a regular file is of the wrong kind.
    pub fn open_file(&self, name: &[u8]) -> Result<SourceFile, FsError> {
        SourceFile::open(self.descriptor(), name, &self.trail)
    }

    /// Opens the block device that an entry is or, being a link, leads to.
    ///
    /// # Errors
    /// As [`SourceDir::open_file`]; anything but a block device is of the wrong kind.
    pub fn open_device(&self, name: &[u8]) -> Result<SourceFile, FsError> {
        SourceFile::open_device(self.descriptor(), name, &self.trail)
    }

    /// Where this directory is, for messages.
    #[must_use]
    pub fn trail(&self) -> &Trail {
        &self.trail
    }

    /// Names of all entries, sorted by their bytes, without `.` and `..`.
    ///
    /// # Errors
    /// The directory cannot be read to its end.
    pub fn names(&self) -> Result<Vec<Vec<u8>>, FsError> {
        // A panic of another reader leaves nothing half done: every listing starts over.
        let _listing = self.listing.lock().unwrap_or_else(PoisonError::into_inner);
        entries::names(self.descriptor()).map_err(|errno| self.own_error("list", errno))
    }

    /// Describes an entry, itself and not what it points to.
    ///
    /// # Errors
    /// There is no such entry, or this process may not look at it.
    pub fn stat(&self, name: &[u8]) -> Result<Stat, FsError> {
        Stat::of_entry(self.descriptor(), name).map_err(|errno| self.error("look at", name, errno))
    }

    /// Describes what an entry is or, being a link, leads to, however many links there are on the way.
    ///
    /// # Errors
    /// As [`SourceDir::stat`]; a link that leads nowhere is not found.
    pub fn stat_target(&self, name: &[u8]) -> Result<Stat, FsError> {
        Stat::of_target(self.descriptor(), name).map_err(|errno| self.error("look at", name, errno))
    }

    /// Describes this directory. The name in it is empty.
    ///
    /// # Errors
    /// The file system fails.
    pub fn stat_self(&self) -> Result<Stat, FsError> {
        Stat::of_open(self.descriptor()).map_err(|errno| self.own_error("look at", errno))
    }

    /// Fills in what [`SourceDir::stat`] leaves out of the node of an entry that is not opened: where a symbolic
    /// link points, and all extended attributes that this process may read.
    ///
    /// # Errors
    /// The entry is gone, is no longer a link where the node says so, or cannot be read.
    pub fn read_details(&self, node: &mut Node) -> Result<(), FsError> {
        let named = open_to_name(self.descriptor(), &node.name)
            .map_err(|errno| self.error("look at", &node.name, errno))?;
        if node.kind == NodeKind::Symlink {
            let target = readlinkat(&named, "", Vec::new())
                .map_err(|errno| self.error("read the link", &node.name, errno))?;
            node.link_target = Some(target.into_bytes());
        }
        node.xattrs = xattr::read(Handle::Named(named.as_fd()))
            .map_err(|errno| self.error("read the extended attributes of", &node.name, errno))?;
        Ok(())
    }

    /// Whether the file system of an entry keeps inode numbers, so that the same number is the same file tomorrow. Two
    /// entries of one device get the same answer.
    ///
    /// # Errors
    /// There is no such entry, or the file system fails.
    pub fn keeps_inodes(&self, name: &[u8]) -> Result<bool, FsError> {
        open_to_name(self.descriptor(), name)
            .and_then(|named| file_system::keeps_inodes(named.as_fd()))
            .map_err(|errno| self.error("look at the file system of", name, errno))
    }

    /// Fills in the flags and extended attributes of this directory itself.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn read_own_details(&self, node: &mut Node) -> Result<(), FsError> {
        node.flags =
            flags::read(self.descriptor()).map_err(|errno| self.own_error("read the flags of", errno))?;
        node.xattrs = xattr::read(Handle::Open(self.descriptor()))
            .map_err(|errno| self.own_error("read the extended attributes of", errno))?;
        Ok(())
    }

    /// Opens the directory that this one lies in, as what `trail` leads to.
    pub(crate) fn open_above(&self, trail: &Trail) -> Result<Self, FsError> {
        open_to_read(self.descriptor(), b"..", OFlags::DIRECTORY | OFlags::NOFOLLOW)
            .map(|fd| Self::new(fd, trail.clone()))
            .map_err(|errno| FsError::new("open", trail.path(), errno))
    }

    /// The same directory, under the trail that is known already.
    pub(crate) fn known_as(self, trail: &Trail) -> Self {
        Self { trail: trail.clone(), ..self }
    }

    /// Which inode it is, where the file system tells.
    pub(crate) fn identity(&self) -> Option<Identity> {
        Identity::of(self.descriptor()).ok()
    }

    fn new(fd: OwnedFd, trail: Trail) -> Self {
        Self { fd, trail, listing: Mutex::new(()) }
    }

    fn descriptor(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    fn error(&self, operation: &'static str, name: &[u8], errno: Errno) -> FsError {
        FsError::new(operation, self.trail.path_of(name), errno)
    }

    fn own_error(&self, operation: &'static str, errno: Errno) -> FsError {
        FsError::new(operation, self.trail.path(), errno)
    }
}
