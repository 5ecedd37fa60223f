//! Parity written from the text of `docs/format.md`, with the erasure code as sums and products over its field.
//!
//! It proves that the text says what the code does, and that nobody needs a fast library to rebuild a pack.

use crate::world;
use lifeboat_format::{Compression, Pack, Role};
use std::sync::LazyLock;

const SECTOR: usize = 4096;
const PIECE_MAX: usize = 3840;
const POLYNOMIAL: u32 = 0x1002d;
const BASIS: [u16; 16] = [
    0x0001, 0xacca, 0x3c0e, 0x163e, 0xc582, 0xed2e, 0x914c, 0x4012, 0x6c98, 0x10d8, 0x6a72, 0xb900, 0xfdb8,
    0xfb34, 0xff38, 0x991e,
];

/// The element that each symbol stands for, and the symbol of each element.
static ELEMENTS: LazyLock<(Vec<u16>, Vec<u16>)> = LazyLock::new(|| {
    let bits = |symbol: u16| (0..16_usize).filter(move |bit| symbol >> bit & 1 == 1);
    let elements: Vec<u16> = (0..=u16::MAX)
        .map(|symbol| bits(symbol).map(|bit| BASIS[bit]).fold(0, |sum, element| sum ^ element))
        .collect();
    let mut symbols = vec![0; elements.len()];
    for (symbol, element) in (0..=u16::MAX).zip(&elements) {
        symbols[usize::from(*element)] = symbol;
    }
    (elements, symbols)
});

/// The element number `n` of the text.
fn point(number: usize) -> u16 {
    ELEMENTS.0[number]
}

fn product(left: u16, right: u16) -> u16 {
    let (mut sum, mut left) = (0_u32, u32::from(left));
    for bit in 0..16 {
        if right >> bit & 1 == 1 {
            sum ^= left;
        }
        left <<= 1;
        if left > 0xffff {
            left ^= POLYNOMIAL;
        }
    }
    u16::try_from(sum).expect("reduced")
}

fn inverse(element: u16) -> u16 {
    // The group has 2^16 - 1 elements.
    (1..16)
        .fold((1, element), |(result, power), _| {
            let power = product(power, power);
            (product(result, power), power)
        })
        .0
}

/// What the value at point number `nodes.start + at` counts at point number `place`, where a polynomial is given by its
/// values at `nodes`.
fn weight(nodes: std::ops::Range<usize>, at: usize, place: usize) -> u16 {
    let own = point(nodes.start + at);
    nodes
        .map(point)
        .filter(|node| *node != own)
        .fold(1, |weight, node| product(weight, product(point(place) ^ node, inverse(own ^ node))))
}

/// What shard `from` of `count` counts in shard `to` of `of`.
fn coefficient(count: usize, of: usize, from: usize, to: usize) -> u16 {
    let (power, power_of) = (count.next_power_of_two(), of.next_power_of_two());
    match power > power_of || (power == power_of && count <= of) {
        true => {
            let group = power_of * (1 + from / power_of);
            weight(group..group + power_of, from % power_of, to)
        }
        false => weight(0..power, from, power + to),
    }
}

/// Symbols of a shard, in blocks of 64 bytes: first their low bytes, then their high ones.
fn elements(shard: &[u8]) -> Vec<u16> {
    let of_block = |block: &[u8]| -> Vec<u16> {
        (0..32).map(|at| point(usize::from(u16::from_le_bytes([block[at], block[at + 32]])))).collect()
    };
    shard.chunks(64).flat_map(of_block).collect()
}

fn bytes(elements: &[u16]) -> Vec<u8> {
    let of_block = |block: &[u16]| -> Vec<u8> {
        let symbols: Vec<[u8; 2]> =
            block.iter().map(|element| ELEMENTS.1[usize::from(*element)].to_le_bytes()).collect();
        [0, 1].iter().flat_map(|half| symbols.iter().map(move |symbol| symbol[*half])).collect()
    };
    elements.chunks(32).flat_map(of_block).collect()
}

fn encode(data: &[Vec<u8>], of: usize) -> Vec<Vec<u8>> {
    let data: Vec<Vec<u16>> = data.iter().map(|shard| elements(shard)).collect();
    let shard = |to: usize| {
        let mut sum = vec![0; data[0].len()];
        for (from, shard) in data.iter().enumerate() {
            let coefficient = coefficient(data.len(), of, from, to);
            sum.iter_mut().zip(shard).for_each(|(sum, symbol)| *sum ^= product(*symbol, coefficient));
        }
        bytes(&sum)
    };
    (0..of).map(shard).collect()
}

/// What follows the core of a small pack, but for the trailer.
fn parity(core: &[u8], percent: usize) -> Vec<u8> {
    let mut data: Vec<Vec<u8>> = core.chunks(SECTOR).map(<[u8]>::to_vec).collect();
    let padding = data.len() * SECTOR - core.len();
    data.last_mut().expect("a header").resize(SECTOR, 0);
    let mut table: Vec<u8> =
        data.iter().flat_map(|shard| blake3::hash(shard).as_bytes()[..8].to_vec()).collect();
    let pieces = table.len().div_ceil(PIECE_MAX);
    let piece = table.len().div_ceil(pieces).next_multiple_of(64);
    table.resize(pieces * piece, 0);
    let table: Vec<Vec<u8>> = table.chunks(piece).map(<[u8]>::to_vec).collect();
    let count = (data.len() * percent).div_ceil(100) + pieces + 2;
    let mut out = vec![0; padding];
    for (number, (shard, piece)) in (0_u32..).zip(encode(&data, count).iter().zip(encode(&table, count))) {
        let start = out.len();
        out.extend_from_slice(shard);
        out.extend_from_slice(b"LBPARITY\x01\0\0\0");
        let numbers = [number, u32::try_from(count).expect("small"), 4096];
        out.extend_from_slice(&numbers.map(u32::to_le_bytes).concat());
        out.extend_from_slice(&[0; 8]);
        out.extend_from_slice(&core[..192]);
        out.extend_from_slice(&piece);
        out.resize(start + 2 * SECTOR - 32, 0);
        let checksum = blake3::hash(&out[start..]);
        out.extend_from_slice(checksum.as_bytes());
    }
    out
}

fn pack(shards: usize, percent: u32) -> Pack {
    // Header, sealed segment, and a sealed directory with one segment and one blob.
    let length = shards * SECTOR - 192 - 40 - (40 + 8 + 16 + 44) - 7;
    let segments = [vec![world::noise(9, length)]];
    world::pack_with_parity(&world::keyring(1), Role::Data, Compression::Off, &segments, 4, percent)
}

#[test]
fn parity_is_what_the_text_says() {
    // Groups of which one or several are, more or fewer shards than records, and powers of two that are the same.
    for (shards, percent, records) in [(1, 3, 4), (3, 3, 4), (5, 25, 5), (7, 25, 5), (9, 25, 6), (21, 3, 4)] {
        let pack = pack(shards, percent);
        let core = usize::try_from(pack.header.core_length()).expect("small");
        assert_eq!(core.div_ceil(SECTOR), shards);
        let end = pack.bytes.len() - 248;
        assert_eq!(end, shards * SECTOR + records * 2 * SECTOR);
        let by_hand = parity(&pack.bytes[..core], percent as usize);
        assert!(pack.bytes[core..end] == by_hand, "{shards} shards and {percent} percent");
    }
}
