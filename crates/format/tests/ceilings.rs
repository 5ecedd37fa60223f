//! No decoder takes more memory than it should, whatever the bytes say: what is counted is what the decoder allocates.

use crate::corpus::{bodies, corpus};
use crate::{by_hand, world};
use bodies::keys::{self, KEYRING};
use lifeboat_format::{
    Codec, Commit, Compression, Content, Entry, Index, Node, ObjectHash, Opener, Pack, Page, PathBytes,
    Piece, Snapshot, SnapshotId, Xattr, XattrValue, limits, parse_key_text,
};

/// Bytes that a decoder may take besides its input.
const CEILING: u64 = 64 << 20;

/// Runs a decoder, and gives what it made of the bytes.
fn under_ceiling<T>(what: &str, decode: impl FnOnce() -> T) -> T {
    let mut made = None;
    let counted = allocation_counter::measure(|| made = Some(decode()));
    assert!(counted.bytes_max <= CEILING, "{what} took {} bytes", counted.bytes_max);
    made.expect("it was just made")
}

#[test]
fn the_corpus_stays_below_the_ceiling() {
    let counted = allocation_counter::measure(|| drop(std::hint::black_box(vec![0_u8; 5000])));
    assert_eq!(counted.bytes_max, 5000, "allocations are counted");
    for (target, body) in bodies::TARGETS {
        for (name, bytes) in corpus(target) {
            under_ceiling(&format!("{target}/{name}"), || body(&bytes));
        }
    }
}

/// A page of so many times the same entry.
fn page(kind: u8, level: u8, count: u32, entry: &[u8]) -> Vec<u8> {
    let head = by_hand::cbor(|e| e.array(4)?.u8(1)?.u8(kind)?.u8(level)?.array(count.into())?.ok());
    [head, entry.repeat(count as usize)].concat()
}

fn encoded<T: minicbor::Encode<()>>(record: &T) -> Vec<u8> {
    minicbor::to_vec(record).expect("a vector")
}

/// As many of the shortest entries as the largest blob holds.
#[test]
fn pages_of_countless_small_entries_are_refused() {
    let named = Node { name: b"a".to_vec(), ..Node::default() };
    let child = [&[0x83, 0x58, 32][..], &[7; 32], &[0x40, 1]].concat();
    let pages =
        [(1, 0, encoded(&named)), (1, 1, child.clone()), (2, 1, child), (2, 0, encoded(&Piece::Hole(1)))];
    for (kind, level, entry) in pages {
        let count = u32::try_from(limits::SEGMENT_RAW_MAX / entry.len()).expect("a small number");
        for count in [count, 4_000_000 / u32::try_from(entry.len()).expect("a small number")] {
            let bytes = page(kind, level, count, &entry);
            let what = format!("{count} entries of kind {kind} on level {level}");
            let is_refused = under_ceiling(&what, || match kind {
                1 => Page::<Node>::decode(&bytes, None).is_err(),
                _ => Page::<Piece>::decode(&bytes, None).is_err(),
            });
            assert!(is_refused, "{what}");
        }
    }
}

#[test]
fn a_node_of_countless_parts_is_refused() {
    let xattr = Xattr { name: Vec::new(), value: XattrValue::Inline(Vec::new()) };
    let named = || Node { name: b"a".to_vec(), ..Node::default() };
    let nodes = [
        Node { xattrs: vec![xattr; 700_000], ..named() },
        Node { content: Content::Pieces(vec![Piece::Hole(0); 2_000_000]), ..named() },
    ];
    for node in nodes {
        let bytes = page(1, 0, 1, &encoded(&node));
        assert!(bytes.len() < limits::PAGE_MAX + limits::NODE_MAX, "its length alone is none of its faults");
        assert!(under_ceiling("a node", || Page::<Node>::decode(&bytes, None).is_err()));
    }
}

/// A snapshot with so many paths, tags and patterns, none of which says anything.
fn snapshot_of(count: usize) -> Snapshot {
    let mut snapshot = world::full_snapshot(&KEYRING);
    snapshot.id = SnapshotId::new(keys::SECRET);
    snapshot.paths = vec![PathBytes::default(); count];
    (snapshot.tags, snapshot.excludes) = (vec![String::new(); count], vec![String::new(); count]);
    snapshot
}

#[test]
fn a_snapshot_of_countless_words_is_refused() {
    for (count, is_readable) in [(limits::SNAPSHOT_LIST_MAX, true), (5 << 20, false)] {
        let snapshot = snapshot_of(count);
        assert_eq!(snapshot.is_within_limits(), is_readable);
        let commit: Commit = minicbor::decode(&keys::commit(&encoded(&snapshot))).expect("just encoded");
        drop(snapshot);
        assert_eq!(under_ceiling("a snapshot", || commit.open(&KEYRING).is_ok()), is_readable, "{count}");
    }
}

#[test]
fn an_entry_as_large_as_it_may_be_is_read_within_it() {
    let body = vec![7; usize::try_from(limits::ENTRY_MAX).expect("16 MiB") - 1000];
    let draft = world::draft(lifeboat_format::EntryKind(900), body);
    let (bytes, entry) = Entry::create(draft, KEYRING.log(), &keys::Constant);
    let read = under_ceiling("an entry", || Entry::parse(entry.hash, &bytes, KEYRING.log()));
    assert_eq!(read.as_ref(), Ok(&entry));
}

#[test]
fn counts_that_lie_cost_nothing() {
    let index = world::index_of(&KEYRING, &[world::small_pack(&KEYRING, Compression::Off)], 5);
    let filler = vec![0; usize::try_from(limits::INDEX_MAX).expect("8 MiB") - index.bytes.len()];
    for place in [16, 20, 24] {
        let mut bytes = [index.bytes.as_slice(), &filler].concat();
        bytes[place..place + 4].copy_from_slice(&u32::MAX.to_le_bytes());
        let hash = ObjectHash::of(&bytes);
        assert!(under_ceiling("an index", || Index::parse(hash, &bytes, &KEYRING).is_err()));
    }
    for counts in [(1 << 20, 1 << 22), (u32::MAX, u32::MAX), (1, 1 << 22)] {
        let directory = [by_hand::directory_head(counts.0, counts.1), by_hand::only_segment(b"raw")].concat();
        let (id, bytes) = by_hand::pack(b"raw", &directory);
        assert!(under_ceiling("a pack", || Pack::parse(id, bytes, &by_hand::keyring()).is_err()));
    }
}

#[test]
fn what_unfolds_stops_where_it_should() {
    let (mut bomb, zeros) = (Vec::new(), vec![0; limits::SEGMENT_RAW_MAX]);
    lifeboat_format::Compressor::new(Compression::default()).compress(&zeros, &mut bomb);
    assert!(bomb.len() < 4096);
    let length = u32::try_from(zeros.len()).expect("16 MiB");
    drop(zeros);
    for (length, is_whole) in [(length, true), (length - 1, false), (5, false), (u32::MAX, false)] {
        let mut out = Vec::new();
        let opened = under_ceiling("a segment", || {
            Opener::default().decompress(Codec::Zstd, &bomb, length, &mut out).is_ok()
        });
        assert_eq!(opened, is_whole, "{length}");
    }
    let words = "abandon ".repeat(1 << 20);
    assert!(under_ceiling("a recovery sheet", || parse_key_text(words.as_bytes()).is_err()));
}
