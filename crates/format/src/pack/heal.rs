//! Header and core of a damaged pack, brought back from what is left of it.
//!
//! Spec: docs/format.md#healing. Pure and keyless. Invariant: what is given back hashes to the name that was asked
//! for; all that leads there is a guess.

use super::code;
use super::layout::{PACK_HEADER_LENGTH, PACK_TRAILER_LENGTH, PackHeader, Trailer};
use super::parity::{self, shard_hash};
use super::record::Record;
use super::shape::{SHARD_HASH_LENGTH, Shape};
use crate::{FormatError, Pack, PackId, limits};
use std::collections::BTreeMap;
use zerocopy::{FromBytes, IntoBytes};

/// Packs that the records in one object may speak of: its own, and what a confused disk wrote into it.
const KINDS_MAX: usize = 4;

impl Pack {
    /// Header and core of the pack `id`, from what is left of its bytes: altered, cut short, or with zeros in place of
    /// what cannot be read.
    ///
    /// # Errors
    /// [`FormatError::WrongHash`] when more is lost than its parity can bring back.
    pub fn heal(id: PackId, bytes: Vec<u8>) -> Result<Vec<u8>, FormatError> {
        let found = sort(Record::all(&bytes));
        let own = PackHeader::read_from_prefix(&bytes).ok().map(|(header, _)| header);
        let headers =
            own.into_iter().chain(Trailer::header_of(&bytes)).chain(found.iter().map(|kind| kind.header));
        let mut tried = Vec::new();
        for header in headers {
            if !tried.contains(&header) {
                if is_intact_under(&header, id, &bytes) {
                    return Ok(with_header(&header, bytes));
                }
                tried.push(header);
            }
        }
        let most = found.into_iter().max_by_key(|kind| kind.records.len());
        most.and_then(|kind| kind.heal(id, bytes)).ok_or(FormatError::WrongHash("pack"))
    }

    /// The whole pack `id` as it was stored, with so many bytes, from what is left of it.
    ///
    /// # Errors
    /// As [`Pack::heal`]; [`FormatError::Malformed`] when no amount of parity gives it that length.
    pub fn restore(id: PackId, bytes: Vec<u8>, stored_length: u64) -> Result<Vec<u8>, FormatError> {
        let mut bytes = Self::heal(id, bytes)?;
        let header = PackHeader::parse(&bytes)?;
        let shapes = (0..=limits::PARITY_PERCENT_MAX).map(|percent| Shape::new(bytes.len(), percent));
        let length = |shape: &Option<Shape>| {
            shape.map_or(bytes.len() + PACK_TRAILER_LENGTH, |shape| shape.stored_length()) as u64
        };
        let shape = shapes.filter_map(Result::ok).find(|shape| length(shape) == stored_length);
        parity::append(&mut bytes, header, shape.ok_or(FormatError::Malformed("pack length"))?.as_ref());
        Ok(bytes)
    }
}

/// Records that speak of the same pack.
struct Kind {
    header: PackHeader,
    shape: Shape,
    records: BTreeMap<usize, Record>,
}

fn sort(records: impl Iterator<Item = Record>) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = Vec::new();
    for record in records {
        let same = |kind: &&mut Kind| kind.header == record.header && kind.shape == record.shape;
        let room = kinds.len() < KINDS_MAX;
        match kinds.iter_mut().find(same) {
            Some(kind) => drop(kind.records.insert(record.number, record)),
            None if room => kinds.push(Kind {
                header: record.header,
                shape: record.shape,
                records: BTreeMap::from([(record.number, record)]),
            }),
            None => {}
        }
    }
    kinds
}

impl Kind {
    fn heal(&self, id: PackId, mut data: Vec<u8>) -> Option<Vec<u8>> {
        let Self { header, shape, records } = self;
        let table = self.table()?;
        // Of one that was cut short not twice as much shall be held.
        data.reserve_exact(shape.padded().saturating_sub(data.len()));
        data.resize(shape.padded(), 0);
        data[..PACK_HEADER_LENGTH].copy_from_slice(header.as_bytes());
        // What was behind the core is part of the last shard, and was zero.
        data[shape.core()..].fill(0);
        let hashes = table.chunks_exact(SHARD_HASH_LENGTH);
        let sound: Vec<bool> = data
            .chunks_exact(shape.shard())
            .zip(hashes)
            .map(|(shard, hash)| shard_hash(shard) == hash)
            .collect();
        let parity: Vec<(usize, &[u8])> =
            records.iter().map(|(number, record)| (*number, &*record.parity)).collect();
        let healed = code::decode(&mut data, shape.shard(), &sound, &parity, shape.records());
        data.truncate(shape.core());
        (healed && blake3::hash(&data) == *id.as_bytes()).then_some(data)
    }

    /// The hashes of the shards, if there are pieces enough.
    fn table(&self) -> Option<Vec<u8>> {
        let (count, length) = (self.shape.pieces(), self.shape.piece_length());
        let pieces: Vec<(usize, &[u8])> =
            self.records.iter().map(|(number, record)| (*number, &*record.piece)).collect();
        let mut table = vec![0; count * length];
        code::decode(&mut table, length, &vec![false; count], &pieces, self.shape.records()).then_some(table)
    }
}

/// Whether the core is what it was, and the header this one.
fn is_intact_under(header: &PackHeader, id: PackId, bytes: &[u8]) -> bool {
    let end = usize::try_from(header.core_length()).unwrap_or(usize::MAX);
    let core = bytes.get(PACK_HEADER_LENGTH..end);
    core.is_some_and(|core| {
        let mut hasher = blake3::Hasher::new();
        hasher.update(header.as_bytes()).update(core).finalize() == *id.as_bytes()
    })
}

fn with_header(header: &PackHeader, mut bytes: Vec<u8>) -> Vec<u8> {
    bytes[..PACK_HEADER_LENGTH].copy_from_slice(header.as_bytes());
    bytes.truncate(usize::try_from(header.core_length()).expect("the core ends within the bytes"));
    bytes
}
