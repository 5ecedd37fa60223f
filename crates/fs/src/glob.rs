//! Patterns of paths, expanded as a shell does.
//!
//! Invariant: nothing that a pattern may mean is passed over in silence. A pattern that matches nothing stands for
//! itself, and so does what cannot be listed: whoever goes there is told why it fails.

use crate::filter::{Braces, translate};
use crate::{FsError, FsErrorKind, SourceDir};
use globset::{GlobBuilder, GlobMatcher};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf};

/// The paths that an absolute pattern of `*`, `?` and `[a-z]` stands for, sorted; a name that begins with a dot
/// matches like any other.
///
/// # Errors
/// A pattern that is not well formed, or is not UTF-8 where it is more than a path.
pub fn expand_glob(pattern: &Path) -> Result<Vec<PathBuf>, FsError> {
    let mut found = vec![PathBuf::new()];
    let mut unlisted = Vec::new();
    let mut is_pattern = false;
    for component in pattern.components() {
        let name = component.as_os_str();
        match component {
            Component::Normal(_) if is_glob(name) => {
                let glob =
                    compile(name).map_err(|why| FsError::invalid("use pattern", pattern.into(), &why))?;
                let matching = |directory: &PathBuf| {
                    matching(directory, &glob).unwrap_or_else(|_| {
                        unlisted.push(directory.join(name));
                        Vec::new()
                    })
                };
                found = found.iter().flat_map(matching).collect();
                is_pattern = true;
            }
            _ => found.iter_mut().for_each(|path| path.push(name)),
        }
    }
    if is_pattern {
        // Names without a pattern behind one need not be everywhere.
        found.retain(|path| !is_absent(path));
    }
    found.append(&mut unlisted);
    Ok(if found.is_empty() { vec![pattern.to_owned()] } else { found })
}

fn is_glob(name: &OsStr) -> bool {
    name.as_bytes().iter().any(|byte| b"*?[\\".contains(byte))
}

fn compile(name: &OsStr) -> Result<GlobMatcher, String> {
    let text = name.to_str().ok_or("it is not UTF-8")?;
    let glob = GlobBuilder::new(&translate(text, Braces::Letters)?).backslash_escape(true).build();
    glob.map(|glob| glob.compile_matcher()).map_err(|error| error.kind().to_string())
}

/// The entries of a directory that a pattern stands for.
fn matching(directory: &Path, glob: &GlobMatcher) -> Result<Vec<PathBuf>, FsError> {
    match SourceDir::open(directory).and_then(|dir| dir.names()) {
        Ok(names) => {
            let names = names.iter().map(|name| OsStr::from_bytes(name));
            Ok(names.filter(|name| glob.is_match(name)).map(|name| directory.join(name)).collect())
        }
        Err(error) if is_nothing(&error) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Whether there is certainly nothing at a path.
fn is_absent(path: &Path) -> bool {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return false };
    let looked = SourceDir::open(parent).and_then(|dir| dir.stat(name.as_bytes()));
    looked.is_err_and(|error| is_nothing(&error))
}

fn is_nothing(error: &FsError) -> bool {
    matches!(error.kind(), FsErrorKind::NotFound | FsErrorKind::WrongKind)
}
