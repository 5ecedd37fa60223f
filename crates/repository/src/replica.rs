//! Other repositories with the same keys: what is lost or damaged in this one is read from there.
//!
//! Invariants: a replica is asked only when this repository cannot give a blob in any other way, and its index is not even loaded before;
//! what it gives is proved like everything that is read. One that cannot be asked is no help, and that is told.

use crate::{BlobReader, KnownPack, Repository, RepositoryError, layout};
use lifeboat_format::{BlobId, BlobPrefix, Compression, PackId, Role};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// The replicas of a repository.
#[derive(Debug, Default)]
pub(crate) struct Replicas(Vec<Replica>);

#[derive(Debug)]
struct Replica {
    repository: Repository,
    /// None where it cannot be asked.
    reader: OnceLock<Option<BlobReader>>,
    blobs: AtomicU64,
    trouble: Mutex<Option<RepositoryError>>,
}

/// What a replica did for a repository.
#[derive(Debug)]
pub struct ReplicaHelp {
    /// Where it lies.
    pub location: String,
    /// How many blobs were read from there.
    pub blobs: u64,
    /// Why it was of no help at all, if it was asked and could not be used.
    pub trouble: Option<RepositoryError>,
}

impl Repository {
    /// The same repository, whose readers ask these for what is lost in it.
    ///
    /// # Errors
    /// [`RepositoryError::OtherKeys`] when one has other keys: nothing in it has the name that it has here.
    pub fn with_replicas(mut self, others: Vec<Self>) -> Result<Self, RepositoryError> {
        if let Some(other) = others.iter().find(|other| !self.has_keys_of(other)) {
            return Err(RepositoryError::OtherKeys(other.location()));
        }
        let replicas = others.into_iter().map(Replica::new).collect();
        self.replicas = Arc::new(Replicas(replicas));
        Ok(self)
    }

    /// The same repository, which asks nobody else for anything.
    #[must_use]
    pub fn without_replicas(&self) -> Self {
        let mut alone = self.clone();
        alone.replicas = Arc::default();
        alone
    }

    /// Whether there is any replica.
    #[must_use]
    pub fn has_replicas(&self) -> bool {
        !self.replicas.0.is_empty()
    }

    /// What each replica did so far that did anything, or was asked in vain.
    #[must_use]
    pub fn take_help(&self) -> Vec<ReplicaHelp> {
        let taken = self.replicas.0.iter().map(Replica::take);
        taken.filter(|help| help.blobs > 0 || help.trouble.is_some()).collect()
    }

    /// Whether a replica has a whole pack; it is read for it.
    #[must_use]
    pub fn is_in_replica(&self, pack: &KnownPack) -> bool {
        self.pack_of_replica(pack.id, pack.stored_length).is_some()
    }

    /// The whole pack `id`, of so many bytes, from the first replica that has it sound; and where that lies.
    pub(crate) fn pack_of_replica(&self, id: PackId, stored_length: u64) -> Option<(Vec<u8>, String)> {
        self.replicas.0.iter().find_map(|replica| {
            let bytes = replica.keep(replica.repository.remains(id, stored_length))?;
            Some((bytes, replica.repository.location()))
        })
    }

    /// The same of a pack of which only its name is known.
    pub(crate) fn unlisted_pack_of_replica(&self, id: PackId) -> Option<(Vec<u8>, String)> {
        self.replicas.0.iter().find_map(|replica| {
            let size = match replica.repository.backend.stat(&layout::pack(id)) {
                Err(error) if error.is_not_found() => return None,
                found => replica.keep(found.map_err(RepositoryError::from))?.size,
            };
            let bytes = replica.keep(replica.repository.remains(id, size))?;
            Some((bytes, replica.repository.location()))
        })
    }
}

impl Replicas {
    /// A blob, from the first that can give it.
    pub(crate) fn read(&self, role: Role, id: &BlobId) -> Option<Vec<u8>> {
        self.0.iter().find_map(|replica| replica.ask(|reader| reader.read(role, id)))
    }

    /// A blob by what indexes find it by, from the first that can give it.
    pub(crate) fn read_by_prefix(&self, role: Role, prefix: BlobPrefix) -> Option<Vec<u8>> {
        self.0.iter().find_map(|replica| replica.ask(|reader| reader.read_by_prefix(role, prefix)))
    }
}

impl Replica {
    fn new(repository: Repository) -> Self {
        // It is asked seldom, and its memory is beside that of the repository which it helps.
        let repository = repository.within(0, 1, Compression::default());
        Self { repository, reader: OnceLock::new(), blobs: AtomicU64::new(0), trouble: Mutex::default() }
    }

    fn ask<T>(&self, read: impl FnOnce(&BlobReader) -> Result<T, RepositoryError>) -> Option<T> {
        let found = self.keep(read(self.reader()?))?;
        self.blobs.fetch_add(1, Ordering::Relaxed);
        Some(found)
    }

    fn reader(&self) -> Option<&BlobReader> {
        let load = || {
            let view = self.repository.view(&self.repository.read_log()?)?;
            let index = self.repository.load_index(&view)?;
            Ok(self.repository.reader(Arc::new(index)))
        };
        self.reader.get_or_init(|| self.keep(load())).as_ref()
    }

    /// What was found; what is missing or damaged there as well is no trouble of its own.
    fn keep<T>(&self, found: Result<T, RepositoryError>) -> Option<T> {
        match found {
            Ok(found) => Some(found),
            Err(error) if error.is_damage() => None,
            Err(error) => {
                self.trouble.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                None
            }
        }
    }

    fn take(&self) -> ReplicaHelp {
        ReplicaHelp {
            location: self.repository.location(),
            blobs: self.blobs.swap(0, Ordering::Relaxed),
            trouble: self.trouble.lock().unwrap_or_else(PoisonError::into_inner).take(),
        }
    }
}
