//! A directory to be backed up.
//!
//! Invariant: nothing here follows a symbolic link, but for the path given to [`SourceDir::open`] and the name given to
//! [`SourceDir::follow_dir`].

use crate::handle::Handle;
use crate::open::{open_at, open_to_name, open_to_read};
use crate::parked::ParkedDir;
use crate::{FsError, NameRoom, Names, SourceFile, Stat, Trail, entries, file_system, flags, xattr};
use lifeboat_format::{Node, NodeKind};
use lifeboat_sys::fd::{AsFd, BorrowedFd, OwnedFd};
use lifeboat_sys::fs::{CWD, Mode, OFlags, readlinkat};
use lifeboat_sys::io::Errno;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// A directory whose entries are looked at and read. It need not be open all the time, so that a walk can keep one for
/// each level.
#[derive(Debug)]
pub struct SourceDir {
    dir: ParkedDir,
    /// Held while names are read: the descriptor has one position, and two readers would each miss names.
    listing: Mutex<()>,
}

impl SourceDir {
    /// Opens a directory by path and follows links: for the places a user names. One that may only be searched is opened
    /// for that, and cannot be listed.
    ///
    /// # Errors
    /// The path leads nowhere, to something else than a directory, or to where this process may not go.
    pub fn open(path: &Path) -> Result<Self, FsError> {
        follow_dir(CWD, path.as_os_str().as_bytes())
            .and_then(|fd| ParkedDir::new(fd, path, follow_dir))
            .map(Self::new)
            .map_err(|errno| FsError::new("open", path.to_owned(), errno))
    }

    /// Opens a directory in this one.
    ///
    /// # Errors
    /// As [`SourceDir::open`]; a symbolic link is of the wrong kind wherever it points.
    pub fn open_dir(&self, name: &[u8]) -> Result<Self, FsError> {
        self.dir.enter(name, open_dir).map(Self::new).map_err(|errno| self.error("open", name, errno))
    }

    /// Opens the directory that an entry is or, being a link, leads to; otherwise as [`SourceDir::open`].
    ///
    /// # Errors
    /// As [`SourceDir::open`].
    pub fn follow_dir(&self, name: &[u8]) -> Result<Self, FsError> {
        self.dir.enter(name, follow_dir).map(Self::new).map_err(|errno| self.error("open", name, errno))
    }

    /// Makes sure that this directory can be used, on the way back from one in it.
    ///
    /// # Errors
    /// It was closed and cannot be opened again: by now, something else is where it was.
    pub fn return_from(&self, below: &Self) -> Result<(), FsError> {
        self.dir.return_from(&below.dir).map_err(|errno| match errno {
            Errno::STALE => {
                let why = "another directory has taken its place";
                FsError::wrong_kind("return to", self.trail().path(), why)
            }
            errno => self.own_error("return to", errno),
        })
    }

    /// Opens a regular file in this directory.
    ///
    /// # Errors
    /// As [`SourceDir::open_dir`]; anything but a regular file is of the wrong kind.
    pub fn open_file(&self, name: &[u8]) -> Result<SourceFile, FsError> {
        let dir = self.descriptor().map_err(|errno| self.error("open", name, errno))?;
        SourceFile::open(dir.as_fd(), name, self.trail())
    }

    /// Opens the block device that an entry is or, being a link, leads to.
    ///
    /// # Errors
    /// As [`SourceDir::open_file`]; anything but a block device is of the wrong kind.
    pub fn open_device(&self, name: &[u8]) -> Result<SourceFile, FsError> {
        let dir = self.descriptor().map_err(|errno| self.error("open", name, errno))?;
        SourceFile::open_device(dir.as_fd(), name, self.trail())
    }

    /// Where this directory is, for messages.
    #[must_use]
    pub fn trail(&self) -> &Trail {
        self.dir.trail()
    }

    /// Names of all entries, sorted by their bytes, without `.` and `..`.
    ///
    /// # Errors
    /// The directory cannot be read to its end.
    pub fn names(&self) -> Result<Vec<Vec<u8>>, FsError> {
        self.list(&NameRoom::endless())?.collect()
    }

    /// The same, however many there are: what finds no room in memory goes to a file.
    ///
    /// # Errors
    /// As [`SourceDir::names`].
    pub fn list(&self, room: &NameRoom) -> Result<Names, FsError> {
        let mut names = Names::new(room);
        // A panic of another reader leaves nothing half done: every listing starts over.
        let _listing = self.listing.lock().unwrap_or_else(PoisonError::into_inner);
        let listed = self.descriptor().and_then(|dir| match Handle::of(dir.as_fd())? {
            Handle::Open(dir) => entries::list(dir, &mut names),
            Handle::Named(_) => Err(Errno::ACCESS),
        });
        listed.map_err(|errno| self.own_error("list", errno))?;
        names.sorted()
    }

    /// Describes an entry, itself and not what it points to.
    ///
    /// # Errors
    /// There is no such entry, or this process may not look at it.
    pub fn stat(&self, name: &[u8]) -> Result<Stat, FsError> {
        self.on("look at", name, |dir| Stat::of_entry(dir, name))
    }

    /// Describes what an entry is or, being a link, leads to, however many links there are on the way.
    ///
    /// # Errors
    /// As [`SourceDir::stat`]; a link that leads nowhere is not found.
    pub fn stat_target(&self, name: &[u8]) -> Result<Stat, FsError> {
        self.on("look at", name, |dir| Stat::of_target(dir, name))
    }

    /// Describes this directory. The name in it is empty.
    ///
    /// # Errors
    /// The file system fails.
    pub fn stat_self(&self) -> Result<Stat, FsError> {
        let stat = self.descriptor().and_then(|dir| Stat::of_open(dir.as_fd()));
        stat.map_err(|errno| self.own_error("look at", errno))
    }

    /// Fills in what [`SourceDir::stat`] leaves out of the node of an entry that is not opened: where a symbolic
    /// link points, and all extended attributes that this process may read.
    ///
    /// # Errors
    /// The entry is gone, is no longer a link where the node says so, or cannot be read.
    pub fn read_details(&self, node: &mut Node) -> Result<(), FsError> {
        let named = self.on("look at", &node.name, |dir| open_to_name(dir, &node.name))?;
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
        self.on("look at the file system of", name, |dir| {
            file_system::keeps_inodes(open_to_name(dir, name)?.as_fd())
        })
    }

    /// Fills in the flags and extended attributes of this directory itself; a directory that may only be searched does
    /// not tell its flags.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn read_own_details(&self, node: &mut Node) -> Result<(), FsError> {
        let dir = self.descriptor().map_err(|errno| self.own_error("open", errno))?;
        let handle = Handle::of(dir.as_fd()).map_err(|errno| self.own_error("look at", errno))?;
        node.flags = flags::read(handle).map_err(|errno| self.own_error("read the flags of", errno))?;
        node.xattrs =
            xattr::read(handle).map_err(|errno| self.own_error("read the extended attributes of", errno))?;
        Ok(())
    }

    fn new(dir: ParkedDir) -> Self {
        Self { dir, listing: Mutex::new(()) }
    }

    fn descriptor(&self) -> Result<Arc<OwnedFd>, Errno> {
        self.dir.open()
    }

    /// Does something in this directory with a name.
    fn on<T>(
        &self,
        operation: &'static str,
        name: &[u8],
        act: impl FnOnce(BorrowedFd<'_>) -> Result<T, Errno>,
    ) -> Result<T, FsError> {
        self.descriptor().and_then(|dir| act(dir.as_fd())).map_err(|errno| self.error(operation, name, errno))
    }

    fn error(&self, operation: &'static str, name: &[u8], errno: Errno) -> FsError {
        FsError::new(operation, self.trail().path_of(name), errno)
    }

    fn own_error(&self, operation: &'static str, errno: Errno) -> FsError {
        FsError::new(operation, self.trail().path(), errno)
    }
}

fn open_dir(dir: BorrowedFd<'_>, name: &[u8]) -> Result<OwnedFd, Errno> {
    open_to_read(dir, name, OFlags::DIRECTORY | OFlags::NOFOLLOW)
}

/// Follows links. A directory on the way to what a user names need not be theirs to list.
fn follow_dir(dir: BorrowedFd<'_>, name: &[u8]) -> Result<OwnedFd, Errno> {
    match open_to_read(dir, name, OFlags::DIRECTORY) {
        Err(Errno::ACCESS) => open_at(dir, name, OFlags::PATH | OFlags::DIRECTORY, Mode::empty()),
        other => other,
    }
}
