//! The blobs that a session has added: those on their way in memory, those that a stored index object names in tables.
//!
//! Invariant: memory grows with what is on its way, not with what the session adds. A blob is in the one or the other
//! from the moment it was added.

use crate::index::{Bulk, Tables};
use crate::{Repository, RepositoryError, layout};
use lifeboat_format::{BlobId, BlobPrefix, BuiltIndex, Index as IndexObject};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a session has added.
#[derive(Debug)]
pub(super) struct AddedBlobs {
    repository: Repository,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    on_their_way: HashSet<BlobPrefix>,
    bulk: Bulk,
    tables: Tables,
}

impl AddedBlobs {
    pub(super) fn new(repository: Repository) -> Self {
        let bulk = Bulk::new(Arc::clone(&repository.tables));
        let tables = bulk.ask_together(&repository);
        Self { repository, state: Mutex::new(State { on_their_way: HashSet::new(), bulk, tables }) }
    }

    /// Blobs that are on their way from now on.
    pub(super) fn add(&self, ids: impl IntoIterator<Item = BlobId>) {
        self.lock().on_their_way.extend(ids.into_iter().map(|id| BlobPrefix::from(&id)));
    }

    /// Whether a blob was added.
    pub(super) fn contains(&self, id: &BlobId) -> Result<bool, RepositoryError> {
        let (state, prefix) = (self.lock(), BlobPrefix::from(id));
        Ok(state.on_their_way.contains(&prefix) || state.tables.contains(&prefix)?)
    }

    /// The blobs of an index object have arrived: it is stored.
    pub(super) fn settle(&self, built: &BuiltIndex) -> Result<(), RepositoryError> {
        let object = IndexObject::parse(built.hash, &built.bytes, &self.repository.keyring)
            .map_err(|source| RepositoryError::reading(&layout::index(built.hash), source))?;
        let mut state = self.lock();
        state.bulk.add(&self.repository, built.hash, &object)?;
        state.tables = state.bulk.ask_together(&self.repository);
        for blob in &object.blobs {
            state.on_their_way.remove(&blob.prefix);
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
