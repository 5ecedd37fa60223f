//! Golden vectors: the bytes of every record from fixed seeds and keys, in `testdata/v1`.
//!
//! Stored bytes outlive code: a failure here means that what is written has changed. Where that is meant (only while
//! `FORMAT_DRAFT` counts drafts), run the tests once with `LIFEBOAT_WRITE_VECTORS=1`; that run writes the files anew
//! and fails, so that nobody takes it for a test.

use crate::{chunker, round_trips, world};
use lifeboat_format::{
    ChunkerParams, Compression, Config, Credential, Entry, Index, Key, KeySetId, Keyring, Node, Opener, Pack,
    PackId, Page, Role, Running, SealContext, SealRole, Sealer, SessionId, Slot, Statement, key_file_text,
    parse_key_text, sheet_words,
};
use std::fmt::Write;
use std::path::PathBuf;
use std::{env, fs};

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../testdata/v1").join(name)
}

#[expect(clippy::disallowed_methods, reason = "whoever runs the tests says so")]
fn is_writing() -> bool {
    env::var_os("LIFEBOAT_WRITE_VECTORS").is_some_and(|value| value == "1")
}

#[expect(clippy::disallowed_methods, reason = "vectors are files, written only when that is asked for")]
fn check(name: &str, produced: &str) {
    let path = path(name);
    if is_writing() {
        fs::create_dir_all(path.parent().expect("a file in a directory")).expect("a writable checkout");
        fs::write(&path, produced).expect("a writable checkout");
    }
    assert!(!is_writing(), "{name} was written: look at it, then test without LIFEBOAT_WRITE_VECTORS");
    assert!(stored(name) == produced, "{name} is no longer what is written:\n{produced}");
}

fn stored(name: &str) -> String {
    fs::read_to_string(path(name)).expect(name)
}

/// 32 bytes to a line.
fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for line in bytes.chunks(32) {
        line.iter().for_each(|byte| write!(text, "{byte:02x}").expect("a string"));
        text.push('\n');
    }
    text
}

/// Compares what was produced with the vector, and gives the bytes of the vector.
fn golden(name: &str, produced: &[u8]) -> Vec<u8> {
    check(name, &hex(produced));
    unhex(&stored(name))
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: String = text.lines().collect();
    let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).expect("hexadecimal digits");
    (0..digits.len()).step_by(2).map(byte).collect()
}

#[test]
fn blob_ids() {
    let hasher = world::keyring(1).blob_hasher();
    let mut text = String::new();
    for role in Role::ALL {
        for length in [0, 1, 1023, 1024, 1025, 65_536] {
            let id = hasher.id(role, &world::noise(1, length));
            writeln!(text, "{role} {length} {id}").expect("a string");
        }
    }
    check("blob-ids.txt", &text);
}

#[test]
fn chunks() {
    let keyring = world::keyring(1);
    let contents =
        [("noise", world::noise(1, 2 << 20)), ("text", world::prose(1, 2 << 20)), ("zero", vec![0; 2 << 20])];
    let mut text = String::new();
    for average in [4 << 10, 96 << 10, 128 << 10] {
        let chunker = keyring.chunker(ChunkerParams::around(average)).expect("sizes within limits");
        for (name, content) in &contents {
            let lengths: Vec<String> =
                chunker::lengths(&chunker, content).iter().map(ToString::to_string).collect();
            writeln!(text, "{name} {average}: {}", lengths.join(" ")).expect("a string");
        }
    }
    check("chunks.txt", &text);
}

#[test]
fn sealed_message() {
    let sealer = Sealer::new(&Key::new([1; 32]));
    let context = SealContext {
        key_set: KeySetId::new([2; 16]),
        role: SealRole::Data,
        domain: 0x0403_0201,
        salt: [3; 32],
        ordinal: 0x0807_0605,
        raw_length: 0x0c0b_0a09,
        codec: 1,
    };
    let message = b"women and children first";
    let kept = golden("sealed.hex", &sealer.seal(&context, &[4; 32], message));
    assert_eq!(sealer.open(&context, &kept, "message").as_deref(), Ok(message.as_slice()));
}

#[test]
fn keyring() {
    let objects = Keyring::generate(&world::master(), &world::Seeded::new(1));
    let text: Vec<String> = objects.iter().map(|object| hex(&object.bytes)).collect();
    check("keyring.hex", &text.join("\n"));
    let kept: Vec<Vec<u8>> = stored("keyring.hex").split("\n\n").map(unhex).collect();
    let (keyring, ids) =
        Keyring::assemble(&world::master(), kept.iter().map(Vec::as_slice)).expect("all keys");
    assert_eq!(ids, objects.iter().map(|object| object.id).collect::<Vec<_>>());
    assert_eq!(keyring.key_set(), world::keyring(1).key_set());
}

#[test]
fn evidence() {
    let keyring = world::keyring(1);
    let public = keyring.evidence().public();
    let signature = hex(&keyring.evidence().sign(b"women and children first"));
    check("evidence.txt", &format!("{}{}\n{signature}", public.pem(), public.id()));
}

fn check_slot(name: &str, credential: &Credential) {
    let kept = golden(name, &world::slot_of(credential).encode());
    let slot = Slot::decode(&kept).expect("a slot");
    let master = slot.open(credential).expect("its credential");
    assert_eq!(slot.about(&master), Ok(world::about()));
    let [ours, theirs] = [master, world::master()].map(|key| Keyring::generate(&key, &world::Seeded::new(1)));
    assert_eq!(ours[0].bytes, theirs[0].bytes);
}

#[test]
fn slot() {
    check_slot("slot.hex", &world::password());
}

#[test]
fn key_file() {
    check("key-file.txt", &key_file_text(&world::written_key()));
}

#[test]
fn sheet() {
    check("sheet.txt", &sheet_words(&world::written_key()));
}

#[test]
fn slot_of_a_key_file() {
    let text = key_file_text(&world::written_key());
    check_slot("slot-key-file.hex", &parse_key_text(text.as_bytes()).expect("it was just written"));
}

#[test]
fn slot_of_a_sheet() {
    let text = sheet_words(&world::written_key());
    check_slot("slot-sheet.hex", &parse_key_text(text.as_bytes()).expect("it was just written"));
}

#[test]
fn config() {
    let kept = golden("config.hex", &world::config().encode());
    assert_eq!(Config::decode(&kept), Ok(world::config()));
}

#[test]
fn config_with_every_field() {
    let kept = golden("config-full.hex", &world::full_config().encode());
    assert_eq!(Config::decode(&kept), Ok(world::full_config()));
}

#[test]
fn pack() {
    let keyring = world::keyring(1);
    let built = world::small_pack(&keyring, Compression::Off);
    let pack = Pack::parse(built.id, golden("pack.hex", &built.bytes), &keyring).expect("a pack");
    assert_eq!((pack.segments, pack.blobs), (built.segments, built.blobs));
}

/// Parity is a function of header and core, and its code that of a library: both are held by this.
#[test]
fn pack_with_parity() {
    let keyring = world::keyring(1);
    let built = world::small_pack_with_parity(&keyring);
    let kept = golden("pack-parity.hex", &built.bytes);
    assert_eq!(Pack::scrub_parity(&kept), Ok(()));
    let core = unhex(&stored("pack.hex"));
    let core = &core[..core.len() - lifeboat_format::PACK_TRAILER_LENGTH];
    let without_core = [&vec![0; 4096], &kept[4096..]].concat();
    assert!(Pack::heal(built.id, without_core).is_ok_and(|healed| healed == core));
}

/// Compressors may change what they make: this one need only be read.
#[test]
fn compressed_pack() {
    let (name, keyring) = ("pack-zstd.hex", world::keyring(1));
    if is_writing() {
        check(name, &hex(&world::small_pack(&keyring, Compression::Level(3)).bytes));
    }
    let bytes = unhex(&stored(name));
    let core = bytes.len() - lifeboat_format::PACK_TRAILER_LENGTH;
    let id = PackId::new(*blake3::hash(&bytes[..core]).as_bytes());
    let pack = Pack::parse(id, bytes, &keyring).expect("a pack");
    let sealer = lifeboat_format::PackSealer::open(&keyring, pack.header).expect("its own keyring");
    let [first, second] = [pack.segments[0], pack.segments[1]];
    assert_eq!(first.codec, lifeboat_format::Codec::Zstd);
    let mut raw = Vec::new();
    sealer.open_segment(0, &first, pack.sealed(&first), &mut Opener::default(), &mut raw).expect("authentic");
    assert_eq!(raw, [world::prose(1, 300), world::noise(2, 40)].concat());
    sealer
        .open_segment(1, &second, pack.sealed(&second), &mut Opener::default(), &mut raw)
        .expect("authentic");
    assert_eq!(raw, world::prose(3, 200));
}

#[test]
fn index() {
    let keyring = world::keyring(1);
    let pack = world::small_pack(&keyring, Compression::Off);
    let built = world::index_of(&keyring, std::slice::from_ref(&pack), 5);
    let index = Index::parse(built.hash, &golden("index.hex", &built.bytes), &keyring).expect("an index");
    assert_eq!((index.packs[0].id, index.blobs.len()), (pack.id, pack.blobs.len()));
}

#[test]
fn page() {
    let node = world::full_node(&world::keyring(1).blob_hasher());
    let kept = golden("page.hex", &round_trips::leaf_of(&node));
    assert_eq!(Page::<Node>::decode(&kept, Some(0)), Ok(Page::Leaf(vec![node])));
}

#[test]
fn commit_with_snapshot() {
    let keyring = world::keyring(1);
    let (bytes, entry) = world::commit_entry(&keyring);
    let kept = golden("commit.hex", &bytes);
    let read = Entry::parse(entry.hash, &kept, keyring.log()).expect("an entry");
    let Ok(Statement::Commit(commit)) = Statement::of(&read) else { panic!("not a commit") };
    assert_eq!(commit.open(&keyring), Ok(world::full_snapshot(&keyring)));
}

/// The plain bodies of the entries that say nothing of a snapshot's inside.
#[test]
fn statements() {
    let bodies: Vec<String> = world::statements().iter().map(|(_, body, _)| hex(body)).collect();
    check("statements.hex", &bodies.join("\n"));
}

#[test]
fn running() {
    let (keyring, session) = (world::keyring(1), SessionId::new([0x21; 16]));
    let kept = golden("running.hex", &world::running().seal(session, keyring.log(), &world::Seeded::new(9)));
    assert_eq!(Running::open(session, &kept, keyring.log()), Ok(world::running()));
}

/// The plain bytes of what only lies sealed elsewhere, for who writes a reader from the text.
#[test]
fn snapshot() {
    let snapshot = world::full_snapshot(&world::keyring(1));
    let kept = golden("snapshot.hex", &minicbor::to_vec(&snapshot).expect("a vector"));
    assert_eq!(minicbor::decode::<lifeboat_format::Snapshot>(&kept).expect("a snapshot"), snapshot);
}
