//! Objects as files of a directory of this machine.
//!
//! Invariants
//! - The root is opened once and everything is reached from it, component by component, without following
//!   symbolic links: another disk mounted over the path meanwhile, or a link planted inside, does not
//!   redirect anything.
//! - A file gets its name only after its bytes are on disk, and `put` returns only after the name is. Every
//!   folder on the way is synced too, once per process, whoever made it.
//! - A file that has the name of an object is never opened for writing and never replaced.
//! - A sync that fails is never tried again: what it failed for is thrown away, and the caller is told.

mod create;
mod folder;
mod settled;
mod sweep;
mod temporary;
mod unnamed;
mod walk;

use std::fmt::Display;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::name::is_prefix;
use crate::{Backend, BackendError, ErrorKind, ObjectInfo, ObjectName};
use folder::Folder;
use lifeboat_sys::fs::File;
use settled::Settled;
use temporary::Temporary;

/// Bytes compared at a time when a name exists already.
const COMPARE_BYTES: usize = 64 * 1024;

/// Objects as files below a directory, readable by their owner only.
#[derive(Debug)]
pub struct LocalBackend {
    path: PathBuf,
    root: Folder,
    settled: Settled,
    /// Set when files cannot be named after they were written.
    needs_names: AtomicBool,
}

impl LocalBackend {
    /// Opens the directory at `path`.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when there is nothing or no directory, [`ErrorKind::Denied`] when it cannot be
    /// read.
    pub fn open(path: &Path) -> Result<Self, BackendError> {
        let root = Folder::open(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotADirectory => {
                BackendError::new(ErrorKind::NotFound, "open", path.display()).with_source(error)
            }
            _ => BackendError::io("open", path.display(), error),
        })?;
        Ok(Self {
            path: path.to_owned(),
            root,
            settled: Settled::default(),
            needs_names: AtomicBool::default(),
        })
    }

    /// Opens the directory at `path` after creating it and its parents where they are missing, durably.
    ///
    /// # Errors
    /// As [`LocalBackend::open`]; also [`ErrorKind::Full`] and what else creating a directory can meet.
    pub fn create(path: &Path) -> Result<Self, BackendError> {
        create::create_directories(path)
            .map_err(|error| BackendError::io("create", path.display(), error))?;
        Self::open(path)
    }

    /// The folder that holds `name`, and the name in it.
    fn folder<'a>(&self, name: &'a ObjectName) -> io::Result<(Folder, &'a str)> {
        let (path, leaf) = name.split();
        Ok((self.root.descend(path)?, leaf))
    }

    /// The same for writing: creates what is missing and makes every folder on the way durable.
    fn make_folder<'a>(&self, name: &'a ObjectName) -> io::Result<(Folder, &'a str)> {
        let (path, leaf) = name.split();
        let mut folder = self.root.again()?;
        let mut end = 0;
        for component in path.split_terminator('/') {
            end += component.len();
            let (child, created) = folder.make_child(component)?;
            // Another writer may have created it a moment ago and not have synced it yet.
            if created || !self.settled.contains(&path[..end]) {
                folder.sync()?;
                self.settled.insert(&path[..end]);
            }
            folder = child;
            end += 1;
        }
        Ok((folder, leaf))
    }

    /// Writes, syncs and names an object; says whether the name was free.
    fn publish(&self, folder: &Folder, leaf: &str, bytes: &[u8]) -> io::Result<bool> {
        if !self.needs_names.load(Ordering::Relaxed) {
            if let Some(published) = unnamed::publish(folder, leaf, bytes)? {
                return Ok(published);
            }
            self.needs_names.store(true, Ordering::Relaxed);
        }
        Temporary::write(folder, bytes)?.publish(leaf)
    }

    /// The error of reading what is below the root, and misses nothing when the root itself is gone.
    fn unread(&self, operation: &'static str, place: impl Display, error: io::Error) -> BackendError {
        let is_gone =
            error.kind() == io::ErrorKind::NotFound && self.root.is_deleted().is_ok_and(|deleted| deleted);
        match is_gone {
            true => BackendError::new(ErrorKind::Gone, operation, place).with_source(error),
            false => BackendError::reading(operation, place, error),
        }
    }

    /// Opens an object for reading, with its size in bytes.
    fn read(&self, name: &ObjectName) -> io::Result<(File, u64)> {
        let (folder, leaf) = self.folder(name)?;
        let file = folder.read(leaf)?;
        let size = file.metadata()?.len();
        Ok((file, size))
    }
}

impl Backend for LocalBackend {
    fn put(&self, name: &ObjectName, bytes: &[u8]) -> Result<(), BackendError> {
        let (folder, leaf) =
            self.make_folder(name).map_err(|error| BackendError::writing("put", name, error))?;
        let failed = |error| unwritten(&folder, name, error);
        // What is there already is not written a second time only to find that out.
        let published = match folder.entry(leaf) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.publish(&folder, leaf, bytes),
            found => found.map(|_| false),
        };
        if !published.map_err(failed)? {
            confirm_equal(&folder, name, bytes)?;
        }
        folder.sync().map_err(failed)
    }

    fn replace(&self, name: &ObjectName, bytes: &[u8]) -> Result<(), BackendError> {
        let (folder, leaf) =
            self.make_folder(name).map_err(|error| BackendError::writing("replace", name, error))?;
        let replaced = Temporary::write(&folder, bytes).and_then(|file| file.replace(leaf));
        replaced.and_then(|()| folder.sync()).map_err(|error| unwritten(&folder, name, error))
    }

    fn get(&self, name: &ObjectName, limit: u64) -> Result<Vec<u8>, BackendError> {
        let failed = |error| self.unread("get", name, error);
        let (file, size) = self.read(name).map_err(failed)?;
        let too_large = || BackendError::new(ErrorKind::TooLarge, "get", name);
        if size > limit {
            return Err(too_large());
        }
        let mut bytes = vec![0; usize::try_from(size).map_err(|_| too_large())?];
        file.read_exact_at(&mut bytes, 0).map_err(failed)?;
        Ok(bytes)
    }

    fn get_range(&self, name: &ObjectName, offset: u64, buffer: &mut [u8]) -> Result<(), BackendError> {
        let failed = |error| self.unread("get range of", name, error);
        let (file, size) = self.read(name).map_err(failed)?;
        let end = offset.checked_add(buffer.len() as u64);
        if end.is_none_or(|end| end > size) {
            return Err(BackendError::new(ErrorKind::Short, "get range of", name));
        }
        file.read_exact_at(buffer, offset).map_err(failed)
    }

    fn stat(&self, name: &ObjectName) -> Result<ObjectInfo, BackendError> {
        let failed = |error| self.unread("stat", name, error);
        let (folder, leaf) = self.folder(name).map_err(failed)?;
        let entry = folder.entry(leaf).map_err(failed)?;
        match entry.kind.is_file() {
            true => Ok(entry.into_object(name.clone())),
            false => Err(failed(folder::not_a_file())),
        }
    }

    fn list(&self, prefix: &str, visit: &mut dyn FnMut(ObjectInfo)) -> Result<(), BackendError> {
        if !is_prefix(prefix) {
            return Err(BackendError::new(ErrorKind::InvalidName, "list", prefix));
        }
        match self.root.descend(prefix) {
            Ok(folder) => walk::walk(&self.path, &folder, prefix, visit),
            Err(error) => match self.unread("list", self.path.join(prefix).display(), error) {
                error if error.is_not_found() => Ok(()),
                error => Err(error),
            },
        }
    }

    fn delete(&self, name: &ObjectName) -> Result<(), BackendError> {
        let failed = |error| BackendError::io("delete", name, error);
        let (folder, leaf) = self.folder(name).map_err(failed)?;
        folder.remove(leaf).map_err(failed)?;
        folder.sync().map_err(failed)
    }

    fn delete_all(&self, names: &[ObjectName]) -> Result<(), BackendError> {
        let failed = |name| move |error| BackendError::io("delete", name, error);
        let is_absent = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
        for names in names.chunk_by(|one, other| one.split().0 == other.split().0) {
            let folder = match self.folder(&names[0]) {
                Err(error) if is_absent(&error) => continue,
                opened => opened.map_err(failed(&names[0]))?.0,
            };
            for name in names {
                match folder.remove(name.split().1) {
                    Err(error) if is_absent(&error) => {}
                    removed => removed.map_err(failed(name))?,
                }
            }
            folder.sync().map_err(failed(&names[0]))?;
        }
        Ok(())
    }

    fn sweep(&self) -> Result<u64, BackendError> {
        sweep::sweep(&self.path, &self.root, "")
    }

    fn may_lag(&self) -> Result<Option<&'static str>, BackendError> {
        self.root.network().map_err(|error| BackendError::io("look at", self.path.display(), error))
    }

    fn location(&self) -> String {
        self.path.display().to_string()
    }

    fn place(&self) -> String {
        // Without a working directory what was given has to do.
        std::path::absolute(&self.path).unwrap_or_else(|_| self.path.clone()).display().to_string()
    }
}

/// The error of putting an object into a folder: to write into one that was deleted fails in more than one way.
fn unwritten(folder: &Folder, name: &ObjectName, error: io::Error) -> BackendError {
    match folder.is_deleted() {
        Ok(true) => BackendError::new(ErrorKind::Gone, "put", name).with_source(error),
        _ => BackendError::writing("put", name, error),
    }
}

/// Accepts an existing object only when it holds `bytes`, and makes it durable: whoever wrote it may not have
/// come to that.
fn confirm_equal(folder: &Folder, name: &ObjectName, bytes: &[u8]) -> Result<(), BackendError> {
    let failed = |error| BackendError::io("put", name, error);
    let file = folder.read(name.split().1).map_err(|error| match error.kind() {
        // Deleted since the name was refused to us: not a missing object, the put has to be done again.
        io::ErrorKind::NotFound => BackendError::new(ErrorKind::Unavailable, "put", name).with_source(error),
        _ => failed(error),
    })?;
    if !holds(&file, bytes).map_err(failed)? {
        return Err(BackendError::new(ErrorKind::Conflict, "put", name));
    }
    file.sync_all().map_err(failed)
}

/// Whether the file's bytes are exactly `bytes`, in constant memory.
fn holds(file: &File, bytes: &[u8]) -> io::Result<bool> {
    if file.metadata()?.len() != bytes.len() as u64 {
        return Ok(false);
    }
    let mut buffer = vec![0; COMPARE_BYTES];
    let mut offset = 0;
    for expected in bytes.chunks(COMPARE_BYTES) {
        let found = &mut buffer[..expected.len()];
        file.read_exact_at(found, offset)?;
        if found != expected {
            return Ok(false);
        }
        offset += expected.len() as u64;
    }
    Ok(true)
}
