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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Clock, Credential, Environment, InitOptions, Process, Processes, Random, init};
    use lifeboat_backend::{Backend, MemoryBackend};
    use lifeboat_format::{
        Compression, Compressor, IndexBuilder, KdfParams, PackBuilder, PackSealer, PackedBlob, Role,
        Timestamp, VerifyWrites,
    };
    use std::sync::atomic::{AtomicU8, Ordering};
    use std::time::Duration;

    struct Counter(AtomicU8);

    impl Random for Counter {
        fn fill(&self, out: &mut [u8]) {
            out.fill(self.0.fetch_add(1, Ordering::Relaxed));
        }
    }

    struct NoClock;

    impl Clock for NoClock {
        fn now(&self) -> Timestamp {
            Timestamp::default()
        }

        fn elapsed(&self) -> Duration {
            Duration::ZERO
        }

        fn sleep(&self, _: Duration) {}
    }

    struct Alone;

    impl Processes for Alone {
        fn this(&self) -> std::io::Result<Process> {
            Ok(Process::default())
        }

        fn started(&self, _: u32) -> Option<u64> {
            Some(0)
        }
    }

    fn repository() -> Repository {
        let random = Arc::new(Counter(AtomicU8::new(1)));
        let environment = Environment { clock: Arc::new(NoClock), random, processes: Arc::new(Alone) };
        let kdf = KdfParams { memory_kib: 8, passes: 1, lanes: 1 };
        let backend: Arc<dyn Backend> = Arc::new(MemoryBackend::new());
        let options = InitOptions { kdf, ..InitOptions::default() };
        init(backend, &Credential::password(b"secret".to_vec()), &options, environment).unwrap().0
    }

    #[test]
    fn what_has_arrived_leaves_the_memory_and_is_still_known() {
        let repository = repository();
        let added = AddedBlobs::new(repository.clone());
        let hasher = repository.keyring.blob_hasher();
        let ids: Vec<_> = (0..1_000_u32).map(|n| hasher.id(Role::Data, &n.to_le_bytes())).collect();
        added.add(ids.iter().copied());
        let random = &*repository.environment.random;
        let sealer = PackSealer::create(&repository.keyring, Role::Data, random);
        let mut builder = PackBuilder::new(Vec::new());
        let arrived = ids[..900].iter().map(|id| PackedBlob { id: *id, segment: 0, offset: 0, length: 1 });
        let mut compressor = Compressor::new(Compression::Off);
        let mut sealed = Vec::new();
        let place = sealer
            .seal_segment(0, &[0], &mut compressor, &random.array(), VerifyWrites::All, &mut sealed)
            .unwrap();
        builder.push(0, place, &sealed, &arrived.collect::<Vec<_>>()).unwrap();
        let mut index = IndexBuilder::new(Role::Data);
        index.add(&builder.finish(&sealer, random, 0).unwrap()).unwrap();
        added.settle(&index.finish(&repository.keyring, random).unwrap()).unwrap();
        assert_eq!(added.lock().on_their_way.len(), 100);
        assert!(ids.iter().all(|id| added.contains(id).unwrap()));
        assert!(!added.contains(&BlobId::new([9; 32])).unwrap());
    }
}
