//! The fixed records of an index object, as they lie in storage.
//!
//! Spec: docs/format.md#index. All integers are little-endian.

use crate::{
    BlobId, Codec, FormatError, KeySetId, PACK_HEADER_LENGTH, PackHeader, PackId, PackSegment, Role,
    SEAL_OVERHEAD, SealContext, SealRole, limits,
};
use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

const MAGIC: [u8; 8] = *b"LBINDEX\n";
const VERSION: u16 = 1;
/// Sealed length of a full page.
const PAGE_LENGTH: usize = 64 << 10;

/// First bytes of an index object.
#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(super) struct IndexHeader {
    magic: [u8; 8],
    version: U16,
    role: u8,
    reserved: u8,
    domain: U32,
    pub(super) packs: U32,
    pub(super) segments: U32,
    pub(super) blobs: U32,
    reserved_too: [u8; 4],
    pub(super) salt: [u8; 32],
}

impl IndexHeader {
    pub(super) fn new(role: Role, counts: [u32; 3], salt: [u8; 32]) -> Self {
        Self {
            magic: MAGIC,
            version: U16::new(VERSION),
            role: role as u8,
            reserved: 0,
            domain: U32::ZERO,
            packs: U32::new(counts[0]),
            segments: U32::new(counts[1]),
            blobs: U32::new(counts[2]),
            reserved_too: [0; 4],
            salt,
        }
    }

    pub(super) fn parse(bytes: &[u8]) -> Result<(Self, &[u8]), FormatError> {
        let (header, rest) = Self::read_from_prefix(bytes).map_err(|_| FormatError::Malformed("index"))?;
        match (header.magic == MAGIC, header.version.get()) {
            (true, VERSION) if header.domain.get() == 0 => Ok((header, rest)),
            (true, version) if version > 0 => Err(FormatError::Newer("index")),
            _ => Err(FormatError::Malformed("index")),
        }
    }

    pub(super) fn role(&self) -> Result<Role, FormatError> {
        Role::from_number(self.role).ok_or(FormatError::Malformed("index"))
    }

    pub(super) fn page_context(&self, key_set: KeySetId, page: u32, raw_length: u32) -> SealContext {
        let context = SealContext::alone(key_set, SealRole::IndexPage, self.salt, raw_length);
        SealContext { ordinal: page, ..context }
    }
}

/// So many records of this size stand in a full page.
pub(super) fn records_per_page<R>() -> usize {
    (PAGE_LENGTH - SEAL_OVERHEAD) / size_of::<R>()
}

/// A pack in an index object.
#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(super) struct PackRecord {
    id: [u8; 32],
    stored_length: U64,
    header: [u8; PACK_HEADER_LENGTH],
}

/// A segment in an index object.
#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(super) struct SegmentRecord {
    pack: U32,
    ordinal: U32,
    offset: U32,
    sealed_length: U32,
    raw_length: U32,
    codec: u8,
    reserved: [u8; 3],
}

/// A blob in an index object.
#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(super) struct BlobRecord {
    pub(super) prefix: [u8; 16],
    segment: U32,
    offset: U32,
    length: U32,
}

/// First half of a blob's id: what the index finds it by. The whole id is verified on every read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobPrefix([u8; 16]);

impl BlobPrefix {
    /// The prefix whose bytes these are.
    #[must_use]
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl From<&BlobId> for BlobPrefix {
    fn from(id: &BlobId) -> Self {
        let (prefix, _) = id.as_bytes().split_first_chunk().expect("an id is longer than its prefix");
        Self(*prefix)
    }
}

/// A pack that the index knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexedPack {
    /// Its name.
    pub id: PackId,
    /// Length in bytes as stored, parity included.
    pub stored_length: u64,
    /// Its header: with it, a segment can be fetched alone.
    pub header: PackHeader,
}

/// A segment that the index knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexedSegment {
    /// Number of its pack within the index object.
    pub pack: u32,
    /// Its number within the pack.
    pub ordinal: u32,
    /// Where it lies in the pack.
    pub place: PackSegment,
}

/// A blob that the index knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexedBlob {
    /// First half of its id.
    pub prefix: BlobPrefix,
    /// Number of its segment within the index object.
    pub segment: u32,
    /// First byte, from the start of the raw segment.
    pub offset: u32,
    /// Length in bytes.
    pub length: u32,
}

impl IndexedPack {
    pub(super) fn record(&self) -> PackRecord {
        let mut header = [0; PACK_HEADER_LENGTH];
        header.copy_from_slice(self.header.as_bytes());
        PackRecord { id: *self.id.as_bytes(), stored_length: U64::new(self.stored_length), header }
    }

    pub(super) fn parse(record: &PackRecord) -> Result<Self, FormatError> {
        let header = PackHeader::parse(&record.header)?;
        let (id, stored_length) = (PackId::new(record.id), record.stored_length.get());
        match stored_length >= header.core_length() && stored_length <= limits::PACK_STORED_MAX {
            true => Ok(Self { id, stored_length, header }),
            false => Err(FormatError::Malformed("index")),
        }
    }
}

impl IndexedSegment {
    pub(super) fn record(&self) -> SegmentRecord {
        SegmentRecord {
            pack: self.pack.into(),
            ordinal: self.ordinal.into(),
            offset: self.place.offset.into(),
            sealed_length: self.place.sealed_length.into(),
            raw_length: self.place.raw_length.into(),
            codec: self.place.codec as u8,
            reserved: [0; 3],
        }
    }

    pub(super) fn parse(record: &SegmentRecord, packs: &[IndexedPack]) -> Result<Self, FormatError> {
        let place = PackSegment {
            offset: record.offset.get(),
            sealed_length: record.sealed_length.get(),
            raw_length: record.raw_length.get(),
            codec: Codec::from_number(record.codec)?,
        };
        let end = u64::from(place.offset) + u64::from(place.sealed_length);
        let pack = packs.get(record.pack.get() as usize);
        let bounded = place.raw_length as usize <= limits::SEGMENT_RAW_MAX
            && place.sealed_length as usize <= limits::SEGMENT_SEALED_MAX
            && pack.is_some_and(|pack| end <= pack.header.core_length());
        match bounded {
            true => Ok(Self { pack: record.pack.get(), ordinal: record.ordinal.get(), place }),
            false => Err(FormatError::Malformed("index")),
        }
    }
}

impl IndexedBlob {
    pub(super) fn record(&self) -> BlobRecord {
        BlobRecord {
            prefix: self.prefix.0,
            segment: self.segment.into(),
            offset: self.offset.into(),
            length: self.length.into(),
        }
    }

    pub(super) fn parse(record: &BlobRecord, segments: &[IndexedSegment]) -> Result<Self, FormatError> {
        let end = u64::from(record.offset.get()) + u64::from(record.length.get());
        let segment = segments.get(record.segment.get() as usize);
        match segment.is_some_and(|segment| end <= u64::from(segment.place.raw_length)) {
            true => Ok(Self {
                prefix: BlobPrefix(record.prefix),
                segment: record.segment.get(),
                offset: record.offset.get(),
                length: record.length.get(),
            }),
            false => Err(FormatError::Malformed("index")),
        }
    }
}
