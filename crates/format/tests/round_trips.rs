//! What is encoded decodes to the same, and what is decoded encodes to the same bytes.

use crate::{arbitrary, by_hand, world};
use lifeboat_format::{
    BlobId, Codec, Commit, Compression, Compressor, Config, Content, Draft, Entry, EntryKind, FormatError,
    Genesis, Index, IndexedPack, KdfParams, KeyId, Keyring, Node, ObjectHash, Opener, Pack, PackBuilder,
    PackId, PackSealer, Page, PageTreeBuilder, Piece, Role, Running, SessionId, Slot, Snapshot, Statement,
    Timestamp, VerifyWrites,
};
use proptest::collection::vec;
use proptest::prelude::*;

/// The only page of a directory with this node.
pub(crate) fn leaf_of(node: &Node) -> Vec<u8> {
    let mut pages = Vec::new();
    let mut store = |page: &[u8]| {
        pages.push(page.to_vec());
        Ok::<_, FormatError>(BlobId::default())
    };
    let mut builder = PageTreeBuilder::new(world::keyring(1).page_key());
    builder.push(node, &mut store).expect("a small node");
    builder.finish(&mut store).expect("a small tree");
    pages.remove(0)
}

/// Seals a snapshot in a commit, and takes it from there.
fn through_a_commit(snapshot: &Snapshot, keyring: &Keyring, entry: Draft) -> (Vec<u8>, Entry, Snapshot) {
    let commit = Commit::new(snapshot, Vec::new(), Vec::new(), keyring, &world::Seeded::new(1));
    let draft = Draft { kind: EntryKind::COMMIT, body: commit.encode(), ..entry };
    let (bytes, entry) = Entry::create(draft, keyring.log(), &world::Seeded::new(2));
    let parsed = Entry::parse(entry.hash, &bytes, keyring.log()).expect("it was just made");
    assert_eq!(parsed, entry);
    let Statement::Commit(read) = Statement::of(&parsed).expect("a commit") else {
        unreachable!("a commit was made")
    };
    assert_eq!(read, commit);
    assert_eq!(read.encode(), parsed.body);
    let snapshot = read.open(keyring).expect("it was just sealed");
    (bytes, parsed, snapshot)
}

fn draft() -> impl Strategy<Value = Draft> {
    let seen = vec(any::<[u8; 32]>().prop_map(ObjectHash::new), 0..5);
    (
        any::<[u8; 16]>(),
        any::<u64>(),
        seen,
        any::<u32>(),
        any::<bool>(),
        arbitrary::timestamp(),
        vec(any::<u8>(), 0..300),
    )
        .prop_map(|(session, number, seen, kind, critical, time, body)| Draft {
            session: SessionId::new(session),
            number,
            seen,
            kind: EntryKind(kind),
            critical,
            time,
            body,
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn nodes(node in arbitrary::node()) {
        let page = leaf_of(&node);
        let decoded = Page::<Node>::decode(&page, Some(0)).expect("it was just encoded");
        prop_assert_eq!(&decoded, &Page::Leaf(vec![node.clone()]));
        let bytes = minicbor::to_vec(&node).expect("a vector");
        prop_assert!(page.ends_with(&bytes));
        let again: Node = minicbor::decode(&bytes).expect("it was just encoded");
        prop_assert_eq!(minicbor::to_vec(again).expect("a vector"), bytes);
    }

    #[test]
    fn contents(content in arbitrary::content()) {
        let node = Node { content: content.clone(), ..Node::default() };
        let bytes = minicbor::to_vec(&node).expect("a vector");
        let again: Node = minicbor::decode(&bytes).expect("it was just encoded");
        prop_assert_eq!(again.content, content);
    }

    #[test]
    fn pages(mut nodes in vec(arbitrary::node(), 1..4), pieces in vec(arbitrary::piece(), 1..9), children in vec(arbitrary::child(), 1..9), level in 1..8_u8) {
        nodes.sort_by(|left, right| left.name.cmp(&right.name));
        nodes.dedup_by(|left, right| left.name == right.name);
        let bytes = by_hand::page(1, 1, 0, &nodes);
        prop_assert_eq!(Page::decode(&bytes, None), Ok(Page::Leaf(nodes)));
        let bytes = by_hand::page(1, 2, 0, &pieces);
        prop_assert_eq!(Page::decode(&bytes, Some(0)), Ok(Page::Leaf(pieces)));
        let bytes = by_hand::page(1, 2, level, &children);
        prop_assert_eq!(Page::<Piece>::decode(&bytes, Some(level)), Ok(Page::Inner(level - 1, children.clone())));
        let bytes = by_hand::page(1, 1, level, &children);
        prop_assert_eq!(Page::<Node>::decode(&bytes, None), Ok(Page::Inner(level - 1, children)));
    }

    #[test]
    fn snapshots_and_entries(snapshot in arbitrary::snapshot(), draft in draft()) {
        let keyring = world::keyring(1);
        let (bytes, _, read) = through_a_commit(&snapshot, &keyring, draft.clone());
        prop_assert_eq!(&read, &snapshot);
        let (again, _, _) = through_a_commit(&read, &keyring, draft);
        prop_assert_eq!(again, bytes);
    }

    #[test]
    fn entries_of_any_kind(draft in draft()) {
        let keyring = world::keyring(1);
        let (bytes, entry) = Entry::create(draft.clone(), keyring.log(), &world::Seeded::new(2));
        let parsed = Entry::parse(entry.hash, &bytes, keyring.log()).expect("it was just made");
        prop_assert_eq!(&parsed, &entry);
        prop_assert_eq!(&parsed.body, &draft.body);
        prop_assert!(parsed.header.seen.is_sorted());
        prop_assert_eq!((parsed.header.session, parsed.header.number), (draft.session, draft.number));
        prop_assert_eq!((parsed.header.kind, parsed.header.critical), (draft.kind, draft.critical));
        prop_assert_eq!((parsed.header.time, parsed.header.author), (draft.time, keyring.log().author()));
        if draft.kind.0 > 1 {
            prop_assert_eq!(Statement::of(&parsed), Ok(Statement::Unknown(draft.kind)));
        }
    }

    #[test]
    fn running_hints(running in arbitrary::running(), session: [u8; 16]) {
        let (keyring, session) = (world::keyring(1), SessionId::new(session));
        let sealed = running.seal(session, keyring.log(), &world::Seeded::new(2));
        let opened = Running::open(session, &sealed, keyring.log());
        prop_assert_eq!(opened.as_ref(), Ok(&running));
        let again = opened.map(|opened| opened.seal(session, keyring.log(), &world::Seeded::new(2)));
        prop_assert_eq!(again, Ok(sealed));
    }

    #[test]
    fn configs(config in arbitrary::config()) {
        let bytes = config.encode();
        let decoded = Config::decode(&bytes).expect("it was just encoded");
        prop_assert_eq!(&decoded, &config);
        prop_assert_eq!(decoded.encode(), &bytes[..]);
    }

    #[test]
    fn packs_and_indexes(segments in arbitrary::segments(), more in arbitrary::segments(), tree: bool, level in 0..4) {
        let keyring = world::keyring(1);
        let role = if tree { Role::Tree } else { Role::Data };
        let compression = if level == 0 { Compression::Off } else { Compression::Level(level) };
        let packs = [segments, more].map(|segments| {
            let pack = world::pack(&keyring, role, compression, &segments, 7);
            check_pack(&pack, &segments, &keyring);
            pack
        });
        check_index(&packs, &keyring);
    }

    #[test]
    fn slots(master: [u8; 32], credential in arbitrary::credential(), created in arbitrary::timestamp(), seed: u64) {
        let kdf = KdfParams { memory_kib: 16, passes: 2, lanes: 2 };
        let master = lifeboat_format::Key::new(master);
        let random = world::Seeded::new(seed);
        let slot = Slot::create(&master, &credential, kdf, &world::about(), created, &random).expect("cheap");
        let bytes = slot.encode();
        let decoded = Slot::decode(&bytes).expect("it was just encoded");
        prop_assert_eq!(decoded.encode(), bytes);
        prop_assert_eq!((decoded.id, decoded.created), (slot.id, created));
        let opened = decoded.open(&credential).expect("the same credential");
        prop_assert_eq!(decoded.about(&opened), Ok(world::about()));
        // Keys are not compared by the crate: two of them are the same when they draw up the same keyring.
        let [ours, theirs] = [&master, &opened].map(|key| Keyring::generate(key, &world::Seeded::new(1)));
        prop_assert!(ours.iter().zip(&theirs).all(|(ours, theirs)| ours.bytes == theirs.bytes));
    }

    #[test]
    fn compression_is_undone(seed: u64, length in 0..5_000_usize, level in -5..20_i32) {
        let (mut compressor, mut opener) = (Compressor::new(Compression::Level(level)), Opener::default());
        for raw in [world::noise(seed, length), world::prose(seed, length), vec![0; length]] {
            let (mut stored, mut again) = (vec![7; 3], vec![7; 9]);
            let codec = compressor.compress(&raw, &mut stored);
            prop_assert!(stored.len() <= raw.len());
            prop_assert_eq!(codec == Codec::Raw, stored == raw);
            let length = u32::try_from(length).expect("short");
            opener.decompress(codec, &stored, length, &mut again).expect("whole");
            prop_assert_eq!(again, raw);
        }
    }
}

fn check_pack(pack: &Pack, segments: &[Vec<Vec<u8>>], keyring: &Keyring) {
    let parsed = Pack::parse(pack.id, pack.bytes.clone(), keyring).expect("it was just made");
    assert_eq!((parsed.id, parsed.header, &parsed.bytes), (pack.id, pack.header, &pack.bytes));
    assert_eq!((&parsed.segments, &parsed.blobs), (&pack.segments, &pack.blobs));
    let sealer = PackSealer::open(keyring, parsed.header).expect("its own keyring");
    let (mut opened, mut opener) = (Vec::new(), Opener::default());
    let mut blobs = parsed.blobs.iter();
    for ((ordinal, segment), contents) in (0..).zip(&parsed.segments).zip(segments) {
        sealer
            .open_segment(ordinal, segment, parsed.sealed(segment), &mut opener, &mut opened)
            .expect("authentic");
        for (content, blob) in contents.iter().zip(&mut blobs) {
            let found = &opened[blob.offset as usize..][..blob.length as usize];
            assert_eq!((found, blob.segment), (content.as_slice(), ordinal));
            assert_eq!(blob.id, keyring.blob_hasher().id(parsed.header.role(), content));
        }
    }
    assert!(blobs.next().is_none());
    assert_eq!(rebuilt(&parsed, &sealer), pack.bytes);
}

/// The bytes of a pack with the same sealed segments: only the directory is sealed anew.
fn rebuilt(pack: &Pack, sealer: &PackSealer) -> Vec<u8> {
    // What was drawn before the directory was sealed: salt, key, two nonces' randomness, and one per segment.
    let random = world::Seeded::new(7);
    for _ in 0..3 + pack.segments.len() {
        let _: [u8; 32] = random.array();
    }
    let mut builder = PackBuilder::new(vec![9; 5]);
    for (ordinal, segment) in (0..).zip(&pack.segments) {
        let blobs: Vec<_> = pack.blobs.iter().filter(|blob| blob.segment == ordinal).copied().collect();
        builder.push(ordinal, *segment, pack.sealed(segment), &blobs).expect("within the limits");
    }
    builder.finish(sealer, &random, 0).expect("all segments").bytes
}

fn check_index(packs: &[Pack], keyring: &Keyring) {
    let built = world::index_of(keyring, packs, 8);
    let index = Index::parse(built.hash, &built.bytes, keyring).expect("it was just made");
    assert_eq!(index.role, packs[0].header.role());
    let listed = |pack: &Pack| IndexedPack {
        id: pack.id,
        stored_length: pack.bytes.len() as u64,
        header: pack.header,
    };
    assert_eq!(index.packs, packs.iter().map(listed).collect::<Vec<_>>());
    let mut found: Vec<(PackId, u32, u32, u32, [u8; 16])> = index
        .blobs
        .iter()
        .map(|blob| {
            let segment = &index.segments[blob.segment as usize];
            (
                index.packs[segment.pack as usize].id,
                segment.ordinal,
                blob.offset,
                blob.length,
                *blob.prefix.as_bytes(),
            )
        })
        .collect();
    let mut expected: Vec<_> = packs
        .iter()
        .flat_map(|pack| {
            pack.blobs.iter().map(|blob| {
                let prefix = blob.id.as_bytes()[..16].try_into().expect("sixteen bytes");
                (pack.id, blob.segment, blob.offset, blob.length, prefix)
            })
        })
        .collect();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
    let parsed: Vec<Pack> =
        packs.iter().map(|pack| Pack::parse(pack.id, pack.bytes.clone(), keyring).expect("whole")).collect();
    assert_eq!(world::index_of(keyring, &parsed, 8).bytes, built.bytes);
}

#[test]
fn genesis() {
    let keyring = world::keyring(1);
    let genesis = Genesis {
        config: ObjectHash::of(&world::config().encode()),
        keys: vec![KeyId::new([1; 16]), KeyId::new([2; 16])],
    };
    let draft = world::draft(EntryKind::GENESIS, genesis.encode());
    let (bytes, entry) = Entry::create(draft, keyring.log(), &world::Seeded::new(2));
    let parsed = Entry::parse(entry.hash, &bytes, keyring.log()).expect("it was just made");
    assert_eq!(Statement::of(&parsed), Ok(Statement::Genesis(genesis)));
}

#[test]
fn statements() {
    let keyring = world::keyring(1);
    for (kind, body, statement) in world::statements() {
        let (bytes, entry) = Entry::create(world::draft(kind, body), keyring.log(), &world::Seeded::new(2));
        let parsed = Entry::parse(entry.hash, &bytes, keyring.log()).expect("it was just made");
        assert_eq!(Statement::of(&parsed), Ok(statement));
    }
}

#[test]
fn an_index_of_many_pages() {
    let keyring = world::keyring(1);
    // Blobs of a few bytes: enough for two full pages of blobs and a third.
    let segments: Vec<Vec<Vec<u8>>> = (0..50_u32)
        .map(|segment| (0..100_u32).map(|blob| (segment * 100 + blob).to_le_bytes().to_vec()).collect())
        .collect();
    let packs = [world::pack(&keyring, Role::Tree, Compression::Off, &segments, 7)];
    check_index(&packs, &keyring);
    let index = world::index_of(&keyring, &packs, 8);
    let parsed = Index::parse(index.hash, &index.bytes, &keyring).expect("it was just made");
    assert_eq!((parsed.segments.len(), parsed.blobs.len()), (50, 5000));
}

#[test]
fn ids_are_read_as_they_are_shown() {
    let id = ObjectHash::of(b"");
    assert_eq!(id.to_string(), "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262");
    assert_eq!(ObjectHash::parse(&id.to_string()), Ok(id));
    let text = id.to_string();
    for bad in [&text[1..], &text.to_uppercase(), &format!("{text}0"), &format!("+{}", &text[1..]), ""] {
        assert!(ObjectHash::parse(bad).is_err(), "{bad}");
    }
    assert_eq!(format!("{id:?}"), text);
}

#[test]
fn a_timestamp_before_1970_is_kept() {
    let node = Node { mtime: Timestamp { seconds: i64::MIN, nanoseconds: 1 }, ..Node::default() };
    let bytes = minicbor::to_vec(&node).expect("a vector");
    assert_eq!(minicbor::decode::<Node>(&bytes).expect("it was just encoded"), node);
    assert_eq!(node.content, Content::Empty);
}

#[test]
fn a_leaf_that_breaks_the_rules_is_refused() {
    let named = |name: &[u8]| Node { name: name.to_vec(), ..Node::default() };
    let refused = |nodes: &[Node]| Page::<Node>::decode(&by_hand::page(1, 1, 0, nodes), None).is_err();
    assert!(!refused(&[named(b"a"), named(b"b")]));
    assert!(refused(&[named(b"b"), named(b"a")]), "out of order");
    assert!(refused(&[named(b"a"), named(b"a")]), "twice");
    for name in [&b""[..], b".", b"..", b"a/b", b"/", b"a\0"] {
        assert!(refused(&[named(name)]), "{name:?}");
    }
    let late = Timestamp { seconds: 0, nanoseconds: 1_000_000_000 };
    assert!(refused(&[Node { mtime: late, ..named(b"a") }]));
    assert!(refused(&[Node { mode: 0o10_000, ..named(b"a") }]));
    assert!(refused(&[Node { content: Content::Inline(vec![0; 129]), size: 129, ..named(b"a") }]));
    assert!(refused(&[Node { content: Content::Inline(vec![0; 3]), size: 4, ..named(b"a") }]));
    let piece = Piece::Blob(BlobId::default(), 1);
    assert!(refused(&[Node { content: Content::Pieces(vec![piece; 9]), size: 9, ..named(b"a") }]));
    assert!(Page::<Piece>::decode(&by_hand::page(1, 2, 0, &[Piece::Hole(0)]), None).is_err());
}

#[test]
fn segments_that_are_sealed_one_behind_the_other_open_each_for_itself() {
    let (keyring, random) = (world::keyring(1), world::Seeded::new(1));
    let sealer = PackSealer::create(&keyring, Role::Data, &random);
    let (mut compressor, mut out) = (Compressor::new(Compression::default()), Vec::new());
    let raws = [world::prose(1, 500), world::noise(2, 300), Vec::new()];
    let segments = [0, 1, 2].map(|ordinal| {
        let raw = &raws[ordinal as usize];
        let sealed =
            sealer.seal_segment(ordinal, raw, &mut compressor, &random.array(), VerifyWrites::All, &mut out);
        sealed.expect("it opens again")
    });
    let (mut rest, mut opened) = (&out[..], Vec::new());
    for ((ordinal, raw), segment) in (0..).zip(&raws).zip(&segments) {
        let (sealed, behind) = rest.split_at(segment.sealed_length as usize);
        let result = sealer.open_segment(ordinal, segment, sealed, &mut Opener::default(), &mut opened);
        assert_eq!((result, &opened), (Ok(()), raw));
        rest = behind;
    }
    assert!(rest.is_empty());
}
