//! A directory of a restore.
//!
//! Invariants: what is created was not there before; every name is checked; no symbolic link is followed. So
//! nothing is written outside of the target, whatever the names, and whatever somebody plants in the target.

use crate::handle::Handle;
use crate::name::check_name;
use crate::open::{open_at, open_to_name};
use crate::{FsError, TargetFile, Unset, apply};
use lifeboat_format::{Device, Node, NodeKind};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{
    AtFlags, FileType, Mode, OFlags, linkat, makedev, mkdirat, mknodat, symlinkat, syncfs, unlinkat,
};
use rustix::io::Errno;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// An open directory that is filled. Clones share the descriptor.
#[derive(Clone, Debug)]
pub struct TargetDir {
    fd: Arc<OwnedFd>,
    path: Arc<Path>,
    privileged: bool,
}

impl TargetDir {
    pub(crate) fn new(fd: OwnedFd, path: &Path, privileged: bool) -> Self {
        Self { fd: Arc::new(fd), path: path.into(), privileged }
    }

    /// Where this directory is, for messages.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes a directory in this one, for the owner only.
    ///
    /// # Errors
    /// The name is unusable or taken, or the file system refuses.
    pub fn create_dir(&self, name: &[u8]) -> Result<Self, FsError> {
        self.check("create", name)?;
        mkdirat(self.descriptor(), name, Mode::RWXU).map_err(|errno| self.error("create", name, errno))?;
        self.open_dir(name)
    }

    /// Opens a directory in this one.
    ///
    /// # Errors
    /// The name is unusable, or there is no directory of that name; a symbolic link is of the wrong kind.
    pub fn open_dir(&self, name: &[u8]) -> Result<Self, FsError> {
        self.check("open", name)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW;
        open_at(self.descriptor(), name, flags, Mode::empty())
            .map(|fd| Self::new(fd, &self.path_of(name), self.privileged))
            .map_err(|errno| self.error("open", name, errno))
    }

    /// Opens the directory that `components` lead to from this one; none lead to this one itself.
    ///
    /// # Errors
    /// As [`TargetDir::open_dir`], for each component.
    pub fn open_beneath(&self, components: &[&[u8]]) -> Result<Self, FsError> {
        components.iter().try_fold(self.clone(), |dir, name| dir.open_dir(name))
    }

    /// Makes a file of `size` bytes that are all holes, for the owner only.
    ///
    /// # Errors
    /// The name is unusable or taken, or the file system refuses; a file that is made but cannot be given its
    /// size stays behind.
    pub fn create_file(&self, name: &[u8], size: u64) -> Result<TargetFile, FsError> {
        self.check("create", name)?;
        TargetFile::create(self.descriptor(), name, size, self.path_of(name), self.privileged)
    }

    /// Makes the symbolic link, pipe, socket or device that the node describes, without its metadata.
    ///
    /// # Errors
    /// The name is unusable or taken; the node is a file or directory, or lacks its link target or device
    /// number; devices take root.
    pub fn create_special(&self, node: &Node) -> Result<(), FsError> {
        let name = node.name.as_slice();
        self.check("create", name)?;
        let made = match (node.kind, &node.link_target, node.device) {
            (NodeKind::Symlink, Some(target), _) => symlinkat(target.as_slice(), self.descriptor(), name),
            (NodeKind::Fifo, ..) => self.make_node(name, FileType::Fifo, None),
            (NodeKind::Socket, ..) => self.make_node(name, FileType::Socket, None),
            (NodeKind::CharDevice, _, Some(device)) => {
                self.make_node(name, FileType::CharacterDevice, Some(device))
            }
            (NodeKind::BlockDevice, _, Some(device)) => {
                self.make_node(name, FileType::BlockDevice, Some(device))
            }
            _ => {
                let why = "its node does not describe a complete link, pipe, socket or device";
                return Err(FsError::invalid("create", self.path_of(name), why));
            }
        };
        made.map_err(|errno| self.error("create", name, errno))
    }

    /// Gives what `existing_name` is in `existing_dir` a second name here.
    ///
    /// # Errors
    /// A name is unusable, the new one is taken, the old one does not exist, or the file system refuses.
    pub fn link(&self, name: &[u8], existing_dir: &Self, existing_name: &[u8]) -> Result<(), FsError> {
        self.check("create", name)?;
        existing_dir.check("link to", existing_name)?;
        let existing = existing_dir.descriptor();
        linkat(existing, existing_name, self.descriptor(), name, AtFlags::empty())
            .map_err(|errno| self.error("create", name, errno))
    }

    /// Removes a file of this directory that did not become what it should be.
    ///
    /// # Errors
    /// The name is unusable, or there is no such file.
    pub fn remove_file(&self, name: &[u8]) -> Result<(), FsError> {
        self.check("remove", name)?;
        unlinkat(self.descriptor(), name, AtFlags::empty()).map_err(|errno| self.error("remove", name, errno))
    }

    /// Gives the entry of the node's name the metadata of the node, without following or opening it, and returns
    /// what of it could not be set.
    #[must_use]
    pub fn apply(&self, node: &Node) -> Vec<Unset> {
        if let Err(error) = self.check("set metadata of", &node.name) {
            return apply::nothing_set(error.to_string());
        }
        match open_to_name(self.descriptor(), &node.name) {
            Ok(fd) => apply::apply(Handle::Named(fd.as_fd()), node, self.privileged),
            Err(errno) => apply::nothing_set(std::io::Error::from(errno).to_string()),
        }
    }

    /// Gives this directory the metadata of the node, whose name does not matter, and returns what of it could
    /// not be set. To be done when the directory is filled, because filling changes its time.
    #[must_use]
    pub fn apply_self(&self, node: &Node) -> Vec<Unset> {
        apply::apply(Handle::Open(self.descriptor()), node, self.privileged)
    }

    /// Returns when everything on this file system is on the disk.
    ///
    /// # Errors
    /// Something could not be written.
    pub fn sync(&self) -> Result<(), FsError> {
        syncfs(self.descriptor()).map_err(|errno| FsError::new("sync", self.path.to_path_buf(), errno))
    }

    fn make_node(&self, name: &[u8], kind: FileType, device: Option<Device>) -> Result<(), Errno> {
        let number = device.map_or(0, |device| makedev(device.major, device.minor));
        mknodat(self.descriptor(), name, kind, Mode::RUSR | Mode::WUSR, number)
    }

    fn check(&self, operation: &'static str, name: &[u8]) -> Result<(), FsError> {
        check_name(operation, name, || self.path_of(name))
    }

    fn descriptor(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    fn path_of(&self, name: &[u8]) -> PathBuf {
        self.path.join(OsStr::from_bytes(name))
    }

    fn error(&self, operation: &'static str, name: &[u8], errno: Errno) -> FsError {
        FsError::new(operation, self.path_of(name), errno)
    }
}
