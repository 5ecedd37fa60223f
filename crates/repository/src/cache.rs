//! What a client keeps of a repository on its own machine, and how much of it in memory.
//!
//! Nothing of it is needed: whoever loses it reads the index from the repository again, and no longer knows what was in the
//! log before.

use crate::heads::Heads;
use crate::index::TableCache;
use crate::kept::Kept;
use lifeboat_backend::Backend;
use lifeboat_format::{Keyring, RepositoryId};
use std::path::PathBuf;
use std::sync::Arc;

/// Where the index is kept, and of a repository that is far away more than that.
#[derive(Clone, Debug)]
pub struct CacheOptions {
    /// The directory of all caches, made if there is none. Without one, or where it cannot be written, nothing is kept.
    pub directory: Option<PathBuf>,
    /// Directories for files that are gone when the process ends, where there is no cache for them. The first that can be
    /// written is used.
    pub temporary: Vec<PathBuf>,
    /// Bytes of the index that are held in memory, at most.
    pub memory: usize,
    /// Bytes of packs of trees that are kept of a repository that is far away, at most.
    pub packs: u64,
}

impl CacheOptions {
    /// Bytes of the index that are held in memory where nothing else is said.
    pub const MEMORY: usize = 24 << 20;

    /// Bytes of packs of trees that are kept where nothing else is said: those of some ten million files.
    pub const PACKS: u64 = 2 << 30;

    /// What is kept of the repository on `backend` besides its index.
    pub(crate) fn kept(&self, backend: &dyn Backend, repository: RepositoryId) -> Kept {
        match self.folder(repository) {
            Some(folder) if backend.is_remote() => Kept::new(folder, self.packs),
            _ => Kept::default(),
        }
    }

    /// What is remembered of the log of the repository on `backend`.
    pub(crate) fn heads(&self, backend: &dyn Backend, keyring: &Keyring, repository: RepositoryId) -> Heads {
        Heads::new(keyring.cache_key(), self.folder(repository), &backend.place())
    }

    pub(crate) fn tables(&self, keyring: &Keyring, repository: RepositoryId) -> Arc<TableCache> {
        let folder = self.folder(repository).map(|folder| folder.join("index"));
        Arc::new(TableCache::new(keyring.cache_key(), folder, self.temporary.clone(), self.memory))
    }

    /// Where all that is kept of a repository lies.
    fn folder(&self, repository: RepositoryId) -> Option<PathBuf> {
        self.directory.as_ref().map(|directory| directory.join(repository.to_string()))
    }
}

impl Default for CacheOptions {
    /// Nothing is kept.
    fn default() -> Self {
        Self {
            directory: None,
            temporary: vec![PathBuf::from("/tmp")],
            memory: Self::MEMORY,
            packs: Self::PACKS,
        }
    }
}
