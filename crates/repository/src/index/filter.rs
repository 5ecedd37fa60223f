//! The filter of a table: a Bloom filter in lines of 64 bytes, so that a question reads one line.
//!
//! The line of a blob follows from the beginning of its prefix, in the same order: a table that is written in order of its
//! blobs writes its filter line by line.

use super::layout::{head, rest};

/// Bytes of a line.
const LINE_LENGTH: usize = 64;
/// Bits for each blob: of what is not there about one question in a hundred passes.
const BITS_PER_BLOB: u64 = 10;
/// Bits that are set for a blob, each by nine bits of its prefix.
const MARKS: u32 = 7;

/// A line.
pub(super) type Line = [u8; LINE_LENGTH];

/// Lines of the filter of so many blobs.
pub(super) fn lines(blobs: u64) -> u64 {
    (blobs * BITS_PER_BLOB).div_ceil(8 * LINE_LENGTH as u64)
}

/// The line of a blob in a filter of so many lines.
pub(super) fn line_of(prefix: &[u8; 16], lines: u64) -> u64 {
    let line = (u128::from(head(prefix)) * u128::from(lines)) >> 64;
    u64::try_from(line).expect("less than there are lines")
}

/// Marks a blob in its line.
pub(super) fn mark(line: &mut Line, prefix: &[u8; 16]) {
    marks(prefix).for_each(|(byte, bit)| line[byte] |= bit);
}

/// Whether a blob may be marked in its line; else it is not there.
pub(super) fn is_marked(line: &Line, prefix: &[u8; 16]) -> bool {
    marks(prefix).all(|(byte, bit)| line[byte] & bit != 0)
}

fn marks(prefix: &[u8; 16]) -> impl Iterator<Item = (usize, u8)> {
    let bits = rest(prefix);
    (0..MARKS).map(move |number| {
        let position = usize::try_from(bits >> (9 * number) & 511).expect("nine bits");
        (position / 8, 1 << (position % 8))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use lifeboat_testkit::Random;

    fn prefixes(random: &mut Random, count: usize) -> Vec<[u8; 16]> {
        (0..count).map(|_| random.bytes(16).try_into().unwrap()).collect()
    }

    #[test]
    fn what_is_there_passes_and_little_else() {
        let mut random = Random::new(1);
        let (there, elsewhere) = (prefixes(&mut random, 10_000), prefixes(&mut random, 10_000));
        let count = lines(there.len() as u64);
        let mut filter = vec![[0; LINE_LENGTH]; usize::try_from(count).unwrap()];
        let number = |prefix: &[u8; 16]| usize::try_from(line_of(prefix, count)).unwrap();
        there.iter().for_each(|prefix| mark(&mut filter[number(prefix)], prefix));
        let passes = |prefix: &&[u8; 16]| is_marked(&filter[number(prefix)], prefix);
        assert!(there.iter().all(|prefix| passes(&prefix)));
        let passed = elsewhere.iter().filter(passes).count();
        assert!(passed < 300, "{passed} of 10000");
    }

    #[test]
    fn lines_are_in_the_order_of_prefixes() {
        let mut prefixes = prefixes(&mut Random::new(2), 1_000);
        prefixes.extend([[0; 16], [0xff; 16]]);
        prefixes.sort_unstable();
        let lines: Vec<_> = prefixes.iter().map(|prefix| line_of(prefix, 77)).collect();
        assert!(lines.is_sorted() && lines.first() == Some(&0) && lines.last() == Some(&76));
    }
}
