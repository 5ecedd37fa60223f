//! One entry of a tree and all that can be compared of it, read through handles.
//!
//! The kernel answers questions about attributes of what cannot be opened, such as links and devices, by the path of
//! a handle below `/proc/self/fd`, which leads to the inode itself.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use rustix::buffer::spare_capacity;
use rustix::fd::{AsRawFd, OwnedFd};
use rustix::fs::{
    AtFlags, FileType, IFlags, Mode, OFlags, Statx, StatxFlags, getxattr, ioctl_getflags, listxattr, openat,
    readlinkat, statx,
};
use rustix::io::Errno;

use crate::cursor::Cursor;
use crate::must::must;

/// Longest list of names and longest value that the kernel gives.
const XATTR_MAX: usize = 64 << 10;

/// Flags of `chattr` without a name in rustix: not compressed, direct access, casefold.
const UNNAMED: IFlags = IFlags::from_bits_retain(0x4200_0400);

/// The flags that somebody sets. The others tell how the file system keeps the file: as extents, hashed, inline.
const SET_BY_SOMEBODY: IFlags = IFlags::APPEND
    .union(IFlags::COMPRESSED)
    .union(IFlags::DIRSYNC)
    .union(IFlags::IMMUTABLE)
    .union(IFlags::JOURNALING)
    .union(IFlags::NOATIME)
    .union(IFlags::NOCOW)
    .union(IFlags::NODUMP)
    .union(IFlags::NOTAIL)
    .union(IFlags::PROJECT_INHERIT)
    .union(IFlags::SECURE_REMOVAL)
    .union(IFlags::SYNC)
    .union(IFlags::TOPDIR)
    .union(IFlags::UNRM)
    .union(UNNAMED);

/// An entry that is held, so that it stays the same one.
pub(crate) struct Inode {
    pub(crate) stat: Statx,
    pub(crate) path: PathBuf,
    named: OwnedFd,
}

impl Inode {
    /// The entry `name` of the directory the cursor is in, not what it may point to.
    pub(crate) fn of(cursor: &Cursor, name: &[u8]) -> Self {
        let path = cursor.path_of(name);
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let named = must(openat(cursor, name, flags, Mode::empty()), "look at", &path);
        let mask = StatxFlags::BASIC_STATS | StatxFlags::BTIME;
        let stat = must(statx(&named, "", AtFlags::EMPTY_PATH, mask), "stat", &path);
        Self { stat, path, named }
    }

    pub(crate) fn kind(&self) -> FileType {
        FileType::from_raw_mode(self.stat.stx_mode.into())
    }

    /// Opens a file or directory for reading; nothing for other kinds.
    pub(crate) fn open(&self, cursor: &Cursor, name: &[u8]) -> Option<OwnedFd> {
        let flags = match self.kind() {
            FileType::RegularFile => OFlags::RDONLY,
            FileType::Directory => OFlags::RDONLY | OFlags::DIRECTORY,
            _ => return None,
        };
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Some(must(openat(cursor, name, flags, Mode::empty()), "open", &self.path))
    }

    /// Flags of an opened file or directory; none where the file system has none.
    pub(crate) fn flags(&self, opened: &OwnedFd) -> IFlags {
        match ioctl_getflags(opened) {
            Err(Errno::NOTTY | Errno::OPNOTSUPP) => IFlags::empty(),
            flags => must(flags, "read the flags of", &self.path) & SET_BY_SOMEBODY,
        }
    }

    pub(crate) fn link_target(&self) -> Option<String> {
        let is_link = self.kind() == FileType::Symlink;
        is_link.then(|| {
            let target = must(readlinkat(&self.named, "", Vec::new()), "read the link", &self.path);
            target.to_bytes().escape_ascii().to_string()
        })
    }

    /// All extended attributes with their raw values.
    pub(crate) fn xattrs(&self) -> BTreeMap<String, Vec<u8>> {
        let path = format!("/proc/self/fd/{}", self.named.as_raw_fd());
        let mut list = Vec::with_capacity(XATTR_MAX);
        match listxattr(&path, spare_capacity(&mut list)) {
            Err(Errno::OPNOTSUPP) => {}
            listed => {
                must(listed, "list the extended attributes of", &self.path);
            }
        }
        let names = list.split(|&byte| byte == 0).filter(|name| !name.is_empty());
        let value = |name: &[u8]| {
            let mut value = Vec::with_capacity(XATTR_MAX);
            let read = getxattr(&path, OsStr::from_bytes(name), spare_capacity(&mut value));
            must(read, "read an extended attribute of", &self.path);
            value
        };
        names.map(|name| (name.escape_ascii().to_string(), value(name))).collect()
    }
}
