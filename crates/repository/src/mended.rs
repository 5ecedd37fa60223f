//! Damaged packs that were mended in memory from their own parity.
//!
//! Invariants: what is given is header and core as they were, by their hash. One mended pack is kept at a time, for the
//! next of its segments, in a buffer of which there are only so many; a pack that cannot be mended is tried once.

use crate::buffers::PackBuffer;
use crate::{BlobReader, KnownPack, RepositoryError, layout};
use lifeboat_backend::{Backend, BackendError, ObjectName};
use lifeboat_format::{FormatError, Pack, PackId, limits};
use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};

/// What disks lose at once, and the least that is read around such a hole.
const SECTOR: usize = 4 << 10;
/// Bytes that are read at once while nothing is wrong with them.
const PART: usize = 1 << 20;
/// No pack can lose more than one part in so many: then nothing is read any more.
const HOLES_DIVISOR: usize = 100 / limits::PARITY_PERCENT_MAX as usize;

/// The packs that a reader mended, or could not mend.
#[derive(Debug, Default)]
pub(crate) struct MendedPacks {
    last: Option<(PackId, Arc<PackBuffer>)>,
    mended: BTreeSet<PackId>,
    hopeless: BTreeSet<PackId>,
}

impl MendedPacks {
    /// Gives the buffer of the pack that was mended last free, as soon as nobody reads in it.
    pub(crate) fn release(&mut self) {
        self.last = None;
    }

    /// Somebody else mended these.
    pub(crate) fn add(&mut self, mended: Vec<PackId>) {
        self.mended.extend(mended);
    }
}

impl BlobReader {
    /// Whether a damaged pack gives back all that it held: it is read whole, and mended in memory.
    ///
    /// # Errors
    /// When the storage fails in another way than by bytes that cannot be read.
    pub fn can_mend(&self, pack: &KnownPack) -> Result<bool, RepositoryError> {
        Ok(self.mended_pack(pack)?.is_some())
    }

    /// Packs that were found damaged and mended so far.
    #[must_use]
    pub fn mended(&self) -> Vec<PackId> {
        let newest = self.mended_by_newest();
        let packs = self.mended.lock().unwrap_or_else(PoisonError::into_inner);
        packs.mended.iter().copied().chain(newest).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Header and core of a damaged pack, if they can be brought back. Whoever needs another one waits: they are large.
    pub(crate) fn mended_pack(&self, pack: &KnownPack) -> Result<Option<Arc<PackBuffer>>, RepositoryError> {
        let mut packs = self.mended.lock().unwrap_or_else(PoisonError::into_inner);
        match &packs.last {
            Some((id, core)) if *id == pack.id => return Ok(Some(Arc::clone(core))),
            _ if packs.hopeless.contains(&pack.id) => return Ok(None),
            _ if pack.stored_length > self.repository.memory().longest_pack() => return Ok(None),
            _ => packs.release(),
        }
        // What a backup cannot read of its parent it reads anew from the source.
        let Some(mut buffer) = self.packs.take_beside(pack.role, self.held) else { return Ok(None) };
        let bytes = std::mem::take(&mut buffer.bytes);
        let remains = match read_remains(&*self.repository.backend, pack.id, pack.stored_length, bytes) {
            Err(error) if error.is_damage() => None,
            other => Some(other?),
        };
        let Some(core) = remains.and_then(|bytes| Pack::heal(pack.id, bytes).ok()) else {
            packs.hopeless.insert(pack.id);
            return Ok(None);
        };
        buffer.bytes = core;
        let core = Arc::new(buffer);
        packs.last = Some((pack.id, Arc::clone(&core)));
        packs.mended.insert(pack.id);
        Ok(Some(core))
    }
}

/// What can be read of a pack of at most so many bytes, with zeros in place of what cannot; in `bytes`, whose memory is used
/// again.
pub(crate) fn read_remains(
    backend: &dyn Backend,
    id: PackId,
    longest: u64,
    mut bytes: Vec<u8>,
) -> Result<Vec<u8>, RepositoryError> {
    let name = layout::pack(id);
    let size = match backend.stat(&name) {
        Err(error) if error.is_not_found() => return Err(RepositoryError::Missing(name.to_string())),
        other => other?.size.min(longest),
    };
    bytes.clear();
    bytes.resize(usize::try_from(size).map_err(|_| FormatError::Limit("pack"))?, 0);
    let mut room = bytes.len() / HOLES_DIVISOR + SECTOR;
    for (number, part) in (0..).zip(bytes.chunks_mut(PART)) {
        read_around_holes(backend, &name, number * PART as u64, part, &mut room)?;
    }
    Ok(bytes)
}

/// Fills `part` with what lies at `offset`; where that cannot be read its halves are tried, down to a sector.
fn read_around_holes(
    backend: &dyn Backend,
    name: &ObjectName,
    offset: u64,
    part: &mut [u8],
    room: &mut usize,
) -> Result<(), BackendError> {
    match backend.get_range(name, offset, part) {
        Err(error) if error.is_damaged() || error.is_short() => {
            if part.len() > SECTOR {
                let middle = (part.len() / 2).next_multiple_of(SECTOR);
                let (left, right) = part.split_at_mut(middle);
                read_around_holes(backend, name, offset, left, room)?;
                return read_around_holes(backend, name, offset + middle as u64, right, room);
            }
            part.fill(0);
            *room = room.checked_sub(part.len()).ok_or(error)?;
            Ok(())
        }
        other => other,
    }
}
