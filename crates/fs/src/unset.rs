//! What of an entry's metadata did not come back, and why.

use lifeboat_sys::io::Errno;
use std::io;

/// A part of the metadata that an entry does not have after a restore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unset {
    /// Which part: `owner`, `group`, `mode`, `set-user-id or set-group-id`, `mtime`, `atime`, `xattrs`, `xattr`
    /// or `flag` with a name, or `metadata` for all of it. One line of text.
    pub what: String,
    /// Why.
    pub reason: UnsetReason,
}

/// Why a part of the metadata did not come back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnsetReason {
    /// It takes root, and this process is not root.
    NotPermitted,
    /// The file system of the target cannot hold it.
    NotSupported,
    /// The file system of the target keeps it less exactly: a time, to the second or two.
    Rounded,
    /// The kernel refused, for this reason.
    Failed(String),
}

impl UnsetReason {
    pub(crate) fn of(errno: Errno, privileged: bool) -> Self {
        match errno {
            Errno::OPNOTSUPP | Errno::NOTTY | Errno::NOSYS => Self::NotSupported,
            Errno::PERM | Errno::ACCESS if !privileged => Self::NotPermitted,
            _ => Self::Failed(io::Error::from(errno).to_string()),
        }
    }
}
