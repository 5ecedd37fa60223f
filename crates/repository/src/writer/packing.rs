//! Packs being filled by several workers at once.

use super::storing::Store;
use crate::RepositoryError;
use crate::buffers::Buffers;
use lifeboat_format::{
    Compression, FormatError, PackBuilder, PackSealer, PackSegment, PackedBlob, Role, VerifyWrites,
};
use std::sync::{Arc, Mutex, PoisonError};

/// A pack whose segments are on their way.
#[derive(Debug)]
pub(super) struct OpenPack {
    sealer: PackSealer,
    state: Mutex<PackState>,
}

#[derive(Debug)]
struct PackState {
    builder: Option<PackBuilder>,
    submitted: u32,
    submitted_blobs: u32,
    landed: u32,
    closed: bool,
}

impl OpenPack {
    pub(super) fn new(store: &Store, role: Role) -> Self {
        let sealer = store.pack_sealer(role);
        let builder = Some(PackBuilder::new(store.pack_buffer()));
        let state = PackState { builder, submitted: 0, submitted_blobs: 0, landed: 0, closed: false };
        Self { sealer, state: Mutex::new(state) }
    }

    /// Bytes that have landed.
    pub(super) fn sealed_length(&self) -> usize {
        self.lock().builder.as_ref().map_or(0, PackBuilder::length)
    }

    /// Blobs that have landed or are on their way.
    pub(super) fn submitted_blobs(&self) -> u32 {
        self.lock().submitted_blobs
    }

    /// Number of the next segment.
    pub(super) fn submit(&self, blobs: usize) -> Result<u32, FormatError> {
        let mut state = self.lock();
        let ordinal = state.submitted;
        state.submitted += 1;
        state.submitted_blobs += u32::try_from(blobs).map_err(|_| FormatError::Limit("pack"))?;
        Ok(ordinal)
    }

    /// Nothing more will be submitted; the last segment to land sends the pack to the store.
    pub(super) fn close(&self, store: &Arc<Store>) {
        let mut state = self.lock();
        state.closed = true;
        self.store_if_complete(&mut state, store);
    }

    fn land(
        &self,
        ordinal: u32,
        segment: PackSegment,
        sealed: &[u8],
        blobs: &[PackedBlob],
        store: &Arc<Store>,
    ) -> Result<(), RepositoryError> {
        let mut state = self.lock();
        if let Some(builder) = &mut state.builder {
            builder.push(ordinal, segment, sealed, blobs)?;
        }
        state.landed += 1;
        self.store_if_complete(&mut state, store);
        Ok(())
    }

    fn store_if_complete(&self, state: &mut PackState, store: &Arc<Store>) {
        if !state.closed || state.landed < state.submitted {
            return;
        }
        if let Some(builder) = state.builder.take() {
            match builder.finish(&self.sealer, store.random(), store.parity_percent()) {
                Ok(pack) => store.put(pack),
                Err(error) => store.fail(error.into()),
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, PackState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Compresses and seals one segment, and reads it back.
pub(super) struct SealJob {
    pub(super) pack: Arc<OpenPack>,
    pub(super) ordinal: u32,
    pub(super) raw: Vec<u8>,
    pub(super) blobs: Vec<PackedBlob>,
    pub(super) compression: Compression,
    pub(super) verify_writes: VerifyWrites,
    pub(super) store: Arc<Store>,
    pub(super) buffers: Arc<Buffers>,
}

impl SealJob {
    pub(super) fn run(mut self) {
        let mut sealed = self.buffers.take();
        if let Err(error) = self.seal(&mut sealed) {
            self.store.fail(error);
        }
        self.buffers.give(sealed);
        self.buffers.give(self.raw);
    }

    fn seal(&mut self, sealed: &mut Vec<u8>) -> Result<(), RepositoryError> {
        let mut compressor = self.store.compressor(self.compression);
        let random = self.store.random().array();
        let (sealer, verify) = (&self.pack.sealer, self.verify_writes);
        let segment =
            sealer.seal_segment(self.ordinal, &self.raw, &mut compressor, &random, verify, sealed)?;
        self.store.give_compressor(compressor);
        for blob in &mut self.blobs {
            blob.segment = self.ordinal;
        }
        self.pack.land(self.ordinal, segment, sealed, &self.blobs, &self.store)
    }
}
