//! A file on its way to becoming an object: hidden, complete, synced, then published under a name that was
//! free.
//!
//! Invariant: unless it was published, the file is gone when the value is.

use std::io::{self, Write};

use rustix::fs::{AtFlags, RenameFlags, linkat, renameat_with};
use rustix::io::{Errno, retry_on_intr};
use rustix::rand::{GetRandomFlags, getrandom};

use super::folder::Folder;

/// A complete, synced file under a hidden name.
pub(super) struct Temporary<'a> {
    folder: &'a Folder,
    name: String,
    present: bool,
}

impl<'a> Temporary<'a> {
    /// Writes and syncs `bytes`.
    pub(super) fn write(folder: &'a Folder, bytes: &[u8]) -> io::Result<Self> {
        let name = fresh_name()?;
        let mut file = folder.create(&name)?;
        let temporary = Self { folder, name, present: true };
        file.write_all(bytes)?;
        // After a successful sync closing has nothing left to write, so it has no error to report.
        file.sync_all()?;
        Ok(temporary)
    }

    /// Gives the file its name, unless that exists: then it answers `false` and nothing has changed.
    pub(super) fn publish(mut self, leaf: &str) -> io::Result<bool> {
        match renameat_with(self.folder, &self.name, self.folder, leaf, RenameFlags::NOREPLACE) {
            Ok(()) => {
                self.present = false;
                Ok(true)
            }
            Err(Errno::EXIST) => Ok(false),
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => self.publish_by_link(leaf),
            Err(error) => Err(error.into()),
        }
    }

    /// The same in two steps, for file systems that cannot rename without replacing.
    fn publish_by_link(mut self, leaf: &str) -> io::Result<bool> {
        match linkat(self.folder, &self.name, self.folder, leaf, AtFlags::empty()) {
            Ok(()) => {
                self.present = false;
                self.folder.remove(&self.name)?;
                Ok(true)
            }
            Err(Errno::EXIST) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        if self.present {
            // What led here is being reported already; a file that stays is hidden and never taken for an
            // object.
            let _left_behind = self.folder.remove(&self.name);
        }
    }
}

/// A hidden name that no other writer chooses, of this process, another one or another machine.
fn fresh_name() -> io::Result<String> {
    let mut random = [0; 16];
    let filled = retry_on_intr(|| getrandom(&mut random[..], GetRandomFlags::empty()))?;
    if filled != random.len() {
        return Err(io::Error::other("the system gave too few random bytes"));
    }
    Ok(format!(".tmp-{:032x}", u128::from_le_bytes(random)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn publishing_by_link_neither_replaces_nor_leaves_anything() {
        let directory = tempfile::tempdir().unwrap();
        let folder = Folder::open(directory.path()).unwrap();
        assert!(Temporary::write(&folder, b"first").unwrap().publish_by_link("name").unwrap());
        assert!(!Temporary::write(&folder, b"second").unwrap().publish_by_link("name").unwrap());
        assert_eq!(std::fs::read(directory.path().join("name")).unwrap(), b"first");
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_temporary_that_is_not_published_vanishes() {
        let directory = tempfile::tempdir().unwrap();
        let folder = Folder::open(directory.path()).unwrap();
        let temporary = Temporary::write(&folder, b"bytes").unwrap();
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
        drop(temporary);
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}
