//! Removing the temporary files that killed writers have left.
//!
//! Invariants
//! - Only what bears the name of a temporary, can be locked and is old is removed. Its writer holds the lock for as long
//!   as it lives. Age covers the moment between making and locking it, and machines that do not see each other's locks.
//! - Its age is told by the clock that stamps the file, which is that of the storage: no two clocks are compared.
//! - Nothing else is touched, and a temporary that was removed under its writer is to that writer a failed put.

use std::io;
use std::path::Path;
use std::time::Duration;

use lifeboat_sys::fs::{
    Dir, File, FileType, FlockOperation, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT, flock, futimens,
};

use super::folder::Folder;
use super::temporary::is_temporary;
use super::walk::{place, unless_vanished};
use crate::BackendError;
use crate::name::{is_component, is_prefix};

/// Much longer than writing one object takes anywhere: a pause of its writer costs that writer a put, no more.
const OLD: Duration = Duration::from_secs(3600);

/// Removes what is left in `folder`, which lies at `prefix` below `root`, and below it; gives how many there were.
pub(super) fn sweep(root: &Path, folder: &Folder, prefix: &str) -> Result<u64, BackendError> {
    let failed = |error: io::Error| BackendError::io("sweep", place(root, prefix).display(), error);
    let (leftovers, folders) = look(folder).map_err(failed)?;
    let mut removed = 0;
    for name in leftovers {
        removed += u64::from(remove(folder, &name).map_err(failed)?);
    }
    for name in folders {
        let below = format!("{prefix}{name}/");
        let child = match folder.child(&name) {
            // Where we may not even look we have never written.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => None,
            child => unless_vanished(child).map_err(failed)?,
        };
        if let Some(child) = child.filter(|_| is_prefix(&below)) {
            removed += sweep(root, &child, &below)?;
        }
    }
    Ok(removed)
}

/// Temporaries and folders of a folder.
fn look(folder: &Folder) -> io::Result<(Vec<String>, Vec<String>)> {
    let (mut leftovers, mut folders) = (Vec::new(), Vec::new());
    let mut entries = Dir::read_from(folder)?;
    while let Some(entry) = entries.read() {
        let entry = entry?;
        let Ok(name) = entry.file_name().to_str() else { continue };
        if is_temporary(name) {
            leftovers.push(name.to_owned());
        } else if is_component(name) && is_folder(folder, name, entry.file_type())? {
            folders.push(name.to_owned());
        }
    }
    Ok((leftovers, folders))
}

/// Not every file system says in a listing what kind of thing an entry is.
fn is_folder(folder: &Folder, name: &str, listed: FileType) -> io::Result<bool> {
    match listed {
        FileType::Unknown => {
            Ok(unless_vanished(folder.entry(name))?.is_some_and(|entry| entry.kind == FileType::Directory))
        }
        known => Ok(known == FileType::Directory),
    }
}

/// Removes a temporary that nobody writes any more; says whether it did.
fn remove(folder: &Folder, name: &str) -> io::Result<bool> {
    let file = match folder.reopen(name) {
        // That of another user, who will sweep it.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Ok(false),
        file => unless_vanished(file)?.flatten(),
    };
    let Some(file) = file else { return Ok(false) };
    let is_locked = flock(&file, FlockOperation::NonBlockingLockExclusive).is_err();
    if is_locked || !is_old(&file)? {
        return Ok(false);
    }
    Ok(unless_vanished(folder.remove(name))?.is_some())
}

/// Whether a file was last written long ago, by the clock that also stamps the access that is made here.
fn is_old(file: &File) -> io::Result<bool> {
    let stamp = |nanoseconds| Timespec { tv_sec: 0, tv_nsec: nanoseconds };
    futimens(file, &Timestamps { last_access: stamp(UTIME_NOW), last_modification: stamp(UTIME_OMIT) })?;
    let metadata = file.metadata()?;
    // What was written in the future is not old.
    Ok(metadata.accessed()?.duration_since(metadata.modified()?).is_ok_and(|age| age > OLD))
}
