//! What lies between core and trailer of a pack with parity: a function of header and core.
//!
//! Spec: docs/format.md#parity. Nothing in it is secret or random, so that anybody can make it again and compare.

use super::code;
use super::layout::{PACK_TRAILER_LENGTH, PackHeader, Trailer};
use super::record::{self, Side};
use super::shape::{SHARD_HASH_LENGTH, Shape};
use zerocopy::{FromBytes, IntoBytes};

/// Appends to header and core what a pack ends with: its parity, if it has any, and the trailer.
pub(super) fn append(bytes: &mut Vec<u8>, header: PackHeader, shape: Option<&Shape>) {
    if let Some(shape) = shape {
        bytes.resize(shape.padded(), 0);
        let records = records(bytes, &header, shape);
        bytes.extend_from_slice(&records);
    }
    bytes.extend_from_slice(Trailer::new(header, shape).as_bytes());
}

/// Whether a pack whose core, trailer and length are sound has the padding and records that it ought to have.
pub(super) fn is_sound(bytes: &[u8], header: &PackHeader, shape: &Shape) -> bool {
    let (data, rest) = bytes.split_at(shape.padded());
    let stored = &rest[..rest.len() - PACK_TRAILER_LENGTH];
    data[shape.core()..].iter().all(|byte| *byte == 0) && stored == records(data, header, shape)
}

/// What the table holds for each shard of data.
pub(super) fn shard_hash(shard: &[u8]) -> [u8; SHARD_HASH_LENGTH] {
    let hash = blake3::hash(shard);
    *hash.as_bytes().first_chunk().expect("a hash is longer")
}

fn records(data: &[u8], header: &PackHeader, shape: &Shape) -> Vec<u8> {
    let mut out = vec![0; shape.records() * shape.record_length()];
    let mut parts: Vec<(&mut [u8], &mut Side)> = out
        .chunks_exact_mut(shape.record_length())
        .map(|record| record.split_at_mut(shape.shard()))
        .map(|(parity, side)| (parity, Side::mut_from_bytes(side).expect("what is left of a record")))
        .collect();
    for (number, (_, side)) in (0..).zip(&mut parts) {
        side.fill(number, header, shape);
    }
    let (mut parity, mut pieces): (Vec<&mut [u8]>, Vec<&mut [u8]>) =
        parts.into_iter().map(|(parity, side)| (parity, side.piece_mut(shape))).unzip();
    code::encode(data, shape.shard(), &mut parity);
    code::encode(&table(data, shape), shape.piece_length(), &mut pieces);
    out.chunks_exact_mut(shape.record_length()).for_each(record::complete);
    out
}

/// The hashes of all shards, filled with zeros to whole pieces.
fn table(data: &[u8], shape: &Shape) -> Vec<u8> {
    let mut table: Vec<u8> = data.chunks_exact(shape.shard()).flat_map(shard_hash).collect();
    table.resize(shape.pieces() * shape.piece_length(), 0);
    table
}
