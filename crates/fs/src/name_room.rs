//! Room for names of all directories of a walk, and where to put what finds none.
//!
//! Invariant: a directory takes at most a quarter of what those above it have left, so that there is always some.

use crate::FsError;
use crate::spill::Spill;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a directory may hold at least, in bytes: less would make too many runs of its names.
const LEAST: usize = 64 << 10;

/// Room for names. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct NameRoom(Option<Arc<Shared>>);

#[derive(Debug)]
struct Shared {
    bytes: usize,
    taken: AtomicUsize,
    directory: PathBuf,
}

/// What one directory has of it.
#[derive(Debug, Default)]
pub(crate) struct Share {
    room: NameRoom,
    limit: usize,
    taken: usize,
}

impl NameRoom {
    /// Room for so many bytes in memory; what is more goes to files without a name in a directory.
    #[must_use]
    pub fn new(bytes: usize, directory: &Path) -> Self {
        let taken = AtomicUsize::new(0);
        Self(Some(Arc::new(Shared { bytes, taken, directory: directory.to_owned() })))
    }

    /// Room for any number of names in memory.
    #[must_use]
    pub fn endless() -> Self {
        Self(None)
    }

    /// The share of one more directory.
    pub(crate) fn share(&self) -> Share {
        let limit = self.0.as_ref().map_or(usize::MAX, |shared| {
            let left = shared.bytes.saturating_sub(shared.taken.load(Ordering::Relaxed));
            LEAST.min(shared.bytes).max(left / 4)
        });
        Share { room: self.clone(), limit, taken: 0 }
    }
}

impl Share {
    /// Bytes that the directory may take.
    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// Takes any number of bytes from here on.
    pub(crate) fn lift(&mut self) {
        self.limit = usize::MAX;
    }

    /// Takes so many bytes until it is dropped.
    pub(crate) fn settle(&mut self, bytes: usize) {
        if let Self { room: NameRoom(Some(shared)), .. } = self {
            shared.taken.fetch_add(bytes, Ordering::Relaxed);
            self.taken += bytes;
        }
    }

    /// A file for names that found no room.
    pub(crate) fn spill(&self) -> Result<Spill, FsError> {
        let directory = self.room.0.as_ref().map(|shared| shared.directory.as_path());
        Spill::create(directory.unwrap_or_else(|| Path::new("")))
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if let NameRoom(Some(shared)) = &self.room {
            shared.taken.fetch_sub(self.taken, Ordering::Relaxed);
        }
    }
}
