//! Paths of the command line, made absolute by their text alone: no link is followed.

use crate::exit::Failure;
use std::path::{Component, Path, PathBuf};

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

/// All of them.
///
/// # Errors
/// As [`absolute`].
pub(crate) fn all_absolute(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    paths.iter().map(|path| absolute(path)).collect()
}

#[cfg(test)]
mod tests {
    use super::absolute;
    use std::path::Path;

    #[test]
    fn dots_are_resolved_by_text() {
        for (given, clean) in [("/a/../b/./c/", "/b/c"), ("/../..", "/"), ("/a//b", "/a/b")] {
            assert_eq!(absolute(Path::new(given)).unwrap(), Path::new(clean));
        }
        assert!(absolute(Path::new("relative")).unwrap().is_absolute());
        assert!(absolute(Path::new("")).is_err());
    }
}
