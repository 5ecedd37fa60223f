//! What a later version wrote is called newer, never corrupt; fields that are unknown are skipped.

use crate::{by_hand, world};
use lifeboat_format::{
    ChunkerParams, Compression, Config, Entry, EntryKind, FormatError, Index, Keyring, Node, ObjectHash,
    Pack, PackHeader, PackSealer, Page, Piece, Running, SealContext, SealRole, Sealer, SessionId, Slot,
    Statement,
};
use minicbor::{Decoder, Encoder};

#[track_caller]
fn assert_newer<T>(result: Result<T, FormatError>) {
    let error = result.err().expect("what is unknown is not understood");
    assert!(error.is_newer() && !error.is_corrupt(), "{error}");
}

/// The map with the value of one of its fields replaced, or with another field behind the others.
fn with_field(map: &[u8], field: u32, value: &[u8]) -> Vec<u8> {
    let mut decoder = Decoder::new(map);
    let count = decoder.map().expect("a map").expect("of known length");
    let mut fields = Vec::new();
    for _ in 0..count {
        let number = decoder.u32().expect("a field number");
        let start = decoder.position();
        decoder.skip().expect("a value");
        let kept = &map[start..decoder.position()];
        fields.push((number, if number == field { value } else { kept }));
    }
    if fields.iter().all(|(number, _)| *number != field) {
        fields.push((field, value));
    }
    let mut out = by_hand::cbor(|e| e.map(fields.len() as u64)?.ok());
    for (number, value) in fields {
        Encoder::new(&mut out).u32(number).expect("a vector");
        out.extend_from_slice(value);
    }
    out
}

/// What a later version might add: nested, of unknown length.
const LATER: &[u8] = &[0xbf, 0x00, 0x9f, 0xa1, 0x01, 0xf6, 0xff, 0xff];

#[test]
fn unknown_versions_are_newer() {
    let keyring = world::keyring(1);
    assert_newer(Config::decode(&with_field(&world::config().encode(), 1, &[2])));
    assert_newer(Slot::decode(&with_field(&world::slot().encode(), 0, &[2])));
    for page in [by_hand::page::<Node>(2, 1, 0, &[]), by_hand::page::<Node>(99, 1, 0, &[])] {
        assert_newer(Page::<Node>::decode(&page, None));
    }
    let (bytes, _) = world::commit_entry(&keyring);
    let newer = with_entry_header(&bytes, |header| with_field(header, 0, &[2]));
    assert_newer(Entry::parse(ObjectHash::of(&newer), &newer, keyring.log()));
    let pack = world::small_pack(&keyring, Compression::Off);
    let mut index = world::index_of(&keyring, std::slice::from_ref(&pack), 5).bytes;
    index[8] = 2;
    assert_newer(Index::parse(ObjectHash::of(&index), &index, &keyring));
    let mut header = pack.bytes[..192].to_vec();
    header[8] = 2;
    assert_newer(PackHeader::parse(&header));
    let snapshot = with_field(&snapshot_bytes(), 0, &[2]);
    assert_newer(snapshot_in_a_commit(&snapshot));
    assert_newer(running_hint(&with_field(&running_bytes(), 0, &[2])));
}

#[test]
fn version_zero_was_never_written() {
    let config = with_field(&world::config().encode(), 1, &[0]);
    assert!(Config::decode(&config).is_err_and(|error| error.is_corrupt()));
    let slot = with_field(&world::slot().encode(), 0, &[0]);
    assert!(Slot::decode(&slot).is_err_and(|error| error.is_corrupt()));
    assert!(Page::<Node>::decode(&by_hand::page::<Node>(0, 1, 0, &[]), None).is_err_and(|e| e.is_corrupt()));
}

#[test]
fn other_drafts_are_refused_as_such() {
    for draft in [0, 1, 23] {
        assert_newer(Config::decode(&with_field(&world::config().encode(), 2, &[draft])));
    }
    let other = with_field(&world::config().encode(), 0, b"\x68lifeboot");
    assert!(Config::decode(&other).is_err_and(|error| error.is_corrupt()));
}

#[test]
fn unknown_kinds_are_newer() {
    assert_newer(Slot::decode(&with_field(&world::slot().encode(), 2, &[3])));
    assert_newer(Page::<Node>::decode(&by_hand::page::<Node>(1, 3, 0, &[]), None));
    assert_newer(Page::<Piece>::decode(&by_hand::page::<Piece>(1, 3, 0, &[]), None));
    let node = minicbor::to_vec(Node::default()).expect("a vector");
    let unknown_kind = with_field(&node, 1, &[7]);
    let unknown_content = with_field(&node, 14, &[0x82, 0x03, 0x00]);
    for node in [unknown_kind, unknown_content] {
        let page = [by_hand::page::<Node>(1, 1, 0, &[]), node].concat();
        // An empty list ends the page: make it a list of one.
        let page =
            page.iter().enumerate().map(|(at, byte)| if at == 4 { 0x81 } else { *byte }).collect::<Vec<_>>();
        assert_newer(Page::<Node>::decode(&page, None));
    }
    let (_, entry) = Entry::create(
        world::draft(EntryKind(12), b"not even CBOR".to_vec()),
        world::keyring(1).log(),
        &world::Seeded::new(1),
    );
    assert_eq!(Statement::of(&entry), Ok(Statement::Unknown(EntryKind(12))));
}

#[test]
fn unknown_codecs_chunkers_and_keys_are_newer() {
    let (keyring, raw) = (by_hand::keyring(), b"raw");
    let directory = [by_hand::directory_head(1, 0), by_hand::segment_record(192, 43, 3, 2)].concat();
    let (id, bytes) = by_hand::pack(raw, &directory);
    assert_newer(Pack::parse(id, bytes, &keyring));
    let params = ChunkerParams { number: 2, minimum: 0, average: 1, maximum: 0 };
    assert_newer(keyring.chunker(params));
    let pack = world::small_pack(&keyring, Compression::Off);
    let altered = |place: usize| {
        let mut header = pack.bytes[..192].to_vec();
        header[place] += 1;
        PackHeader::parse(&header)
    };
    assert_newer(altered(11));
    for domain_or_epoch in [12, 16] {
        assert_newer(PackSealer::open(&keyring, altered(domain_or_epoch).expect("a header")));
    }
    let mut index = world::index_of(&keyring, &[pack], 5).bytes;
    index[12] = 1;
    assert_newer(Index::parse(ObjectHash::of(&index), &index, &keyring));
}

#[test]
fn parity_of_an_unknown_shape_is_newer() {
    let pack = world::small_pack(&by_hand::keyring(), Compression::Off);
    let trailer = pack.bytes.len() - 248;
    for numbers in [[0, 4, 0], [64, 4, 64 + 4096], [4096, 4, 4096], [4096, 0, 8192], [4096, u32::MAX, 8192]] {
        let mut bytes = pack.bytes.clone();
        bytes[trailer + 192..trailer + 204].copy_from_slice(&numbers.map(u32::to_le_bytes).concat());
        let checksum = *blake3::hash(&bytes[trailer..trailer + 208]).as_bytes();
        bytes[trailer + 208..trailer + 240].copy_from_slice(&checksum);
        assert_newer(Pack::scrub(pack.id, &bytes));
    }
}

#[test]
fn a_key_of_a_newer_version_is_not_a_missing_key() {
    let master = world::master();
    let assemble =
        |objects: &[Vec<u8>]| Keyring::assemble(&master, objects.iter().map(Vec::as_slice)).map(drop);
    let mut objects = by_hand::key_objects();
    // Keys that nobody needs may be of any version and purpose.
    objects.push(by_hand::key_object(2, 5, &[1; 32]));
    objects.push(by_hand::key_object(1, 6, &[1; 32]));
    assert_eq!(assemble(&objects), Ok(()));
    // A key of another epoch does not take the place of the one in use.
    objects.push(by_hand::key_object_of_epoch(1, 4, 1, &[1; 32]));
    let keyring = Keyring::assemble(&master, objects.iter().map(Vec::as_slice)).expect("all keys").0;
    assert_eq!(keyring.log().author(), by_hand::keyring().log().author());
    objects[3] = by_hand::key_object(2, 3, &by_hand::SECRETS[3]);
    assert_newer(assemble(&objects));
    let without: Vec<_> = by_hand::key_objects().into_iter().skip(1).collect();
    assert!(assemble(&without).is_err_and(|error| error.is_corrupt()));
}

#[test]
fn unknown_fields_are_skipped() {
    let config = Config::decode(&with_field(&world::config().encode(), 99, LATER));
    assert_eq!(config, Ok(world::config()));
    let slot = Slot::decode(&with_field(&world::slot().encode(), 99, LATER)).expect("skipped");
    assert!(slot.open(&world::password()).is_ok());
    let node = world::full_node(&by_hand::keyring().blob_hasher());
    let bytes = with_field(&minicbor::to_vec(&node).expect("a vector"), 99, LATER);
    assert_eq!(minicbor::decode::<Node>(&bytes).expect("skipped"), node);
    assert_eq!(running_hint(&with_field(&running_bytes(), 99, LATER)), Ok(world::running()));
    let snapshot = snapshot_in_a_commit(&with_field(&snapshot_bytes(), 99, LATER));
    assert_eq!(snapshot, Ok(world::full_snapshot(&by_hand::keyring())));
    // Lists that stand for records may grow at their end.
    let longer = [0x83, 0x01, 0x02, 0x03];
    let time = minicbor::decode::<lifeboat_format::Timestamp>(&longer).expect("skipped");
    assert_eq!((time.seconds, time.nanoseconds), (1, 2));
}

#[test]
fn a_snapshot_under_the_id_of_another_is_refused() {
    let other = by_hand::cbor(|e| e.bytes(&[7; 32])?.ok());
    let refused = snapshot_in_a_commit(&with_field(&snapshot_bytes(), 1, &other));
    assert_eq!(refused, Err(FormatError::Malformed("snapshot")));
}

fn with_entry_header(entry: &[u8], change: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let mut decoder = Decoder::new(entry);
    assert_eq!(decoder.array().expect("a list"), Some(3));
    let header = change(decoder.bytes().expect("the header"));
    let rest = &entry[decoder.position()..];
    let mut out = by_hand::cbor(|e| e.array(3)?.bytes(&header)?.ok());
    out.extend_from_slice(rest);
    out
}

fn snapshot_bytes() -> Vec<u8> {
    minicbor::to_vec(world::full_snapshot(&by_hand::keyring())).expect("a vector")
}

fn running_bytes() -> Vec<u8> {
    minicbor::to_vec(world::running()).expect("a vector")
}

/// Seals the bytes of a running hint as the text says, and reads them as the code does.
fn running_hint(record: &[u8]) -> Result<Running, FormatError> {
    let (keyring, session) = (by_hand::keyring(), SessionId::new([5; 16]));
    let sealer = Sealer::new(&by_hand::derive("lifeboat v1 running", &by_hand::SECRETS[3]));
    let mut salt = [0; 32];
    salt[..16].fill(5);
    let context = SealContext::alone(keyring.key_set(), SealRole::Running, salt, 0);
    Running::open(session, &sealer.seal(&context, &[4; 32], record), keyring.log())
}

/// Seals the bytes of a snapshot as the text says, and reads them as the code does.
fn snapshot_in_a_commit(snapshot: &[u8]) -> Result<lifeboat_format::Snapshot, FormatError> {
    let (keyring, id) = (by_hand::keyring(), world::full_snapshot(&by_hand::keyring()).id);
    let sealer = Sealer::new(&by_hand::derive("lifeboat v1 snapshot", &by_hand::SECRETS[2]));
    let context = SealContext::alone(keyring.key_set(), SealRole::Snapshot, *id.as_bytes(), 0);
    let sealed = sealer.seal(&context, &[4; 32], snapshot);
    let body = by_hand::cbor(|e| {
        e.map(4)?.u8(0)?.bytes(id.as_bytes())?.u8(1)?.bytes(&sealed)?.u8(2)?.array(0)?.u8(3)?.array(0)?.ok()
    });
    let (_, entry) =
        Entry::create(world::draft(EntryKind::COMMIT, body), keyring.log(), &world::Seeded::new(1));
    match Statement::of(&entry)? {
        Statement::Commit(commit) => commit.open(&keyring),
        other => unreachable!("not a commit: {other:?}"),
    }
}
