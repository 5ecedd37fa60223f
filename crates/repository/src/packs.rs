//! Whole packs, read to prove them sound.
//!
//! Invariant: never more of them in memory than there are buffers, whoever reads.

use crate::buffers::{PackBuffer, PackBuffers, Pool};
use crate::{BlobReader, Index, KnownPack, Repository, RepositoryError, layout};
use lifeboat_format::{BlobHasher, FormatError, Opener, Pack, PackId, PackSealer, PackedBlob, Role};
use std::sync::Arc;

/// Reads whole packs.
#[derive(Debug)]
pub struct PackReader {
    repository: Repository,
    hasher: BlobHasher,
    buffers: Arc<PackBuffers>,
    opening: Pool<(Opener, Vec<u8>)>,
}

/// The bytes of a pack, whatever they are.
#[derive(Debug)]
pub struct FetchedPack(PackBuffer);

impl BlobReader {
    /// A reader of whole packs. It has buffers apart from that in which this one mends a pack: what waits to be verified
    /// may hold all of them.
    #[must_use]
    pub fn pack_reader(&self) -> PackReader {
        let (repository, hasher) = (self.repository.clone(), self.repository.blob_hasher());
        let buffers = PackBuffers::new(|role| repository.memory().verifying_buffers(role));
        PackReader { repository, hasher, buffers, opening: Pool::default() }
    }
}

impl Repository {
    /// Reads a whole pack into `buffer`. The length is that which the storage tells.
    pub(crate) fn fetch_pack(
        &self,
        id: PackId,
        length: u64,
        mut buffer: PackBuffer,
    ) -> Result<PackBuffer, RepositoryError> {
        let name = layout::pack(id);
        let damaged = |source| RepositoryError::reading(&name, source);
        let length = usize::try_from(length).ok().filter(|_| length <= self.memory().longest_pack());
        buffer.bytes.resize(length.ok_or_else(|| damaged(FormatError::Limit("pack")))?, 0);
        match self.backend.get_range(&name, 0, &mut buffer.bytes) {
            Err(error) if error.is_not_found() => Err(RepositoryError::Missing(name.to_string())),
            Err(error) if error.is_short() => Err(damaged(FormatError::Malformed("pack length"))),
            other => Ok(other.map(|()| buffer)?),
        }
    }

    /// Lets `look` see a pack that was fetched, if it is what its name says, with its directory; segments are not opened.
    /// The pack is in `buffer` until `look` is done with it.
    pub(crate) fn look_into_pack<T>(
        &self,
        id: PackId,
        mut buffer: PackBuffer,
        look: impl FnOnce(&mut Pack) -> Result<T, RepositoryError>,
    ) -> Result<T, RepositoryError> {
        let bytes = std::mem::take(&mut buffer.bytes);
        let mut pack = Pack::parse(id, bytes, &self.keyring)
            .map_err(|source| RepositoryError::reading(&layout::pack(id), source))?;
        let seen = look(&mut pack);
        buffer.bytes = pack.bytes;
        seen
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

impl PackReader {
    /// Reads a pack and proves everything in it.
    ///
    /// Gives the bytes that were read.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn verify(&self, known: &KnownPack, index: &Index) -> Result<u64, RepositoryError> {
        self.verify_fetched(known, self.fetch(known)?, index)
    }

    /// Reads a pack; waits while there are as many as may be in memory.
    ///
    /// # Errors
    /// When it is missing, or cannot be read.
    pub fn fetch(&self, known: &KnownPack) -> Result<FetchedPack, RepositoryError> {
        let missing = || RepositoryError::Missing(pack_object(known.id));
        let length = known.found_length.ok_or_else(missing)?;
        self.repository.fetch_pack(known.id, length, self.buffers.take(Role::Data)).map(FetchedPack)
    }

    /// Proves everything in a pack: its name, its directory, every segment and every blob, its parity, and that the index
    /// places exactly these blobs in it.
    ///
    /// Gives its length in bytes.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn verify_fetched(
        &self,
        known: &KnownPack,
        fetched: FetchedPack,
        index: &Index,
    ) -> Result<u64, RepositoryError> {
        let name = layout::pack(known.id);
        self.repository.look_into_pack(known.id, fetched.0, |pack| {
            let damaged = |source| RepositoryError::reading(&name, source);
            if !is_as_placed(known, index, pack)? {
                return Err(damaged(FormatError::Malformed("index of this pack")));
            }
            self.check_segments(pack).map_err(damaged)?;
            Pack::scrub_parity(&pack.bytes).map_err(damaged)?;
            Ok(pack.bytes.len() as u64)
        })
    }

    fn check_segments(&self, pack: &mut Pack) -> Result<(), FormatError> {
        let sealer = PackSealer::open(&self.repository.keyring, pack.header)?;
        pack.blobs.sort_unstable_by_key(|blob| (blob.segment, blob.offset));
        let mut blobs = &pack.blobs[..];
        let (mut opener, mut raw) = self.opening.take(Default::default);
        for (ordinal, segment) in (0..).zip(&pack.segments) {
            let (own, rest) = blobs.split_at(blobs.partition_point(|blob| blob.segment == ordinal));
            blobs = rest;
            sealer.open_segment(ordinal, segment, pack.sealed(segment), &mut opener, &mut raw)?;
            let is_blob = |blob: &PackedBlob| {
                let bytes = &raw[blob.offset as usize..][..blob.length as usize];
                self.hasher.id(pack.header.role(), bytes) == blob.id
            };
            if !own.iter().all(is_blob) {
                return Err(FormatError::WrongHash("blob"));
            }
        }
        self.opening.give((opener, raw));
        Ok(())
    }
}

/// Whether the index places exactly the blobs of a pack in it.
fn is_as_placed(known: &KnownPack, index: &Index, pack: &Pack) -> Result<bool, RepositoryError> {
    let mut is_placed = known.blobs == pack.blobs.len();
    for blob in &pack.blobs {
        is_placed = is_placed && has_place_at(index, pack, blob)?;
    }
    Ok(is_placed)
}

/// Whether the index has the blob where the directory of the pack says that it is.
fn has_place_at(index: &Index, pack: &Pack, blob: &PackedBlob) -> Result<bool, RepositoryError> {
    for place in index.places(&blob.id)? {
        let segment = index.segment(place.segment)?;
        if index.pack(segment.pack).id == pack.id
            && segment.ordinal == blob.segment
            && pack.segments.get(blob.segment as usize) == Some(&segment.place)
            && (place.offset, place.length) == (blob.offset, blob.length)
        {
            return Ok(true);
        }
    }
    Ok(false)
}
