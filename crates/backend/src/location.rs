//! Where a repository lies, as people write it.
//!
//! A plain path or `file:///path` is a directory of this machine; `s3://`, `gs://` and `az://` are buckets of object
//! storage.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::remote::connect;
use crate::{Backend, BackendError, ErrorKind, LocalBackend, StoreSettings};

/// The schemes of object storage.
const OBJECT_STORES: [&str; 3] = ["s3", "gs", "az"];

/// A parsed location; its `Display` is a text that parses to the same location.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Location {
    /// A directory of this machine, absolute or relative to the working directory.
    Directory(PathBuf),
    /// A bucket of object storage and a prefix in it.
    ObjectStore(String),
}

impl Location {
    /// Understands `/path`, `relative/path`, `file:///path`, `s3://bucket/prefix`, `gs://…` and `az://…`.
    ///
    /// Whatever stands before a `:` in the first component is a scheme; write `./a:b` for a path like that.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidName`] for an empty or malformed text, [`ErrorKind::Unsupported`] for an unknown
    /// scheme.
    pub fn parse(text: &str) -> Result<Self, BackendError> {
        let Some((scheme, rest)) = split_scheme(text) else { return Self::directory(text, text) };
        match scheme {
            "file" => Self::directory(text, file_path(rest).ok_or_else(|| malformed(text))?),
            _ if OBJECT_STORES.contains(&scheme) => Self::object_store(scheme, rest),
            _ => Err(BackendError::new(ErrorKind::Unsupported, "open", scheme)
                .with_source("what works is a path or file:///path; write ./ before a path with a colon")),
        }
    }

    /// Opens what is there.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when there is no directory; [`ErrorKind::InvalidName`] when the settings make no sense.
    /// Object storage is not asked for anything yet.
    pub fn open(&self, settings: &StoreSettings) -> Result<Arc<dyn Backend>, BackendError> {
        match self {
            Self::Directory(path) => Ok(Arc::new(LocalBackend::open(path)?)),
            Self::ObjectStore(url) => Ok(Arc::new(connect(url, settings)?)),
        }
    }

    /// Opens it and creates missing directories before.
    ///
    /// # Errors
    /// As [`LocalBackend::create`] and [`Location::open`]. Buckets are not created.
    pub fn create(&self, settings: &StoreSettings) -> Result<Arc<dyn Backend>, BackendError> {
        match self {
            Self::Directory(path) => Ok(Arc::new(LocalBackend::create(path)?)),
            Self::ObjectStore(_) => self.open(settings),
        }
    }

    fn directory(text: &str, path: &str) -> Result<Self, BackendError> {
        if path.is_empty() || path.contains('\0') {
            return Err(malformed(text));
        }
        Ok(Self::Directory(Path::new(path).to_owned()))
    }

    fn object_store(scheme: &str, rest: &str) -> Result<Self, BackendError> {
        let bucket = rest.strip_prefix("//").and_then(|rest| rest.split('/').next()).unwrap_or_default();
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        if bucket.is_empty() || !bucket.bytes().all(allowed) {
            // The rest is not shown: people paste keys in front of the bucket.
            return Err(malformed(&format!("{scheme}://"))
                .with_source("a bucket is expected after //, and only a bucket"));
        }
        Ok(Self::ObjectStore(format!("{scheme}:{rest}")))
    }
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(path) if split_scheme(&path.to_string_lossy()).is_some() => {
                write!(formatter, "./{}", path.display())
            }
            Self::Directory(path) => write!(formatter, "{}", path.display()),
            Self::ObjectStore(url) => formatter.write_str(url),
        }
    }
}

/// Text before and after the first `:`, unless a `/` comes earlier.
fn split_scheme(text: &str) -> Option<(&str, &str)> {
    text.split_once(':').filter(|(scheme, _)| !scheme.contains('/'))
}

/// The path in `///path`. A host is refused, and so are the characters that a URL would encode or cut at:
/// whether `%20` means a space is a guess, and a guessed directory is a repository in the wrong place.
fn file_path(rest: &str) -> Option<&str> {
    rest.strip_prefix("//").filter(|path| path.starts_with('/') && !path.contains(['%', '?', '#']))
}

fn malformed(text: &str) -> BackendError {
    BackendError::new(ErrorKind::InvalidName, "open", text)
}
