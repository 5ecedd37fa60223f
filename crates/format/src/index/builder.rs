//! An index object under construction: packs go in, one object comes out.
//!
//! Spec: docs/format.md#index.

use super::layout::{
    BlobPrefix, BlobRecord, IndexHeader, IndexedBlob, IndexedPack, IndexedSegment, PackRecord, SegmentRecord,
    records_per_page,
};
use super::reader::Index;
use crate::{FormatError, Keyring, ObjectHash, Pack, PackId, Random, Role, limits};
use zerocopy::{Immutable, IntoBytes};

/// Gathers packs of one role.
#[derive(Debug)]
pub struct IndexBuilder {
    role: Role,
    packs: Vec<IndexedPack>,
    segments: Vec<IndexedSegment>,
    blobs: Vec<IndexedBlob>,
}

/// An index object to be stored.
#[derive(Clone, Debug)]
pub struct BuiltIndex {
    /// Its name.
    pub hash: ObjectHash,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl IndexBuilder {
    /// An empty index of one role.
    #[must_use]
    pub fn new(role: Role) -> Self {
        Self { role, packs: Vec::new(), segments: Vec::new(), blobs: Vec::new() }
    }

    /// Whether nothing was added yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.packs.is_empty()
    }

    /// The packs that were added, in order.
    #[must_use]
    pub fn packs(&self) -> Vec<PackId> {
        self.packs.iter().map(|pack| pack.id).collect()
    }

    /// How many blobs were added.
    #[must_use]
    pub fn blobs(&self) -> usize {
        self.blobs.len()
    }

    /// Whether the object stays within its limit with this pack too.
    #[must_use]
    pub fn has_room_for(&self, pack: &Pack) -> bool {
        let counts = [1, pack.segments.len(), pack.blobs.len()];
        let all = [self.packs.len(), self.segments.len(), self.blobs.len()];
        length_at_most(std::array::from_fn(|kind| all[kind] + counts[kind])) as u64 <= limits::INDEX_MAX
    }

    /// Adds those packs of another object of the same role that `keeps` chooses, if there is room for them; tells whether there is.
    ///
    /// # Errors
    /// [`FormatError::Limit`] beyond 2^32 of anything.
    pub fn add_part(
        &mut self,
        index: &Index,
        keeps: &dyn Fn(&IndexedPack) -> bool,
    ) -> Result<bool, FormatError> {
        let limit = |length: usize| u32::try_from(length).map_err(|_| FormatError::Limit("index"));
        let (mut packs, mut segments) = (vec![None; index.packs.len()], vec![None; index.segments.len()]);
        let mut counts = [self.packs.len(), self.segments.len(), self.blobs.len()];
        for (number, _) in index.packs.iter().enumerate().filter(|(_, pack)| keeps(pack)) {
            packs[number] = Some(limit(counts[0])?);
            counts[0] += 1;
        }
        for (number, segment) in index.segments.iter().enumerate() {
            if packs[segment.pack as usize].is_some() {
                segments[number] = Some(limit(counts[1])?);
                counts[1] += 1;
            }
        }
        counts[2] += index.blobs.iter().filter(|blob| segments[blob.segment as usize].is_some()).count();
        if length_at_most(counts) as u64 > limits::INDEX_MAX {
            return Ok(false);
        }
        self.packs.extend(index.packs.iter().filter(|pack| keeps(pack)).cloned());
        self.segments.extend(index.segments.iter().filter_map(|segment| {
            packs[segment.pack as usize].map(|pack| IndexedSegment { pack, ..*segment })
        }));
        self.blobs.extend(index.blobs.iter().filter_map(|blob| {
            segments[blob.segment as usize].map(|segment| IndexedBlob { segment, ..*blob })
        }));
        Ok(true)
    }

    /// Adds a pack.
    ///
    /// # Errors
    /// [`FormatError::Limit`] beyond 2^32 of anything.
    pub fn add(&mut self, pack: &Pack) -> Result<(), FormatError> {
        let limit = |length: usize| u32::try_from(length).map_err(|_| FormatError::Limit("index"));
        let (pack_number, first_segment) = (limit(self.packs.len())?, limit(self.segments.len())?);
        let stored_length = pack.bytes.len() as u64;
        self.packs.push(IndexedPack { id: pack.id, stored_length, header: pack.header });
        for (ordinal, place) in (0..).zip(&pack.segments) {
            self.segments.push(IndexedSegment { pack: pack_number, ordinal, place: *place });
        }
        self.blobs.extend(pack.blobs.iter().map(|blob| IndexedBlob {
            prefix: BlobPrefix::from(&blob.id),
            segment: first_segment + blob.segment,
            offset: blob.offset,
            length: blob.length,
        }));
        Ok(())
    }

    /// Closes the object.
    ///
    /// # Errors
    /// [`FormatError::Limit`] when it is larger than an index object may be.
    pub fn finish(mut self, keyring: &Keyring, random: &dyn Random) -> Result<BuiltIndex, FormatError> {
        self.blobs.sort_unstable_by_key(|blob| blob.prefix);
        let count = |length: usize| u32::try_from(length).map_err(|_| FormatError::Limit("index"));
        let counts = [count(self.packs.len())?, count(self.segments.len())?, count(self.blobs.len())?];
        let header = IndexHeader::new(self.role, counts, random.array());
        let length = length_at_most([self.packs.len(), self.segments.len(), self.blobs.len()]);
        let mut tables = Tables { header, keyring, random, page: 0, bytes: Vec::with_capacity(length) };
        tables.bytes.extend_from_slice(header.as_bytes());
        tables.write(self.packs.iter().map(IndexedPack::record))?;
        tables.write(self.segments.iter().map(IndexedSegment::record))?;
        tables.write(self.blobs.iter().map(IndexedBlob::record))?;
        let pages = self.blobs.chunks(records_per_page::<BlobRecord>());
        tables.write(pages.map(|page| *page[0].prefix.as_bytes()))?;
        match tables.bytes.len() as u64 <= limits::INDEX_MAX {
            true => Ok(BuiltIndex { hash: ObjectHash::of(&tables.bytes), bytes: tables.bytes }),
            false => Err(FormatError::Limit("index")),
        }
    }
}

/// Bytes of an object with so many packs, segments and blobs, or a little less.
fn length_at_most([packs, segments, blobs]: [usize; 3]) -> usize {
    let records = packs * size_of::<PackRecord>()
        + segments * size_of::<SegmentRecord>()
        + blobs * size_of::<BlobRecord>();
    // Overhead of pages and fan-out: well below one part in 64.
    records / 64 * 65 + 65 + 4096
}

struct Tables<'a> {
    header: IndexHeader,
    keyring: &'a Keyring,
    random: &'a dyn Random,
    page: u32,
    bytes: Vec<u8>,
}

impl Tables<'_> {
    fn write<R: IntoBytes + Immutable>(
        &mut self,
        records: impl Iterator<Item = R>,
    ) -> Result<(), FormatError> {
        let mut page = Vec::new();
        let mut count = 0;
        for record in records {
            page.extend_from_slice(record.as_bytes());
            count += 1;
            if count == records_per_page::<R>() {
                self.seal_page(&page)?;
                page.clear();
                count = 0;
            }
        }
        match page.is_empty() {
            true => Ok(()),
            false => self.seal_page(&page),
        }
    }

    fn seal_page(&mut self, page: &[u8]) -> Result<(), FormatError> {
        let length = u32::try_from(page.len()).map_err(|_| FormatError::Limit("index"))?;
        let context = self.header.page_context(self.keyring.key_set(), self.page, length);
        self.keyring.index_sealer().seal_into(&context, &self.random.array(), page, &mut self.bytes);
        self.page += 1;
        Ok(())
    }
}
