//! What would exhaust the reader is refused before anything is allocated for it.

use crate::{by_hand, world};
use lifeboat_format::{
    BlobId, Codec, Commit, Compression, Compressor, Config, FormatError, Index, KdfParams, Node, NodeKind,
    ObjectHash, Opener, Pack, PackBuilder, PackHeader, PackSealer, PackSegment, PackedBlob, Page,
    PageTreeBuilder, Role, Slot, SlotAbout, VerifyWrites, Xattr, XattrValue, limits,
};
use minicbor::Encoder;

#[test]
fn huge_counts_in_an_index_are_refused() {
    let keyring = world::keyring(1);
    let index = world::index_of(&keyring, &[world::small_pack(&keyring, Compression::Off)], 5);
    for place in [16, 20, 24] {
        for count in [u32::MAX, u32::MAX / 2, 1 << 20, 0] {
            let mut bytes = index.bytes.clone();
            bytes[place..place + 4].copy_from_slice(&count.to_le_bytes());
            let error = Index::parse(ObjectHash::of(&bytes), &bytes, &keyring).expect_err("another count");
            assert!(error.is_corrupt(), "{count} at {place}: {error}");
        }
    }
}

#[test]
fn huge_counts_in_a_directory_are_refused() {
    let raw = b"raw";
    let record = by_hand::only_segment(raw);
    for (segments, blobs) in
        [(u32::MAX, 0), (1, u32::MAX), (1, 1 << 22), (1 << 20, 0), (2, 0), (0, 0), (1, 1)]
    {
        let directory = [by_hand::directory_head(segments, blobs), record.clone()].concat();
        let (id, bytes) = by_hand::pack(raw, &directory);
        let error = Pack::parse(id, bytes, &by_hand::keyring()).expect_err("another count");
        assert!(error.is_corrupt(), "{segments}, {blobs}: {error}");
    }
}

#[test]
fn a_directory_has_no_more_entries_than_a_pack_may() {
    let (raw, record) = (b"raw", by_hand::only_segment(b"raw"));
    let parse = |segments: u32, blobs: u32, records: usize| {
        let directory = [by_hand::directory_head(segments, blobs), record.repeat(records)].concat();
        let (id, bytes) = by_hand::pack(raw, &directory);
        Pack::parse(id, bytes, &by_hand::keyring()).map(|pack| pack.segments.len())
    };
    let most = limits::PACK_SEGMENTS_MAX;
    let segments = u32::try_from(most).expect("a million");
    assert_eq!(parse(segments, 0, most), Ok(most));
    let beyond = Err(FormatError::Limit("pack directory"));
    assert_eq!(parse(segments + 1, 0, most + 1), beyond);
    let blobs = u32::try_from(limits::PACK_BLOBS_MAX).expect("four million");
    assert_eq!(parse(1, blobs + 1, 1), beyond, "before anything is made of it");
    assert_eq!(parse(1, blobs, 1), Err(FormatError::Malformed("pack directory")));
}

#[test]
fn places_outside_their_container_are_refused() {
    let raw = b"raw";
    let (head, segment) = (by_hand::directory_head(1, 1), by_hand::only_segment(raw));
    let blob = |segment, offset, length| by_hand::blob_record(&[1; 32], segment, offset, length);
    let segment_of = |offset, sealed, raw| by_hand::segment_record(offset, sealed, raw, 0);
    let good = [head.clone(), segment.clone(), blob(0, 0, 3)].concat();
    let (id, bytes) = by_hand::pack(raw, &good);
    assert!(Pack::parse(id, bytes, &by_hand::keyring()).is_ok());
    let bad = [
        [segment.clone(), blob(1, 0, 3)],
        [segment.clone(), blob(0, 1, 3)],
        [segment, blob(0, u32::MAX, 4)],
        [segment_of(191, 43, 3), blob(0, 0, 3)],
        [segment_of(193, 43, 3), blob(0, 0, 3)],
        [segment_of(u32::MAX, u32::MAX, 3), blob(0, 0, 3)],
        [segment_of(192, 43, (16 << 20) + 1), blob(0, 0, 3)],
    ];
    for (number, [segment, blob]) in bad.into_iter().enumerate() {
        let (id, bytes) = by_hand::pack(raw, &[head.clone(), segment, blob].concat());
        let error = Pack::parse(id, bytes, &by_hand::keyring()).expect_err("a place outside");
        assert!(error.is_corrupt(), "{number}: {error}");
    }
}

#[test]
fn a_header_must_describe_a_possible_pack() {
    let pack = world::small_pack(&world::keyring(1), Compression::Off);
    let with = |place: usize, value: &[u8]| {
        let mut header = pack.bytes[..192].to_vec();
        header[place..place + value.len()].copy_from_slice(value);
        PackHeader::parse(&header)
    };
    assert_eq!(with(0, b"L"), Ok(pack.header));
    for (place, value) in [
        (0, [0; 8]),
        (24, (limits::PACK_MAX + 1).to_le_bytes()),
        (24, 191_u64.to_le_bytes()),
        (24, u64::MAX.to_le_bytes()),
    ] {
        assert!(with(place, &value).is_err_and(|error| error.is_corrupt()), "{value:?} at {place}");
    }
    assert!(with(20, &u32::MAX.to_le_bytes()).is_err_and(|error| error.is_corrupt()));
    assert!(with(10, &[0]).is_err_and(|error| error.is_corrupt()));
}

#[test]
fn huge_counts_in_a_page_are_refused() {
    for count in [1, 1 << 20, u64::from(u32::MAX), u64::MAX] {
        for (kind, level) in [(1, 0), (1, 1), (2, 0), (2, 7)] {
            let mut bytes = Vec::new();
            Encoder::new(&mut bytes)
                .array(4)
                .and_then(|e| e.u32(1)?.u32(kind)?.u8(level)?.array(count))
                .expect("a vector");
            let refused = match kind {
                1 => Page::<Node>::decode(&bytes, None).is_err_and(|error| error.is_corrupt()),
                _ => Page::<lifeboat_format::Piece>::decode(&bytes, None)
                    .is_err_and(|error| error.is_corrupt()),
            };
            assert!(refused, "{count} entries in a page of kind {kind} and level {level}");
        }
    }
}

#[test]
fn more_parity_than_there_may_be_is_refused() {
    let with = |parity| {
        let mut config = world::config();
        config.parity = parity;
        config.encode()
    };
    assert!(Config::decode(&with(25)).is_ok());
    assert!(Config::decode(&with(26)).is_err_and(|error| error.is_corrupt()));
}

#[test]
fn deep_nesting_in_an_unknown_field_is_skipped_or_refused() {
    let config = world::config().encode();
    for (open, close) in [(0x81, 0x00), (0x9f, 0xff), (0xc1, 0x00)] {
        let mut bytes = config.clone();
        bytes[0] += 1;
        bytes.extend_from_slice(&[0x18, 0x63]);
        bytes.extend_from_slice(&vec![open; 50_000]);
        assert!(Config::decode(&bytes).is_err());
        bytes.extend_from_slice(&vec![close; if close == 0xff { 50_000 } else { 1 }]);
        assert_eq!(Config::decode(&bytes), Ok(world::config()), "{open:#x}");
    }
}

#[test]
fn decompression_gives_no_more_than_was_promised() {
    let frame = zstd::bulk::compress(&vec![0; 1 << 20], 3).expect("zeros");
    assert!(frame.len() < 200);
    for promised in [0, 1, 1000, (1 << 20) - 1, (1 << 20) + 1] {
        // A buffer with room for more must not help the frame.
        let mut out = Vec::with_capacity(2 << 20);
        assert_eq!(
            Opener::default().decompress(Codec::Zstd, &frame, promised, &mut out),
            Err(FormatError::Malformed("segment"))
        );
        assert!(out.len() <= promised as usize);
    }
    let mut out = Vec::new();
    assert_eq!(Opener::default().decompress(Codec::Zstd, &frame, 1 << 20, &mut out), Ok(()));
    assert_eq!(out, vec![0; 1 << 20]);
    let two = [frame.as_slice(), &frame].concat();
    assert!(Opener::default().decompress(Codec::Zstd, &two, 1 << 20, &mut out).is_err());
    assert!(Opener::default().decompress(Codec::Zstd, b"no frame", 8, &mut out).is_err());
    assert!(Opener::default().decompress(Codec::Raw, b"raw", 2, &mut out).is_err());
    assert!(Opener::default().decompress(Codec::Raw, b"raw", 4, &mut out).is_err());
}

#[test]
fn bytes_that_hardly_shrink_stay_raw() {
    let mut compressor = Compressor::new(Compression::default());
    let mut codec = |zeros: usize| {
        let raw = [world::noise(1, 64_000 - zeros), vec![0; zeros]].concat();
        compressor.compress(&raw, &mut Vec::new())
    };
    // One part in 32 would be 2000 bytes.
    assert_eq!([0, 1_500, 4_000].map(&mut codec), [Codec::Raw, Codec::Raw, Codec::Zstd]);
}

#[test]
fn the_default_compression_is_made_for_whole_segments() {
    let length = world::config().data_segment as usize;
    let stored = |compression, raw: &[u8]| {
        let mut stored = Vec::new();
        Compressor::new(compression).compress(raw, &mut stored);
        stored.len()
    };
    let twice = world::noise(1, length / 2).repeat(2);
    assert_eq!(stored(Compression::Off, &twice), length);
    assert!(
        stored(Compression::default(), &twice) < length / 2 + length / 32,
        "the second half is the first"
    );
    // Words that come back far away, more of them than the level's own table has places for.
    let (words, mut random) = (world::noise(2, length / 2), lifeboat_testkit::Random::new(3));
    let word = |_| words.chunks_exact(16).nth(random.index(words.len() / 16)).expect("one of them");
    let text: Vec<u8> = (0..length / 16).flat_map(word).copied().collect();
    assert!(stored(Compression::Auto, &text) < stored(Compression::Level(3), &text));
}

#[test]
fn segments_have_a_largest_size() {
    let most = u32::try_from(limits::SEGMENT_RAW_MAX).expect("16 MiB");
    let beyond = Err(FormatError::Limit("segment"));
    for codec in [Codec::Raw, Codec::Zstd] {
        assert_eq!(Opener::default().decompress(codec, &[], most + 1, &mut Vec::new()), beyond);
        assert_eq!(Opener::default().decompress(codec, &[], u32::MAX, &mut Vec::new()), beyond);
    }
    let (keyring, random) = (world::keyring(1), world::Seeded::new(1));
    let sealer = PackSealer::create(&keyring, Role::Data, &random);
    let seal = |raw: &[u8]| {
        let mut compressor = Compressor::new(Compression::Off);
        sealer
            .seal_segment(0, raw, &mut compressor, &random.array(), VerifyWrites::All, &mut Vec::new())
            .map(drop)
    };
    assert_eq!(seal(&vec![1; limits::SEGMENT_RAW_MAX + 1]), beyond);
    assert_eq!(seal(&vec![1; limits::SEGMENT_RAW_MAX]), Ok(()));
}

#[test]
fn a_pack_holds_no_more_than_its_limits() {
    let mut builder = PackBuilder::new(Vec::new());
    let beyond = u32::try_from(limits::PACK_SEGMENTS_MAX).expect("a million");
    assert_eq!(builder.push(beyond, place(40), &[0; 40], &[]), Err(FormatError::Limit("pack")));
    assert_eq!(builder.push(1, place(40), &[0; 40], &[]), Ok(()));
    assert_eq!(builder.length(), 192 + 40);
    let (keyring, random) = (world::keyring(1), world::Seeded::new(1));
    let sealer = PackSealer::create(&keyring, Role::Data, &random);
    let left_out = builder.finish(&sealer, &random, 0).expect_err("segment 0 is not there");
    assert_eq!(left_out, FormatError::Malformed("pack with a segment left out"));
}

#[test]
fn a_pack_names_no_more_blobs_than_readers_take() {
    let blob = PackedBlob { id: BlobId::new([1; 32]), segment: 0, offset: 0, length: 0 };
    let half = vec![blob; limits::PACK_BLOBS_MAX / 2];
    let mut builder = PackBuilder::new(Vec::new());
    assert_eq!(builder.push(0, place(40), &[0; 40], &half), Ok(()));
    assert_eq!(builder.push(1, place(40), &[0; 40], &half), Ok(()));
    assert_eq!(builder.push(2, place(40), &[0; 40], &[blob]), Err(FormatError::Limit("pack")));
}

#[test]
fn the_directory_counts_towards_the_size_of_a_pack() {
    let (keyring, random) = (world::keyring(1), world::Seeded::new(1));
    let sealer = PackSealer::create(&keyring, Role::Data, &random);
    let most = usize::try_from(limits::PACK_MAX).expect("256 MiB");
    // Its head, 16 records, and what sealing adds.
    let directory = 8 + 16 * 16 + 40;
    let full = filled(most - directory).finish(&sealer, &random, 0).expect("it fits exactly");
    assert_eq!(full.header.core_length(), limits::PACK_MAX);
    assert!(Pack::parse(full.id, full.bytes, &keyring).is_ok());
    let mut overfull = filled(most);
    assert_eq!(overfull.push(99, place(1), &[0], &[]), Err(FormatError::Limit("pack")));
    let beyond = overfull.finish(&sealer, &random, 0).expect_err("there is no room for a directory");
    assert_eq!(beyond, FormatError::Limit("pack"));
}

/// A pack with so many bytes, in segments of 16 MiB.
fn filled(length: usize) -> PackBuilder {
    let segment = vec![0; limits::SEGMENT_RAW_MAX];
    let mut builder = PackBuilder::new(Vec::with_capacity(length + 4096));
    for ordinal in 0.. {
        let room = length - builder.length();
        let sealed = &segment[..room.min(segment.len())];
        builder.push(ordinal, place(sealed.len()), sealed, &[]).expect("it fits exactly");
        if room == sealed.len() {
            break;
        }
    }
    builder
}

fn place(length: usize) -> PackSegment {
    let sealed_length = u32::try_from(length).expect("16 MiB");
    PackSegment { offset: 0, sealed_length, raw_length: 0, codec: Codec::Raw }
}

#[test]
fn costs_beyond_the_limits_are_refused_at_once() {
    let cheap = world::cheap();
    let costs = [
        KdfParams { memory_kib: limits::KDF_MEMORY_KIB_MAX + 1, ..cheap },
        KdfParams { memory_kib: u32::MAX, ..cheap },
        KdfParams { passes: limits::KDF_PASSES_MAX + 1, ..cheap },
        KdfParams { passes: 0, ..cheap },
        KdfParams { memory_kib: 1 << 10, lanes: limits::KDF_LANES_MAX + 1, ..cheap },
        KdfParams { lanes: 0, ..cheap },
        KdfParams { lanes: 2, ..cheap },
    ];
    let refused = FormatError::Limit("cost of the key slot");
    for kdf in costs {
        let (about, random) = (world::about(), world::Seeded::new(1));
        let slot = Slot::create(&world::master(), &world::password(), kdf, &about, world::moment(), &random);
        assert_eq!(slot.expect_err("no reader would accept it"), refused, "{kdf:?}");
        let opened = slot_of(kdf).open(&world::password());
        assert_eq!(opened.expect_err("too costly"), refused, "{kdf:?}");
    }
}

#[test]
fn a_slot_holds_no_more_words_than_readers_take() {
    let create = |length: usize| {
        let about = SlotAbout { label: Some("x".repeat(length)), ..world::about() };
        let (master, credential, kdf) = (world::master(), world::password(), world::cheap());
        Slot::create(&master, &credential, kdf, &about, world::moment(), &world::Seeded::new(1)).map(drop)
    };
    let most = usize::try_from(limits::SMALL_OBJECT_MAX).expect("64 KiB");
    assert_eq!(create(most), Err(FormatError::Limit("key slot")));
    assert_eq!(create(most - 500), Ok(()));
}

#[test]
fn costs_belong_to_passwords() {
    let [password, key_file, _] = world::credentials().map(|credential| world::slot_of(&credential).encode());
    let kind =
        |slot: &[u8]| slot.windows(2).position(|window| window[0] == 2 && window[1] < 3).expect("a kind");
    for (mut slot, other) in [(password, 1), (key_file, 0)] {
        let place = kind(&slot) + 1;
        slot[place] = other;
        assert_eq!(Slot::decode(&slot).err(), Some(FormatError::Malformed("key slot")));
    }
}

/// A slot as somebody else may have written it.
fn slot_of(kdf: KdfParams) -> Slot {
    let bytes = world::slot().encode();
    let was = minicbor::to_vec(world::cheap()).expect("a vector");
    let at = bytes.windows(was.len()).position(|window| window == was).expect("the costs are in the slot");
    let costs = minicbor::to_vec(kdf).expect("a vector");
    Slot::decode(&[&bytes[..at], &costs, &bytes[at + was.len()..]].concat()).expect("only costs differ")
}

#[test]
fn a_node_beyond_its_limit_is_no_entry() {
    let value = XattrValue::Inline(vec![0; limits::NODE_MAX]);
    let node = Node { xattrs: vec![Xattr { name: b"user.large".to_vec(), value }], ..Node::default() };
    let mut builder = PageTreeBuilder::new(world::keyring(1).page_key());
    let pushed = builder.push(&node, &mut |_| Ok::<_, FormatError>(BlobId::default()));
    assert_eq!(pushed, Err(FormatError::Limit("page tree")));
}

#[test]
fn a_value_that_no_kernel_takes_is_refused() {
    let page = |length| {
        let value = XattrValue::Blob(BlobId::default(), length);
        let xattrs = vec![Xattr { name: b"user.large".to_vec(), value }];
        let node = Node { name: b"f".to_vec(), xattrs, ..Node::default() };
        Page::<Node>::decode(&by_hand::page::<Node>(1, 1, 0, &[node]), None)
    };
    assert!(page(65_536).is_ok());
    assert_eq!(page(65_537), Err(FormatError::Malformed("page")));
}

#[test]
fn a_snapshot_begins_at_a_directory_without_a_name() {
    let keyring = world::keyring(1);
    let open = |root: Node| {
        let mut snapshot = world::full_snapshot(&keyring);
        snapshot.root = root;
        let random = world::Seeded::new(1);
        Commit::new(&snapshot, Vec::new(), Vec::new(), &keyring, &random).open(&keyring).map(drop)
    };
    let root = world::full_snapshot(&keyring).root;
    assert_eq!(open(root.clone()), Ok(()));
    let odd = [
        Node { kind: NodeKind::File, ..root.clone() },
        Node { name: b"name".to_vec(), ..root.clone() },
        Node { mode: 0o10000, ..root },
    ];
    for root in odd {
        assert!(open(root.clone()).is_err_and(|error| error.is_corrupt()), "{root:?}");
    }
}
