//! Why an entry is left out.

use crate::escape::{escaped, typed};
use std::fmt;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

/// The rule that left out an entry or, where a directory is marked as a whole, what is in it.
///
/// Its text is for people: one line that reads on from the path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exclusion {
    /// It fits this pattern.
    Pattern(String),
    /// The directory is tagged as a cache; only the tag is kept.
    CacheDirectory,
    /// The directory holds a file of this name; only that is kept.
    Present(Vec<u8>),
    /// It is a file larger than so many bytes.
    LargerThan(u64),
    /// It lies on another file system. Of a directory, which is where that is mounted, the content is left out.
    OtherFileSystem,
    /// It has the file flag for "do not dump".
    NoDump,
    /// git ignores it.
    GitIgnore {
        /// The file that says so.
        file: PathBuf,
        /// The pattern in it.
        pattern: String,
    },
}

impl fmt::Display for Exclusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pattern(pattern) => write!(f, "fits {}", typed(pattern)),
            Self::CacheDirectory => write!(f, "content of a cache directory"),
            Self::Present(name) => write!(f, "content of a directory with {}", escaped(name)),
            Self::LargerThan(bytes) => write!(f, "larger than {bytes} bytes"),
            Self::OtherFileSystem => write!(f, "on another file system"),
            Self::NoDump => write!(f, "flagged as not to be dumped"),
            Self::GitIgnore { file, pattern } => {
                let file = escaped(file.as_os_str().as_bytes());
                write!(f, "fits {} of {file}", typed(pattern))
            }
        }
    }
}
