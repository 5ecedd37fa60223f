//! One inode, held by a descriptor, whose attributes are read or set.
//!
//! The kernel refuses attribute calls on a descriptor that only names an inode, but takes the same call by the
//! path of that descriptor below `/proc/self/fd`, which leads to the inode itself and follows nothing. This file
//! is the only one that knows the difference.

use lifeboat_format::Timestamp;
use lifeboat_sys::buffer::spare_capacity;
use lifeboat_sys::fd::{AsRawFd, BorrowedFd};
use lifeboat_sys::fs::{self, AtFlags, CWD, Gid, Mode, OFlags, Timespec, Timestamps, Uid, XattrFlags};
use lifeboat_sys::io::Errno;

/// Longest list of attribute names and longest value that the kernel hands out, in bytes.
const XATTR_MAX: usize = 64 << 10;

/// An inode that cannot be exchanged for another while it is held.
#[derive(Clone, Copy)]
pub(crate) enum Handle<'a> {
    /// Opened for reading or writing.
    Open(BorrowedFd<'a>),
    /// Opened with `O_PATH`: a symbolic link, a special file, or a directory that may not be listed.
    Named(BorrowedFd<'a>),
}

impl<'a> Handle<'a> {
    /// Which of the two a descriptor is.
    pub(crate) fn of(fd: BorrowedFd<'a>) -> Result<Self, Errno> {
        let is_named = fs::fcntl_getfl(fd)?.contains(OFlags::PATH);
        Ok(if is_named { Self::Named(fd) } else { Self::Open(fd) })
    }

    pub(crate) fn descriptor(self) -> BorrowedFd<'a> {
        match self {
            Self::Open(fd) | Self::Named(fd) => fd,
        }
    }

    /// Names of all attributes, each followed by a zero byte.
    pub(crate) fn list_xattrs(self) -> Result<Vec<u8>, Errno> {
        grown(|list| match self {
            Self::Open(fd) => fs::flistxattr(fd, spare_capacity(list)),
            Self::Named(fd) => mounted(fs::listxattr(&proc_path(fd), spare_capacity(list))),
        })
    }

    pub(crate) fn read_xattr(self, name: &[u8]) -> Result<Vec<u8>, Errno> {
        grown(|value| match self {
            Self::Open(fd) => fs::fgetxattr(fd, name, spare_capacity(value)),
            Self::Named(fd) => mounted(fs::getxattr(&proc_path(fd), name, spare_capacity(value))),
        })
    }

    pub(crate) fn set_xattr(self, name: &[u8], value: &[u8]) -> Result<(), Errno> {
        match self {
            Self::Open(fd) => fs::fsetxattr(fd, name, value, XattrFlags::empty()),
            Self::Named(fd) => mounted(fs::setxattr(&proc_path(fd), name, value, XattrFlags::empty())),
        }
    }

    pub(crate) fn remove_xattr(self, name: &[u8]) -> Result<(), Errno> {
        match self {
            Self::Open(fd) => fs::fremovexattr(fd, name),
            Self::Named(fd) => mounted(fs::removexattr(&proc_path(fd), name)),
        }
    }

    /// Sets owner and group, each left alone where it is none.
    pub(crate) fn set_owner(self, uid: Option<u32>, gid: Option<u32>) -> Result<(), Errno> {
        if uid == Some(u32::MAX) || gid == Some(u32::MAX) {
            // The kernel would take that number for "leave it alone".
            return Err(Errno::INVAL);
        }
        let (uid, gid) = (uid.map(Uid::from_raw), gid.map(Gid::from_raw));
        fs::chownat(self.descriptor(), "", uid, gid, AtFlags::EMPTY_PATH)
    }

    pub(crate) fn set_mode(self, mode: u32) -> Result<(), Errno> {
        let mode = Mode::from_raw_mode(mode);
        match self {
            Self::Open(fd) => fs::fchmod(fd, mode),
            Self::Named(fd) => mounted(fs::chmod(&proc_path(fd), mode)),
        }
    }

    /// Sets the time of the last change, and that of the last access unless it is none, which leaves it alone.
    pub(crate) fn set_times(self, changed: Timestamp, accessed: Option<Timestamp>) -> Result<(), Errno> {
        let omitted = Timespec { tv_sec: 0, tv_nsec: fs::UTIME_OMIT };
        let last_access = accessed.map_or(Ok(omitted), timespec)?;
        let times = Timestamps { last_access, last_modification: timespec(changed)? };
        match self {
            Self::Open(fd) => fs::futimens(fd, &times),
            Self::Named(fd) => mounted(fs::utimensat(CWD, &proc_path(fd), &times, AtFlags::empty())),
        }
    }
}

fn timespec(time: Timestamp) -> Result<Timespec, Errno> {
    if time.nanoseconds >= 1_000_000_000 {
        // The kernel would take some of those numbers for "now" and "leave it alone".
        return Err(Errno::INVAL);
    }
    Ok(Timespec { tv_sec: time.seconds, tv_nsec: time.nanoseconds.into() })
}

fn proc_path(fd: BorrowedFd<'_>) -> String {
    format!("/proc/self/fd/{}", fd.as_raw_fd())
}

/// A held inode cannot vanish: if its path below `/proc` is not found, then `/proc` is not there.
fn mounted<T>(result: Result<T, Errno>) -> Result<T, Errno> {
    result.map_err(|errno| if errno == Errno::NOENT { Errno::NOSYS } else { errno })
}

/// Calls `read` with more room until the answer fits. Most answers fit at once.
fn grown(read: impl Fn(&mut Vec<u8>) -> Result<usize, Errno>) -> Result<Vec<u8>, Errno> {
    let mut buffer = Vec::with_capacity(256);
    loop {
        match read(&mut buffer) {
            Ok(_) => return Ok(buffer),
            Err(Errno::RANGE) if buffer.capacity() < XATTR_MAX => {
                buffer = Vec::with_capacity(XATTR_MAX.min(buffer.capacity() * 8));
            }
            Err(errno) => return Err(errno),
        }
    }
}
