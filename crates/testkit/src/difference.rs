//! What two trees do not have in common.

use std::fmt::{Display, Formatter, Result};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// One thing that is not the same in two trees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The entry, from the roots of the trees; `.` for the roots themselves.
    pub path: PathBuf,
    /// What of it differs.
    pub aspect: Aspect,
    /// How it is in the first tree: modes in octal, flags in hexadecimal, `-` where it is not there.
    pub first: String,
    /// How it is in the second tree.
    pub second: String,
}

/// What of an entry can differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Aspect {
    /// Only one tree has it; what is below it is not told.
    Presence,
    /// Kind; nothing else of the entry is told.
    Kind,
    /// The lowest twelve bits of the mode.
    Mode,
    /// User.
    Owner,
    /// Group.
    Group,
    /// Size of a file in bytes; then its content and holes are not told.
    Size,
    /// Time of the last modification, to the nanosecond.
    Mtime,
    /// Where a symbolic link points.
    LinkTarget,
    /// Device numbers.
    Device,
    /// The extended attribute of this name, whatever its name space: ACLs and capabilities are among them.
    Xattr(String),
    /// Flags of files and directories, those that somebody sets.
    Flags,
    /// Which names are names of the same inode: told by the first of them.
    HardLinks,
    /// Content of a file, from the byte that is told.
    Content,
    /// Which blocks of a file are data; the first few runs that only one of the files has are told.
    Holes,
}

impl Display for Difference {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let path = self.path.as_os_str().as_bytes().escape_ascii();
        write!(f, "{path}: {:?}: {} and {}", self.aspect, self.first, self.second)
    }
}
