//! A walk by directory handles: no path is too long for it, and no depth takes more than one descriptor.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::vec::IntoIter;

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, openat, statat};
use rustix::io::Errno;

use crate::must::must;

const DIRECTORY: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Where a walk stands: one open directory.
pub(crate) struct Cursor {
    fd: OwnedFd,
    path: PathBuf,
}

impl Cursor {
    pub(crate) fn open(root: &Path) -> Self {
        let fd = must(openat(CWD, root, DIRECTORY, Mode::empty()), "open", root);
        Self { fd, path: PathBuf::new() }
    }

    /// The path of this directory, or of an entry of it, from where the walk began.
    pub(crate) fn path_of(&self, name: &[u8]) -> PathBuf {
        self.path.join(OsStr::from_bytes(name))
    }

    /// Names of all entries, sorted by their bytes.
    pub(crate) fn names(&self) -> Vec<Vec<u8>> {
        let list = || {
            let entries = Dir::read_from(&self.fd)?.map(|entry| Ok(entry?.file_name().to_bytes().to_vec()));
            entries.collect::<Result<Vec<_>, Errno>>()
        };
        let mut names = must(list(), "list", &self.path);
        names.retain(|name| name != b"." && name != b"..");
        names.sort_unstable();
        names
    }

    pub(crate) fn is_directory(&self, name: &[u8]) -> bool {
        let found = must(statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW), "stat", &self.path_of(name));
        FileType::from_raw_mode(found.st_mode) == FileType::Directory
    }

    pub(crate) fn enter(&mut self, name: &[u8]) {
        let path = self.path_of(name);
        self.fd = must(openat(&self.fd, name, DIRECTORY, Mode::empty()), "open", &path);
        self.path = path;
    }

    /// Goes up, in a tree that nobody moves.
    pub(crate) fn leave(&mut self) {
        self.fd = must(openat(&self.fd, "..", DIRECTORY, Mode::empty()), "leave", &self.path);
        self.path.pop();
    }
}

impl AsFd for Cursor {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// When an entry is visited.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// A directory, before what it holds.
    Entering,
    /// A directory, after what it holds.
    Left,
    /// Anything else.
    Passing,
}

/// Visits everything below `root` in order of names, always from the directory that the name is in.
pub(crate) fn visit(root: &Path, mut visitor: impl FnMut(&Cursor, &[u8], Moment)) {
    let mut cursor = Cursor::open(root);
    let mut entered: Vec<Vec<u8>> = Vec::new();
    let mut pending: Vec<IntoIter<Vec<u8>>> = vec![cursor.names().into_iter()];
    while let Some(names) = pending.last_mut() {
        if let Some(name) = names.next() {
            if cursor.is_directory(&name) {
                visitor(&cursor, &name, Moment::Entering);
                cursor.enter(&name);
                pending.push(cursor.names().into_iter());
                entered.push(name);
            } else {
                visitor(&cursor, &name, Moment::Passing);
            }
        } else {
            pending.pop();
            if let Some(name) = entered.pop() {
                cursor.leave();
                visitor(&cursor, &name, Moment::Left);
            }
        }
    }
}
