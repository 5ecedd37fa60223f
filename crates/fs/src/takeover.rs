//! Entries that were in a target before the restore.
//!
//! Invariants: an entry stays until what takes its place is complete, under a temporary name beside it; a directory goes
//! only when it is empty. No inode is written to that may have a name outside of the target, so that hard links do not
//! lead out of it any more than symbolic ones do. Where a file system takes two names for one, neither entry takes the
//! place of the other.

use crate::handle::Handle;
use crate::open::{open_to_name, open_to_read};
use crate::spelling::other_case;
use crate::temporary::{fresh_name, is_temporary};
use crate::{
    ExistingFile, FsError, FsErrorKind, Stat, TargetDir, TargetFile, Unset, apply, entries, file_system,
};
use lifeboat_format::{Node, NodeKind};
use lifeboat_sys::fd::{AsFd, BorrowedFd};
use lifeboat_sys::fs::{AtFlags, OFlags, RenameFlags, readlinkat, renameat, renameat_with, unlinkat};
use lifeboat_sys::io::Errno;
use std::sync::{Mutex, PoisonError};

/// Held by who looks whether a name is free and then takes it: two names may be one to the file system.
static TAKING_A_NAME: Mutex<()> = Mutex::new(());

impl TargetDir {
    /// What is there under a name, with where it points if it is a symbolic link; none when the name is free. In a
    /// directory that the restore made, every name counts as free.
    ///
    /// # Errors
    /// The name is unusable or, on a file system that ignores case, that of an entry that is spelled otherwise; or this
    /// process may not look.
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
            Ok(stat)
        });
        match looked {
            Err(Errno::NOENT) => Ok(None),
            Ok(stat) => self.check_spelling(name, &stat).map(|()| Some(stat)),
            Err(errno) => Err(self.error("look at", name, errno)),
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

    /// As [`TargetDir::create_file`], but under a temporary name, which comes back too: the file is to get its own name
    /// with [`TargetDir::rename`] or [`TargetDir::replace`]. Those of its `flags` that only an empty file takes are set.
    ///
    /// # Errors
    /// The name is unusable, or the file system refuses; nothing stays behind.
    pub fn create_file_aside(
        &self,
        name: &[u8],
        size: u64,
        flags: u32,
    ) -> Result<(TargetFile, Vec<u8>), FsError> {
        self.check("create", name)?;
        let temporary = self.temporary_name()?;
        let dir = self.descriptor().map_err(|errno| self.error("create", name, errno))?;
        let way = (self.trail(), name);
        let file = TargetFile::create(dir.as_fd(), &temporary, way, self.is_privileged())?;
        match file.begin(size, flags) {
            Ok(()) => Ok((file, temporary)),
            Err(error) => self.discard(&temporary, error),
        }
    }

    /// Likewise for what [`TargetDir::create_special`] makes, with its metadata: gives the temporary name, and what
    /// could not be set.
    ///
    /// # Errors
    /// As [`TargetDir::create_special`].
    pub fn create_special_aside(&self, node: &Node) -> Result<(Vec<u8>, Vec<Unset>), FsError> {
        let temporary = self.temporary_name()?;
        if let Err(error) = self.create_special_as(node, &temporary) {
            return self.discard(&temporary, error);
        }
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
                Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => rename_if_free(dir, temporary, name),
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
        let left = self.names_where(is_temporary).map_err(|errno| self.own_error("list", errno))?;
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

    /// Whether there are such files.
    ///
    /// # Errors
    /// The directory cannot be read to its end.
    pub fn has_leftovers(&self) -> Result<bool, FsError> {
        let left = self.names_where(is_temporary).map_err(|errno| self.own_error("list", errno))?;
        Ok(!left.is_empty())
    }

    fn names_where(&self, wanted: impl Fn(&[u8]) -> bool) -> Result<Vec<Vec<u8>>, Errno> {
        // A descriptor of its own, because reading moves the position and clones may read too.
        let own = self.descriptor().and_then(|dir| open_to_read(dir.as_fd(), b".", OFlags::DIRECTORY))?;
        entries::names_where(own.as_fd(), wanted)
    }

    /// Makes sure that what answers to a name has that name. Only where it may answer to another spelling, too, the
    /// directory is read to find out.
    fn check_spelling(&self, name: &[u8], found: &Stat) -> Result<(), FsError> {
        let looked = self.descriptor().and_then(|dir| may_be_one(dir.as_fd(), name, found));
        if !looked.map_err(|errno| self.error("look at", name, errno))? {
            return Ok(());
        }
        let spelled =
            self.names_where(|found| found == name).map_err(|errno| self.own_error("list", errno))?;
        if spelled.is_empty() {
            let why = "this file system takes it for the name of another entry, which is spelled otherwise";
            return Err(FsError::exists("use", self.trail().path_of(name), why));
        }
        Ok(())
    }

    /// Passes on why an entry could not be made. Some file systems fail and leave one.
    fn discard<T>(&self, temporary: &[u8], error: FsError) -> Result<T, FsError> {
        match self.remove_file(temporary) {
            Err(stays) if !stays.is_not_found() => Err(stays),
            _ => Err(error),
        }
    }

    fn temporary_name(&self) -> Result<Vec<u8>, FsError> {
        fresh_name().map_err(|errno| self.own_error("make a name in", errno))
    }

    fn own_error(&self, operation: &'static str, errno: Errno) -> FsError {
        FsError::new(operation, self.trail().path(), errno)
    }
}

/// Whether an entry that was found under a name may answer to the same name in other case.
fn may_be_one(dir: BorrowedFd<'_>, name: &[u8], found: &Stat) -> Result<bool, Errno> {
    let Some(other) = other_case(name) else { return Ok(false) };
    match Stat::of_entry(dir, &other) {
        Err(Errno::NOENT) => Ok(false),
        // Two files; where inode numbers are made up, one may have two.
        Ok(other) if other.node.inode != found.node.inode => Ok(!file_system::keeps_inodes(dir)?),
        _ => Ok(true),
    }
}

fn rename_if_free(dir: BorrowedFd<'_>, temporary: &[u8], name: &[u8]) -> Result<(), Errno> {
    let _taking = TAKING_A_NAME.lock().unwrap_or_else(PoisonError::into_inner);
    match Stat::of_entry(dir, name) {
        Err(Errno::NOENT) => renameat(dir, temporary, dir, name),
        Ok(_) => Err(Errno::EXIST),
        Err(errno) => Err(errno),
    }
}
