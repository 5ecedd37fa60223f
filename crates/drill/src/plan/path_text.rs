//! Paths of this machine within what fingerprints are made of: some are no text.

use lifeboat_engine::escaped;
use serde::Serializer;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// For `serialize_with`: different paths give different texts.
pub(super) fn of<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&escaped(path.as_os_str().as_bytes()))
}

/// The same, where there may be none.
pub(super) fn of_some<S: Serializer>(
    path: &Option<impl AsRef<Path>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match path {
        Some(path) => of(path.as_ref(), serializer),
        None => serializer.serialize_none(),
    }
}
