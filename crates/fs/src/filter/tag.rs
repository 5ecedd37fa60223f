//! Files whose presence excludes the rest of their directory.

use super::{Exclusion, beginning};
use crate::{FsError, FsErrorKind, SourceDir};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

/// Name and first bytes of the tag of a cache directory: <https://bford.info/cachedir/>.
const CACHE_TAG: (&[u8], &[u8]) = (b"CACHEDIR.TAG", b"Signature: 8a477f597d28d172789f06886806bc55");

/// A name, and the bytes that a file of this name has to begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    name: Vec<u8>,
    header: Vec<u8>,
}

impl Tag {
    /// The tag that programs put into their cache directories.
    #[must_use]
    pub fn cache_directory() -> Self {
        let (name, header) = CACHE_TAG;
        Self { name: name.to_vec(), header: header.to_vec() }
    }

    /// Understands `FILE` and `FILE:HEADER`.
    ///
    /// # Errors
    /// `FILE` is not the name of one entry of a directory.
    pub fn parse(text: &OsStr) -> Result<Self, FsError> {
        let bytes = text.as_bytes();
        let colon = bytes.iter().position(|byte| *byte == b':');
        let (name, header) = colon.map_or((bytes, &b""[..]), |colon| (&bytes[..colon], &bytes[colon + 1..]));
        crate::name::check_name("look for", name, || PathBuf::from(text))?;
        Ok(Self { name: name.to_vec(), header: header.to_vec() })
    }

    /// The name of the file.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// Whether the entry of this name in a directory is the tag. Where a header is asked for, only a regular file is.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn marks(&self, dir: &SourceDir) -> Result<bool, FsError> {
        if self.header.is_empty() {
            return Ok(true);
        }
        match beginning(dir, &self.name, self.header.len()) {
            Ok(bytes) => Ok(bytes == self.header),
            Err(error) if matches!(error.kind(), FsErrorKind::NotFound | FsErrorKind::WrongKind) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Why the rest of the directory is left out.
    #[must_use]
    pub fn exclusion(&self) -> Exclusion {
        match (self.name.as_slice(), self.header.as_slice()) == CACHE_TAG {
            true => Exclusion::CacheDirectory,
            false => Exclusion::Present(self.name.clone()),
        }
    }
}
