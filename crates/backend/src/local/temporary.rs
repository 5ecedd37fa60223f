//! A file under a hidden name, until its content is on disk: for file systems that know no files without a name.
//!
//! Invariant: whoever writes one holds a lock on it, so that a sweep can tell the living from the dead. Where locks are
//! not known, or do not reach as far as the storage, its age protects it; and to lose it is a failed put, no more.

use std::io::{self, Write};

use lifeboat_sys::fs::{AtFlags, File, FlockOperation, RenameFlags, flock, linkat, renameat, renameat_with};
use lifeboat_sys::io::{Errno, retry_on_intr};
use lifeboat_sys::rand::{GetRandomFlags, getrandom};

use super::folder::Folder;

const PREFIX: &str = ".tmp-";
const DIGITS: usize = 32;

/// A complete, synced file under a hidden name.
pub(super) struct Temporary<'a> {
    folder: &'a Folder,
    name: String,
    present: bool,
    /// Open, because that keeps the lock.
    _file: File,
}

impl<'a> Temporary<'a> {
    /// Writes and syncs `bytes`.
    pub(super) fn write(folder: &'a Folder, bytes: &[u8]) -> io::Result<Self> {
        let name = fresh_name()?;
        let mut file = folder.create(&name)?;
        let temporary = Self { folder, name, present: true, _file: file.try_clone()? };
        // Where it cannot be locked nobody who sweeps can lock it either.
        let _locked = flock(&file, FlockOperation::NonBlockingLockExclusive);
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

    /// Gives the file its name, whatever bears it.
    pub(super) fn replace(mut self, leaf: &str) -> io::Result<()> {
        renameat(self.folder, &self.name, self.folder, leaf)?;
        self.present = false;
        Ok(())
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
            // What led here is being reported already; a file that stays is hidden, never taken for an object, and
            // swept by a later run.
            let _left_behind = self.folder.remove(&self.name);
        }
    }
}

/// Whether this is a name that temporaries have.
pub(super) fn is_temporary(name: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    name.strip_prefix(PREFIX).is_some_and(|hex| hex.len() == DIGITS && hex.bytes().all(is_digit))
}

/// A hidden name that no other writer chooses, of this process, another one or another machine.
fn fresh_name() -> io::Result<String> {
    let mut random = [0; 16];
    let filled = retry_on_intr(|| getrandom(&mut random[..], GetRandomFlags::empty()))?;
    if filled != random.len() {
        return Err(io::Error::other("the system gave too few random bytes"));
    }
    Ok(format!("{PREFIX}{:0DIGITS$x}", u128::from_le_bytes(random)))
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests make and look at real files")]
mod tests {
    use super::*;

    #[test]
    fn two_writers_of_the_same_bytes_do_not_share_a_temporary() {
        let directory = tempfile::tempdir().unwrap();
        let folder = Folder::open(directory.path()).unwrap();
        let [one, other] = [(); 2].map(|()| Temporary::write(&folder, b"bytes").unwrap());
        assert_ne!(one.name, other.name);
        assert!(one.publish("object").unwrap());
        assert!(!other.publish("object").unwrap());
        assert_eq!(std::fs::read(directory.path().join("object")).unwrap(), b"bytes");
    }

    #[test]
    fn publishing_neither_replaces_nor_leaves_anything() {
        let directory = tempfile::tempdir().unwrap();
        let folder = Folder::open(directory.path()).unwrap();
        for (name, publish) in
            [("renamed", Temporary::publish as fn(_, _) -> _), ("linked", Temporary::publish_by_link)]
        {
            assert!(publish(Temporary::write(&folder, b"first").unwrap(), name).unwrap());
            assert!(!publish(Temporary::write(&folder, b"second").unwrap(), name).unwrap());
            assert_eq!(std::fs::read(directory.path().join(name)).unwrap(), b"first");
        }
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_temporary_is_known_by_its_name_locked_and_vanishes() {
        let directory = tempfile::tempdir().unwrap();
        let folder = Folder::open(directory.path()).unwrap();
        let temporary = Temporary::write(&folder, b"bytes").unwrap();
        assert!(is_temporary(&temporary.name));
        let again = File::open(&directory.path().join(&temporary.name)).unwrap();
        let lock = || flock(&again, FlockOperation::NonBlockingLockExclusive);
        assert_eq!(lock(), Err(Errno::WOULDBLOCK));
        drop(temporary);
        lock().unwrap();
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}
