//! The way up: blobs by their ids, verified.
//!
//! Invariant: nothing leaves here that was not authenticated and does not hash to the id it was asked for by. A
//! blob with several places is read from the first that is sound, or that the parity of its pack can mend.

use crate::buffers::{PackBuffers, Pool};
use crate::index::{BlobPlace, KnownPack, KnownSegment, SegmentNumber};
use crate::mended::MendedPacks;
use crate::renewal::Renewal;
use crate::segments::RecentSegments;
use crate::{Index, NeededBlob, Repository, RepositoryError, layout};
use lifeboat_format::{BlobHasher, BlobId, BlobPrefix, FormatError, Opener, PackId, PackSealer, Role};
use std::sync::{Arc, Mutex, PoisonError};

/// Reads blobs.
#[derive(Debug)]
pub struct BlobReader {
    pub(crate) repository: Repository,
    pub(crate) packs: Arc<PackBuffers>,
    /// Packs of each role that others hold in these buffers until a caller goes on.
    pub(crate) held: usize,
    pub(crate) index: Arc<Index>,
    hasher: BlobHasher,
    recent: Mutex<RecentSegments>,
    pub(crate) mended: Mutex<MendedPacks>,
    opening: Pool<Opening>,
    /// Buffers of what is fetched.
    pub(crate) ranges: Pool<Vec<u8>>,
    /// Where it looks again for what is missing.
    pub(crate) renewal: Option<Renewal>,
}

/// What opening a segment needs.
#[derive(Default)]
pub(crate) struct Opening {
    pub(crate) sealed: Vec<u8>,
    pub(crate) opener: Opener,
}

impl Repository {
    /// A reader of what `index` knows.
    #[must_use]
    pub fn reader(&self, index: Arc<Index>) -> BlobReader {
        let packs = PackBuffers::new(|role| self.memory().mending_buffers(role));
        BlobReader::new(self, packs, 0, index)
    }
}

impl BlobReader {
    pub(crate) fn new(
        repository: &Repository,
        packs: Arc<PackBuffers>,
        held: usize,
        index: Arc<Index>,
    ) -> Self {
        let recent = Mutex::new(RecentSegments::new(repository.memory().recent_segments()));
        let (repository, hasher) = (repository.clone(), repository.blob_hasher());
        let (mended, opening, ranges) = Default::default();
        Self { repository, packs, held, index, hasher, recent, mended, opening, ranges, renewal: None }
    }

    /// The index it reads by.
    #[must_use]
    pub fn index(&self) -> &Arc<Index> {
        &self.index
    }

    /// A blob's bytes, from a replica if they cannot be had here; its segment is kept for its neighbours.
    ///
    /// # Errors
    /// [`RepositoryError::Missing`] when it has no place, or the damage of its last place; [`RepositoryError::Swept`] where the snapshot that
    /// is read was swept meanwhile.
    pub fn read(&self, role: Role, id: &BlobId) -> Result<Vec<u8>, RepositoryError> {
        let found = self.seek(id, |reader| {
            reader.any_place(reader.index.places(id)?, &format_args!("blob {id}"), |place| {
                let segment = reader.recent_segment(place.segment)?;
                let bytes = reader.slice(role, id, place, &segment)?;
                Ok(bytes.to_vec())
            })
        });
        match found {
            Err(error) if error.is_damage() => self.repository.replicas.read(role, id).ok_or(error),
            found => found,
        }
    }

    /// The same by what indexes find a blob by.
    ///
    /// # Errors
    /// As [`BlobReader::read`].
    pub fn read_by_prefix(&self, role: Role, prefix: BlobPrefix) -> Result<Vec<u8>, RepositoryError> {
        let places = self.index.places_by_prefix(prefix)?;
        let found = self.any_place(places, &format_args!("{role} blob"), |place| {
            let segment = self.recent_segment(place.segment)?;
            let BlobPlace { offset, length, .. } = place;
            let blob = NeededBlob { segment: place.segment, offset, length, prefix };
            Ok(self.needed(role, &blob, &segment)?.to_vec())
        });
        match found {
            Err(error) if error.is_damage() => {
                self.repository.replicas.read_by_prefix(role, prefix).ok_or(error)
            }
            found => found,
        }
    }

    /// Whether a replica has a blob; it is read for it.
    #[must_use]
    pub fn is_in_replica(&self, role: Role, id: &BlobId) -> bool {
        self.repository.replicas.read(role, id).is_some()
    }

    /// Opens a whole segment into `out`, whose former content is dropped. What it holds is authentic, but that a
    /// slice of it is a certain blob is only said by [`BlobReader::slice`]. Where it is damaged or cannot be read, and
    /// its pack has parity, the pack is mended in memory.
    ///
    /// # Errors
    /// When the pack is missing, or the segment damaged.
    pub fn open_segment(&self, number: SegmentNumber, out: &mut Vec<u8>) -> Result<(), RepositoryError> {
        self.with_opening(|opening| self.open_with(opening, number, out))
    }

    /// The blob within an opened segment.
    ///
    /// # Errors
    /// When what lies at its place does not hash to its id.
    pub fn slice<'s>(
        &self,
        role: Role,
        id: &BlobId,
        place: BlobPlace,
        segment: &'s [u8],
    ) -> Result<&'s [u8], RepositoryError> {
        let start = place.offset as usize;
        let bytes = segment.get(start..start + place.length as usize);
        match bytes.filter(|bytes| self.is_blob(role, id, bytes)) {
            Some(bytes) => Ok(bytes),
            None => {
                Err(RepositoryError::reading(&format!("{role} blob {id}"), FormatError::WrongHash("blob")))
            }
        }
    }

    /// A blob that is needed, within its opened segment.
    ///
    /// # Errors
    /// When what lies at its place does not hash to what the index finds it by.
    pub fn needed<'s>(
        &self,
        role: Role,
        blob: &NeededBlob,
        segment: &'s [u8],
    ) -> Result<&'s [u8], RepositoryError> {
        let start = blob.offset as usize;
        let bytes = segment.get(start..start + blob.length as usize);
        let is_it = |bytes: &&[u8]| BlobPrefix::from(&self.hasher.id(role, bytes)) == blob.prefix;
        bytes
            .filter(is_it)
            .ok_or_else(|| RepositoryError::reading(&format!("{role} blob"), FormatError::WrongHash("blob")))
    }

    /// Whether these bytes are the blob of this id.
    #[must_use]
    pub fn is_blob(&self, role: Role, id: &BlobId, bytes: &[u8]) -> bool {
        self.hasher.id(role, bytes) == *id
    }

    pub(crate) fn with_opening<T>(&self, open: impl FnOnce(&mut Opening) -> T) -> T {
        let mut opening = self.opening.take(Opening::default);
        let opened = open(&mut opening);
        self.opening.give(opening);
        opened
    }

    fn any_place<T>(
        &self,
        places: Vec<BlobPlace>,
        what: &std::fmt::Arguments<'_>,
        read: impl Fn(BlobPlace) -> Result<T, RepositoryError>,
    ) -> Result<T, RepositoryError> {
        let mut last = RepositoryError::Missing(what.to_string());
        for place in places {
            match read(place) {
                Ok(found) => return Ok(found),
                Err(error) if error.is_damage() => {
                    self.index.doubt(place)?;
                    last = error;
                }
                Err(error) => return Err(error),
            }
        }
        Err(last)
    }

    fn open_with(
        &self,
        opening: &mut Opening,
        number: SegmentNumber,
        out: &mut Vec<u8>,
    ) -> Result<(), RepositoryError> {
        let segment = self.index.segment(number)?;
        let pack = self.index.pack(segment.pack);
        if self.open_kept(pack, &segment, opening, out) {
            return Ok(());
        }
        let Opening { sealed, opener } = opening;
        let read = self.read_sealed(pack, &segment, sealed);
        let error = match read.and_then(|()| self.open(pack, &segment, sealed, opener, out)) {
            Err(error) if error.is_damage() => error,
            other => return other,
        };
        // What was listed is not all there any more.
        self.repository.kept.forget_listing();
        if !pack.has_parity() {
            return Err(error);
        }
        // What is wrong with the segment says more than why the rest of the pack is of no help.
        let core = self.mended_pack(pack).ok().flatten();
        let start = segment.place.offset as usize;
        match core
            .as_ref()
            .and_then(|core| core.bytes.get(start..start + segment.place.sealed_length as usize))
        {
            Some(sealed) => self.open(pack, &segment, sealed, opener, out),
            None => Err(error),
        }
    }

    /// Fills `sealed` with a segment as it is stored.
    fn read_sealed(
        &self,
        pack: &KnownPack,
        segment: &KnownSegment,
        sealed: &mut Vec<u8>,
    ) -> Result<(), RepositoryError> {
        sealed.resize(segment.place.sealed_length as usize, 0);
        self.read_range(pack, u64::from(segment.place.offset), sealed)
    }

    /// Fills `out` with what lies at `offset` of a pack.
    pub(crate) fn read_range(
        &self,
        pack: &KnownPack,
        offset: u64,
        out: &mut [u8],
    ) -> Result<(), RepositoryError> {
        let name = layout::pack(pack.id);
        match self.repository.backend.get_range(&name, offset, out) {
            Err(error) if error.is_not_found() => Err(RepositoryError::Missing(name.to_string())),
            Err(error) if error.is_short() => {
                Err(RepositoryError::reading(&name, FormatError::Malformed("pack: it is cut short")))
            }
            other => Ok(other?),
        }
    }

    pub(crate) fn open(
        &self,
        pack: &KnownPack,
        segment: &KnownSegment,
        sealed: &[u8],
        opener: &mut Opener,
        out: &mut Vec<u8>,
    ) -> Result<(), RepositoryError> {
        let sealer = PackSealer::open(&self.repository.keyring, self.index.header(segment.pack)?);
        let opened = sealer
            .and_then(|sealer| sealer.open_segment(segment.ordinal, &segment.place, sealed, opener, out));
        opened.map_err(|source| RepositoryError::reading(&layout::pack(pack.id), source))
    }

    /// Keeps nothing for neighbours any more: another reader does. These packs are mended, as it said.
    pub(crate) fn forget_recent(&self, mended: Vec<PackId>) {
        *self.recent.lock().unwrap_or_else(PoisonError::into_inner) = RecentSegments::new(0);
        self.mended.lock().unwrap_or_else(PoisonError::into_inner).add(mended);
    }

    fn recent_segment(&self, number: SegmentNumber) -> Result<Arc<Vec<u8>>, RepositoryError> {
        let lock = || self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = lock().find(number) {
            return Ok(found);
        }
        let mut raw = lock().spare();
        self.open_segment(number, &mut raw)?;
        let segment = Arc::new(raw);
        lock().keep(number, Arc::clone(&segment));
        Ok(segment)
    }
}
