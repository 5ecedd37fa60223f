//! Flags that make an inode refuse further changes: immutable and append only.
//!
//! A directory with such a flag takes no entries, a file no further names. So they are set when nothing else is left to
//! be done, on the same inode and no other that may have come under its name.

use crate::handle::Handle;
use crate::open::open_at;
use crate::unset::UnsetReason;
use crate::{FsError, Identity, TargetDir, Unset, apply, flags};
use lifeboat_format::Node;
use lifeboat_sys::fd::AsFd;
use lifeboat_sys::fs::{Mode, OFlags};
use lifeboat_sys::io::Errno;

/// The flags that are still to be set on one file or directory of a target. To be set below before above.
#[derive(Debug)]
pub struct Lock {
    dir: TargetDir,
    /// Name of the file within the directory; none for the directory itself.
    file: Option<(Vec<u8>, Identity)>,
    flags: u32,
}

impl Lock {
    /// What `node` wants for a file of this directory, none when that is nothing, or not for this process to set.
    ///
    /// # Errors
    /// The file system fails.
    pub fn of_file(
        dir: &TargetDir,
        identity: Result<Identity, FsError>,
        node: &Node,
    ) -> Result<Option<Self>, FsError> {
        Self::wanted(dir, node)
            .map(|flags| {
                let file = Some((node.name.clone(), identity?));
                Ok(Self { dir: dir.clone(), file, flags })
            })
            .transpose()
    }

    /// What `node` wants for this directory itself, likewise.
    #[must_use]
    pub fn of_dir(dir: &TargetDir, node: &Node) -> Option<Self> {
        Self::wanted(dir, node).map(|flags| Self { dir: dir.clone(), file: None, flags })
    }

    /// Sets the flags and returns what could not be set.
    #[must_use]
    pub fn set(&self) -> Vec<Unset> {
        self.try_set().unwrap_or_else(|errno| apply::nothing_set(std::io::Error::from(errno).to_string()))
    }

    fn try_set(&self) -> Result<Vec<Unset>, Errno> {
        let dir = self.dir.descriptor()?;
        let Some((name, identity)) = &self.file else { return Ok(self.set_on(Handle::Open(dir.as_fd()))) };
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = open_at(dir.as_fd(), name, flags, Mode::empty())?;
        match Identity::of(file.as_fd())? == *identity {
            true => Ok(self.set_on(Handle::Open(file.as_fd()))),
            false => Err(Errno::STALE),
        }
    }

    fn set_on(&self, handle: Handle<'_>) -> Vec<Unset> {
        let refused = flags::set(handle, self.flags, self.flags).into_iter();
        refused.map(|(what, errno)| Unset { what, reason: UnsetReason::of(errno, true) }).collect()
    }

    /// Only root may set them: without it they are left alone, which the metadata's own report says.
    fn wanted(dir: &TargetDir, node: &Node) -> Option<u32> {
        let flags = node.flags & flags::LOCKS;
        (dir.is_privileged() && flags != 0).then_some(flags)
    }
}
