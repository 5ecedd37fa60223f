//! Trees read from packs that this machine keeps: one is fetched whole when something in it is asked for, for there is more to
//! come.
//!
//! Invariants: what is kept hashed to its name when it was fetched, and each segment is opened as one from the storage is; where that
//! fails the pack is dropped. Who fetches a pack holds a buffer of those for packs, and never beside one that is mended.

use crate::index::KnownSegment;
use crate::reader::Opening;
use crate::{BlobReader, KnownPack, Repository, layout};
use lifeboat_format::{Pack, Role};
use std::sync::PoisonError;

impl BlobReader {
    /// Opens a segment of a pack of trees that is kept, or is kept from now on; whether it did. Why not is for the storage to
    /// tell.
    pub(crate) fn open_kept(
        &self,
        pack: &KnownPack,
        segment: &KnownSegment,
        opening: &mut Opening,
        out: &mut Vec<u8>,
    ) -> bool {
        let kept = &self.repository.kept;
        if pack.role != Role::Tree || !kept.keeps() {
            return false;
        }
        let Opening { sealed, opener } = opening;
        sealed.resize(segment.place.sealed_length as usize, 0);
        let mut open_now = || {
            let now = self.repository.environment.clock.now();
            kept.read_pack(pack.id, segment.place.offset.into(), sealed, now)
                && self.open(pack, segment, sealed, opener, out).is_ok()
        };
        if open_now() {
            return true;
        }
        kept.drop_pack(pack.id);
        self.fetch_tree(pack) && open_now()
    }

    /// Fetches a pack that is to be kept. Whoever needs another one waits.
    fn fetch_tree(&self, pack: &KnownPack) -> bool {
        let kept = &self.repository.kept;
        let length = pack.stored_length;
        let is_taken = kept.takes_pack(length) && length <= self.repository.memory().longest_pack();
        let Some(size) = usize::try_from(length).ok().filter(|_| is_taken) else { return false };
        let mut mended = self.mended.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.has_pack(pack.id) {
            return true;
        }
        mended.release();
        let Some(mut buffer) = self.packs.take_beside(Role::Tree, self.held) else { return false };
        buffer.bytes.resize(size, 0);
        let fetched = self.repository.backend.get_range(&layout::pack(pack.id), 0, &mut buffer.bytes);
        let is_sound = fetched.is_ok() && Pack::scrub(pack.id, &buffer.bytes).is_ok();
        if is_sound {
            kept.keep_pack(pack.id, &buffer.bytes, self.repository.environment.clock.now());
        }
        is_sound
    }
}

impl Repository {
    /// Keeps a pack that is in the storage, if it is one of trees.
    pub(crate) fn keep_tree(&self, pack: &Pack) {
        if pack.header.role() == Role::Tree {
            self.kept.keep_pack(pack.id, &pack.bytes, self.environment.clock.now());
        }
    }
}
