//! The committed corpus of the fuzz targets, replayed with their own bodies.
//!
//! A file `valid-*` has to be understood to the end, `broken-*` has to be refused, and whatever else is there (what a
//! fuzzer found) must break no promise. So a change of the format that leaves the fuzzers with samples that nobody
//! reads any more fails here. `LIFEBOAT_WRITE_CORPUS=1 cargo test -p lifeboat-format corpus` writes the samples anew
//! and fails, so that nobody takes it for a test.

use crate::{by_hand, world};
use bodies::keys::{self, Constant, KEYRING, OBJECTS, SECRET};
use lifeboat_format::{
    Amend, Anchor, BlobId, ChildPage, Commit, Compression, Compressor, Credential, Entry, EntryKind, Forget,
    Genesis, Node, ObjectHash, ObjectList, PackId, Piece, RepositoryId, Slot, SnapshotId, Unforget,
    key_file_text, sheet_words,
};
use lifeboat_testkit::{json, record};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

#[path = "../../../fuzz/bodies.rs"]
#[expect(unreachable_pub, reason = "for the fuzz targets it is a library")]
pub(crate) mod bodies;

/// Targets of other crates, which replay their corpus themselves.
const REPLAYED_ELSEWHERE: [&str; 3] = ["history", "cache", "patterns"];

/// What one target starts from.
struct Samples {
    target: &'static str,
    valid: Vec<Vec<u8>>,
    broken: Vec<Vec<u8>>,
}

impl Samples {
    /// Of a decoder that refuses bytes cut short, bytes that go on, and none.
    fn new(target: &'static str, valid: Vec<Vec<u8>>) -> Self {
        let sample = valid.first().expect("a sample");
        let (cut, longer) = (sample[..sample.len() - 1].to_vec(), [sample.as_slice(), &[0]].concat());
        Self { target, valid, broken: vec![cut, longer, Vec::new()] }
    }

    fn files(self) -> impl Iterator<Item = (PathBuf, Vec<u8>)> {
        let folder = fuzz().join("corpus").join(self.target);
        let name = move |kind: &str, number: u32| folder.join(format!("{kind}-{number}"));
        let valid = (0..).zip(self.valid).map(|(number, bytes)| ("valid", number, bytes));
        let broken = (0..).zip(self.broken).map(|(number, bytes)| ("broken", number, bytes));
        valid.chain(broken).map(move |(kind, number, bytes)| (name(kind, number), bytes))
    }
}

fn samples() -> Vec<Samples> {
    let pack = world::small_pack(&KEYRING, Compression::Off);
    let index = world::index_of(&KEYRING, std::slice::from_ref(&pack), 5);
    vec![
        Samples::new("config", vec![world::config().encode(), world::full_config().encode()]),
        Samples::new("slot", keys::credentials().iter().map(slot).collect()),
        Samples {
            target: "key_text",
            valid: vec![after(b"", key_file_text(&keys::master()).as_bytes()), sheet()],
            broken: vec![b"lifeboat-key-1-42".to_vec(), after(b"9: ", &sheet()[3..]), Vec::new()],
        },
        Samples::new("keyring", vec![OBJECTS[1].bytes.clone(), key_record(3), key_record(4)]),
        Samples::new("entry", vec![entry(EntryKind::GENESIS, genesis()), entry(EntryKind::COMMIT, commit())]),
        Samples::new(
            "statement",
            vec![genesis(), commit(), objects(), forget(), unforget(), amend(), anchor()],
        ),
        Samples::new("running", vec![running()]),
        Samples::new("snapshot", vec![snapshot()]),
        Samples::new("pack", vec![pack.bytes, world::small_pack_with_parity(&KEYRING).bytes]),
        Samples::new("pack_directory", vec![pack_directory()]),
        damaged_packs(),
        Samples::new("index", vec![index.bytes]),
        index_tables(),
        Samples::new("nodes", vec![leaf_of_nodes(), inner_page(Node::default().name, 1)]),
        Samples::new("pieces", vec![leaf_of_pieces(), inner_page(Vec::new(), 2)]),
        Samples::new("decompress", [Compression::default(), Compression::Off].map(segment).to_vec()),
        Samples {
            target: "chunker",
            valid: vec![after(&[0], &world::noise(1, 2500)), after(&[99], &world::prose(2, 2500))],
            broken: vec![vec![7], Vec::new()],
        },
    ]
}

fn slot(credential: &Credential) -> Vec<u8> {
    let (master, kdf, about) = (keys::master(), world::cheap(), world::about());
    let slot = Slot::create(&master, credential, kdf, &about, world::moment(), &Constant);
    slot.expect("costs within the limits").encode()
}

fn sheet() -> Vec<u8> {
    sheet_words(&keys::master()).as_bytes().to_vec()
}

fn key_record(purpose: u32) -> Vec<u8> {
    by_hand::cbor(|e| e.map(4)?.u8(0)?.u32(purpose)?.u8(1)?.u8(0)?.u8(2)?.u8(0)?.u8(3)?.bytes(&SECRET)?.ok())
}

fn genesis() -> Vec<u8> {
    let keys = OBJECTS.iter().map(|object| object.id).collect();
    Genesis { config: ObjectHash::new(SECRET), keys }.encode()
}

fn commit() -> Vec<u8> {
    let (index, packs) = (vec![ObjectHash::new(SECRET)], Vec::new());
    Commit::new(&world::full_snapshot(&KEYRING), index, packs, &KEYRING, &Constant).encode()
}

fn forget() -> Vec<u8> {
    Forget { snapshots: vec![SnapshotId::new(SECRET)], reason: "--keep-last 7".into() }.encode()
}

fn unforget() -> Vec<u8> {
    Unforget { snapshots: vec![SnapshotId::new(SECRET)] }.encode()
}

fn amend() -> Vec<u8> {
    Amend { snapshot: SnapshotId::new(SECRET), tags: vec!["kept".into(), String::new()], is_pinned: true }
        .encode()
}

fn anchor() -> Vec<u8> {
    Anchor { repository: RepositoryId::new([7; 16]), heads: vec![ObjectHash::new(SECRET)] }.encode()
}

fn objects() -> Vec<u8> {
    ObjectList { index: vec![ObjectHash::new(SECRET)], packs: vec![PackId::new(SECRET)] }.encode()
}

fn entry(kind: EntryKind, body: Vec<u8>) -> Vec<u8> {
    Entry::create(world::draft(kind, body), KEYRING.log(), &Constant).0
}

fn running() -> Vec<u8> {
    by_hand::cbor(|e| e.encode(world::running())?.ok())
}

fn snapshot() -> Vec<u8> {
    let mut snapshot = world::full_snapshot(&KEYRING);
    snapshot.id = SnapshotId::new(SECRET);
    by_hand::cbor(|e| e.encode(&snapshot)?.ok())
}

fn pack_directory() -> Vec<u8> {
    let (place, sealed) = keys::segment();
    let length = u32::try_from(sealed.len()).expect("a small segment");
    let segment = by_hand::segment_record(192, length, place.raw_length, 0);
    let blobs = [by_hand::blob_record(&SECRET, 0, 0, 60), by_hand::blob_record(&SECRET, 0, 60, 4)];
    let counts = [1_u32, 2].map(u32::to_le_bytes).concat();
    [counts, segment, blobs.concat()].concat()
}

/// What the parity of a pack of three shards and four records can undo, and what it cannot.
fn damaged_packs() -> Samples {
    let with = |head: [u8; 3], places: &[u32]| -> Vec<u8> {
        let changes = places.iter().flat_map(|place| [&place.to_le_bytes()[..], &[0x99]].concat());
        head.into_iter().chain(changes).collect()
    };
    let shards = [300, 5000, 9000];
    let records = [13_000, 21_000, 29_000, 37_000];
    let valid = [
        with([0; 3], &[]),
        with([0; 3], &shards),
        with([0; 3], &[shards[0], records[0], records[2], records[3]]),
        with([0, 4, 0], &shards[..2]),
        with([1, 0, 0], &records),
    ];
    // The last one has parity that proves itself and is wrong.
    let broken = [
        with([0; 3], &[&shards[..2], &records[1..]].concat()),
        with([0, 9, 0], &shards[..1]),
        with([1, 0, 0], &[&shards[..], &records].concat()),
        Vec::new(),
    ];
    Samples { target: "heal", valid: valid.to_vec(), broken: broken.to_vec() }
}

/// One of each, and then a blob without a segment and a segment without a pack.
fn index_tables() -> Samples {
    let segment = [0_u32, 0, 192, 64, 24, 0].map(u32::to_le_bytes).concat();
    let blob = [SECRET[..16].to_vec(), [0_u32, 0, 24].map(u32::to_le_bytes).concat()].concat();
    let one_of_each = [&[1, 1, 1], &segment[..], &blob].concat();
    let valid = vec![[&one_of_each[..], &keys::PACK_RECORD].concat(), one_of_each, vec![0, 0, 0]];
    let broken = vec![after(&[0, 0, 1], &blob), after(&[0, 1, 0], &segment), Vec::new()];
    Samples { target: "index_tables", valid, broken }
}

fn leaf_of_nodes() -> Vec<u8> {
    let hasher = KEYRING.blob_hasher();
    by_hand::page(1, 1, 0, &[Node { name: b"a".to_vec(), ..Node::default() }, world::full_node(&hasher)])
}

fn leaf_of_pieces() -> Vec<u8> {
    by_hand::page(1, 2, 0, &[Piece::Blob(BlobId::new(SECRET), 70_000), Piece::Hole(1 << 40)])
}

fn inner_page(first: Vec<u8>, kind: u32) -> Vec<u8> {
    by_hand::page(1, kind, 1, &[ChildPage { id: BlobId::new(SECRET), first, weight: 1 << 33 }])
}

fn segment(compression: Compression) -> Vec<u8> {
    let (raw, mut stored) = (world::prose(3, 600), Vec::new());
    let codec = Compressor::new(compression).compress(&raw, &mut stored);
    let length = u32::try_from(raw.len()).expect("a small segment");
    [&[codec as u8], &length.to_le_bytes()[..], &stored].concat()
}

fn after(head: &[u8], rest: &[u8]) -> Vec<u8> {
    [head, rest].concat()
}

#[test]
fn every_sample_is_in_the_corpus() {
    for (path, bytes) in samples().into_iter().flat_map(Samples::files) {
        write_if_asked(&path, &bytes);
        assert!(path.exists(), "{} is missing: LIFEBOAT_WRITE_CORPUS=1 writes it", path.display());
    }
    assert!(!is_writing(), "the corpus was written: look at it, then test without LIFEBOAT_WRITE_CORPUS");
}

#[test]
fn the_corpus_breaks_no_promise() {
    for (target, body) in bodies::TARGETS {
        let (mut valid, mut broken) = (0, 0);
        for (name, bytes) in corpus(target) {
            let understood = body(&bytes);
            if name.starts_with("valid-") {
                assert!(understood, "{target}/{name} is no longer understood");
                valid += 1;
            } else if name.starts_with("broken-") {
                assert!(!understood, "{target}/{name} is not refused any more");
                broken += 1;
            }
        }
        assert!(
            valid > 0 && broken > 0,
            "the corpus of {target} has {valid} valid and {broken} broken files"
        );
        record("fuzz", json!({ target: { "inputs": corpus(target).len() } }));
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the corpus is files")]
fn every_fuzz_target_is_replayed() {
    let files = fs::read_dir(fuzz().join("fuzz_targets")).expect("the fuzz targets");
    let names = files.map(|file| file.expect("a file").file_name().into_string().expect("a plain name"));
    let targets = bodies::TARGETS.iter().map(|(target, _)| *target).chain(REPLAYED_ELSEWHERE);
    let targets: BTreeSet<_> = targets.map(|target| format!("{target}.rs")).collect();
    assert_eq!(names.collect::<BTreeSet<_>>(), targets);
}

#[expect(clippy::disallowed_methods, reason = "the corpus is files")]
pub(crate) fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let files = fs::read_dir(fuzz().join("corpus").join(target)).expect(target);
    let paths = files.map(|file| file.expect(target)).map(|file| (file.file_name(), file.path()));
    paths.map(|(name, path)| (name.to_string_lossy().into_owned(), fs::read(path).expect(target))).collect()
}

#[expect(clippy::disallowed_methods, reason = "the corpus is files, written only when that is asked for")]
fn write_if_asked(path: &Path, bytes: &[u8]) {
    if is_writing() {
        fs::create_dir_all(path.parent().expect("a file in a directory")).expect("a writable checkout");
        fs::write(path, bytes).expect("a writable checkout");
    }
}

#[expect(clippy::disallowed_methods, reason = "whoever runs the tests says so")]
fn is_writing() -> bool {
    env::var_os("LIFEBOAT_WRITE_CORPUS").is_some_and(|value| value == "1")
}

fn fuzz() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}
