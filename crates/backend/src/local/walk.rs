//! All objects below a folder.
//!
//! Invariant: the walk shows every object or fails. What vanishes while it is looked at was deleted
//! meanwhile; whatever else cannot be read is an error, because a folder taken for empty makes its objects
//! look deleted.

use std::io;
use std::path::{Path, PathBuf};

use lifeboat_sys::fs::{Dir, FileType};

use super::folder::Folder;
use crate::name::{is_component, is_prefix};
use crate::{BackendError, ObjectInfo, ObjectName};

/// Shows `visit` the objects below `folder`, which lies at `prefix` (empty or ending with `/`) below `root`.
pub(super) fn walk(
    root: &Path,
    folder: &Folder,
    prefix: &str,
    visit: &mut dyn FnMut(ObjectInfo),
) -> Result<(), BackendError> {
    let failed = |error: io::Error| BackendError::io("list", place(root, prefix).display(), error);
    let mut entries = Dir::read_from(folder).map_err(|error| failed(error.into()))?;
    while let Some(entry) = entries.read() {
        let entry = entry.map_err(|error| failed(error.into()))?;
        // Temporary and foreign files, and `.` and `..`, have names that no object can have.
        if let Some(component) = entry.file_name().to_str().ok().filter(|text| is_component(text)) {
            step(root, folder, prefix, component, visit)?;
        }
    }
    Ok(())
}

/// One name of a folder: an object is shown, a folder walked, anything else passed over.
fn step(
    root: &Path,
    folder: &Folder,
    prefix: &str,
    component: &str,
    visit: &mut dyn FnMut(ObjectInfo),
) -> Result<(), BackendError> {
    let path = format!("{prefix}{component}");
    let failed = |error: io::Error| BackendError::io("list", place(root, &path).display(), error);
    let Some(entry) = unless_vanished(folder.entry(component)).map_err(failed)? else { return Ok(()) };
    if entry.kind == FileType::Directory {
        let below = format!("{path}/");
        if !is_prefix(&below) {
            return Ok(()); // Deeper than the name of any object.
        }
        let child = unless_vanished(folder.child(component)).map_err(failed)?;
        return child.map_or(Ok(()), |child| walk(root, &child, &below, visit));
    }
    // A link or pipe is shown too: whoever needs an object of this name is told so when it is read.
    visit(entry.into_object(ObjectName::new(&path)?));
    Ok(())
}

/// None for what was there a moment ago and is not any more.
pub(super) fn unless_vanished<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    }
}

/// The place of an error. `join("")` would add a slash.
pub(super) fn place(root: &Path, path: &str) -> PathBuf {
    if path.is_empty() { root.to_owned() } else { root.join(path) }
}
