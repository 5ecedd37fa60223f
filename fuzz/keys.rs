//! Keys that are known whole, so that a body can seal what the fuzzer wrote.
//!
//! Authentication turns the fuzzer away at once. Whoever fears a hostile storage need not look behind it; whoever
//! fears a hostile client of the same repository has to, and gets there only with the keys. All randomness here is
//! one byte repeated: then every secret of the keyring is [`SECRET`], and each key follows from it as the
//! specification says. Spec: docs/format.md#keys

use lifeboat_format::{
    Credential, Key, KeyId, KeySetId, Keyring, PACK_HEADER_LENGTH, PackBuilder, PackId, PackSealer,
    PackSegment, Random, Role, SealContext, SealRole, SealedKey, Sealer, SnapshotId,
};
use minicbor::Encoder;
use std::sync::LazyLock;

/// Every secret of the keyring, the key of every pack, and what the first half of names every object.
pub const SECRET: [u8; 32] = [0x42; 32];
/// Length in bytes of what a trailer says before its checksum.
const TRAILER_CHECKED: usize = PACK_HEADER_LENGTH + 16;
/// Numbers of the fields of a pack's header that are known last.
const DIRECTORY_LENGTH: std::ops::Range<usize> = 20..24;
const CORE_LENGTH: std::ops::Range<usize> = 24..32;

/// The objects of the keyring.
pub static OBJECTS: LazyLock<Vec<SealedKey>> = LazyLock::new(|| Keyring::generate(&master(), &Constant));

/// The keyring.
pub static KEYRING: LazyLock<Keyring> = LazyLock::new(|| {
    let objects = OBJECTS.iter().map(|object| object.bytes.as_slice());
    Keyring::assemble(&master(), objects).expect("all keys were generated").0
});

/// What an index object says of a pack with 64 bytes of segments.
pub static PACK_RECORD: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let core = pack_core(&[0; 64], &[]);
    [&SECRET[..], &(core.len() as u64).to_le_bytes(), &core[..PACK_HEADER_LENGTH]].concat()
});

/// Length in bytes of a sector, as parity knows it.
pub const SECTOR: usize = 4096;
/// Lengths in bytes of the records of a small pack, and of what each ends with.
const RECORD: usize = 2 * SECTOR;
const CHECKSUM: usize = 32;

/// A pack of three shards with parity: its name, its bytes, and header and core alone.
pub static PACK_WITH_PARITY: LazyLock<(PackId, Vec<u8>, Vec<u8>)> = LazyLock::new(|| {
    let (place, sealed) = segment();
    let mut builder = PackBuilder::new(Vec::new());
    for ordinal in 0..100 {
        builder.push(ordinal, place, &sealed, &[]).expect("within the limits");
    }
    let pack = builder.finish(&pack_sealer(), &Constant, 3).expect("within the limits");
    let core = usize::try_from(pack.header.core_length()).expect("a small pack");
    (pack.id, pack.bytes.clone(), pack.bytes[..core].to_vec())
});

/// Gives whatever lies where the records of that pack were the checksums of records.
pub fn prove_records(bytes: &mut [u8]) {
    let data = PACK_WITH_PARITY.2.len().next_multiple_of(SECTOR).min(bytes.len());
    for record in bytes[data..].chunks_exact_mut(RECORD) {
        let (covered, checksum) = record.split_at_mut(RECORD - CHECKSUM);
        checksum.copy_from_slice(blake3::hash(covered).as_bytes());
    }
}

/// One byte, repeated.
pub struct Constant;

impl Random for Constant {
    fn fill(&self, out: &mut [u8]) {
        out.fill(SECRET[0]);
    }
}

/// The master key.
pub fn master() -> Key {
    Key::new(SECRET)
}

/// What opens slots, one of each kind.
pub fn credentials() -> [Credential; 3] {
    let password = Credential::password(b"password".to_vec());
    [password, Credential::KeyFile(master()), Credential::RecoverySheet(master())]
}

/// A key object whose record is `record`.
pub fn key_object(record: &[u8]) -> Vec<u8> {
    let mut salt = [0; 32];
    salt[..KeyId::LENGTH].copy_from_slice(&SECRET[..KeyId::LENGTH]);
    let context = SealContext::alone(KeySetId::default(), SealRole::Keyring, salt, 0);
    let sealed = derived("lifeboat v1 keyring").seal(&context, &SECRET, record);
    let mut out = Vec::new();
    Encoder::new(&mut out)
        .map(3)
        .and_then(|e| e.u8(0)?.u8(1)?.u8(1)?.bytes(&SECRET[..KeyId::LENGTH])?.u8(2)?.bytes(&sealed))
        .expect("writing to a vector cannot fail");
    out
}

/// The body of a commit whose snapshot is `snapshot`.
pub fn commit(snapshot: &[u8]) -> Vec<u8> {
    let id = SnapshotId::new(SECRET);
    let context = SealContext::alone(KEYRING.key_set(), SealRole::Snapshot, SECRET, 0);
    let sealed = derived("lifeboat v1 snapshot").seal(&context, &SECRET, snapshot);
    let mut out = Vec::new();
    Encoder::new(&mut out)
        .map(4)
        .and_then(|e| e.u8(0)?.encode(id)?.u8(1)?.bytes(&sealed)?.u8(2)?.array(0)?.u8(3)?.array(0))
        .expect("writing to a vector cannot fail");
    out
}

/// The hint of session zero whose record is `record`.
pub fn running(record: &[u8]) -> Vec<u8> {
    let context = SealContext::alone(KEYRING.key_set(), SealRole::Running, [0; 32], 0);
    derived("lifeboat v1 running").seal(&context, &SECRET, record)
}

/// The sealer of every pack.
pub fn pack_sealer() -> PackSealer {
    PackSealer::create(&KEYRING, Role::Data, &Constant)
}

/// Header and core of a pack that holds `segments` and whose directory is `directory`.
pub fn pack_core(segments: &[u8], directory: &[u8]) -> Vec<u8> {
    let empty = PackBuilder::new(Vec::new()).finish(&pack_sealer(), &Constant, 0);
    let mut core = empty.expect("nothing is within every limit").bytes;
    core.truncate(PACK_HEADER_LENGTH);
    core.extend_from_slice(segments);
    let context = SealContext::alone(KEYRING.key_set(), SealRole::PackDirectory, SECRET, 0);
    let sealed =
        Sealer::new(&master()).seal(&SealContext { ordinal: u32::MAX, ..context }, &SECRET, directory);
    core.extend_from_slice(&sealed);
    let directory_length = u32::try_from(sealed.len()).expect("a fuzzer's input is small");
    core[DIRECTORY_LENGTH].copy_from_slice(&directory_length.to_le_bytes());
    let core_length = core.len() as u64;
    core[CORE_LENGTH].copy_from_slice(&core_length.to_le_bytes());
    core
}

/// The same with the trailer that it ought to have.
pub fn with_trailer(core: &[u8]) -> Vec<u8> {
    let mut out = core.to_vec();
    out.extend_from_slice(&core[..PACK_HEADER_LENGTH]);
    out.resize(core.len() + TRAILER_CHECKED, 0);
    let checksum = blake3::hash(&out[core.len()..]);
    out.extend_from_slice(checksum.as_bytes());
    out.extend_from_slice(b"\r\nKCAPBL");
    out
}

/// One sealed segment, number 0 of every pack.
pub fn segment() -> (PackSegment, Vec<u8>) {
    let mut compressor = lifeboat_format::Compressor::new(lifeboat_format::Compression::Off);
    let mut sealed = Vec::new();
    let verify = lifeboat_format::VerifyWrites::All;
    let place = pack_sealer().seal_segment(0, &[7; 64], &mut compressor, &SECRET, verify, &mut sealed);
    (place.expect("it opens again"), sealed)
}

/// An index object of role data with so many packs, segments and blobs, whose tables these are.
pub fn index(counts: [usize; 3], tables: &[&[u8]]) -> Vec<u8> {
    let mut out = b"LBINDEX\n\x01\0\x01\0\0\0\0\0".to_vec();
    for count in counts {
        out.extend_from_slice(&u32::try_from(count).expect("few records").to_le_bytes());
    }
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&SECRET);
    let sealer = derived("lifeboat v1 index");
    for (ordinal, table) in (0..).zip(tables.iter().filter(|table| !table.is_empty())) {
        let raw_length = u32::try_from(table.len()).expect("a table of one page");
        let context = SealContext::alone(KEYRING.key_set(), SealRole::IndexPage, SECRET, raw_length);
        sealer.seal_into(&SealContext { ordinal, ..context }, &SECRET, table, &mut out);
    }
    out
}

fn derived(context: &str) -> Sealer {
    Sealer::new(&Key::new(blake3::derive_key(context, &SECRET)))
}
