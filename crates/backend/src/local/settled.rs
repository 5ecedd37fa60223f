//! Which folders this process knows to be durable, so that it syncs each of them once and not at every put.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Folders remembered, at most. Beyond, all are forgotten: that costs syncs, not safety.
const MAX_FOLDERS: usize = 65_536;

/// Folders, by their path below the root, whose entry in their parent is on disk.
#[derive(Debug, Default)]
pub(super) struct Settled {
    folders: Mutex<HashSet<String>>,
}

impl Settled {
    /// Whether the entry of `folder` was synced by this process.
    pub(super) fn contains(&self, folder: &str) -> bool {
        self.folders().contains(folder)
    }

    /// Remembers `folder`; to be called after the sync of its parent has succeeded.
    pub(super) fn insert(&self, folder: &str) {
        let mut folders = self.folders();
        if folders.len() >= MAX_FOLDERS {
            folders.clear();
        }
        folders.insert(folder.to_owned());
    }

    fn folders(&self) -> MutexGuard<'_, HashSet<String>> {
        // Losing an entry only costs a sync, so a panic elsewhere does not matter.
        self.folders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
