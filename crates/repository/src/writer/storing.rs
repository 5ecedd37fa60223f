//! Storing packs and, behind them, the index objects that name them.
//!
//! Invariant: an index object is stored only when every pack in it is durable. The first error ends the session:
//! it is kept, and everybody who asks is told.

use super::added::AddedBlobs;
use crate::{Repository, RepositoryError, Workers, layout};
use lifeboat_format::{
    BuiltIndex, Compression, Compressor, IndexBuilder, ObjectHash, Pack, PackId, PackSealer, Random, Role,
};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Where the packs of a session go.
pub(super) struct Store {
    repository: Repository,
    workers: Workers,
    compressors: Mutex<Vec<Compressor>>,
    buffers: crate::buffers::Buffers,
    state: Mutex<State>,
    /// What this session added, as far as it may not be in the index yet.
    pub(super) added: AddedBlobs,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Store")
    }
}

#[derive(Default)]
struct State {
    open: Option<[IndexBuilder; 2]>,
    stored: Stored,
    failure: Option<RepositoryError>,
    failed: bool,
}

/// What was stored.
#[derive(Default)]
pub(super) struct Stored {
    pub(super) index: Vec<ObjectHash>,
    pub(super) packs: Vec<PackId>,
    pub(super) bytes: u64,
}

impl Store {
    pub(super) fn new(repository: Repository, workers: Workers) -> Self {
        Self {
            added: AddedBlobs::new(repository.clone()),
            repository,
            workers,
            compressors: Mutex::default(),
            buffers: crate::buffers::Buffers::default(),
            state: Mutex::default(),
        }
    }

    pub(super) fn random(&self) -> &dyn Random {
        &*self.repository.environment.random
    }

    /// How much parity packs get.
    pub(super) fn parity_percent(&self) -> u32 {
        self.repository.config().parity
    }

    pub(super) fn pack_sealer(&self, role: Role) -> PackSealer {
        PackSealer::create(&self.repository.keyring, role, self.random())
    }

    pub(super) fn pack_buffer(&self) -> Vec<u8> {
        self.buffers.take()
    }

    /// A compressor that is not in use, or a new one.
    pub(super) fn compressor(&self, compression: Compression) -> Compressor {
        let free = self.compressors.lock().unwrap_or_else(PoisonError::into_inner).pop();
        free.unwrap_or_else(|| Compressor::new(compression))
    }

    pub(super) fn give_compressor(&self, compressor: Compressor) {
        self.compressors.lock().unwrap_or_else(PoisonError::into_inner).push(compressor);
    }

    /// Keeps the first error.
    pub(super) fn fail(&self, error: RepositoryError) {
        let mut state = self.lock();
        state.failed = true;
        state.failure.get_or_insert(error);
    }

    /// Whether the session can go on.
    pub(super) fn check(&self) -> Result<(), RepositoryError> {
        let mut state = self.lock();
        match (state.failure.take(), state.failed) {
            (Some(error), _) => Err(error),
            (None, true) => {
                Err(RepositoryError::Missing("what an earlier error kept from being stored".into()))
            }
            (None, false) => Ok(()),
        }
    }

    /// Stores a pack as soon as there is room.
    pub(super) fn put(self: &Arc<Self>, pack: Pack) {
        let store = Arc::clone(self);
        self.workers.run_storing(move || {
            if let Err(error) = store.put_now(pack) {
                store.fail(error);
            }
        });
    }

    /// Closes the index of what was stored.
    pub(super) fn finish(&self) -> Result<Stored, RepositoryError> {
        self.check()?;
        let mut state = self.lock();
        for builder in state.open.take().into_iter().flatten() {
            self.put_index(builder, &mut state.stored)?;
        }
        Ok(std::mem::take(&mut state.stored))
    }

    fn put_now(&self, pack: Pack) -> Result<(), RepositoryError> {
        self.repository.backend.put(&layout::pack(pack.id), &pack.bytes)?;
        self.name(&pack)?;
        self.lock().stored.bytes += pack.bytes.len() as u64;
        self.buffers.give(pack.bytes);
        Ok(())
    }

    /// Names a pack that is durable in the index of this session.
    pub(super) fn name(&self, pack: &Pack) -> Result<(), RepositoryError> {
        let mut state = self.lock();
        let State { open, stored, .. } = &mut *state;
        let builders = open.get_or_insert_with(|| Role::ALL.map(IndexBuilder::new));
        let role = pack.header.role();
        let builder = &mut builders[role.position()];
        if !builder.has_room_for(pack) {
            let full = std::mem::replace(builder, IndexBuilder::new(role));
            if let Some(built) = self.put_index(full, stored)? {
                self.added.settle(&built)?;
            }
        }
        builder.add(pack)?;
        stored.packs.push(pack.id);
        Ok(())
    }

    fn put_index(
        &self,
        builder: IndexBuilder,
        stored: &mut Stored,
    ) -> Result<Option<BuiltIndex>, RepositoryError> {
        if builder.is_empty() {
            return Ok(None);
        }
        let built = builder.finish(&self.repository.keyring, self.random())?;
        self.repository.backend.put(&layout::index(built.hash), &built.bytes)?;
        stored.index.push(built.hash);
        stored.bytes += built.bytes.len() as u64;
        Ok(Some(built))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
