//! Paths of the command line, made absolute by their text alone: no link is followed.

use crate::exit::Failure;
use std::path::{Component, Path, PathBuf};

/// Longest name that a Linux file system takes, in bytes.
const NAME_MAX: usize = 255;

/// `/home/me/b` for `a/../b` in `/home/me`.
///
/// # Errors
/// For an empty path, or when the working directory is gone.
pub(crate) fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    let absolute = std::path::absolute(path);
    let absolute = absolute.map_err(|error| {
        let action = format!("\"{}\" is not a path", path.display());
        Failure { code: crate::exit::Code::Usage, ..Failure::system(action, error, "name an absolute path") }
    })?;
    let mut clean = PathBuf::new();
    for component in absolute.components() {
        match component {
            // Above the root there is the root.
            Component::ParentDir => drop(clean.pop()),
            other => clean.push(other),
        }
    }
    Ok(clean)
}

/// The path as which a snapshot is to show something: absolute, and made of names that a restore can create.
///
/// # Errors
/// As [`absolute`], or when a name is too long.
pub(crate) fn shown_as(path: &Path) -> Result<PathBuf, Failure> {
    let path = absolute(path)?;
    match path.iter().find(|name| name.len() > NAME_MAX) {
        None => Ok(path),
        Some(name) => Err(Failure::usage(
            format!("the name \"{}\" is longer than {NAME_MAX} bytes", name.display()),
            "choose a shorter name",
        )),
    }
}

/// All of them.
///
/// # Errors
/// As [`absolute`].
pub(crate) fn all_absolute(paths: &[impl AsRef<Path>]) -> Result<Vec<PathBuf>, Failure> {
    paths.iter().map(|path| absolute(path.as_ref())).collect()
}

#[cfg(test)]
mod tests {
    use super::{absolute, shown_as};
    use std::path::Path;

    #[test]
    fn dots_are_resolved_by_text() {
        for (given, clean) in [("/a/../b/./c/", "/b/c"), ("/../..", "/"), ("/a//b", "/a/b")] {
            assert_eq!(absolute(Path::new(given)).unwrap(), Path::new(clean));
        }
        assert!(absolute(Path::new("relative")).unwrap().is_absolute());
        assert!(absolute(Path::new("")).is_err());
    }

    #[test]
    fn what_is_shown_can_be_restored() {
        let name = "n".repeat(255);
        assert_eq!(shown_as(Path::new(&format!("/a/../{name}"))).unwrap(), Path::new(&format!("/{name}")));
        assert!(shown_as(Path::new(&format!("/{name}n/x"))).is_err());
    }
}
