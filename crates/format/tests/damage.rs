//! Altered, truncated and lengthened bytes of every record are noticed, and never bring a decoder down.

use crate::{by_hand, round_trips, world};
use lifeboat_format::{
    BlobId, Compression, Config, Entry, FormatError, Index, Keyring, Node, ObjectHash, Opener, Pack, PackId,
    Page, Piece, Slot,
};

type Decoder<'a> = Box<dyn Fn(&[u8]) -> Result<(), FormatError> + 'a>;

/// A record with its decoder, which names the bytes anew: names must not be all that notices damage.
struct Record<'a> {
    name: &'static str,
    bytes: Vec<u8>,
    decode: Decoder<'a>,
}

impl<'a> Record<'a> {
    fn new(
        name: &'static str,
        bytes: Vec<u8>,
        decode: impl Fn(&[u8]) -> Result<(), FormatError> + 'a,
    ) -> Self {
        Self { name, bytes, decode: Box::new(decode) }
    }
}

fn records(keyring: &Keyring) -> Vec<Record<'_>> {
    let pack = world::small_pack(keyring, Compression::Level(3));
    let (hasher, id) = (keyring.blob_hasher(), pack.id);
    let pieces = [Piece::Blob(BlobId::new([8; 32]), 9), Piece::Hole(1 << 40)];
    let index = world::index_of(keyring, std::slice::from_ref(&pack), 5).bytes;
    vec![
        Record::new("config", world::config().encode(), |bytes| Config::decode(bytes).map(drop)),
        slot(0),
        slot(1),
        slot(2),
        Record::new("node page", round_trips::leaf_of(&world::full_node(&hasher)), |bytes| {
            Page::<Node>::decode(bytes, Some(0)).map(drop)
        }),
        Record::new("piece page", by_hand::page(1, 2, 0, &pieces), |bytes| {
            Page::<Piece>::decode(bytes, Some(0)).map(drop)
        }),
        Record::new("entry", world::commit_entry(keyring).0, |bytes| {
            Entry::parse(ObjectHash::of(bytes), bytes, keyring.log()).map(drop)
        }),
        Record::new("index", index, |bytes| Index::parse(ObjectHash::of(bytes), bytes, keyring).map(drop)),
        Record::new("pack", pack.bytes, move |bytes| Pack::parse(id, bytes.to_vec(), keyring).map(drop)),
    ]
}

fn slot<'a>(kind: usize) -> Record<'a> {
    let credential = world::credentials()[kind].clone();
    Record::new("slot", world::slot_of(&credential).encode(), move |bytes| {
        let slot = Slot::decode(bytes)?;
        slot.about(&slot.open(&credential)?).map(drop)
    })
}

/// All bytes that differ from these in one bit, with the number of the byte.
pub(crate) fn flips(bytes: &[u8]) -> impl Iterator<Item = (usize, Vec<u8>)> + '_ {
    (0..bytes.len() * 8).map(|bit| {
        let mut altered = bytes.to_vec();
        altered[bit / 8] ^= 1 << (bit % 8);
        (bit / 8, altered)
    })
}

#[test]
fn whole_records_decode() {
    let keyring = world::keyring(1);
    for record in records(&keyring) {
        assert_eq!((record.decode)(&record.bytes), Ok(()), "{}", record.name);
    }
}

#[test]
fn trailing_bytes_are_refused() {
    let keyring = world::keyring(1);
    for record in records(&keyring) {
        for more in [0x00, 0xff, record.bytes[0]] {
            let mut longer = record.bytes.clone();
            longer.push(more);
            let error = (record.decode)(&longer).expect_err(record.name);
            assert!(error.is_corrupt(), "{}: {error}", record.name);
        }
    }
}

#[test]
fn truncations_are_refused() {
    let keyring = world::keyring(1);
    for record in records(&keyring) {
        for length in 0..record.bytes.len() {
            let error = (record.decode)(&record.bytes[..length]).expect_err(record.name);
            assert!(error.is_corrupt(), "{} of {length} bytes: {error}", record.name);
        }
    }
}

#[test]
fn flips_in_sealed_records_are_noticed() {
    let keyring = world::keyring(1);
    let sealed = ["slot", "entry", "pack"];
    for record in records(&keyring).iter().filter(|record| sealed.contains(&record.name)) {
        for (place, altered) in flips(&record.bytes) {
            assert!((record.decode)(&altered).is_err(), "{}: byte {place}", record.name);
        }
    }
}

#[test]
fn flips_in_an_index_are_noticed_but_in_reserved_bytes() {
    let keyring = world::keyring(1);
    let index = world::index_of(&keyring, &[world::small_pack(&keyring, Compression::Off)], 5);
    for (place, altered) in flips(&index.bytes) {
        let under_its_name = Index::parse(index.hash, &altered, &keyring);
        assert_eq!(under_its_name, Err(FormatError::WrongHash("index")), "byte {place}");
        let reserved = place == 11 || (28..32).contains(&place);
        let named_anew = Index::parse(ObjectHash::of(&altered), &altered, &keyring);
        assert_eq!(named_anew.is_ok(), reserved, "byte {place}");
    }
}

#[test]
fn flips_in_a_pack_that_was_named_anew_are_noticed_in_header_directory_and_segments() {
    let keyring = world::keyring(1);
    let pack = world::small_pack(&keyring, Compression::Level(3));
    let core = usize::try_from(pack.header.core_length()).expect("a small pack");
    for (place, altered) in flips(&pack.bytes[..core]) {
        let id = PackId::new(*blake3::hash(&altered).as_bytes());
        let bytes = [&altered, &pack.bytes[core..]].concat();
        let segments_opened = Pack::parse(id, bytes, &keyring).and_then(|pack| open_all(&pack, &keyring));
        assert!(segments_opened.is_err(), "byte {place}");
    }
}

fn open_all(pack: &Pack, keyring: &Keyring) -> Result<(), FormatError> {
    let sealer = lifeboat_format::PackSealer::open(keyring, pack.header)?;
    (0..).zip(&pack.segments).try_for_each(|(ordinal, segment)| {
        sealer.open_segment(ordinal, segment, pack.sealed(segment), &mut Opener::default(), &mut Vec::new())
    })
}

#[test]
fn flips_in_a_config_are_refused_or_make_another_config() {
    let config = world::config();
    for (place, altered) in flips(&config.encode()) {
        if let Ok(altered) = Config::decode(&altered) {
            assert_ne!(altered, config, "byte {place}: one config, two encodings");
        }
    }
}

#[test]
fn flips_in_pages_never_panic() {
    let keyring = world::keyring(1);
    let mut refused = 0;
    for record in records(&keyring).iter().filter(|record| record.name.ends_with("page")) {
        refused += flips(&record.bytes).filter(|(_, altered)| (record.decode)(altered).is_err()).count();
    }
    // Pages have no tag of their own: their blob's name and their segment's seal notice the rest.
    assert!(refused > 100);
}

#[test]
fn damage_to_any_key_object_is_noticed() {
    let master = world::master();
    let objects = Keyring::generate(&master, &world::Seeded::new(1));
    let whole: Vec<&[u8]> = objects.iter().map(|object| object.bytes.as_slice()).collect();
    for (number, object) in whole.iter().enumerate() {
        let with = |altered: &[u8]| {
            let objects =
                whole.iter().enumerate().map(|(n, object)| if n == number { altered } else { object });
            Keyring::assemble(&master, objects).map(drop)
        };
        assert_eq!(with(object), Ok(()));
        assert!(with(&[object, [0].as_slice()].concat()).is_err());
        assert!((0..object.len()).all(|length| with(&object[..length]).is_err()));
        for (place, altered) in flips(object) {
            assert!(with(&altered).is_err(), "byte {place} of key {number}");
        }
    }
}

#[test]
fn noise_is_no_record() {
    let keyring = world::keyring(1);
    for record in records(&keyring) {
        for seed in 0..200 {
            let length = usize::try_from(seed).expect("small") * 3;
            assert!((record.decode)(&world::noise(seed, length)).is_err(), "{} from {seed}", record.name);
        }
    }
}
