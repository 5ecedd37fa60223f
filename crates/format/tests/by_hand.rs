//! Objects written byte by byte from the text of `docs/format.md`, without the crate's own encoders.
//!
//! They prove that the text says what the code does, and give decoders what no writer of ours would produce.

use lifeboat_format::{
    Key, KeyId, KeySetId, Keyring, Opener, PackId, SEAL_OVERHEAD, SealContext, SealRole, Sealer,
};
use minicbor::{Encode, Encoder};

/// The secrets of a keyring in the order of their purposes.
pub(crate) const SECRETS: [[u8; 32]; 5] = [[0xb0; 32], [0xb1; 32], [0xb2; 32], [0xb3; 32], [0xb4; 32]];
pub(crate) const PACK_KEY: [u8; 32] = [0xc5; 32];
const MASTER: [u8; 32] = [0xa7; 32];
const INDEX_SALT: [u8; 32] = [0x3d; 32];
const PACK_SALT: [u8; 32] = [0x3c; 32];

pub(crate) fn cbor(
    write: impl FnOnce(
        &mut Encoder<&mut Vec<u8>>,
    ) -> Result<(), minicbor::encode::Error<std::convert::Infallible>>,
) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut Encoder::new(&mut out)).expect("writing to a vector cannot fail");
    out
}

pub(crate) fn derive(context: &str, key: &[u8; 32]) -> Key {
    Key::new(blake3::derive_key(context, key))
}

pub(crate) fn key_object(version: u32, purpose: u32, secret: &[u8; 32]) -> Vec<u8> {
    key_object_of_epoch(version, purpose, 0, secret)
}

pub(crate) fn key_object_of_epoch(version: u32, purpose: u32, epoch: u8, secret: &[u8; 32]) -> Vec<u8> {
    let id = [u8::try_from(purpose).expect("few purposes"); 16];
    let record =
        cbor(|e| e.map(4)?.u8(0)?.u32(purpose)?.u8(1)?.u8(0)?.u8(2)?.u8(epoch)?.u8(3)?.bytes(secret)?.ok());
    let mut salt = [0; 32];
    salt[..16].copy_from_slice(&id);
    let context = SealContext::alone(KeySetId::default(), SealRole::Keyring, salt, 0);
    let sealed = Sealer::new(&derive("lifeboat v1 keyring", &MASTER)).seal(&context, &[9; 32], &record);
    cbor(|e| {
        e.map(3)?.u8(0)?.u32(version)?.u8(1)?.bytes(KeyId::new(id).as_bytes())?.u8(2)?.bytes(&sealed)?.ok()
    })
}

pub(crate) fn key_objects() -> Vec<Vec<u8>> {
    (0..).zip(&SECRETS).map(|(purpose, secret)| key_object(1, purpose, secret)).collect()
}

/// The keyring of [`SECRETS`].
pub(crate) fn keyring() -> Keyring {
    let objects = key_objects();
    Keyring::assemble(&Key::new(MASTER), objects.iter().map(Vec::as_slice)).expect("all keys").0
}

pub(crate) fn page<T: Encode<()>>(version: u32, kind: u32, level: u8, entries: &[T]) -> Vec<u8> {
    cbor(|e| e.array(4)?.u32(version)?.u32(kind)?.u8(level)?.encode(entries)?.ok())
}

/// A segment record of a pack's directory.
pub(crate) fn segment_record(offset: u32, sealed_length: u32, raw_length: u32, codec: u8) -> Vec<u8> {
    let numbers = [offset, sealed_length, raw_length].map(u32::to_le_bytes).concat();
    [numbers.as_slice(), &[codec, 0, 0, 0]].concat()
}

/// A blob record of a pack's directory.
pub(crate) fn blob_record(id: &[u8; 32], segment: u32, offset: u32, length: u32) -> Vec<u8> {
    [id.as_slice(), &[segment, offset, length].map(u32::to_le_bytes).concat()].concat()
}

/// A pack of role data with one raw segment and this directory.
pub(crate) fn pack(raw: &[u8], directory: &[u8]) -> (PackId, Vec<u8>) {
    let key_set = keyring().key_set();
    let sealer = Sealer::new(&Key::new(PACK_KEY));
    let raw_length = u32::try_from(raw.len()).expect("a small segment");
    let segment = SealContext::alone(key_set, SealRole::Data, PACK_SALT, raw_length);
    let segment = sealer.seal(&segment, &[1; 32], raw);
    let context = SealContext::alone(key_set, SealRole::PackDirectory, PACK_SALT, 0);
    let directory = sealer.seal(&SealContext { ordinal: u32::MAX, ..context }, &[2; 32], directory);
    let mut core = pack_header(key_set, directory.len(), 192 + segment.len() + directory.len());
    let header = core.clone();
    core.extend_from_slice(&segment);
    core.extend_from_slice(&directory);
    let id = PackId::new(*blake3::hash(&core).as_bytes());
    let trailer = [header.as_slice(), &[0; 16]].concat();
    core.extend_from_slice(&trailer);
    core.extend_from_slice(blake3::hash(&trailer).as_bytes());
    core.extend_from_slice(b"\r\nKCAPBL");
    (id, core)
}

/// Where the only segment of [`pack`] lies.
pub(crate) fn only_segment(raw: &[u8]) -> Vec<u8> {
    let raw_length = u32::try_from(raw.len()).expect("a small segment");
    let overhead = u32::try_from(SEAL_OVERHEAD).expect("40");
    segment_record(192, raw_length + overhead, raw_length, 0)
}

/// The head of a directory, which counts what follows.
pub(crate) fn directory_head(segments: u32, blobs: u32) -> Vec<u8> {
    [segments, blobs].map(u32::to_le_bytes).concat()
}

/// An index object of role data with these tables of one page each, and these numbers of packs, segments and blobs.
pub(crate) fn index(counts: [u32; 3], tables: [&[u8]; 4]) -> Vec<u8> {
    let sealer = Sealer::new(&derive("lifeboat v1 index", &SECRETS[1]));
    let mut out = b"LBINDEX\n\x01\x00\x01\x00\x00\x00\x00\x00".to_vec();
    out.extend_from_slice(&counts.map(u32::to_le_bytes).concat());
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&INDEX_SALT);
    for (page, table) in (0..).zip(tables.into_iter().filter(|table| !table.is_empty())) {
        let length = u32::try_from(table.len()).expect("a page");
        let context = SealContext::alone(keyring().key_set(), SealRole::IndexPage, INDEX_SALT, length);
        out.extend_from_slice(&sealer.seal(&SealContext { ordinal: page, ..context }, &[6; 32], table));
    }
    out
}

/// A pack record of an index object.
pub(crate) fn index_pack(id: PackId, stored_length: u64, header: &[u8]) -> Vec<u8> {
    [id.as_bytes().as_slice(), &stored_length.to_le_bytes(), header].concat()
}

/// A segment record of an index object: pack, ordinal, offset, sealed length, raw length, codec.
pub(crate) fn index_segment(numbers: [u32; 5], codec: u8) -> Vec<u8> {
    [numbers.map(u32::to_le_bytes).concat().as_slice(), &[codec, 0, 0, 0]].concat()
}

/// A blob record of an index object: segment, offset, length.
pub(crate) fn index_blob(prefix: u8, numbers: [u32; 3]) -> Vec<u8> {
    [[prefix; 16].as_slice(), &numbers.map(u32::to_le_bytes).concat()].concat()
}

fn pack_header(key_set: KeySetId, directory: usize, core: usize) -> Vec<u8> {
    let wrap = Sealer::new(&derive("lifeboat v1 wrap", &SECRETS[2]));
    let wrapped =
        wrap.seal(&SealContext::alone(key_set, SealRole::PackKey, PACK_SALT, 32), &[3; 32], &PACK_KEY);
    let commitment_key = blake3::derive_key("lifeboat v1 pack key commitment", &PACK_KEY);
    let mut out = b"LBPACK\r\n\x01\x00\x01\x01".to_vec();
    out.extend_from_slice(&[0; 8]);
    out.extend_from_slice(&u32::try_from(directory).expect("small").to_le_bytes());
    out.extend_from_slice(&(core as u64).to_le_bytes());
    out.extend_from_slice(&PACK_SALT);
    out.extend_from_slice(&wrapped);
    out.extend_from_slice(blake3::keyed_hash(&commitment_key, &PACK_SALT).as_bytes());
    out.extend_from_slice(&[0; 24]);
    out
}

#[test]
fn a_pack_written_from_the_text_is_read() {
    let (keyring, raw) = (keyring(), b"first second");
    let hasher = keyring.blob_hasher();
    let id = |bytes| *hasher.id(lifeboat_format::Role::Data, bytes).as_bytes();
    let blobs = [blob_record(&id(b"first"), 0, 0, 5), blob_record(&id(b"second"), 0, 6, 6)];
    let directory = [directory_head(1, 2), only_segment(raw), blobs.concat()].concat();
    let (name, bytes) = pack(raw, &directory);
    let pack = lifeboat_format::Pack::parse(name, bytes, &keyring).expect("the text says so");
    let sealer = lifeboat_format::PackSealer::open(&keyring, pack.header).expect("the text says so");
    let mut opened = Vec::new();
    let segment = pack.segments[0];
    sealer
        .open_segment(0, &segment, pack.sealed(&segment), &mut Opener::default(), &mut opened)
        .expect("the text says so");
    assert_eq!(opened, raw);
    for (blob, content) in pack.blobs.iter().zip([b"first".as_slice(), b"second"]) {
        let found = &opened[blob.offset as usize..][..blob.length as usize];
        assert_eq!(found, content);
        assert_eq!(blob.id, hasher.id(lifeboat_format::Role::Data, found));
    }
}

#[test]
fn blob_ids_are_those_of_the_text() {
    let hasher = keyring().blob_hasher();
    for (role, context) in [
        (lifeboat_format::Role::Data, "lifeboat v1 blob id data"),
        (lifeboat_format::Role::Tree, "lifeboat v1 blob id tree"),
    ] {
        let key = blake3::derive_key(context, &SECRETS[1]);
        let hash = blake3::keyed_hash(&key, &[5u64.to_le_bytes().as_slice(), b"hello"].concat());
        assert_eq!(hasher.id(role, b"hello").as_bytes(), hash.as_bytes());
    }
}
