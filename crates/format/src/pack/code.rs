//! The erasure code: shards of data, shards of parity, and back from any of them that are as many as the data.
//!
//! Spec: docs/format.md#the-code. Blocks of 64 bytes at the same place of all shards are code words of their own; so
//! the work is done in stripes across all shards, and its memory does not grow with them.

use super::shape::CODE_BLOCK;
use crate::{Bug, planted};
use reed_solomon_simd::{ReedSolomonDecoder, ReedSolomonEncoder};
use std::ops::Range;

/// Bytes of all shards that are worked on at once.
const STRIPE_BYTES: usize = 2 << 20;
/// Products of all elements: the fastest way to multiply, made when the first pack is encoded.
const TABLES: usize = 9 << 20;
/// Why the code refuses nothing that gets here.
const SUPPORTED: &str = "a shape is only made of numbers that the code supports";

/// Bytes that the code works with at once beside a pack and its records, and bytes of the tables that it makes once.
#[must_use]
pub fn code_memory() -> (usize, usize) {
    // The transform is of as many shards as the next power of two says, and what it gives is apart.
    (3 * STRIPE_BYTES, TABLES)
}

/// Fills `parity` with the shards that belong to those of `data`, which has one behind the other, `length` bytes each.
pub(super) fn encode(data: &[u8], length: usize, parity: &mut [&mut [u8]]) {
    if planted(Bug::ParityOutOfOrder) {
        parity.reverse();
    }
    let count = data.len() / length;
    let width = stripe_width(length, count + parity.len());
    let mut encoder = ReedSolomonEncoder::new(count, parity.len(), width).expect(SUPPORTED);
    for stripe in stripes(length, width) {
        for shard in data.chunks_exact(length) {
            encoder.add_original_shard(&shard[stripe.clone()]).expect("as many as were announced");
        }
        let encoded = encoder.encode().expect("all were added");
        for (shard, bytes) in parity.iter_mut().zip(encoded.recovery_iter()) {
            shard[stripe.clone()].copy_from_slice(bytes);
        }
    }
}

/// Restores the shards of `data` that are not `sound` from shards of parity, each with its number below `of`, no number
/// twice. Tells whether those were enough.
pub(super) fn decode(
    data: &mut [u8],
    length: usize,
    sound: &[bool],
    parity: &[(usize, &[u8])],
    of: usize,
) -> bool {
    let lost = sound.iter().filter(|sound| !**sound).count();
    let Some(parity) = parity.get(..lost) else { return false };
    if lost == 0 {
        return true;
    }
    let width = stripe_width(length, sound.len() + of);
    let mut decoder = ReedSolomonDecoder::new(sound.len(), of, width).expect(SUPPORTED);
    for stripe in stripes(length, width) {
        for (number, shard) in data.chunks_exact(length).enumerate().filter(|(number, _)| sound[*number]) {
            decoder.add_original_shard(number, &shard[stripe.clone()]).expect("each number once");
        }
        for (number, shard) in parity {
            decoder.add_recovery_shard(*number, &shard[stripe.clone()]).expect("each number once");
        }
        let decoded = decoder.decode().expect("as many as there are shards of data");
        for (number, bytes) in decoded.restored_original_iter() {
            data[number * length..][stripe.clone()].copy_from_slice(bytes);
        }
    }
    true
}

fn stripes(length: usize, width: usize) -> impl Iterator<Item = Range<usize>> {
    (0..length).step_by(width).map(move |start| start..start + width)
}

/// The most blocks that divide the length of a shard and stay within the memory for all shards.
fn stripe_width(length: usize, shards: usize) -> usize {
    let blocks = length / CODE_BLOCK;
    let fits = |width: &usize| blocks.is_multiple_of(*width) && width * CODE_BLOCK * shards <= STRIPE_BYTES;
    (1..=blocks).rev().find(fits).unwrap_or(1) * CODE_BLOCK
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(length: usize) -> Vec<u8> {
        lifeboat_testkit::Random::new(7).bytes(length)
    }

    fn encoded(data: &[u8], length: usize, count: usize) -> Vec<Vec<u8>> {
        let mut parity = vec![vec![0; length]; count];
        encode(data, length, &mut parity.iter_mut().map(Vec::as_mut_slice).collect::<Vec<_>>());
        parity
    }

    #[test]
    fn stripes_give_the_same_bytes_as_whole_shards() {
        for (count, parity) in [(600, 20), (300, 300), (3, 400)] {
            let data = bytes(count * 16_384);
            assert!(stripe_width(16_384, count + parity) < 16_384, "more than one stripe is wanted");
            let whole = reed_solomon_simd::encode(count, parity, data.chunks_exact(16_384));
            assert!(encoded(&data, 16_384, parity) == whole.expect("within the limits"), "{count} {parity}");
        }
    }

    #[test]
    fn one_shard_is_simply_repeated() {
        let data = bytes(64);
        assert_eq!(encoded(&data, 64, 4), vec![data; 4]);
    }

    #[test]
    fn any_as_many_shards_give_the_data_back() {
        let (length, count, of) = (128, 7, 4);
        let data = bytes(count * length);
        let parity = encoded(&data, length, of);
        for lost in 0_u32..1 << (count + of) {
            let is_lost = |number: usize| lost >> number & 1 == 1;
            let sound: Vec<bool> = (0..count).map(|number| !is_lost(number)).collect();
            let mut damaged = data.clone();
            for number in (0..count).filter(|number| is_lost(*number)) {
                damaged[number * length..][..length].fill(0);
            }
            let left: Vec<(usize, &[u8])> = (0..of)
                .filter(|number| !is_lost(count + number))
                .map(|number| (number, &*parity[number]))
                .collect();
            let enough = decode(&mut damaged, length, &sound, &left, of);
            assert_eq!(enough, lost.count_ones() as usize <= of || sound.iter().all(|sound| *sound));
            assert_eq!(enough, damaged == data, "{lost:b}");
        }
    }
}
