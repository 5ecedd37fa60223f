//! A mark in the directory that a restore fills, for as long as not all of it is on the disk.
//!
//! Names and sizes may outlive a power cut that their content does not. Whoever finds the mark knows that the restore before
//! did not come to its end, and believes no file by its size and time.
//!
//! Invariant: the time of the directory is what it would be without the mark.

use crate::handle::Handle;
use crate::temporary::fresh_name;
use crate::{FsError, Stat, TargetDir, TargetFile};
use lifeboat_sys::fd::AsFd;
use lifeboat_sys::fs::{AtFlags, fsync, unlinkat};
use lifeboat_sys::io::Errno;

/// The mark of a restore that is under way. It stays when this is dropped; [`TargetDir::remove_leftovers`] finds it.
#[derive(Debug)]
pub struct Mark {
    dir: TargetDir,
    name: Vec<u8>,
}

impl Mark {
    /// Puts it. It is on the disk before anything that is done afterwards.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn put(dir: &TargetDir) -> Result<Self, FsError> {
        let failed = |errno| dir.error("mark", b"", errno);
        let name = fresh_name().map_err(failed)?;
        let opened = dir.descriptor().map_err(failed)?;
        let before = Stat::of_open(opened.as_fd()).map_err(failed)?;
        TargetFile::create(opened.as_fd(), &name, (dir.trail(), &name), dir.is_privileged())?;
        let mark = Self { dir: dir.clone(), name };
        match set_time(&opened, &before).and_then(|()| fsync(&opened)) {
            Ok(()) => Ok(mark),
            Err(errno) => mark.remove().and(Err(failed(errno))),
        }
    }

    /// Takes it away: everything is on the disk.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn remove(self) -> Result<(), FsError> {
        let removed = self.dir.descriptor().and_then(|dir| {
            let before = Stat::of_open(dir.as_fd())?;
            unlinkat(&dir, &self.name, AtFlags::empty())?;
            set_time(&dir, &before)
        });
        match removed {
            // Another restore into the same directory has removed it.
            Err(Errno::NOENT) | Ok(()) => Ok(()),
            Err(errno) => Err(self.dir.error("remove the mark of", b"", errno)),
        }
    }
}

/// Gives a directory back the time that it had. Only its owner can.
fn set_time(dir: impl AsFd, before: &Stat) -> Result<(), Errno> {
    match Handle::Open(dir.as_fd()).set_times(before.node.mtime, None) {
        Err(Errno::PERM | Errno::ACCESS) => Ok(()),
        set => set,
    }
}
