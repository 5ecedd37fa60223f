//! Directories for a new repository, durable before anything is put into them.

use std::io;
use std::path::Path;

use lifeboat_sys::fs::{CWD, File, Mode, metadata, mkdirat};
use lifeboat_sys::io::Errno;

/// Creates the directory and its missing parents; each new entry is synced in the directory that holds it.
///
/// What exists already is left as it is, but somebody killed may have made the last of it and not have come to its
/// sync. Whether the last component is a directory is for the caller to see.
pub(super) fn create_directories(path: &Path) -> io::Result<()> {
    let mut missing = Vec::new();
    for ancestor in path.ancestors() {
        if ancestor.as_os_str().is_empty() {
            break;
        }
        match metadata(ancestor) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => missing.push(ancestor),
            found => {
                found.and_then(|_| sync_existing(ancestor))?;
                break;
            }
        }
    }
    missing.into_iter().rev().try_for_each(create_directory)
}

fn sync_existing(path: &Path) -> io::Result<()> {
    match sync_parent(path) {
        // Other people's directories are not always for us to read, and then not for us to have made anything in.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        synced => synced,
    }
}

fn create_directory(path: &Path) -> io::Result<()> {
    match mkdirat(CWD, path, Mode::RWXU) {
        // Where it is there, somebody else was faster a moment ago. The entry may not be on disk yet, so it is
        // synced all the same.
        Ok(()) | Err(Errno::EXIST) => {}
        Err(errno) => return Err(errno.into()),
    }
    sync_parent(path)
}

fn sync_parent(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or_else(|| Path::new(".")))?.sync_all()
}
