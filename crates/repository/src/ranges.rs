//! Neighbouring segments of a pack that are fetched at once: over a network a request costs more than what lies between them.
//!
//! Invariant: what is fetched so is only a way to be faster. A segment that cannot be used as it came is asked for once more
//! by itself, with all that [`BlobReader::open_segment`] does about damage.

use crate::index::{KnownSegment, PackNumber, SegmentNumber};
use crate::{BlobReader, RepositoryError};
use lifeboat_format::FormatError;
use std::ops::Range;

/// Bytes between two segments that are fetched with them, for less than a request costs.
const GAP_MAX: u64 = 512 << 10;

/// Neighbouring segments of a pack.
#[derive(Debug)]
pub struct SegmentRange {
    pack: PackNumber,
    /// Bytes of the pack.
    bytes: Range<u64>,
    /// Positions of its segments among those that were asked for.
    segments: Vec<usize>,
}

impl SegmentRange {
    fn of(position: usize, segment: &KnownSegment) -> Self {
        Self { pack: segment.pack, bytes: bytes_of(segment), segments: vec![position] }
    }

    /// Takes the next segment in, if it is near enough.
    fn extend(&mut self, position: usize, segment: &KnownSegment, longest: u64) -> bool {
        let bytes = bytes_of(segment);
        let is_near = self.pack == segment.pack
            && bytes.start >= self.bytes.end
            && bytes.start - self.bytes.end <= GAP_MAX
            && bytes.end - self.bytes.start <= longest;
        if is_near {
            self.bytes.end = bytes.end;
            self.segments.push(position);
        }
        is_near
    }

    /// Positions of its segments among those that were asked for.
    #[must_use]
    pub fn segments(&self) -> &[usize] {
        &self.segments
    }
}

fn bytes_of(segment: &KnownSegment) -> Range<u64> {
    let start = u64::from(segment.place.offset);
    start..start + u64::from(segment.place.sealed_length)
}

/// Segments as they are stored, in a buffer that is used again.
#[derive(Debug)]
pub struct FetchedRange<'r> {
    reader: &'r BlobReader,
    /// Where in the pack it begins.
    start: u64,
    /// Empty where it could not be read as a whole.
    bytes: Vec<u8>,
}

impl Drop for FetchedRange<'_> {
    fn drop(&mut self) {
        self.reader.ranges.give(std::mem::take(&mut self.bytes));
    }
}

impl BlobReader {
    /// What is to be fetched for these segments, in the order of the storage. On a disk of this machine it is one at a time.
    ///
    /// # Errors
    /// Those of [`crate::Index::segment`].
    pub fn ranges(&self, segments: &[SegmentNumber]) -> Result<Vec<SegmentRange>, RepositoryError> {
        let longest = self.repository.memory().range_length().unwrap_or_default() as u64;
        let known = segments.iter().map(|number| self.index().segment(*number));
        let known = known.collect::<Result<Vec<_>, _>>()?;
        // They landed in their pack as they were ready, whatever their numbers.
        let mut order: Vec<usize> = (0..known.len()).collect();
        order.sort_unstable_by_key(|position| (known[*position].pack, known[*position].place.offset));
        let mut ranges: Vec<SegmentRange> = Vec::new();
        for position in order {
            let segment = &known[position];
            if !ranges.last_mut().is_some_and(|range| range.extend(position, segment, longest)) {
                ranges.push(SegmentRange::of(position, segment));
            }
        }
        Ok(ranges)
    }

    /// Fetches a range. What is damaged or missing shows when its segments are opened.
    ///
    /// # Errors
    /// When the storage fails in another way.
    pub fn fetch(&self, range: &SegmentRange) -> Result<FetchedRange<'_>, RepositoryError> {
        let mut fetched =
            FetchedRange { reader: self, start: range.bytes.start, bytes: self.ranges.take(Vec::new) };
        let length = range.bytes.end - range.bytes.start;
        fetched.bytes.resize(usize::try_from(length).map_err(|_| FormatError::Limit("segment"))?, 0);
        match self.read_range(self.index().pack(range.pack), range.bytes.start, &mut fetched.bytes) {
            Err(error) if error.is_damage() => fetched.bytes.clear(),
            other => other?,
        }
        Ok(fetched)
    }

    /// Opens a segment of a fetched range into `out`, as [`BlobReader::open_segment`] does; where it is not sound there, it
    /// is read once more.
    ///
    /// # Errors
    /// Those of [`BlobReader::open_segment`].
    pub fn open_fetched(
        &self,
        fetched: &FetchedRange<'_>,
        number: SegmentNumber,
        out: &mut Vec<u8>,
    ) -> Result<(), RepositoryError> {
        let segment = self.index().segment(number)?;
        match fetched.sealed(&segment) {
            Some(sealed) => {
                let pack = self.index().pack(segment.pack);
                let opened =
                    self.with_opening(|opening| self.open(pack, &segment, sealed, &mut opening.opener, out));
                match opened {
                    Err(error) if error.is_damage() => self.open_segment(number, out),
                    other => other,
                }
            }
            None => self.open_segment(number, out),
        }
    }
}

impl FetchedRange<'_> {
    fn sealed(&self, segment: &KnownSegment) -> Option<&[u8]> {
        let start = usize::try_from(u64::from(segment.place.offset).checked_sub(self.start)?).ok()?;
        self.bytes.get(start..start + segment.place.sealed_length as usize)
    }
}
