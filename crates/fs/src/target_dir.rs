//! A directory of a restore.
//!
//! Invariants: what is created was not there before; every name is checked; no symbolic link is followed. So
//! nothing is written outside of the target, whatever the names, and whatever somebody plants in the target. What
//! becomes of entries that were there before is in `takeover.rs`.

use crate::handle::Handle;
use crate::name::check_name;
use crate::open::{open_at, open_to_name};
use crate::parked::ParkedDir;
use crate::{FsError, SourceFile, TargetFile, Trail, Unset, apply};
use lifeboat_format::{Node, NodeKind};
use lifeboat_sys::fd::{AsFd, BorrowedFd, OwnedFd};
use lifeboat_sys::fs::{
    AtFlags, FileType, Mode, OFlags, linkat, makedev, mkdirat, mknodat, symlinkat, syncfs, unlinkat,
};
use lifeboat_sys::io::Errno;
use std::path::Path;
use std::sync::Arc;

/// A directory that is filled. It need not be open all the time, so that any number of them can be kept.
#[derive(Clone, Debug)]
pub struct TargetDir {
    dir: ParkedDir,
    privileged: bool,
    is_new: bool,
}

impl TargetDir {
    /// The directory that a restore begins at.
    pub(crate) fn new(fd: OwnedFd, path: &Path, privileged: bool, is_new: bool) -> Result<Self, Errno> {
        Ok(Self { dir: ParkedDir::new(fd, path, open_dir)?, privileged, is_new })
    }

    /// Whether the restore made it, so that it holds nothing else.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// Where this directory is, for messages.
    #[must_use]
    pub fn trail(&self) -> &Trail {
        self.dir.trail()
    }

    /// Number of the file system it lies on.
    #[must_use]
    pub fn device(&self) -> u64 {
        self.dir.identity().device()
    }

    /// Makes a directory in this one, for the owner only.
    ///
    /// # Errors
    /// The name is unusable or taken, or the file system refuses.
    pub fn create_dir(&self, name: &[u8]) -> Result<Self, FsError> {
        self.on("create", name, |dir| mkdirat(dir, name, Mode::RWXU))?;
        Ok(Self { is_new: true, ..self.open_dir(name)? })
    }

    /// Opens a directory in this one.
    ///
    /// # Errors
    /// The name is unusable, or there is no directory of that name; a symbolic link is of the wrong kind.
    pub fn open_dir(&self, name: &[u8]) -> Result<Self, FsError> {
        self.check("open", name)?;
        match self.dir.enter(name, open_dir) {
            Ok(dir) => Ok(Self { dir, privileged: self.privileged, is_new: false }),
            Err(errno) => Err(self.error("open", name, errno)),
        }
    }

    /// Makes a file of `size` bytes that are all holes, for the owner only.
    ///
    /// # Errors
    /// The name is unusable or taken, or the file system refuses; a file that is made but cannot be given its
    /// size stays behind.
    pub fn create_file(&self, name: &[u8], size: u64) -> Result<TargetFile, FsError> {
        self.check("create", name)?;
        let dir = self.descriptor().map_err(|errno| self.error("create", name, errno))?;
        let file = TargetFile::create(dir.as_fd(), name, (self.trail(), name), self.privileged)?;
        file.begin(size, 0)?;
        Ok(file)
    }

    /// Opens a regular file of this directory, to be read.
    ///
    /// # Errors
    /// The name is unusable, or there is no regular file of it that this process may read.
    pub fn read_file(&self, name: &[u8]) -> Result<SourceFile, FsError> {
        self.check("open", name)?;
        let dir = self.descriptor().map_err(|errno| self.error("open", name, errno))?;
        SourceFile::open(dir.as_fd(), name, self.trail())
    }

    /// Makes the symbolic link, pipe, socket or device that the node describes, without its metadata.
    ///
    /// # Errors
    /// The name is unusable or taken; the node is a file or directory, or lacks its link target or device
    /// number; devices take root.
    pub fn create_special(&self, node: &Node) -> Result<(), FsError> {
        self.create_special_as(node, &node.name)
    }

    /// Likewise, under a name that is not the node's and that errors do not tell.
    pub(crate) fn create_special_as(&self, node: &Node, name: &[u8]) -> Result<(), FsError> {
        let (kind, device) = match (node.kind, &node.link_target, node.device) {
            (NodeKind::Symlink, Some(target), _) => {
                return self.on("create", &node.name, |dir| symlinkat(target.as_slice(), dir, name));
            }
            (NodeKind::Fifo, ..) => (FileType::Fifo, None),
            (NodeKind::Socket, ..) => (FileType::Socket, None),
            (NodeKind::CharDevice, _, Some(device)) => (FileType::CharacterDevice, Some(device)),
            (NodeKind::BlockDevice, _, Some(device)) => (FileType::BlockDevice, Some(device)),
            _ => {
                let why = "its node does not describe a complete link, pipe, socket or device";
                return Err(FsError::invalid("create", self.trail().path_of(&node.name), why));
            }
        };
        let number = device.map_or(0, |device| makedev(device.major, device.minor));
        self.on("create", &node.name, |dir| mknodat(dir, name, kind, Mode::RUSR | Mode::WUSR, number))
    }

    /// Gives what `existing_name` is in `existing_dir` a second name here.
    ///
    /// # Errors
    /// A name is unusable, the new one is taken, the old one does not exist, or the file system refuses.
    pub fn link(&self, name: &[u8], existing_dir: &Self, existing_name: &[u8]) -> Result<(), FsError> {
        existing_dir.on("link to", existing_name, |existing| {
            Ok(self.on("create", name, |dir| linkat(existing, existing_name, dir, name, AtFlags::empty())))
        })?
    }

    /// Removes a file of this directory that did not become what it should be.
    ///
    /// # Errors
    /// The name is unusable, or there is no such file.
    pub fn remove_file(&self, name: &[u8]) -> Result<(), FsError> {
        self.on("remove", name, |dir| unlinkat(dir, name, AtFlags::empty()))
    }

    /// Gives the entry of the node's name the metadata of the node, without following or opening it, and returns
    /// what of it could not be set.
    #[must_use]
    pub fn apply(&self, node: &Node) -> Vec<Unset> {
        if let Err(error) = self.check("set metadata of", &node.name) {
            return apply::nothing_set(error.to_string());
        }
        match self.descriptor().and_then(|dir| open_to_name(dir.as_fd(), &node.name)) {
            Ok(fd) => apply::apply(Handle::Named(fd.as_fd()), node, self.privileged),
            Err(errno) => apply::nothing_set(std::io::Error::from(errno).to_string()),
        }
    }

    /// Gives this directory the metadata of the node, whose name does not matter, and returns what of it could
    /// not be set. To be done when the directory is filled, because filling changes its time.
    #[must_use]
    pub fn apply_self(&self, node: &Node) -> Vec<Unset> {
        match self.descriptor() {
            Ok(dir) => apply::apply_if_needed(Handle::Open(dir.as_fd()), node, self.privileged),
            Err(errno) => apply::nothing_set(std::io::Error::from(errno).to_string()),
        }
    }

    /// Returns when everything on this file system is on the disk.
    ///
    /// # Errors
    /// Something could not be written.
    pub fn sync(&self) -> Result<(), FsError> {
        let synced = self.descriptor().and_then(syncfs);
        synced.map_err(|errno| FsError::new("sync", self.trail().path(), errno))
    }

    /// Does something in this directory with a name, once that is known to be usable.
    pub(crate) fn on<T>(
        &self,
        operation: &'static str,
        name: &[u8],
        act: impl FnOnce(BorrowedFd<'_>) -> Result<T, Errno>,
    ) -> Result<T, FsError> {
        self.check(operation, name)?;
        self.descriptor().and_then(|dir| act(dir.as_fd())).map_err(|errno| self.error(operation, name, errno))
    }

    pub(crate) fn check(&self, operation: &'static str, name: &[u8]) -> Result<(), FsError> {
        check_name(operation, name, || self.trail().path_of(name))
    }

    /// Whether this process is root.
    pub(crate) fn is_privileged(&self) -> bool {
        self.privileged
    }

    pub(crate) fn descriptor(&self) -> Result<Arc<OwnedFd>, Errno> {
        self.dir.open()
    }

    pub(crate) fn error(&self, operation: &'static str, name: &[u8], errno: Errno) -> FsError {
        FsError::new(operation, self.trail().path_of(name), errno)
    }
}

fn open_dir(dir: BorrowedFd<'_>, name: &[u8]) -> Result<OwnedFd, Errno> {
    open_at(dir, name, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW, Mode::empty())
}
