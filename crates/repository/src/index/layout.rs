//! How a table lies in its file: blocks of one size, in sections of records of one size each.
//!
//! `header | covered | packs | pack headers | segments | blobs | fan-out | filter`, each section from a block of its own on.
//! A block is its records and a tag over them, the number of the block and the id of the table, which is the tag of the list
//! of what the table covers. Packs stand in order of their ids, segments in order of packs and ordinals, blobs in order of
//! their prefixes and then of their places: so the file is a function of what it covers. The fan-out has the beginning
//! of the first prefix of each block of blobs. Integers are little-endian. No other version need understand the files.

use super::filter;
use lifeboat_format::{
    BlobPrefix, CACHE_TAG_LENGTH, IndexedSegment, ObjectHash, PACK_HEADER_LENGTH, PackHeader, PackSegment,
    Role,
};
use std::marker::PhantomData;
use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// Length of a block in bytes: what a question that finds nothing in memory costs to read.
pub(super) const BLOCK_LENGTH: usize = 4096;
/// Bytes of records in a block.
pub(super) const PAYLOAD_LENGTH: usize = BLOCK_LENGTH - CACHE_TAG_LENGTH;

const MAGIC: [u8; 8] = *b"LBTABLE\n";
const VERSION: u32 = 1;

/// What stands in the first block.
#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(super) struct Header {
    magic: [u8; 8],
    version: U32,
    reserved: U32,
    pub(super) id: [u8; 32],
    covered: U64,
    packs: U64,
    segments: U64,
    blobs: U64,
}

/// How many of everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Index objects that the table stands for.
    pub(super) covered: u64,
    pub(super) packs: u64,
    pub(super) segments: u64,
    pub(super) blobs: u64,
}

impl Header {
    pub(super) fn new(id: ObjectHash, counts: Counts) -> Self {
        Self {
            magic: MAGIC,
            version: U32::new(VERSION),
            reserved: U32::ZERO,
            id: *id.as_bytes(),
            covered: U64::new(counts.covered),
            packs: U64::new(counts.packs),
            segments: U64::new(counts.segments),
            blobs: U64::new(counts.blobs),
        }
    }

    /// The header in a first block, if it is one. It is not to be believed before its tag.
    pub(super) fn parse(block: &[u8]) -> Option<Self> {
        let (header, _) = Self::read_from_prefix(block).ok()?;
        (header.magic == MAGIC).then_some(header)
    }

    /// Whether the rest is as this version has it.
    pub(super) fn is_understood(&self) -> bool {
        self.version.get() == VERSION
    }

    pub(super) fn counts(&self) -> Counts {
        Counts {
            covered: self.covered.get(),
            packs: self.packs.get(),
            segments: self.segments.get(),
            blobs: self.blobs.get(),
        }
    }
}

/// A pack, without its header.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(super) struct PackRecord {
    pub(super) id: [u8; 32],
    pub(super) stored_length: U64,
    pub(super) core_length: U64,
    pub(super) first_segment: U32,
    pub(super) segments: U32,
    pub(super) blobs: U32,
    role: u8,
    reserved: [u8; 3],
}

impl PackRecord {
    pub(super) fn new(id: [u8; 32], lengths: [u64; 2], role: Role) -> Self {
        Self {
            id,
            stored_length: U64::new(lengths[0]),
            core_length: U64::new(lengths[1]),
            first_segment: U32::ZERO,
            segments: U32::ZERO,
            blobs: U32::ZERO,
            role: role as u8,
            reserved: [0; 3],
        }
    }

    pub(super) fn role(&self) -> Role {
        if self.role == Role::Tree as u8 { Role::Tree } else { Role::Data }
    }
}

/// The header of a pack, as the pack has it.
pub(super) type HeaderRecord = [u8; PACK_HEADER_LENGTH];

/// The bytes of a header.
pub(super) fn header_record(header: &PackHeader) -> HeaderRecord {
    let mut record = [0; PACK_HEADER_LENGTH];
    record.copy_from_slice(header.as_bytes());
    record
}

/// A segment.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(super) struct SegmentRecord {
    pub(super) pack: U32,
    pub(super) ordinal: U32,
    pub(super) offset: U32,
    pub(super) sealed_length: U32,
    pub(super) raw_length: U32,
    pub(super) codec: u8,
    reserved: [u8; 3],
}

impl SegmentRecord {
    pub(super) fn new(pack: u32, segment: &IndexedSegment) -> Self {
        let PackSegment { offset, sealed_length, raw_length, codec } = segment.place;
        Self {
            pack: U32::new(pack),
            ordinal: U32::new(segment.ordinal),
            offset: U32::new(offset),
            sealed_length: U32::new(sealed_length),
            raw_length: U32::new(raw_length),
            codec: codec as u8,
            reserved: [0; 3],
        }
    }
}

/// A place of a blob.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(super) struct BlobRecord {
    pub(super) prefix: [u8; 16],
    pack: U32,
    segment: U32,
    offset: U32,
    length: U32,
}

/// The same, in the order in which blobs stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct BlobEntry {
    pub(super) prefix: [u8; 16],
    pub(super) pack: u32,
    pub(super) segment: u32,
    pub(super) offset: u32,
    pub(super) length: u32,
}

impl From<&BlobRecord> for BlobEntry {
    fn from(record: &BlobRecord) -> Self {
        Self {
            prefix: record.prefix,
            pack: record.pack.get(),
            segment: record.segment.get(),
            offset: record.offset.get(),
            length: record.length.get(),
        }
    }
}

impl From<&BlobEntry> for BlobRecord {
    fn from(entry: &BlobEntry) -> Self {
        Self {
            prefix: entry.prefix,
            pack: U32::new(entry.pack),
            segment: U32::new(entry.segment),
            offset: U32::new(entry.offset),
            length: U32::new(entry.length),
        }
    }
}

/// The beginning of a prefix as a number, in the same order.
pub(super) fn head(prefix: &[u8; 16]) -> u64 {
    prefix.iter().take(8).fold(0, |head, byte| head << 8 | u64::from(*byte))
}

/// The rest of a prefix as a number.
pub(super) fn rest(prefix: &[u8; 16]) -> u64 {
    prefix.iter().skip(8).fold(0, |rest, byte| rest << 8 | u64::from(*byte))
}

/// The bytes of a prefix.
pub(super) fn bytes(prefix: BlobPrefix) -> [u8; 16] {
    *prefix.as_bytes()
}

/// Records of one kind in successive blocks.
#[derive(Debug)]
pub(super) struct Section<R> {
    first: u64,
    pub(super) count: u64,
    record: PhantomData<fn() -> R>,
}

impl<R> Clone for Section<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Section<R> {}

impl<R> Section<R> {
    fn new(first: u64, count: u64) -> Self {
        Self { first, count, record: PhantomData }
    }

    /// Records in a full block.
    pub(super) const fn per_block() -> usize {
        PAYLOAD_LENGTH / size_of::<R>()
    }

    /// Blocks that the section has.
    pub(super) fn blocks(&self) -> u64 {
        self.count.div_ceil(Self::per_block() as u64)
    }

    /// Number in the file of a block of the section.
    pub(super) fn block(&self, number: u64) -> u64 {
        self.first + number
    }

    /// Records in a block of the section.
    pub(super) fn records_in(&self, number: u64) -> usize {
        let before = number * Self::per_block() as u64;
        let left = self.count.saturating_sub(before).min(Self::per_block() as u64);
        usize::try_from(left).expect("no more than fit into a block")
    }

    /// The block of the section that a record lies in, and its number there.
    pub(super) fn locate(record: u64) -> (u64, usize) {
        let per_block = Self::per_block() as u64;
        let within = usize::try_from(record % per_block).expect("less than fit into a block");
        (record / per_block, within)
    }
}

/// Where everything lies in a table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub(super) covered: Section<[u8; 32]>,
    pub(super) packs: Section<PackRecord>,
    pub(super) headers: Section<HeaderRecord>,
    pub(super) segments: Section<SegmentRecord>,
    pub(super) blobs: Section<BlobRecord>,
    pub(super) fan_out: Section<U64>,
    pub(super) filter: Section<filter::Line>,
    /// Length of the file in blocks.
    pub(super) blocks: u64,
}

impl Layout {
    /// None when there are more than can be numbered: nobody wrote such a table.
    pub(super) fn of(counts: Counts) -> Option<Self> {
        let limits = [counts.covered, counts.packs, counts.segments];
        if limits.iter().any(|count| *count > u64::from(u32::MAX)) || counts.blobs > 1 << 48 {
            return None;
        }
        let covered = Section::new(1, counts.covered);
        let packs = Section::new(covered.block(covered.blocks()), counts.packs);
        let headers = Section::new(packs.block(packs.blocks()), counts.packs);
        let segments = Section::new(headers.block(headers.blocks()), counts.segments);
        let blobs = Section::new(segments.block(segments.blocks()), counts.blobs);
        let fan_out = Section::new(blobs.block(blobs.blocks()), blobs.blocks());
        let filter = Section::new(fan_out.block(fan_out.blocks()), filter::lines(counts.blobs));
        let blocks = filter.block(filter.blocks());
        Some(Self { covered, packs, headers, segments, blobs, fan_out, filter, blocks })
    }
}
