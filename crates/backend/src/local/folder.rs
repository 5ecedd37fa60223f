//! An open directory: the only way in which this backend touches the file system below its root.
//!
//! Every call takes a single component and follows no symbolic link, so nothing outside the root is ever
//! reached.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use lifeboat_sys::fs::{
    AtFlags, CWD, File, FileType, FsWord, Mode, OFlags, Stat, fstatfs, mkdirat, openat, statat, unlinkat,
};
use lifeboat_sys::io::{Errno, retry_on_intr};
use lifeboat_sys::path::Arg;

use crate::{ObjectInfo, ObjectName};

/// Only the owner may enter: names and sizes of objects are nobody else's business.
const FOLDER_MODE: Mode = Mode::RWXU;
/// Only the owner may read or write.
const FILE_MODE: Mode = Mode::RUSR.union(Mode::WUSR);

/// File systems that keep what they saw for a while, or may do so, by the numbers that `statfs(2)` gives them.
const NETWORKS: [(u32, &str); 7] = [
    (0x0000_6969, "NFS"),
    (0x0000_517b, "SMB"),
    (0xff53_4d42, "SMB"),
    (0xfe53_4d42, "SMB"),
    (0x6573_5546, "FUSE"),
    (0x0102_1997, "9p"),
    (0x5346_414f, "AFS"),
];

/// An open directory.
#[derive(Debug)]
pub(super) struct Folder(File);

/// What a directory says about one of its names.
pub(super) struct Entry {
    pub(super) kind: FileType,
    size: u64,
    modified: Option<SystemTime>,
}

impl Folder {
    /// Opens a directory by its path. Links on the way are the user's wish and are followed.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        open_at(CWD, path, OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty()).map(Self)
    }

    /// A second handle to the same directory.
    pub(super) fn again(&self) -> io::Result<Self> {
        self.child(".")
    }

    /// Opens a directory in this one.
    pub(super) fn child(&self, component: &str) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW;
        open_at(self.0.as_fd(), component, flags, Mode::empty()).map(Self)
    }

    /// Opens the directory at `path`, components joined by `/`.
    pub(super) fn descend(&self, path: &str) -> io::Result<Self> {
        path.split_terminator('/').try_fold(self.again()?, |folder, component| folder.child(component))
    }

    /// Opens a directory in this one and creates it where it is missing; says whether it did.
    pub(super) fn make_child(&self, component: &str) -> io::Result<(Self, bool)> {
        match self.child(component) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            opened => return Ok((opened?, false)),
        }
        let created = match mkdirat(&self.0, component, FOLDER_MODE) {
            Ok(()) => true,
            Err(Errno::EXIST) => false,
            Err(error) => return Err(error.into()),
        };
        Ok((self.child(component)?, created))
    }

    /// Opens a regular file for reading.
    pub(super) fn read(&self, component: &str) -> io::Result<File> {
        self.regular(component, OFlags::RDONLY)?.ok_or_else(not_a_file)
    }

    /// Opens a temporary file of another run for writing; `None` when it is no regular file.
    pub(super) fn reopen(&self, component: &str) -> io::Result<Option<File>> {
        self.regular(component, OFlags::WRONLY)
    }

    /// Creates a file that must not exist, for writing.
    pub(super) fn create(&self, component: &str) -> io::Result<File> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW;
        open_at(self.0.as_fd(), component, flags, FILE_MODE)
    }

    /// Creates a file without a name, for writing; `None` where the file system knows no such files.
    pub(super) fn create_unnamed(&self) -> io::Result<Option<File>> {
        match retry_on_intr(|| {
            openat(&self.0, ".", OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC, FILE_MODE)
        }) {
            // Systems that have never heard of such files see a directory that is to be written.
            Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL | Errno::NOSYS) => Ok(None),
            file => Ok(Some(file?.into())),
        }
    }

    /// What the directory says about one of its names; a link is described, not followed.
    pub(super) fn entry(&self, component: &str) -> io::Result<Entry> {
        let stat = retry_on_intr(|| statat(&self.0, component, AtFlags::SYMLINK_NOFOLLOW))?;
        let size = u64::try_from(stat.st_size).map_err(io::Error::other)?;
        Ok(Entry { kind: FileType::from_raw_mode(stat.st_mode), size, modified: modified(&stat) })
    }

    /// Removes a name that is not a directory's.
    pub(super) fn remove(&self, component: &str) -> io::Result<()> {
        Ok(unlinkat(&self.0, component, AtFlags::empty())?)
    }

    /// Makes the names in this directory durable.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.0.sync_all()
    }

    /// Whether the directory itself was deleted; what it held is gone then, and nothing can be put into it.
    pub(super) fn is_deleted(&self) -> io::Result<bool> {
        Ok(self.0.metadata()?.nlink() == 0)
    }

    /// The kind of file system, if it is one that other machines may see in another state.
    pub(super) fn network(&self) -> io::Result<Option<&'static str>> {
        // The kernel's numbers have 32 bits, whatever the width and sign of the field.
        let kind = fstatfs(&self.0)?.f_type & 0xffff_ffff;
        Ok(NETWORKS.into_iter().find(|(number, _)| kind == FsWord::from(*number)).map(|(_, name)| name))
    }

    /// Opens what bears a name, if it is a regular file.
    fn regular(&self, component: &str, access: OFlags) -> io::Result<Option<File>> {
        // Without NONBLOCK a planted pipe would stop us for ever; on regular files it means nothing.
        let flags = access | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        match retry_on_intr(|| openat(&self.0, component, flags, Mode::empty())) {
            // A link; a directory; a socket, a device without a driver, a pipe that nobody reads.
            Err(Errno::LOOP | Errno::ISDIR | Errno::NXIO | Errno::NODEV) => Ok(None),
            file => {
                let file = File::from(file?);
                Ok(file.metadata()?.is_file().then_some(file))
            }
        }
    }
}

impl AsFd for Folder {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Entry {
    /// The entry as the object `name`.
    pub(super) fn into_object(self, name: ObjectName) -> ObjectInfo {
        ObjectInfo { name, size: self.size, modified: self.modified }
    }
}

/// The error for a link, directory, pipe or device that bears an object's name.
pub(super) fn not_a_file() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "not a regular file")
}

fn open_at(folder: BorrowedFd<'_>, path: impl Arg + Copy, flags: OFlags, mode: Mode) -> io::Result<File> {
    Ok(retry_on_intr(|| openat(folder, path, flags | OFlags::CLOEXEC, mode))?.into())
}

/// The time of the last change; `None` before 1970, which no object of ours is.
fn modified(stat: &Stat) -> Option<SystemTime> {
    let seconds = u64::try_from(stat.st_mtime).ok()?;
    let nanoseconds = u32::try_from(stat.st_mtime_nsec).ok()?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::new(seconds, nanoseconds))
}
