//! A directory for a test that is gone afterwards, whatever was made in it: the usual removal ends at files that may
//! not be changed and at paths that are too long to be named.

use std::path::Path;

use rustix::fs::{AtFlags, IFlags, Mode, OFlags, ioctl_getflags, ioctl_setflags, openat, unlinkat};
use rustix::io::Errno;
use tempfile::TempDir;

use crate::cursor::{Cursor, Moment, visit};
use crate::must::must;

/// Flags of a file that keep it from being removed.
const KEEPING: IFlags = IFlags::IMMUTABLE.union(IFlags::APPEND);

/// A new directory, removed with everything in it when this goes.
#[derive(Debug)]
pub struct Scratch {
    directory: TempDir,
}

impl Scratch {
    /// In the directory for temporary files.
    #[must_use]
    pub fn new() -> Self {
        Self { directory: must(tempfile::tempdir(), "create a directory in", &std::env::temp_dir()) }
    }

    /// In a directory that exists.
    #[must_use]
    pub fn new_in(parent: &Path) -> Self {
        Self { directory: must(tempfile::tempdir_in(parent), "create a directory in", parent) }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.directory.path()
    }
}

impl Default for Scratch {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What ends a test must not end it twice; what stays behind then is found in its directory.
        if !std::thread::panicking() {
            empty(self.path());
            return;
        }
        let path = self.path().to_owned();
        std::panic::catch_unwind(|| empty(&path)).ok();
    }
}

/// Removes everything below `root`.
fn empty(root: &Path) {
    visit(root, |cursor, name, moment| match moment {
        Moment::Entering => release(cursor, name, OFlags::DIRECTORY),
        Moment::Left => remove(cursor, name, AtFlags::REMOVEDIR),
        Moment::Passing => remove(cursor, name, AtFlags::empty()),
    });
}

fn remove(cursor: &Cursor, name: &[u8], flags: AtFlags) {
    let removed = match unlinkat(cursor, name, flags) {
        Err(Errno::PERM) => {
            release(cursor, name, OFlags::NONBLOCK);
            unlinkat(cursor, name, flags)
        }
        removed => removed,
    };
    must(removed, "remove", &cursor.path_of(name));
}

/// Takes away what keeps a file or directory from being removed.
fn release(cursor: &Cursor, name: &[u8], kind: OFlags) {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | kind;
    let Ok(file) = openat(cursor, name, flags, Mode::empty()) else { return };
    if let Ok(found) = ioctl_getflags(&file)
        && found.intersects(KEEPING)
    {
        must(ioctl_setflags(&file, found - KEEPING), "release", &cursor.path_of(name));
    }
}
