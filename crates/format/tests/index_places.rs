//! Index objects written from the text: good ones are read, and what refers to nothing is refused.

use crate::by_hand::{self, index_blob, index_pack, index_segment};
use lifeboat_format::{BlobPrefix, FormatError, Index, ObjectHash, PackId, limits};

const RAW: &[u8] = b"raw bytes";

/// The records of an index object of one pack with one segment.
#[derive(Clone)]
struct Tables {
    pack: Vec<u8>,
    segment: Vec<u8>,
    blobs: Vec<u8>,
    fan_out: Vec<u8>,
}

fn pack() -> (PackId, Vec<u8>) {
    by_hand::pack(RAW, &[by_hand::directory_head(1, 0), by_hand::only_segment(RAW)].concat())
}

fn good() -> Tables {
    let (id, bytes) = pack();
    Tables {
        pack: index_pack(id, bytes.len() as u64, &bytes[..192]),
        segment: index_segment([0, 0, 192, 49, 9], 0),
        blobs: [index_blob(1, [0, 0, 3]), index_blob(2, [0, 3, 6])].concat(),
        fan_out: vec![1; 16],
    }
}

fn parse(tables: &Tables) -> Result<Index, FormatError> {
    let counts = [1, 1, u32::try_from(tables.blobs.len() / 28).expect("few blobs")];
    let bytes = by_hand::index(counts, [&tables.pack, &tables.segment, &tables.blobs, &tables.fan_out]);
    Index::parse(ObjectHash::of(&bytes), &bytes, &by_hand::keyring())
}

#[track_caller]
fn assert_corrupt(tables: &Tables) {
    assert!(parse(tables).expect_err("it refers to nothing").is_corrupt());
}

#[test]
fn an_index_written_from_the_text_is_read() {
    let index = parse(&good()).expect("the text says so");
    let (id, bytes) = pack();
    let listed = &index.packs[0];
    assert_eq!((listed.id, listed.stored_length), (id, bytes.len() as u64));
    assert_eq!(listed.header.core_length() + 248, listed.stored_length);
    let place = index.segments[0].place;
    assert_eq!((place.offset, place.sealed_length, place.raw_length), (192, 49, 9));
    let ids = [1, 2].map(|byte| BlobPrefix::from(&lifeboat_format::BlobId::new([byte; 32])));
    assert_eq!(index.blobs.iter().map(|blob| blob.prefix).collect::<Vec<_>>(), ids);
    assert_eq!((index.blobs[1].segment, index.blobs[1].offset, index.blobs[1].length), (0, 3, 6));
}

#[test]
fn references_to_nothing_are_refused() {
    let good = good();
    for numbers in [[1, 0, 9], [0, 1, 9], [0, u32::MAX, 10], [u32::MAX, 0, 0]] {
        assert_corrupt(&Tables { blobs: index_blob(1, numbers), ..good.clone() });
    }
    let core = u32::try_from(pack().1.len() - 248).expect("a small pack");
    let most = u32::try_from(limits::SEGMENT_RAW_MAX).expect("16 MiB");
    for numbers in
        [[1, 0, 192, 49, 9], [0, 0, core, 1, 9], [0, 0, u32::MAX, u32::MAX, 9], [0, 0, 192, 49, most + 1]]
    {
        assert_corrupt(&Tables { segment: index_segment(numbers, 0), ..good.clone() });
    }
    let newer = Tables { segment: index_segment([0, 0, 192, 49, 9], 2), ..good };
    assert!(parse(&newer).expect_err("an unknown codec").is_newer());
}

#[test]
fn impossible_packs_are_refused() {
    let (id, bytes) = pack();
    let header = &bytes[..192];
    for stored_length in [0, bytes.len() as u64 - 249, 2 * limits::PACK_MAX + 1, u64::MAX] {
        assert_corrupt(&Tables { pack: index_pack(id, stored_length, header), ..good() });
    }
    assert_corrupt(&Tables { pack: index_pack(id, 1000, &[0; 192]), ..good() });
}

#[test]
fn blobs_in_disorder_are_refused() {
    let blobs = [index_blob(2, [0, 3, 6]), index_blob(1, [0, 0, 3])].concat();
    assert_corrupt(&Tables { blobs, fan_out: vec![2; 16], ..good() });
    assert_corrupt(&Tables { fan_out: vec![2; 16], ..good() });
    let twice = [index_blob(1, [0, 0, 3]), index_blob(1, [0, 3, 6])].concat();
    assert!(parse(&Tables { blobs: twice, ..good() }).is_ok());
}
