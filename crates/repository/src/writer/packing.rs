//! Packs being filled by several workers at once.

use super::storing::Store;
use crate::RepositoryError;
use crate::buffers::{PackBuffer, Pool};
use lifeboat_format::{
    Compression, FormatError, PackBuilder, PackSealer, PackSegment, PackedBlob, Role, VerifyWrites,
};
use std::sync::{Arc, Mutex, PoisonError};

/// Blobs after which a pack is closed, so that what describes them stays small beside it.
const PACK_BLOBS_TARGET: u32 = 1 << 15;

/// A pack whose segments are on their way.
#[derive(Debug)]
pub(super) struct OpenPack {
    sealer: PackSealer,
    state: Mutex<PackState>,
}

#[derive(Debug)]
struct PackState {
    builder: Option<(PackBuilder, PackBuffer)>,
    submitted: u32,
    submitted_blobs: u32,
    landed: u32,
    /// Bytes of segments before compression: all of them, and those that have landed.
    submitted_raw: usize,
    landed_raw: usize,
    closed: bool,
}

impl OpenPack {
    pub(super) fn new(store: &Store, role: Role) -> Self {
        let sealer = store.pack_sealer(role);
        let mut buffer = store.pack_buffer(role);
        let builder = Some((PackBuilder::new(std::mem::take(&mut buffer.bytes)), buffer));
        let state = PackState {
            builder,
            submitted: 0,
            submitted_blobs: 0,
            landed: 0,
            submitted_raw: 0,
            landed_raw: 0,
            closed: false,
        };
        Self { sealer, state: Mutex::new(state) }
    }

    /// Whether it has `size` bytes or will soon: what is on its way is taken to shrink as what has landed did. It is full,
    /// too, where that might carry it too far beyond its size if it does not, and when it has blobs enough.
    pub(super) fn is_full(&self, size: usize, excess: usize) -> bool {
        let state = self.lock();
        let length = state.builder.as_ref().map_or(0, |(builder, _)| builder.length());
        let on_the_way = state.submitted_raw - state.landed_raw;
        let shrunk = (length as u64 * on_the_way as u64).checked_div(state.landed_raw as u64);
        let expected = shrunk.map_or(on_the_way, |shrunk| usize::try_from(shrunk).unwrap_or(usize::MAX));
        length + expected.min(on_the_way) >= size
            || length + on_the_way >= size + excess
            || state.submitted_blobs >= PACK_BLOBS_TARGET
    }

    /// Number of the next segment, of so many blobs and bytes.
    pub(super) fn submit(&self, blobs: usize, raw: usize) -> Result<u32, FormatError> {
        let mut state = self.lock();
        let ordinal = state.submitted;
        state.submitted += 1;
        state.submitted_raw += raw;
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
        if let Some((builder, _)) = &mut state.builder {
            builder.push(ordinal, segment, sealed, blobs)?;
        }
        state.landed += 1;
        state.landed_raw += segment.raw_length as usize;
        self.store_if_complete(&mut state, store);
        Ok(())
    }

    fn store_if_complete(&self, state: &mut PackState, store: &Arc<Store>) {
        if !state.closed || state.landed < state.submitted {
            return;
        }
        if let Some((builder, buffer)) = state.builder.take() {
            match builder.finish(&self.sealer, store.random(), store.parity_percent()) {
                Ok(pack) => store.put(pack, buffer),
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
    pub(super) buffers: Arc<Pool<Vec<u8>>>,
}

impl SealJob {
    pub(super) fn run(mut self) {
        let mut sealed = self.buffers.take(|| Vec::with_capacity(self.raw.capacity()));
        sealed.clear();
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
