//! A record of parity: a shard, and beside it all that is needed to use it.
//!
//! Spec: docs/format.md#parity. Every record proves itself and tells the measures of its pack, so that one that is
//! left over is of use whatever became of header, trailer and the other records.

use super::layout::PackHeader;
use super::shape::Shape;
use zerocopy::little_endian::{U16, U32};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// Sectors, records and shards of data begin at multiples of this.
pub(super) const SECTOR: usize = 4 << 10;
/// Length in bytes of what follows the shard in a record: a sector of its own.
pub(super) const SIDE_LENGTH: usize = size_of::<Side>();
/// Bytes of the table of hashes that a record has room for.
pub(super) const PIECE_MAX: usize = 3840;

const MAGIC: [u8; 8] = *b"LBPARITY";
const VERSION: u16 = 1;
const CHECKSUM_LENGTH: usize = 32;

/// What follows the shard in a record.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(super) struct Side {
    magic: [u8; 8],
    version: U16,
    reserved: [u8; 2],
    number: U32,
    records: U32,
    shard: U32,
    reserved_too: [u8; 8],
    header: PackHeader,
    piece: [u8; PIECE_MAX],
    checksum: [u8; CHECKSUM_LENGTH],
}

impl Side {
    /// Fills the side block of a record but for its piece and checksum.
    pub(super) fn fill(&mut self, number: u32, header: &PackHeader, shape: &Shape) {
        let small = |number: usize| U32::new(u32::try_from(number).expect("a shape is within the limits"));
        self.magic = MAGIC;
        self.version.set(VERSION);
        self.number.set(number);
        self.records = small(shape.records());
        self.shard = small(shape.shard());
        self.header = *header;
    }

    /// The piece of the table.
    pub(super) fn piece_mut(&mut self, shape: &Shape) -> &mut [u8] {
        &mut self.piece[..shape.piece_length()]
    }
}

/// Writes the checksum of a record that is complete but for it.
pub(super) fn complete(record: &mut [u8]) {
    let (covered, checksum) = record.split_at_mut(record.len() - CHECKSUM_LENGTH);
    checksum.copy_from_slice(blake3::hash(covered).as_bytes());
}

/// A record that proved itself.
pub(super) struct Record {
    /// Its number in the pack that it was made for.
    pub(super) number: usize,
    /// The measures of that pack.
    pub(super) shape: Shape,
    /// The header of that pack.
    pub(super) header: PackHeader,
    /// Its shard of parity.
    pub(super) parity: Vec<u8>,
    /// Its piece of the table.
    pub(super) piece: Vec<u8>,
}

impl Record {
    /// All sound records in the bytes of a pack, wherever they lie.
    pub(super) fn all(bytes: &[u8]) -> impl Iterator<Item = Self> {
        (SIDE_LENGTH..=bytes.len()).step_by(SECTOR).filter_map(|end| Self::ending(&bytes[..end]))
    }

    /// The record that the bytes end with.
    fn ending(bytes: &[u8]) -> Option<Self> {
        let (before, side) = Side::ref_from_suffix(bytes).ok()?;
        if side.magic != MAGIC || side.version.get() != VERSION {
            return None;
        }
        let shape = Shape::claimed(side.header.core_length(), side.shard.get(), side.records.get())?;
        let start = before.len().checked_sub(shape.shard())?;
        let covered = &bytes[start..bytes.len() - CHECKSUM_LENGTH];
        let number = side.number.get() as usize;
        let sound = number < shape.records() && blake3::hash(covered) == side.checksum;
        sound.then(|| Self {
            number,
            shape,
            header: side.header,
            parity: before[start..].to_vec(),
            piece: side.piece[..shape.piece_length()].to_vec(),
        })
    }
}
