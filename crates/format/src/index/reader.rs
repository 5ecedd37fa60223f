//! An index object, read whole.
//!
//! Spec: docs/format.md#index. Every reference is checked: a segment lies in a pack of the object, a blob in a
//! segment of it, and the blobs are in order.

use super::layout::{
    BlobRecord, IndexHeader, IndexedBlob, IndexedPack, IndexedSegment, PackRecord, SegmentRecord,
    records_per_page,
};
use crate::{FormatError, Keyring, ObjectHash, Role, SEAL_OVERHEAD};
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

/// All that an index object says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// Role of all blobs in it.
    pub role: Role,
    /// Packs by number.
    pub packs: Vec<IndexedPack>,
    /// Segments by number.
    pub segments: Vec<IndexedSegment>,
    /// Blobs in order of their prefixes.
    pub blobs: Vec<IndexedBlob>,
}

impl Index {
    /// Reads the index object that was stored under `hash`.
    ///
    /// # Errors
    /// [`FormatError::WrongHash`] when the bytes are not those of the name; else what is wrong with it.
    pub fn parse(hash: ObjectHash, bytes: &[u8], keyring: &Keyring) -> Result<Self, FormatError> {
        if ObjectHash::of(bytes) != hash {
            return Err(FormatError::WrongHash("index"));
        }
        let (header, rest) = IndexHeader::parse(bytes)?;
        let mut tables = Tables { header, keyring, page: 0, rest };
        let packs: Vec<PackRecord> = tables.read(header.packs.get())?;
        let segments: Vec<SegmentRecord> = tables.read(header.segments.get())?;
        let blobs: Vec<BlobRecord> = tables.read(header.blobs.get())?;
        let fan_out: Vec<[u8; 16]> = tables.read(pages::<BlobRecord>(header.blobs.get()))?;
        let firsts = blobs.chunks(records_per_page::<BlobRecord>()).map(|page| page[0].prefix);
        let sorted = blobs.is_sorted_by_key(|blob| blob.prefix);
        if !tables.rest.is_empty() || !sorted || !firsts.eq(fan_out) {
            return Err(FormatError::Malformed("index"));
        }
        let packs = packs.iter().map(IndexedPack::parse).collect::<Result<Vec<_>, _>>()?;
        let segments: Vec<_> =
            segments.iter().map(|record| IndexedSegment::parse(record, &packs)).collect::<Result<_, _>>()?;
        let blobs =
            blobs.iter().map(|record| IndexedBlob::parse(record, &segments)).collect::<Result<_, _>>()?;
        Ok(Self { role: header.role()?, packs, segments, blobs })
    }
}

struct Tables<'a> {
    header: IndexHeader,
    keyring: &'a Keyring,
    page: u32,
    rest: &'a [u8],
}

impl Tables<'_> {
    fn read<R>(&mut self, count: u32) -> Result<Vec<R>, FormatError>
    where
        R: FromBytes + KnownLayout + Immutable + Unaligned + Copy,
    {
        let mut records = Vec::new();
        while records.len() < count as usize {
            let here = (count as usize - records.len()).min(records_per_page::<R>());
            let page = self.open_page(here * size_of::<R>())?;
            let page = <[R]>::ref_from_bytes(&page).map_err(|_| FormatError::Malformed("index"))?;
            records.extend_from_slice(page);
        }
        Ok(records)
    }

    fn open_page(&mut self, length: usize) -> Result<Vec<u8>, FormatError> {
        let (sealed, rest) =
            self.rest.split_at_checked(length + SEAL_OVERHEAD).ok_or(FormatError::Malformed("index"))?;
        let raw_length = u32::try_from(length).map_err(|_| FormatError::Limit("index"))?;
        let context = self.header.page_context(self.keyring.key_set(), self.page, raw_length);
        let page = self.keyring.index_sealer().open(&context, sealed, "index page")?;
        self.page += 1;
        self.rest = rest;
        Ok(page)
    }
}

fn pages<R>(count: u32) -> u32 {
    let per_page = u32::try_from(records_per_page::<R>()).expect("a page is 64 KiB");
    count.div_ceil(per_page)
}
