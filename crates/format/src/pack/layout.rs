//! The fixed records of a pack, as they lie in storage.
//!
//! Spec: docs/format.md#packs. All integers are little-endian.

use super::shape::Shape;
use crate::{BlobId, Codec, FormatError, Role, limits};
use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// Length in bytes of the header.
pub const PACK_HEADER_LENGTH: usize = size_of::<PackHeader>();
/// Length in bytes of the trailer.
pub const PACK_TRAILER_LENGTH: usize = size_of::<Trailer>();

pub(super) const HEADER_MAGIC: [u8; 8] = *b"LBPACK\r\n";
const TRAILER_MAGIC: [u8; 8] = *b"\r\nKCAPBL";
const VERSION: u16 = 1;
/// The pack key is wrapped under a symmetric key.
const WRAP_SYMMETRIC: u8 = 1;

/// First bytes of a pack, and all that is needed to open its segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub struct PackHeader {
    pub(super) magic: [u8; 8],
    pub(super) version: U16,
    pub(super) role: u8,
    pub(super) wrap: u8,
    pub(super) domain: U32,
    pub(super) epoch: U32,
    pub(super) directory_length: U32,
    pub(super) core_length: U64,
    pub(super) salt: [u8; 32],
    pub(super) wrapped_key: [u8; 72],
    pub(super) commitment: [u8; 32],
    pub(super) reserved: [u8; 24],
}

impl PackHeader {
    pub(super) fn new(role: Role, salt: [u8; 32], wrapped_key: [u8; 72], commitment: [u8; 32]) -> Self {
        Self {
            magic: HEADER_MAGIC,
            version: U16::new(VERSION),
            role: role as u8,
            wrap: WRAP_SYMMETRIC,
            domain: U32::ZERO,
            epoch: U32::ZERO,
            directory_length: U32::ZERO,
            core_length: U64::ZERO,
            salt,
            wrapped_key,
            commitment,
            reserved: [0; 24],
        }
    }

    /// Reads and checks the first bytes of a pack.
    ///
    /// # Errors
    /// When they are not a header, or one of a newer version.
    pub fn parse(bytes: &[u8]) -> Result<Self, FormatError> {
        let (header, _) = Self::read_from_prefix(bytes).map_err(|_| FormatError::Malformed("pack header"))?;
        match (header.magic == HEADER_MAGIC, header.version.get(), header.wrap) {
            (false, _, _) | (_, 0, _) => Err(FormatError::Malformed("pack header")),
            (true, VERSION, WRAP_SYMMETRIC) => header.check(),
            _ => Err(FormatError::Newer("pack")),
        }
    }

    /// What the bytes claim as the length of header and core, in whatever version: its place is fixed for ever.
    pub(super) fn unchecked_core_length(bytes: &[u8]) -> Result<usize, FormatError> {
        let (header, _) = Self::read_from_prefix(bytes).map_err(|_| FormatError::Malformed("pack header"))?;
        usize::try_from(header.core_length.get()).map_err(|_| FormatError::Limit("pack"))
    }

    fn check(self) -> Result<Self, FormatError> {
        let core = self.core_length.get();
        let room = core.checked_sub(PACK_HEADER_LENGTH as u64 + u64::from(self.directory_length.get()));
        match core <= limits::PACK_MAX && room.is_some() && Role::from_number(self.role).is_some() {
            true => Ok(self),
            false => Err(FormatError::Malformed("pack header")),
        }
    }

    /// Role of all blobs within.
    #[must_use]
    pub fn role(&self) -> Role {
        Role::from_number(self.role).expect("checked when it was parsed or made")
    }

    /// Length in bytes of header and core: what the name covers, and the least a stored pack must have.
    #[must_use]
    pub fn core_length(&self) -> u64 {
        self.core_length.get()
    }

    pub(super) fn directory_start(&self) -> u64 {
        self.core_length.get() - u64::from(self.directory_length.get())
    }
}

/// Last bytes of a pack: the header again, and what lies between core and trailer.
#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(super) struct Trailer {
    header: PackHeader,
    shard_size: U32,
    records: U32,
    record_length: U32,
    reserved: [u8; 4],
    checksum: [u8; 32],
    magic: [u8; 8],
}

impl Trailer {
    /// The trailer of a pack with parity of this shape, or without any.
    pub(super) fn new(header: PackHeader, parity: Option<&Shape>) -> Self {
        let number = |number: usize| U32::new(u32::try_from(number).expect("a shape is within the limits"));
        let of_parity = |measure: fn(&Shape) -> usize| number(parity.map_or(0, measure));
        let mut trailer = Self {
            header,
            shard_size: of_parity(Shape::shard),
            records: of_parity(Shape::records),
            record_length: of_parity(Shape::record_length),
            reserved: [0; 4],
            checksum: [0; 32],
            magic: TRAILER_MAGIC,
        };
        trailer.checksum = trailer.computed_checksum();
        trailer
    }

    /// Reads and checks the last bytes of a pack against its header; gives the shape of its parity, if it has any.
    pub(super) fn parse(bytes: &[u8], header: &PackHeader) -> Result<Option<Shape>, FormatError> {
        let trailer = Self::sound(bytes).filter(|trailer| trailer.header == *header);
        let trailer = trailer.ok_or(FormatError::Malformed("pack trailer"))?;
        let numbers = [trailer.shard_size, trailer.records, trailer.record_length].map(U32::get);
        let [shard, records, record_length] = numbers;
        if numbers == [0; 3] {
            return Ok(None);
        }
        let shape = Shape::claimed(header.core_length(), shard, records);
        let known = shape.filter(|shape| shape.record_length() == record_length as usize);
        known.map(Some).ok_or(FormatError::Newer("pack parity"))
    }

    /// The header in the last bytes of a pack, if they are sound.
    pub(super) fn header_of(bytes: &[u8]) -> Option<PackHeader> {
        Self::sound(bytes).map(|trailer| trailer.header)
    }

    fn sound(bytes: &[u8]) -> Option<Self> {
        let (_, trailer) = Self::read_from_suffix(bytes).ok()?;
        let sound = trailer.magic == TRAILER_MAGIC && trailer.checksum == trailer.computed_checksum();
        sound.then_some(trailer)
    }

    fn computed_checksum(&self) -> [u8; 32] {
        let covered = PACK_TRAILER_LENGTH - size_of::<[u8; 40]>();
        *blake3::hash(&self.as_bytes()[..covered]).as_bytes()
    }
}

/// Numbers at the head of a directory.
#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(super) struct DirectoryHead {
    pub(super) segments: U32,
    pub(super) blobs: U32,
}

/// One segment in a directory.
#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(super) struct SegmentRecord {
    pub(super) offset: U32,
    pub(super) sealed_length: U32,
    pub(super) raw_length: U32,
    pub(super) codec: u8,
    pub(super) reserved: [u8; 3],
}

/// One blob in a directory.
#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(super) struct BlobRecord {
    pub(super) id: [u8; 32],
    pub(super) segment: U32,
    pub(super) offset: U32,
    pub(super) length: U32,
}

/// Where a segment lies in its pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackSegment {
    /// First byte of the sealed segment, from the start of the pack.
    pub offset: u32,
    /// Length in bytes as sealed.
    pub sealed_length: u32,
    /// Length in bytes when opened and decompressed.
    pub raw_length: u32,
    /// How it is compressed.
    pub codec: Codec,
}

/// Where a blob lies in its pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackedBlob {
    /// Its name.
    pub id: BlobId,
    /// Number of its segment within the pack.
    pub segment: u32,
    /// First byte, from the start of the raw segment.
    pub offset: u32,
    /// Length in bytes.
    pub length: u32,
}
