//! The measures of a pack with parity.
//!
//! Spec: docs/format.md#parity. Three numbers say everything: length of header and core, size of a shard, number of
//! records. Whatever a reader meets is bounded here before anything is allocated by it.

use super::layout::{PACK_HEADER_LENGTH, PACK_TRAILER_LENGTH};
use super::record::{PIECE_MAX, SIDE_LENGTH};
use crate::{FormatError, limits};
use reed_solomon_simd::ReedSolomonEncoder;

/// Bytes of a shard's hash in the table.
pub(super) const SHARD_HASH_LENGTH: usize = 8;
/// The code works on blocks of so many bytes.
pub(super) const CODE_BLOCK: usize = 64;
/// Shards of a small pack: one sector.
const SMALL_SHARD: usize = 4 << 10;
/// Shards of all others: what is lost with a sector, and what a record carries beside its side block.
const LARGE_SHARD: usize = 16 << 10;
/// Largest header and core with small shards.
const SMALL_CORE_MAX: usize = 1 << 20;
/// Records beyond the percentage: what a burst hits beside its own length, one shard at either end.
const RECORDS_AT_LEAST: usize = 2;

/// How a pack is cut into shards, and how many records of parity it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    core: usize,
    shard: usize,
    records: usize,
}

impl Shape {
    /// What a writer gives a pack with `core` bytes of header and core; none for 0 percent.
    ///
    /// # Errors
    /// [`FormatError::Limit`] for more parity than the format allows.
    pub(super) fn new(core: usize, percent: u32) -> Result<Option<Self>, FormatError> {
        match percent {
            0 => Ok(None),
            1..=limits::PARITY_PERCENT_MAX => {
                let shard = if core <= SMALL_CORE_MAX { SMALL_SHARD } else { LARGE_SHARD };
                let without_records = Self { core, shard, records: 0 };
                let percentage = (without_records.data_shards() * percent as usize).div_ceil(100);
                // That many may be lost, wherever they are, and of the table as many pieces as it needs are left.
                let records = percentage + without_records.pieces() + RECORDS_AT_LEAST;
                Ok(Some(Self { records, ..without_records }))
            }
            _ => Err(FormatError::Limit("parity")),
        }
    }

    /// What stored bytes say, if this program can make sense of it.
    pub(super) fn claimed(core: u64, shard: u32, records: u32) -> Option<Self> {
        let core = usize::try_from(core).ok().filter(|core| *core as u64 <= limits::PACK_MAX);
        let (core, shard, records) = (core?, shard as usize, records as usize);
        let known = core >= PACK_HEADER_LENGTH && [SMALL_SHARD, LARGE_SHARD].contains(&shard);
        let shape = Self { core, shard, records };
        let possible = known
            && records as u64 <= limits::PACK_MAX / SMALL_SHARD as u64
            && ReedSolomonEncoder::supports(shape.data_shards(), records)
            && ReedSolomonEncoder::supports(shape.pieces(), records)
            && shape.stored_length() as u64 <= limits::PACK_STORED_MAX;
        possible.then_some(shape)
    }

    /// Bytes of header and core.
    pub(super) fn core(&self) -> usize {
        self.core
    }

    /// Bytes of a shard, of data or parity.
    pub(super) fn shard(&self) -> usize {
        self.shard
    }

    /// Number of records, each with one shard of parity.
    pub(super) fn records(&self) -> usize {
        self.records
    }

    /// Number of shards that header and core fill, the last one with zeros.
    pub(super) fn data_shards(&self) -> usize {
        self.core.div_ceil(self.shard)
    }

    /// Bytes of all data shards.
    pub(super) fn padded(&self) -> usize {
        self.data_shards() * self.shard
    }

    /// Bytes of a record.
    pub(super) fn record_length(&self) -> usize {
        self.shard + SIDE_LENGTH
    }

    /// Bytes of the whole object.
    pub(super) fn stored_length(&self) -> usize {
        self.padded() + self.records * self.record_length() + PACK_TRAILER_LENGTH
    }

    /// Number of pieces that the table of hashes is cut into: so many records give it back.
    pub(super) fn pieces(&self) -> usize {
        self.table_length().div_ceil(PIECE_MAX)
    }

    /// Bytes of a piece; the last one is filled with zeros.
    pub(super) fn piece_length(&self) -> usize {
        self.table_length().div_ceil(self.pieces()).next_multiple_of(CODE_BLOCK)
    }

    fn table_length(&self) -> usize {
        self.data_shards() * SHARD_HASH_LENGTH
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The promise: 60 sectors, or a burst of 1000 KiB, for each 32 MiB of header and core, and one sector at least.
    #[test]
    fn parity_is_enough_for_what_is_promised_whatever_the_size() {
        let most = usize::try_from(limits::PACK_MAX).expect("256 MiB");
        let sizes = (192..4 << 20).step_by(1021).chain((4 << 20..=most).step_by(65_521)).chain([
            SMALL_CORE_MAX,
            SMALL_CORE_MAX + 1,
            32 << 20,
            most,
        ]);
        for core in sizes {
            let shape = Shape::new(core, 3).expect("within the limits").expect("parity");
            let sectors = (60 * core / (32 << 20)).max(1);
            let burst = 1000 * core / 32 / 1024;
            // A burst can begin with the last byte of a shard.
            let hit = |unit: usize| burst.saturating_sub(1).div_ceil(unit) + 1;
            assert!(sectors.max(hit(shape.shard())) <= shape.records(), "{shape:?}");
            let lost_records = sectors.max(hit(shape.record_length()));
            assert!(shape.records() - lost_records >= shape.pieces(), "the table of {shape:?}");
            assert!(shape.pieces() * shape.piece_length() >= shape.table_length(), "{shape:?}");
            assert!(shape.piece_length() <= PIECE_MAX, "{shape:?}");
            let number = |number: usize| u32::try_from(number).expect("small");
            let read = Shape::claimed(core as u64, number(shape.shard()), number(shape.records()));
            assert_eq!(read, Some(shape));
        }
    }

    #[test]
    fn even_the_largest_pack_with_most_parity_is_within_the_limits() {
        let most = usize::try_from(limits::PACK_MAX).expect("256 MiB");
        let shape = Shape::new(most, limits::PARITY_PERCENT_MAX).expect("the most").expect("parity");
        assert!(shape.stored_length() as u64 <= limits::PACK_STORED_MAX);
        assert!(Shape::new(most, limits::PARITY_PERCENT_MAX + 1).is_err());
    }

    #[test]
    fn claims_beyond_the_limits_are_refused() {
        let claims = [
            (191, 4096, 4),
            (limits::PACK_MAX + 1, 4096, 4),
            (u64::MAX, 4096, 4),
            (1000, 0, 4),
            (1000, 64, 4),
            (1000, 4096, 0),
            (1000, 4096, u32::MAX),
            (limits::PACK_MAX, 4096, 65_535),
        ];
        for (core, shard, records) in claims {
            assert_eq!(Shape::claimed(core, shard, records), None, "{core} {shard} {records}");
        }
    }
}
