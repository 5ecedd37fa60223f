//! Whole packs, read to prove them sound.

use crate::{Index, KnownPack, Repository, RepositoryError, layout};
use lifeboat_format::{FormatError, Pack, PackId, PackSealer, PackedBlob, limits};

impl Repository {
    /// Reads a pack and proves everything in it: its name, its directory, every segment and every blob, its parity, and
    /// that the index places exactly these blobs in it.
    ///
    /// Gives the bytes that were read.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn verify_pack(&self, known: &KnownPack, index: &Index) -> Result<u64, RepositoryError> {
        let id = known.id;
        let name = layout::pack(id);
        let damaged = |source| RepositoryError::reading(&name, source);
        let pack = self.read_pack(id)?;
        let sealer = PackSealer::open(&self.keyring, pack.header).map_err(damaged)?;
        let mut is_placed = known.blobs == pack.blobs.len();
        for blob in &pack.blobs {
            is_placed = is_placed && has_place_at(index, id, &pack, blob)?;
        }
        if !is_placed {
            return Err(damaged(FormatError::Malformed("index of this pack")));
        }
        let hasher = self.blob_hasher();
        let mut blobs = pack.blobs.clone();
        blobs.sort_by_key(|blob| (blob.segment, blob.offset));
        let mut blobs = blobs.iter().peekable();
        let mut raw = Vec::new();
        for (ordinal, segment) in (0..).zip(&pack.segments) {
            sealer.open_segment(ordinal, segment, pack.sealed(segment), &mut raw).map_err(damaged)?;
            while let Some(blob) = blobs.next_if(|blob| blob.segment == ordinal) {
                let start = blob.offset as usize;
                let bytes = &raw[start..start + blob.length as usize];
                if hasher.id(pack.header.role(), bytes) != blob.id {
                    return Err(damaged(FormatError::WrongHash("blob")));
                }
            }
        }
        Pack::scrub_parity(&pack.bytes).map_err(damaged)?;
        Ok(pack.bytes.len() as u64)
    }

    /// A pack that is what its name says, with its directory; segments are not opened.
    pub(crate) fn read_pack(&self, id: PackId) -> Result<Pack, RepositoryError> {
        let name = layout::pack(id);
        let bytes = match self.backend.get(&name, limits::PACK_STORED_MAX) {
            Err(error) if error.is_not_found() => return Err(RepositoryError::Missing(name.to_string())),
            other => other?,
        };
        Pack::parse(id, bytes, &self.keyring).map_err(|source| RepositoryError::reading(&name, source))
    }

    /// Whether a pack that the index knows is there with its length.
    ///
    /// # Errors
    /// [`RepositoryError::Missing`] or damage.
    pub fn check_present(&self, pack: &KnownPack) -> Result<(), RepositoryError> {
        let name = layout::pack(pack.id);
        match pack.found_length {
            None => Err(RepositoryError::Missing(name.to_string())),
            Some(found) if found == pack.stored_length => Ok(()),
            Some(_) => Err(RepositoryError::reading(&name, FormatError::Malformed("pack length"))),
        }
    }
}

/// The name of a pack in the storage.
#[must_use]
pub fn pack_object(id: PackId) -> String {
    layout::pack(id).to_string()
}

/// Whether the index has the blob where the directory of the pack says that it is.
fn has_place_at(index: &Index, id: PackId, pack: &Pack, blob: &PackedBlob) -> Result<bool, RepositoryError> {
    for place in index.places(&blob.id)? {
        let segment = index.segment(place.segment)?;
        if index.pack(segment.pack).id == id
            && segment.ordinal == blob.segment
            && pack.segments.get(blob.segment as usize) == Some(&segment.place)
            && (place.offset, place.length) == (blob.offset, blob.length)
        {
            return Ok(true);
        }
    }
    Ok(false)
}
