//! Which names may be created below a target.
//!
//! Names of a restore come out of a repository, which may be hostile: this check is what keeps every one of
//! them inside the directory it is used in.

use crate::FsError;
use std::path::PathBuf;

/// Longest name a Linux file system takes, in bytes.
const NAME_MAX: usize = 255;

/// Accepts a name that means exactly one entry of a directory.
/// `path` is asked for only to say where the name was refused.
pub(crate) fn check_name(
    operation: &'static str,
    name: &[u8],
    path: impl FnOnce() -> PathBuf,
) -> Result<(), FsError> {
    let flaw = match name {
        b"" => "the name is empty",
        b"." | b".." => "the name means a directory that is there already",
        _ if name.contains(&b'/') => "the name contains a slash",
        _ if name.contains(&0) => "the name contains a zero byte",
        _ if name.len() > NAME_MAX => "the name is longer than 255 bytes",
        _ => return Ok(()),
    };
    Err(FsError::invalid(operation, path(), flaw))
}
