//! What is done with the fuzzer's bytes: one plain function for each decoder.
//!
//! A body says whether it understood the bytes, and panics when a promise of the format is broken. Nothing here knows
//! libfuzzer, so that the tests of `lifeboat-format` replay the corpus with these same functions. Bytes that would
//! have to be authentic are sealed first (see `keys.rs`), and names are computed from the bytes.

pub mod keys;

use keys::{Constant, KEYRING, OBJECTS};
use lifeboat_format::{
    BlobId, Chunker, ChunkerParams, Codec, Commit, Config, Credential, Draft, Entry, EntryKind, FormatError,
    Index, Keyring, Node, ObjectHash, Opener, Pack, PackHeader, PackId, PackSealer, Page, PageEntry,
    PageTreeBuilder, Piece, Running, SessionId, Slot, Statement, Timestamp, key_file_text, limits,
    parse_key_text, sheet_words,
};
use std::fmt::Debug;

/// What a fuzz target calls.
pub type Body = fn(&[u8]) -> bool;

/// All of them, by the names of their targets.
pub const TARGETS: [(&str, Body); 17] = [
    ("config", config),
    ("slot", slot),
    ("key_text", key_text),
    ("keyring", keyring),
    ("entry", entry),
    ("statement", statement),
    ("running", running),
    ("snapshot", snapshot),
    ("pack", pack),
    ("pack_directory", pack_directory),
    ("heal", heal),
    ("index", index),
    ("index_tables", index_tables),
    ("nodes", nodes),
    ("pieces", pieces),
    ("decompress", decompress),
    ("chunker", chunker),
];

/// A config; the chunker it asks for is refused or cuts.
pub fn config(bytes: &[u8]) -> bool {
    let Ok(config) = Config::decode(bytes) else { return false };
    assert_eq!(Config::decode(&config.encode()).as_ref(), Ok(&config));
    if let Ok(chunker) = KEYRING.chunker(config.chunker) {
        let cut = chunker.cut(&[0; 4096], true);
        assert!(cut.is_some_and(|length| (1..=4096).contains(&length)), "{cut:?}");
    }
    true
}

/// A key slot; opening it is tried where its costs are low, and where they are so high that it must be refused.
pub fn slot(bytes: &[u8]) -> bool {
    let Ok(slot) = Slot::decode(bytes) else { return false };
    let encoded = slot.encode();
    let again = Slot::decode(&encoded).expect("it was just encoded");
    assert_eq!(again.encode(), encoded);
    let open = || keys::credentials().iter().any(|credential| slot.open(credential).is_ok());
    let Some(costs) = slot.kdf else { return open() };
    let refused = costs.memory_kib > limits::KDF_MEMORY_KIB_MAX
        || costs.passes > limits::KDF_PASSES_MAX
        || costs.lanes > limits::KDF_LANES_MAX;
    if refused {
        let opened = slot.open(&keys::credentials()[0]);
        assert_eq!(opened.err(), Some(FormatError::Limit("cost of the key slot")));
    } else if costs.memory_kib <= 256 {
        return open();
    }
    true
}

/// A key file or a recovery sheet: what is read is written again, and read again.
pub fn key_text(bytes: &[u8]) -> bool {
    let text = |credential: &Credential| match credential {
        Credential::KeyFile(key) => key_file_text(key),
        Credential::RecoverySheet(key) => sheet_words(key),
        Credential::Password(_) => unreachable!("no text holds a password"),
    };
    let Ok(credential) = parse_key_text(bytes) else { return false };
    let written = text(&credential);
    let again = parse_key_text(written.as_bytes()).expect("it was just written");
    assert_eq!(*text(&again), *written);
    true
}

/// A key object, and the record within one, beside all the keys that are needed: those are found whatever it is.
pub fn keyring(bytes: &[u8]) -> bool {
    let understood = |object: &[u8]| {
        let objects = OBJECTS.iter().map(|object| object.bytes.as_slice()).chain([object]);
        let (_, ids) = Keyring::assemble(&keys::master(), objects).expect("no object can lock the owner out");
        ids.len() > OBJECTS.len()
    };
    understood(bytes) | understood(&keys::key_object(bytes))
}

/// A log entry.
pub fn entry(bytes: &[u8]) -> bool {
    let entry = Entry::parse(ObjectHash::of(bytes), bytes, KEYRING.log());
    entry.is_ok_and(|entry| Statement::of(&entry).is_ok())
}

/// The body of a log entry of any kind.
pub fn statement(bytes: &[u8]) -> bool {
    // Every one of them has to be tried.
    let understood: Vec<bool> = (EntryKind::GENESIS.0..=EntryKind::ANCHOR.0)
        .map(|kind| is_statement(EntryKind(kind), bytes))
        .collect();
    understood.contains(&true)
}

fn is_statement(kind: EntryKind, body: &[u8]) -> bool {
    let draft = Draft {
        session: SessionId::default(),
        number: 0,
        seen: Vec::new(),
        kind,
        critical: false,
        time: Timestamp::default(),
        body: body.to_vec(),
    };
    let (stored, written) = Entry::create(draft, KEYRING.log(), &Constant);
    let read = Entry::parse(written.hash, &stored, KEYRING.log());
    assert_eq!(read.as_ref(), Ok(&written));
    match Statement::of(&written) {
        Ok(Statement::Genesis(genesis)) => {
            assert_eq!(minicbor::decode(&genesis.encode()).ok(), Some(genesis));
            true
        }
        Ok(Statement::Commit(commit)) => {
            assert_eq!(minicbor::decode(&commit.encode()).ok().as_ref(), Some(&commit));
            // Sealed by nobody, or a snapshot of the corpus: both are answers.
            commit.open(&KEYRING).is_ok_and(|snapshot| snapshot.id == commit.snapshot)
        }
        Ok(
            Statement::Provide(list)
            | Statement::Relocate(list)
            | Statement::Condemn(list)
            | Statement::Sweep(list)
            | Statement::Damage(list)
            | Statement::Healed(list),
        ) => {
            assert_eq!(minicbor::decode(&list.encode()).ok(), Some(list));
            true
        }
        Ok(Statement::Forget(forget)) => {
            assert_eq!(minicbor::decode(&forget.encode()).ok(), Some(forget));
            true
        }
        Ok(Statement::Unforget(unforget)) => {
            assert_eq!(minicbor::decode(&unforget.encode()).ok(), Some(unforget));
            true
        }
        Ok(Statement::Amend(amend)) => {
            assert_eq!(minicbor::decode(&amend.encode()).ok(), Some(amend));
            true
        }
        Ok(Statement::Anchor(anchor)) => {
            assert_eq!(minicbor::decode(&anchor.encode()).ok(), Some(anchor));
            true
        }
        Ok(Statement::Unknown(kind)) => unreachable!("{kind:?} is known"),
        Err(_) => false,
    }
}

/// A hint that a session lives, as its author sealed it.
pub fn running(bytes: &[u8]) -> bool {
    let session = SessionId::default();
    let Ok(running) = Running::open(session, &keys::running(bytes), KEYRING.log()) else { return false };
    let sealed = running.seal(session, KEYRING.log(), &Constant);
    assert_eq!(Running::open(session, &sealed, KEYRING.log()), Ok(running));
    true
}

/// A snapshot, sealed within a commit.
pub fn snapshot(bytes: &[u8]) -> bool {
    let commit: Commit = minicbor::decode(&keys::commit(bytes)).expect("it was just encoded");
    let Ok(snapshot) = commit.open(&KEYRING) else { return false };
    let again = Commit::new(&snapshot, Vec::new(), Vec::new(), &KEYRING, &Constant);
    assert_eq!(again.open(&KEYRING).as_ref(), Ok(&snapshot));
    true
}

/// A pack under the name that its bytes give it: as it is, and with the trailer that it ought to have.
pub fn pack(bytes: &[u8]) -> bool {
    let Ok(header) = PackHeader::parse(bytes) else { return false };
    let core = usize::try_from(header.core_length()).ok().and_then(|length| bytes.get(..length));
    let id = PackId::new(*blake3::hash(core.unwrap_or(bytes)).as_bytes());
    let understood = is_pack(id, bytes.to_vec());
    core.is_some_and(|core| is_pack(id, keys::with_trailer(core))) && understood
}

/// The directory of a pack that holds one good segment.
pub fn pack_directory(bytes: &[u8]) -> bool {
    let core = keys::pack_core(&keys::segment().1, bytes);
    is_pack(PackId::new(*blake3::hash(&core).as_bytes()), keys::with_trailer(&core))
}

/// A pack with parity that is damaged: the first byte says whether the records prove themselves all the same, two more how
/// many sectors are cut off, and each five after them a place and what is written there.
///
/// What is healed is the pack that it was.
pub fn heal(bytes: &[u8]) -> bool {
    let Some((&[proven, cut @ ..], changes)) = bytes.split_first_chunk::<3>() else { return false };
    let (id, sound, core) = &*keys::PACK_WITH_PARITY;
    let mut damaged = sound.clone();
    damaged.truncate(sound.len().saturating_sub(usize::from(u16::from_le_bytes(cut)) * keys::SECTOR));
    for change in changes.chunks_exact(5) {
        let (place, byte) = (u32::from_le_bytes([change[0], change[1], change[2], change[3]]), change[4]);
        if let Some(damaged) = damaged.get_mut(place as usize) {
            *damaged = byte;
        }
    }
    if proven & 1 == 1 {
        keys::prove_records(&mut damaged);
    }
    match Pack::heal(*id, damaged) {
        Ok(healed) => {
            assert_eq!(&healed, core);
            true
        }
        Err(error) => {
            assert_eq!(error, FormatError::WrongHash("pack"));
            false
        }
    }
}

/// Whether it is a pack, all of whose segments open; every place that it names has to lie within it.
fn is_pack(id: PackId, bytes: Vec<u8>) -> bool {
    let (scrubbed, parity) = (Pack::scrub(id, &bytes), Pack::scrub_parity(&bytes));
    let Ok(pack) = Pack::parse(id, bytes, &KEYRING) else { return false };
    assert_eq!(scrubbed.as_ref(), Ok(&pack.header));
    assert!(matches!(parity, Ok(()) | Err(FormatError::Malformed(_))), "{parity:?}");
    let sealer = PackSealer::open(&KEYRING, pack.header).expect("the directory was opened with it");
    for blob in &pack.blobs {
        let end = u64::from(blob.offset) + u64::from(blob.length);
        assert!(end <= u64::from(pack.segments[blob.segment as usize].raw_length), "{blob:?}");
    }
    let (mut raw, mut opener) = (Vec::new(), Opener::default());
    let mut segments = (0..).zip(&pack.segments);
    segments.all(|(ordinal, segment)| {
        sealer.open_segment(ordinal, segment, pack.sealed(segment), &mut opener, &mut raw).is_ok()
    })
}

/// An index object under the name that its bytes give it.
pub fn index(bytes: &[u8]) -> bool {
    is_index(bytes)
}

/// The tables of an index object: the lowest bits of three bytes say how many packs, segments and blobs there are. Then
/// come the records of segments, blobs and packs; of what is missing, packs are sound and all else is zero. The fan-out
/// is made as it ought to be.
pub fn index_tables(bytes: &[u8]) -> bool {
    let Some((counts, mut records)) = bytes.split_first_chunk::<3>() else { return false };
    let counts = counts.map(|count| usize::from(count % 8));
    let mut table = |count: usize, record: &[u8]| {
        let mut table = record.repeat(count);
        let (here, rest) = records.split_at(table.len().min(records.len()));
        table[..here.len()].copy_from_slice(here);
        records = rest;
        table
    };
    let (segments, blobs) = (table(counts[1], &[0; 24]), table(counts[2], &[0; 28]));
    let packs = table(counts[0], &keys::PACK_RECORD);
    let fan_out = blobs.get(..16).unwrap_or_default();
    is_index(&keys::index(counts, &[&packs, &segments, &blobs, fan_out]))
}

/// Whether it is an index; every place that it names has to lie within what is named.
fn is_index(bytes: &[u8]) -> bool {
    let Ok(index) = Index::parse(ObjectHash::of(bytes), bytes, &KEYRING) else { return false };
    for segment in &index.segments {
        let end = u64::from(segment.place.offset) + u64::from(segment.place.sealed_length);
        assert!(end <= index.packs[segment.pack as usize].header.core_length(), "{segment:?}");
    }
    for blob in &index.blobs {
        let segment = &index.segments[blob.segment as usize];
        let end = u64::from(blob.offset) + u64::from(blob.length);
        assert!(end <= u64::from(segment.place.raw_length), "{blob:?}");
    }
    assert!(index.blobs.is_sorted_by_key(|blob| blob.prefix));
    true
}

/// A page of nodes.
pub fn nodes(bytes: &[u8]) -> bool {
    is_page::<Node>(bytes)
}

/// A page of pieces.
pub fn pieces(bytes: &[u8]) -> bool {
    is_page::<Piece>(bytes)
}

/// Whether it is a page; the entries of a leaf make a tree again, or one beyond the limits.
fn is_page<E: PageEntry + Clone + PartialEq + Debug>(bytes: &[u8]) -> bool {
    let Ok(page) = Page::<E>::decode(bytes, None) else { return false };
    let (level, entries) = match &page {
        Page::Leaf(entries) => (0, entries.as_slice()),
        Page::Inner(below, _) => (below + 1, [].as_slice()),
    };
    assert!(level < limits::PAGE_DEPTH_MAX);
    assert_eq!(Page::decode(bytes, Some(level)).as_ref(), Ok(&page));
    assert!(Page::<E>::decode(bytes, Some(level + 1)).is_err());
    match leaves(entries) {
        Ok(pages) => {
            let again = pages.iter().flat_map(|page| match Page::<E>::decode(page, None) {
                Ok(Page::Leaf(entries)) => entries,
                Ok(Page::Inner(..)) => Vec::new(),
                Err(error) => unreachable!("a page that was just built: {error}"),
            });
            assert!(again.eq(entries.iter().cloned()));
        }
        Err(error) => assert_eq!(error, FormatError::Limit("page tree")),
    }
    true
}

/// The pages of a tree of these entries.
fn leaves<E: PageEntry>(entries: &[E]) -> Result<Vec<Vec<u8>>, FormatError> {
    let mut pages = Vec::new();
    let mut store = |page: &[u8]| {
        pages.push(page.to_vec());
        Ok::<_, FormatError>(BlobId::new(*blake3::hash(page).as_bytes()))
    };
    let mut builder = PageTreeBuilder::new(KEYRING.page_key());
    entries.iter().try_for_each(|entry| builder.push(entry, &mut store))?;
    builder.finish(&mut store)?;
    Ok(pages)
}

/// A compressed segment: one byte for the codec, four for the raw length, and the segment.
pub fn decompress(bytes: &[u8]) -> bool {
    let Some((&[codec, ref raw_length @ ..], segment)) = bytes.split_first_chunk::<5>() else { return false };
    let codec = if codec % 2 == 0 { Codec::Raw } else { Codec::Zstd };
    let raw_length = u32::from_le_bytes(*raw_length);
    let mut out = Vec::new();
    let result = Opener::default().decompress(codec, segment, raw_length, &mut out);
    assert!(out.len() <= segment.len().max(raw_length as usize), "more than was asked for");
    assert!(result.is_err() || out.len() == raw_length as usize, "another length than was asked for");
    result.is_ok()
}

/// Content after one byte that says in which steps it is fed: cuts cover it, keep their bounds, and are always the same.
pub fn chunker(bytes: &[u8]) -> bool {
    let Some((&step, content)) = bytes.split_first() else { return false };
    let params = ChunkerParams::around(256);
    let chunker = KEYRING.chunker(params).expect("sizes within the limits");
    let lengths = cuts(&chunker, content, content.len().max(1));
    assert_eq!(lengths, cuts(&chunker, content, usize::from(step) + 1), "fed in steps of {step} and one");
    assert_eq!(lengths.iter().sum::<usize>(), content.len());
    assert!(lengths.iter().all(|length| *length <= params.maximum as usize));
    let all_but_last = lengths.split_last().map_or(&[][..], |(_, before)| before);
    assert!(all_but_last.iter().all(|length| *length >= params.minimum as usize));
    !content.is_empty()
}

/// Lengths of the chunks of `content`, of which `step` more bytes are known whenever the chunker wants more.
fn cuts(chunker: &Chunker, content: &[u8], step: usize) -> Vec<usize> {
    let (mut start, mut end, mut lengths) = (0, 0, Vec::new());
    while start < content.len() {
        match chunker.cut(&content[start..end], end == content.len()) {
            Some(length) => {
                assert!(length > 0, "a chunk of nothing");
                lengths.push(length);
                start += length;
            }
            None => end = (end + step).min(content.len()),
        }
    }
    lengths
}
