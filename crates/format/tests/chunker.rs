//! Chunker 1 against a slow reference, and its promises.

use crate::{by_hand, world};
use fastcdc::v2020::MASKS;
use lifeboat_format::{Chunker, ChunkerParams};
use proptest::prelude::*;

/// One byte at a time, as the text and the paper on FastCDC (2020) describe it.
struct Reference {
    params: ChunkerParams,
    gear: Vec<u64>,
    strict: u64,
    relaxed: u64,
}

impl Reference {
    fn new(params: ChunkerParams) -> Self {
        let mut bytes = [0; 2048];
        blake3::Hasher::new_derive_key("lifeboat v1 gear")
            .update(&by_hand::SECRETS[1])
            .finalize_xof()
            .fill(&mut bytes);
        let number = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().expect("eight bytes"));
        // The exponent of the power of two that is nearest in ratio.
        let average = u64::from(params.average);
        let bits =
            (8..26).find(|bits| average * average < 1 << (2 * bits + 1)).expect("a size within limits");
        Self {
            params,
            gear: bytes.chunks_exact(8).map(number).collect(),
            strict: MASKS[bits + 2],
            relaxed: MASKS[bits - 2],
        }
    }

    fn first(&self, content: &[u8]) -> usize {
        let [minimum, average, maximum] =
            [self.params.minimum, self.params.average, self.params.maximum].map(|size| size as usize);
        let window = content.len().min(maximum);
        // The last byte of an odd window is never a candidate.
        let candidates = minimum..window - window % 2;
        let mut hash = 0_u64;
        for position in candidates {
            hash = (hash << 1).wrapping_add(self.gear[usize::from(content[position])]);
            let mask = if position < average { self.strict } else { self.relaxed };
            if hash & mask == 0 {
                return position;
            }
        }
        window
    }

    fn lengths(&self, mut content: &[u8]) -> Vec<usize> {
        let mut lengths = Vec::new();
        while !content.is_empty() {
            lengths.push(self.first(content));
            content = &content[self.first(content)..];
        }
        lengths
    }
}

/// Lengths of all chunks of a content that is there at once.
pub(crate) fn lengths(chunker: &Chunker, mut content: &[u8]) -> Vec<usize> {
    let mut lengths = Vec::new();
    while let Some(length) = chunker.cut(content, true) {
        lengths.push(length);
        content = &content[length..];
    }
    lengths
}

/// The same for a content that arrives in reads of these sizes.
fn lengths_of_reads(chunker: &Chunker, content: &[u8], reads: &[usize]) -> Vec<usize> {
    let (mut lengths, mut window) = (Vec::new(), Vec::new());
    let (mut rest, mut sizes) = (content, reads.iter().cycle());
    while !rest.is_empty() {
        let (read, left) = rest.split_at((*sizes.next().expect("endless")).min(rest.len()));
        window.extend_from_slice(read);
        rest = left;
        while let Some(length) = chunker.cut(&window, false) {
            lengths.push(length);
            window.drain(..length);
        }
    }
    while let Some(length) = chunker.cut(&window, true) {
        lengths.push(length);
        window.drain(..length);
    }
    lengths
}

fn contents() -> [Vec<u8>; 4] {
    [world::noise(1, 300_001), world::prose(2, 200_000), vec![0; 100_003], world::noise(3, 999)]
}

#[test]
fn the_code_cuts_as_the_text_says() {
    for average in [256, 1 << 10, 1500, 3000, 16 << 10, 46_340, 46_344] {
        let params = ChunkerParams::around(average);
        let chunker = by_hand::keyring().chunker(params).expect("sizes within limits");
        let reference = Reference::new(params);
        for content in contents() {
            assert_eq!(lengths(&chunker, &content), reference.lengths(&content), "around {average}");
        }
    }
}

#[test]
fn every_size_the_config_may_hold_is_cut_as_the_text_says() {
    let content = world::noise(9, 13 << 20);
    for average in [96 << 10, 128 << 10, 1 << 20, 4 << 20] {
        let params = ChunkerParams::around(average);
        let chunker = by_hand::keyring().chunker(params).expect("sizes within limits");
        assert_eq!(lengths(&chunker, &content), Reference::new(params).lengths(&content), "around {average}");
    }
}

#[test]
fn sizes_beyond_the_limits_are_refused() {
    let good = ChunkerParams::around(1 << 10);
    let bad = [
        ChunkerParams { minimum: 62, ..good },
        ChunkerParams { minimum: 511, ..good },
        ChunkerParams { average: 254, minimum: 64, ..good },
        ChunkerParams { minimum: good.average, ..good },
        ChunkerParams { maximum: good.average, ..good },
        ChunkerParams { maximum: (12 << 20) + 2, ..good },
        ChunkerParams { average: (4 << 20) + 2, maximum: 12 << 20, ..good },
        ChunkerParams { average: (12 << 20) - 2, maximum: 12 << 20, ..good },
        ChunkerParams::around(u32::MAX),
        ChunkerParams::around(0),
    ];
    for params in bad {
        let error = by_hand::keyring().chunker(params).expect_err("out of bounds");
        assert!(error.is_corrupt(), "{params:?}");
    }
}

#[test]
fn nothing_is_cut_while_more_could_move_the_cut() {
    let params = ChunkerParams::around(256);
    let chunker = by_hand::keyring().chunker(params).expect("sizes within limits");
    let content = world::noise(4, params.maximum as usize);
    assert_eq!(chunker.cut(&[], true), None);
    assert_eq!(chunker.cut(&content[..content.len() - 1], false), None);
    assert!(chunker.cut(&content, false).is_some());
    assert_eq!(chunker.cut(&content[..1], true), Some(1));
    assert_eq!(chunker.params(), &params);
}

/// Whoever has no key cannot tell where a file is cut that they know.
#[test]
fn another_key_cuts_elsewhere() {
    let content = world::noise(5, 40_000);
    let lengths_by = |seed| {
        let chunker = world::keyring(seed).chunker(ChunkerParams::around(1 << 10));
        lengths(&chunker.expect("sizes within limits"), &content)
    };
    assert_eq!(lengths_by(1), lengths_by(1));
    let (one, other) = (lengths_by(1), lengths_by(2));
    assert!(one.iter().zip(&other).filter(|(one, other)| one == other).count() < one.len() / 4, "{one:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn cuts_do_not_depend_on_reads(
        seed: u64,
        length in 0..60_000_usize,
        reads in prop::collection::vec(1..5_000_usize, 1..8),
        zeros in 0..4_000_usize,
    ) {
        let chunker = by_hand::keyring().chunker(ChunkerParams::around(1 << 10)).expect("within limits");
        let mut content = world::noise(seed, length);
        content.extend_from_slice(&vec![0; zeros]);
        let whole = lengths(&chunker, &content);
        prop_assert_eq!(&lengths_of_reads(&chunker, &content, &reads), &whole);
        prop_assert_eq!(whole.iter().sum::<usize>(), content.len());
        if let Some((_, all_but_last)) = whole.split_last() {
            prop_assert!(all_but_last.iter().all(|length| (512..=3072).contains(length)));
        }
        prop_assert!(whole.iter().all(|length| (1..=3072).contains(length)));
    }
}
