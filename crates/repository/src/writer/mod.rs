//! The way down below the engine: blobs in, durable packs and index objects out.
//!
//! `dedup → segment → compress, seal → pack → store → index`. The caller sees `put` and `finish`; only `finish`
//! gives a [`Flushed`], and only a `Flushed` can be committed. Segments are compressed and sealed in parallel and
//! may land in their pack in any order; each was read back before it counts, unless the options ask for less.

mod added;
mod adoption;
mod packing;
mod storing;

use crate::buffers::{PackBuffers, Pool};
use crate::session_log::SessionLog;
use crate::{Index, Repository, RepositoryError, Workers};
use lifeboat_format::{
    BlobHasher, BlobId, Compression, EntryKind, ObjectHash, ObjectList, PackId, PackedBlob, Role, Timestamp,
    VerifyWrites,
};
use packing::{OpenPack, SealJob};
use std::collections::BTreeSet;
use std::sync::Arc;
use storing::Store;

/// How to write.
#[derive(Clone, Debug)]
pub struct WriterOptions {
    /// How hard to compress.
    pub compression: Compression,
    /// What is read back before it is stored.
    pub verify_writes: VerifyWrites,
    /// Where segments are compressed and sealed, and packs stored.
    pub workers: Workers,
}

/// What a writer has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WriterStats {
    /// Data blobs that were new.
    pub data_blobs: u64,
    /// Tree blobs that were new.
    pub tree_blobs: u64,
    /// Bytes of new blobs before compression.
    pub bytes_added: u64,
}

/// Takes blobs and stores those that are new.
#[derive(Debug)]
pub struct BlobWriter {
    repository: Repository,
    index: Arc<Index>,
    hasher: BlobHasher,
    options: WriterOptions,
    store: Arc<Store>,
    buffers: Arc<Pool<Vec<u8>>>,
    stats: WriterStats,
    lanes: [Lane; 2],
    /// Whether it stores also what lies elsewhere.
    copies: bool,
}

/// The open segment and pack of one role.
#[derive(Debug)]
struct Lane {
    role: Role,
    target: usize,
    raw: Vec<u8>,
    blobs: Vec<PackedBlob>,
    pack: Option<Arc<OpenPack>>,
}

/// Proof that everything a session put is durable, packs before the index objects that name them. It lists what no
/// `Provide` of the session has listed.
#[derive(Debug)]
pub struct Flushed {
    pub(crate) index: Vec<ObjectHash>,
    pub(crate) packs: Vec<PackId>,
    /// Packs that hold what it stored or found stored.
    pub(crate) relied: BTreeSet<PackId>,
    /// When the packs were listed that it relies on, where all were as they should be.
    pub(crate) listed: Option<Timestamp>,
    stats: WriterStats,
    stored_bytes: u64,
}

impl Flushed {
    /// What was written.
    #[must_use]
    pub fn stats(&self) -> WriterStats {
        self.stats
    }

    /// What no entry of the session has named yet.
    #[must_use]
    pub fn unnamed(&self) -> ObjectList {
        ObjectList { index: self.index.clone(), packs: self.packs.clone() }
    }

    /// Packs that hold what it stored or found stored.
    #[must_use]
    pub fn relied(&self) -> &BTreeSet<PackId> {
        &self.relied
    }

    /// The same, which relies on these packs, too.
    #[must_use]
    pub fn relying_on(self, packs: &BTreeSet<PackId>) -> Self {
        Self { relied: self.relied.union(packs).copied().collect(), ..self }
    }

    /// Bytes of all objects that were stored.
    #[must_use]
    pub fn stored_bytes(&self) -> u64 {
        self.stored_bytes
    }
}

impl BlobWriter {
    /// A writer of the session whose log this is.
    pub(crate) fn new(
        repository: &Repository,
        log: Arc<SessionLog>,
        packs: Arc<PackBuffers>,
        index: Arc<Index>,
        options: WriterOptions,
    ) -> Self {
        Self::saying(EntryKind::PROVIDE, repository, log, packs, index, options)
    }

    /// A writer of copies for a pruner whose log this is.
    pub(crate) fn copier(
        repository: &Repository,
        log: Arc<SessionLog>,
        packs: Arc<PackBuffers>,
        index: Arc<Index>,
        options: WriterOptions,
    ) -> Self {
        Self { copies: true, ..Self::saying(EntryKind::RELOCATE, repository, log, packs, index, options) }
    }

    /// A writer that tells the log by entries of this kind what it has stored so far.
    fn saying(
        kind: EntryKind,
        repository: &Repository,
        log: Arc<SessionLog>,
        packs: Arc<PackBuffers>,
        index: Arc<Index>,
        options: WriterOptions,
    ) -> Self {
        let lane = |role, target: u32| Lane {
            role,
            target: target as usize,
            raw: Vec::with_capacity(repository.memory().segment()),
            blobs: Vec::new(),
            pack: None,
        };
        let config = repository.config();
        let store = Store::new(repository.clone(), (log, kind), packs, options.workers.clone());
        Self {
            hasher: repository.blob_hasher(),
            store: Arc::new(store),
            buffers: Arc::default(),
            stats: WriterStats::default(),
            lanes: [lane(Role::Data, config.data_segment), lane(Role::Tree, config.tree_segment)],
            repository: repository.clone(),
            index,
            options,
            copies: false,
        }
    }

    /// Stores a blob unless it is known, and gives its id.
    ///
    /// # Errors
    /// Those of the storage, met by any job since the last call; the session cannot go on after one.
    pub fn put(&mut self, role: Role, bytes: &[u8]) -> Result<BlobId, RepositoryError> {
        self.store.check()?;
        let id = self.hasher.id(role, bytes);
        // Whoever copies knows what is needed, and gives each blob once.
        if !self.copies && self.contains(&id)? {
            return Ok(id);
        }
        let length = u32::try_from(bytes.len()).map_err(|_| lifeboat_format::FormatError::Limit("blob"))?;
        self.count(role, length);
        self.store.added.add([id]);
        let lane = &mut self.lanes[role.position()];
        if !lane.raw.is_empty() && lane.raw.len() + bytes.len() > lane.target {
            self.close_segment(role)?;
        }
        let lane = &mut self.lanes[role.position()];
        let offset =
            u32::try_from(lane.raw.len()).map_err(|_| lifeboat_format::FormatError::Limit("blob"))?;
        lane.blobs.push(PackedBlob { id, segment: 0, offset, length });
        lane.raw.extend_from_slice(bytes);
        match lane.raw.len() >= lane.target {
            true => self.close_segment(role).map(|()| id),
            false => Ok(id),
        }
    }

    /// Whether a blob has a place that counts, or was put in this session.
    ///
    /// # Errors
    /// Those of [`Index::contains`].
    pub fn contains(&self, id: &BlobId) -> Result<bool, RepositoryError> {
        Ok(self.store.added.contains(id)? || self.index.contains(id)?)
    }

    /// The index that it relies on.
    #[must_use]
    pub fn index(&self) -> &Arc<Index> {
        &self.index
    }

    /// What was written so far.
    #[must_use]
    pub fn stats(&self) -> WriterStats {
        self.stats
    }

    /// Waits until everything is durable.
    ///
    /// # Errors
    /// The first error that any job met.
    pub fn finish(mut self) -> Result<Flushed, RepositoryError> {
        self.store_packs()?;
        let stored = self.store.finish()?;
        Ok(Flushed {
            index: stored.unsaid.index,
            packs: stored.unsaid.packs,
            relied: self.index.relied_on().chain(stored.packs).collect(),
            listed: self.index.listed(),
            stored_bytes: stored.bytes,
            stats: self.stats,
        })
    }

    /// Ends a session that commits nothing: stores all that was put and tells the log, so that the next session can use
    /// it as it is.
    ///
    /// # Errors
    /// The first error that any job met.
    pub fn leave(mut self) -> Result<(), RepositoryError> {
        self.store_packs()?;
        self.store.provide()
    }

    /// What it has stored by now and no entry of the session names.
    #[must_use]
    pub fn unnamed(&self) -> ObjectList {
        self.options.workers.wait();
        self.store.unnamed()
    }

    /// Closes the open packs and waits until all are durable, or one could not be stored.
    ///
    /// # Errors
    /// When what is open cannot be made a pack.
    pub fn store_packs(&mut self) -> Result<(), RepositoryError> {
        for role in Role::ALL {
            self.close_segment(role)?;
            self.close_pack(role);
        }
        self.options.workers.wait();
        Ok(())
    }

    fn count(&mut self, role: Role, length: u32) {
        match role {
            Role::Data => self.stats.data_blobs += 1,
            Role::Tree => self.stats.tree_blobs += 1,
        }
        self.stats.bytes_added += u64::from(length);
    }

    /// Sends the open segment of a role to be sealed.
    fn close_segment(&mut self, role: Role) -> Result<(), RepositoryError> {
        let lane = &mut self.lanes[role.position()];
        if lane.blobs.is_empty() {
            return Ok(());
        }
        // What grows by itself ends twice as large as it need be.
        let mut empty = self.buffers.take(|| Vec::with_capacity(self.repository.memory().segment()));
        empty.clear();
        let raw = std::mem::replace(&mut lane.raw, empty);
        let blobs = std::mem::take(&mut lane.blobs);
        let pack = lane.pack.get_or_insert_with(|| Arc::new(OpenPack::new(&self.store, lane.role)));
        let ordinal = pack.submit(blobs.len(), raw.len())?;
        let job = SealJob {
            pack: Arc::clone(pack),
            ordinal,
            raw,
            blobs,
            compression: self.options.compression,
            verify_writes: self.options.verify_writes,
            store: Arc::clone(&self.store),
            buffers: Arc::clone(&self.buffers),
        };
        let pack = Arc::clone(&job.pack);
        self.options.workers.run(move || job.run());
        let memory = self.repository.memory();
        if pack.is_full(memory.pack_size(role), memory.pack_excess()) {
            self.close_pack(role);
        }
        Ok(())
    }

    /// Says that nothing more comes for the open pack of a role.
    fn close_pack(&mut self, role: Role) {
        if let Some(pack) = self.lanes[role.position()].pack.take() {
            pack.close(&self.store);
        }
    }
}
