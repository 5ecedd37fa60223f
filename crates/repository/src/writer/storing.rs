//! Storing packs and, behind them, the index objects that name them, and the entries that name those.
//!
//! Invariants: an index object is stored only when every pack in it is durable, an entry only when its index objects are.
//! A pack stands in one index object of its session, and in the entry that names that. The first error ends the session: it is kept, and
//! everybody who asks is told.

use super::added::AddedBlobs;
use crate::buffers::{PackBuffer, PackBuffers, Pool};
use crate::session_log::SessionLog;
use crate::{Repository, RepositoryError, Workers, layout};
use lifeboat_format::{
    Bug, BuiltIndex, Compression, Compressor, EntryKind, IndexBuilder, ObjectList, Pack, PackId, PackSealer,
    Random, Role, planted,
};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Silence after which a pack that is stored leads to an entry: what a kill leaves unnamed is no older.
const SILENCE_MAX: Duration = Duration::from_secs(600);

/// Blobs after which the index objects of a session are stored: until then memory holds what they say.
const INDEX_BLOBS_TARGET: usize = 1 << 16;

/// Where the packs of a session go.
pub(super) struct Store {
    repository: Repository,
    log: Arc<SessionLog>,
    /// What entries say of what was stored so far.
    kind: EntryKind,
    workers: Workers,
    compressors: Pool<Compressor>,
    packs: Arc<PackBuffers>,
    failure: Mutex<Failure>,
    naming: Mutex<Naming>,
    /// What this session added, as far as it may not be in the index yet.
    pub(super) added: AddedBlobs,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Store")
    }
}

#[derive(Default)]
struct Failure {
    first: Option<RepositoryError>,
    happened: bool,
}

/// What is durable, and how far it is named.
struct Naming {
    open: [IndexBuilder; 2],
    /// What no entry of the session names yet.
    unsaid: ObjectList,
    /// All packs.
    packs: Vec<PackId>,
    bytes: u64,
}

/// What was stored.
pub(super) struct Stored {
    /// Index objects and packs that no entry of the session names yet.
    pub(super) unsaid: ObjectList,
    /// All packs.
    pub(super) packs: Vec<PackId>,
    /// Length in bytes of everything that was stored.
    pub(super) bytes: u64,
}

impl Store {
    pub(super) fn new(
        repository: Repository,
        (log, kind): (Arc<SessionLog>, EntryKind),
        packs: Arc<PackBuffers>,
        workers: Workers,
    ) -> Self {
        let open = Role::ALL.map(IndexBuilder::new);
        Self {
            added: AddedBlobs::new(repository.clone()),
            packs,
            repository,
            log,
            kind,
            workers,
            compressors: Pool::default(),
            failure: Mutex::default(),
            naming: Mutex::new(Naming { open, unsaid: ObjectList::default(), packs: Vec::new(), bytes: 0 }),
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

    /// A buffer for a pack; waits while too many packs are filled, stored or read.
    pub(super) fn pack_buffer(&self, role: Role) -> PackBuffer {
        self.packs.take(role)
    }

    /// A compressor that is not in use, or a new one.
    pub(super) fn compressor(&self, compression: Compression) -> Compressor {
        self.compressors.take(|| Compressor::new(compression))
    }

    pub(super) fn give_compressor(&self, compressor: Compressor) {
        self.compressors.give(compressor);
    }

    /// Keeps the first error.
    pub(super) fn fail(&self, error: RepositoryError) {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.happened = true;
        failure.first.get_or_insert(error);
    }

    /// Whether the session can go on.
    pub(super) fn check(&self) -> Result<(), RepositoryError> {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        match (failure.first.take(), failure.happened) {
            (Some(error), _) => Err(error),
            (None, true) => {
                Err(RepositoryError::Missing("what an earlier error kept from being stored".into()))
            }
            (None, false) => Ok(()),
        }
    }

    /// Stores a pack as soon as there is room; then its buffer is free.
    pub(super) fn put(self: &Arc<Self>, pack: Pack, buffer: PackBuffer) {
        let store = Arc::clone(self);
        self.workers.run_storing(move || {
            if let Err(error) = store.put_now(pack, buffer)
                && !planted(Bug::IgnoredPutError)
            {
                store.fail(error);
            }
        });
    }

    /// Closes the index of what was stored.
    pub(super) fn finish(&self) -> Result<Stored, RepositoryError> {
        self.check()?;
        let mut naming = self.naming();
        self.put_indexes(&mut naming)?;
        let unsaid = std::mem::take(&mut naming.unsaid);
        Ok(Stored { unsaid, packs: std::mem::take(&mut naming.packs), bytes: naming.bytes })
    }

    /// What is durable, and no entry names it.
    pub(super) fn unnamed(&self) -> ObjectList {
        let naming = self.naming();
        let mut unnamed = naming.unsaid.clone();
        unnamed.packs.extend(naming.open.iter().flat_map(IndexBuilder::packs));
        unnamed
    }

    /// Tells the log what was stored so far, so that it counts whatever becomes of the session.
    pub(super) fn provide(&self) -> Result<(), RepositoryError> {
        self.check()?;
        self.provide_now(&mut self.naming())
    }

    fn put_now(&self, mut pack: Pack, mut buffer: PackBuffer) -> Result<(), RepositoryError> {
        if planted(Bug::IndexBeforePacks) {
            self.name(&pack)?;
            self.provide()?;
        }
        self.put_and_name(&mut pack)?;
        buffer.bytes = pack.bytes;
        Ok(())
    }

    /// Stores a pack, and names it.
    pub(super) fn put_and_name(&self, pack: &mut Pack) -> Result<(), RepositoryError> {
        let bytes = Arc::new(std::mem::take(&mut pack.bytes));
        // From now on there may be a pack that no entry names.
        self.repository.kept.forget_listing();
        self.repository.backend.put_shared(&layout::pack(pack.id), &bytes)?;
        pack.bytes = Arc::unwrap_or_clone(bytes);
        self.repository.keep_tree(pack);
        self.name(pack)?;
        self.naming().bytes += pack.bytes.len() as u64;
        Ok(())
    }

    /// Names a pack that is durable in the index of this session. An entry names no more than one index object of each
    /// role does, which bounds it too.
    pub(super) fn name(&self, pack: &Pack) -> Result<(), RepositoryError> {
        let mut naming = self.naming();
        let role = pack.header.role().position();
        if naming.open.iter().map(IndexBuilder::blobs).sum::<usize>() >= INDEX_BLOBS_TARGET
            || !naming.open[role].has_room_for(pack)
        {
            self.provide_now(&mut naming)?;
        }
        naming.open[role].add(pack)?;
        naming.packs.push(pack.id);
        match self.log.silence() >= SILENCE_MAX {
            true => self.provide_now(&mut naming),
            false => Ok(()),
        }
    }

    fn provide_now(&self, naming: &mut Naming) -> Result<(), RepositoryError> {
        let built = self.put_indexes(naming)?;
        built.iter().try_for_each(|built| self.added.settle(built))?;
        let unsaid = std::mem::take(&mut naming.unsaid);
        match unsaid.packs.is_empty() {
            true => Ok(()),
            false => self.log.put(self.kind, unsaid.encode()).map(drop),
        }
    }

    fn put_indexes(&self, naming: &mut Naming) -> Result<Vec<BuiltIndex>, RepositoryError> {
        let open = std::mem::replace(&mut naming.open, Role::ALL.map(IndexBuilder::new));
        let full = open.into_iter().filter(|builder| !builder.is_empty());
        full.map(|builder| {
            let packs = builder.packs();
            let built = builder.finish(&self.repository.keyring, self.random())?;
            self.repository.control.put(&layout::index(built.hash), &built.bytes)?;
            naming.unsaid.index.push(built.hash);
            naming.unsaid.packs.extend(packs);
            naming.bytes += built.bytes.len() as u64;
            Ok(built)
        })
        .collect()
    }

    fn naming(&self) -> MutexGuard<'_, Naming> {
        self.naming.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
