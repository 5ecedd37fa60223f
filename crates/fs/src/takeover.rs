//! Entries that were in a target before the restore.
//!
//! Invariants: an entry stays until what takes its place is complete, under a temporary name beside it; a directory goes
//! only when it is empty. No inode is written to that may have a name outside of the target, so that hard links do not
//! lead out of it any more than symbolic ones do.

use crate::handle::Handle;
use crate::open::{open_to_name, open_to_read};
use crate::temporary::{fresh_name, is_temporary};
use crate::{ExistingFile, FsError, FsErrorKind, Stat, TargetDir, TargetFile, Unset, apply, entries};
use lifeboat_format::{Node, NodeKind};
use rustix::fd::AsFd;
use rustix::fs::{AtFlags, OFlags, RenameFlags, readlinkat, renameat, renameat_with, unlinkat};
use rustix::io::Errno;

impl TargetDir {
    /// What is there under a name, with where it points if it is a symbolic link; none when the name is free. In a
    /// directory that the restore made, every name counts as free.
    ///
    /// # Errors
    /// The name is unusable, or this process may not look.
    pub fn look(&self, name: &[u8]) -> Result<Option<Stat>, FsError> {
        self.check("look at", name)?;
        if self.is_new() {
            return Ok(None);
        }
        let looked = self.descriptor().and_then(|dir| {
            let mut stat = Stat::of_entry(dir.as_fd(), name)?;
            if stat.node.kind == NodeKind::Symlink {
                let target = readlinkat(&dir, name, Vec::new())?;
                stat.node.link_target = Some(target.into_bytes());
            }
            Ok(Some(stat))
        });
        match looked {
            Err(Errno::NOENT) => Ok(None),
            other => other.map_err(|errno| self.error("look at", name, errno)),
        }
    }

    /// Describes this directory. The name in it is empty.
    ///
    /// # Errors
    /// The file system fails.
    pub fn look_at_self(&self) -> Result<Stat, FsError> {
        let stat = self.descriptor().and_then(|dir| Stat::of_open(dir.as_fd()));
        stat.map_err(|errno| self.own_error("look at", errno))
    }

    /// Opens a regular file that is there, to be compared.
    ///
    /// # Errors
    /// The name is unusable, there is no regular file of it, or this process may not read it.
    pub fn open_existing(&self, name: &[u8]) -> Result<ExistingFile, FsError> {
        Ok(ExistingFile::new(self.read_file(name)?, self.is_privileged()))
    }

    /// As [`ExistingFile::refit`], for an entry of any kind, which is neither followed nor opened.
    #[must_use]
    pub fn refit(&self, node: &Node) -> Option<Vec<Unset>> {
        match self.on("set metadata of", &node.name, |dir| open_to_name(dir, &node.name)) {
            Ok(fd) => apply::refit(Handle::Named(fd.as_fd()), node, self.is_privileged()),
            Err(error) => Some(apply::nothing_set(error.to_string())),
        }
    }

    /// As [`TargetDir::create_file`] for the file that the node describes, but under a temporary name, which comes back
    /// too: the file is to get its own name with [`TargetDir::rename`] or [`TargetDir::replace`]. Of its flags it has those
    /// that have to be there before its content.
    ///
    /// # Errors
    /// The name is unusable, or the file system refuses.
    pub fn create_file_aside(&self, node: &Node) -> Result<(TargetFile, Vec<u8>), FsError> {
        self.check("create", &node.name)?;
        let temporary = self.temporary_name()?;
        let dir = self.descriptor().map_err(|errno| self.error("create", &node.name, errno))?;
        let file = TargetFile::create(dir.as_fd(), &temporary, self.trail(), node, self.is_privileged())?;
        Ok((file, temporary))
    }

    /// Likewise for what [`TargetDir::create_special`] makes, with its metadata: gives the temporary name, and what
    /// could not be set.
    ///
    /// # Errors
    /// As [`TargetDir::create_special`].
    pub fn create_special_aside(&self, node: &Node) -> Result<(Vec<u8>, Vec<Unset>), FsError> {
        let temporary = self.temporary_name()?;
        self.create_special_as(node, &temporary)?;
        let unset = match self.on("set metadata of", &node.name, |dir| open_to_name(dir, &temporary)) {
            Ok(fd) => apply::apply(Handle::Named(fd.as_fd()), node, self.is_privileged()),
            Err(error) => apply::nothing_set(error.to_string()),
        };
        Ok((temporary, unset))
    }

    /// Likewise for a further name of what `existing_name` is in `existing_dir`.
    ///
    /// # Errors
    /// The old name is unusable or does not exist, or the file system refuses.
    pub fn link_aside(&self, existing_dir: &Self, existing_name: &[u8]) -> Result<Vec<u8>, FsError> {
        let temporary = self.temporary_name()?;
        self.link(&temporary, existing_dir, existing_name)?;
        Ok(temporary)
    }

    /// Gives an entry its final name, which has to be free.
    ///
    /// # Errors
    /// A name is unusable, the new one is taken, or the file system refuses; the entry then keeps its old name.
    pub fn rename(&self, temporary: &[u8], name: &[u8]) -> Result<(), FsError> {
        self.check("rename", temporary)?;
        self.on("create", name, |dir| {
            match renameat_with(dir, temporary, dir, name, RenameFlags::NOREPLACE) {
                // A file system that cannot make sure in one step.
                Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => match Stat::of_entry(dir, name) {
                    Err(Errno::NOENT) => renameat(dir, temporary, dir, name),
                    Ok(_) => Err(Errno::EXIST),
                    Err(errno) => Err(errno),
                },
                other => other,
            }
        })
    }

    /// Gives an entry that is no directory its final name, whatever has that name so far; a directory that is empty
    /// goes too.
    ///
    /// # Errors
    /// A name is unusable, the new one is that of a directory with something in it, or the file system refuses. The
    /// entry then keeps its old name, and what it should have replaced is untouched.
    pub fn replace(&self, temporary: &[u8], name: &[u8]) -> Result<(), FsError> {
        self.check("rename", temporary)?;
        self.on("replace", name, |dir| match renameat(dir, temporary, dir, name) {
            Err(Errno::ISDIR) => {
                unlinkat(dir, name, AtFlags::REMOVEDIR).and_then(|()| renameat(dir, temporary, dir, name))
            }
            other => other,
        })?;
        // A rename of one name of a file over another does nothing and reports success.
        match self.remove_file(temporary) {
            Err(error) if !error.is_not_found() => Err(error),
            _ => Ok(()),
        }
    }

    /// Removes files that a restore that was killed left under temporary names, and returns how many that were.
    ///
    /// # Errors
    /// The directory cannot be read to its end, or something in it cannot be removed.
    pub fn remove_leftovers(&self) -> Result<u64, FsError> {
        // A descriptor of its own, because reading moves the position and clones may read too.
        let own = self.descriptor().and_then(|dir| open_to_read(dir.as_fd(), b".", OFlags::DIRECTORY));
        let left = own
            .and_then(|own| entries::names_where(own.as_fd(), is_temporary))
            .map_err(|errno| self.own_error("list", errno))?;
        let mut removed = 0;
        for name in left {
            match self.remove_file(&name) {
                Ok(()) => removed += 1,
                // A directory is none of ours, and what is gone need not be removed.
                Err(error) if matches!(error.kind(), FsErrorKind::WrongKind | FsErrorKind::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(removed)
    }

    fn temporary_name(&self) -> Result<Vec<u8>, FsError> {
        fresh_name().map_err(|errno| self.own_error("make a name in", errno))
    }

    fn own_error(&self, operation: &'static str, errno: Errno) -> FsError {
        FsError::new(operation, self.trail().path(), errno)
    }
}
