//! Tables hold what index objects say, in whatever order and portions they come, and cost what they should.

use super::block_cache::BlockCache;
use super::bulk::Bulk;
use super::folder::TableCache;
use super::layout::{BLOCK_LENGTH, BlobEntry, bytes};
use super::table::{Table, TableError};
use lifeboat_format::{
    BlobHasher, BlobPrefix, Codec, Compression, Compressor, Index as IndexObject, IndexedBlob, IndexedPack,
    IndexedSegment, Key, Keyring, ObjectHash, PackBuilder, PackHeader, PackId, PackSealer, PackSegment,
    PackedBlob, Role, VerifyWrites,
};
use lifeboat_testkit::Random;
use std::collections::{BTreeSet, HashMap};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

struct Seeded(Mutex<Random>);

impl lifeboat_format::Random for Seeded {
    fn fill(&self, out: &mut [u8]) {
        self.0.lock().unwrap().fill(out);
    }
}

/// Index objects from a seed, and what they say.
struct Model {
    random: Random,
    header: PackHeader,
    hasher: BlobHasher,
    objects: Vec<(ObjectHash, IndexObject)>,
    places: HashMap<BlobPrefix, BTreeSet<Place>>,
}

/// A pack, the number of a segment in it, offset and length.
type Place = (PackId, u32, u32, u32);

fn keyring() -> Keyring {
    let (master, random) = (Key::new([1; 32]), Seeded(Mutex::new(Random::new(1))));
    let objects = Keyring::generate(&master, &random);
    Keyring::assemble(&master, objects.iter().map(|object| &object.bytes[..])).unwrap().0
}

/// The header of some pack: a table takes it as it is.
fn header(keyring: &Keyring) -> PackHeader {
    let random = Seeded(Mutex::new(Random::new(2)));
    let sealer = PackSealer::create(keyring, Role::Data, &random);
    let (mut sealed, mut builder) = (Vec::new(), PackBuilder::new(Vec::new()));
    let mut compressor = Compressor::new(Compression::Off);
    let place =
        sealer.seal_segment(0, &[0], &mut compressor, &[3; 32], VerifyWrites::All, &mut sealed).unwrap();
    let blob =
        PackedBlob { id: keyring.blob_hasher().id(Role::Data, &[0]), segment: 0, offset: 0, length: 1 };
    builder.push(0, place, &sealed, &[blob]).unwrap();
    builder.finish(&sealer, &random, 0).unwrap().header
}

fn cache(folder: &Path, memory: usize) -> Arc<TableCache> {
    let temporary = vec![folder.to_path_buf()];
    Arc::new(TableCache::new(keyring().cache_key(), Some(folder.join("index")), temporary, memory))
}

impl Model {
    fn new(seed: u64) -> Self {
        let keyring = keyring();
        let (header, hasher) = (header(&keyring), keyring.blob_hasher());
        let (random, objects, places) = (Random::new(seed), Vec::new(), HashMap::new());
        Self { random, header, hasher, objects, places }
    }

    fn prefix(&self, number: u64) -> BlobPrefix {
        BlobPrefix::from(&self.hasher.id(Role::Data, &number.to_le_bytes()))
    }

    /// A pack in order of its number, the same wherever it is named; its blobs are among `names`, and may be in others.
    fn add_pack(&mut self, object: &mut IndexObject, number: u64, blobs: u64, names: u64) {
        let mut random = Random::new(number);
        let id = PackId::new(random.bytes(32).try_into().unwrap());
        let pack = u32::try_from(object.packs.len()).unwrap();
        object.packs.push(IndexedPack {
            id,
            stored_length: self.header.core_length() + number,
            header: self.header,
        });
        let segments = u32::try_from(1 + random.below(5)).unwrap();
        let first = u32::try_from(object.segments.len()).unwrap();
        for ordinal in 0..segments {
            let place = PackSegment {
                offset: 192 + ordinal,
                sealed_length: 40,
                raw_length: 9_999,
                codec: Codec::Zstd,
            };
            object.segments.push(IndexedSegment { pack, ordinal, place });
        }
        for blob in 0..blobs {
            let prefix = self.prefix(random.below(names));
            let ordinal = u32::try_from(random.below(segments.into())).unwrap();
            let (offset, length) = (u32::try_from(blob).unwrap(), 7);
            object.blobs.push(IndexedBlob { prefix, segment: first + ordinal, offset, length });
            self.places.entry(prefix).or_default().insert((id, ordinal, offset, length));
        }
    }

    fn add_object(&mut self, packs: &[u64], blobs: u64, names: u64) {
        let mut object = IndexObject { role: Role::Data, packs: vec![], segments: vec![], blobs: vec![] };
        packs.iter().for_each(|number| self.add_pack(&mut object, *number, blobs, names));
        object.blobs.sort_by_key(|blob| blob.prefix);
        self.objects.push((ObjectHash::new(self.random.bytes(32).try_into().unwrap()), object));
    }

    /// All objects as one table, in an order and in portions that `seed` decides.
    fn table(&self, cache: &Arc<TableCache>, seed: u64) -> Result<Arc<Table>, TableError> {
        let mut random = Random::new(seed);
        let mut order: Vec<_> = self.objects.iter().collect();
        let mut portions = Vec::new();
        while !order.is_empty() {
            let mut bulk = Bulk::new(Arc::clone(cache));
            for _ in 0..1 + random.index(12) {
                if !order.is_empty() {
                    let (hash, object) = order.swap_remove(random.index(order.len()));
                    bulk.push(*hash, object)?;
                }
            }
            let tables: Vec<_> = bulk.tables().cloned().collect();
            portions.push(cache.merge(false, &tables)?);
        }
        cache.merge(true, &portions)
    }
}

/// What a table says of a blob.
fn ask(table: &Table, prefix: BlobPrefix) -> BTreeSet<Place> {
    let mut found = Vec::new();
    table.find(&bytes(prefix), &mut |_, entry| found.push(entry)).unwrap();
    let place = |entry: BlobEntry| {
        let pack = table.record(&table.layout.packs, entry.pack.into()).unwrap();
        let segment = table.record(&table.layout.segments, entry.segment.into()).unwrap();
        assert_eq!(segment.pack.get(), entry.pack);
        let segments = pack.first_segment.get()..pack.first_segment.get() + pack.segments.get();
        assert!(segments.contains(&entry.segment));
        (PackId::new(pack.id), segment.ordinal.get(), entry.offset, entry.length)
    };
    let count = found.len();
    let places: BTreeSet<_> = found.into_iter().map(place).collect();
    assert_eq!(places.len(), count, "each place once");
    places
}

fn content(table: &Table) -> Vec<u8> {
    let file = table.file();
    let mut content = vec![0; usize::try_from(file.metadata().unwrap().len()).unwrap()];
    file.read_exact_at(&mut content, 0).unwrap();
    content
}

#[test]
fn a_table_says_what_its_objects_say_in_whatever_order_they_come() {
    let folder = TempDir::new().unwrap();
    for seed in 0..12 {
        let mut model = Model::new(seed);
        let mut random = Random::new(seed);
        for _ in 0..1 + random.index(30) {
            // Few packs and few names: many stand in several objects.
            let packs: Vec<u64> = (0..1 + random.index(4)).map(|_| random.below(40)).collect();
            model.add_object(&packs, 25, 700);
        }
        let cache = cache(folder.path(), 1 << 18);
        let table = model.table(&cache, seed).unwrap();
        for name in 0..900 {
            let prefix = model.prefix(name);
            let expected = model.places.get(&prefix).cloned().unwrap_or_default();
            assert_eq!(ask(&table, prefix), expected, "seed {seed}, name {name}");
        }
        let other = model.table(&cache, seed + 100).unwrap();
        assert_eq!(table.id, other.id);
        let again = cache.tables(0).into_iter().find(|found| found.id == table.id).unwrap();
        assert!(content(&again) == content(&other), "the file follows from what it covers");
        assert_eq!((again.counts, again.covered.len()), (table.counts, model.objects.len()));
        for name in 0..900 {
            assert_eq!(ask(&again, model.prefix(name)), ask(&table, model.prefix(name)));
        }
    }
}

#[test]
fn places_of_one_blob_may_fill_many_blocks() {
    let folder = TempDir::new().unwrap();
    let mut model = Model::new(1);
    (0..10).for_each(|number| model.add_object(&[number, 100 + number], 200, 9));
    let table = model.table(&cache(folder.path(), 1 << 18), 1).unwrap();
    assert_eq!(table.counts.blobs, 4_000);
    for name in 0..30 {
        let expected = model.places.get(&model.prefix(name)).cloned().unwrap_or_default();
        assert_eq!(ask(&table, model.prefix(name)), expected);
        assert!(expected.is_empty() || expected.len() > 254, "more than two blocks of them");
    }
}

#[test]
fn millions_of_blobs_take_no_more_memory_than_the_limit() {
    const OBJECTS: u64 = 9;
    const BLOBS: u64 = 250_000;
    const LIMIT: usize = 1 << 20;
    let folder = TempDir::new().unwrap();
    let cache = cache(folder.path(), LIMIT);
    let mut bulk = Bulk::new(Arc::clone(&cache));
    let mut asked = Vec::new();
    for number in 0..OBJECTS {
        let mut model = Model::new(number);
        model.add_object(&[number], BLOBS, u64::MAX);
        let (hash, object) = &model.objects[0];
        bulk.push(*hash, object).unwrap();
        asked.extend(object.blobs.iter().step_by(997).map(|blob| blob.prefix));
    }
    let tables: Vec<_> = bulk.tables().cloned().collect();
    assert!(tables.len() < 8, "they are merged as they come");
    let table = cache.merge(true, &tables).unwrap();
    let length = content(&table).len();
    assert!(length as u64 > OBJECTS * BLOBS * 32 && table.counts.blobs == OBJECTS * BLOBS);
    let (mut reads, mut most) = (0, 0);
    for prefix in asked {
        assert!(!ask(&table, prefix).is_empty());
        (reads, most) = (reads + 1, cache.blocks().held().max(most));
    }
    assert!(reads > 2_000 && most <= LIMIT, "{reads} questions, {most} bytes");
    assert!(length > 60 * LIMIT);
}

#[test]
fn no_block_can_be_changed_moved_or_taken_from_another_table() {
    let folder = TempDir::new().unwrap();
    let cache = cache(folder.path(), BLOCK_LENGTH);
    let tables = [1, 2].map(|seed| {
        let mut model = Model::new(seed);
        (0..4).for_each(|number| model.add_object(&[seed * 10 + number], 300, 10_000));
        model.table(&cache, seed).unwrap()
    });
    let path = folder.path().join("index").join(tables[0].id.to_string());
    let (sound, other) = (content(&tables[0]), content(&tables[1]));
    assert_eq!(sound.len(), other.len());
    let blocks = sound.len() / BLOCK_LENGTH;
    for block in 0..blocks {
        let here = block * BLOCK_LENGTH..(block + 1) * BLOCK_LENGTH;
        let next = (block + 1) % blocks * BLOCK_LENGTH;
        let mut flipped = sound.clone();
        flipped[here.start + block % BLOCK_LENGTH] ^= 1;
        let mut moved = sound.clone();
        moved.copy_within(next..next + BLOCK_LENGTH, here.start);
        let mut foreign = sound.clone();
        foreign[here.clone()].copy_from_slice(&other[here]);
        for bytes in [flipped, moved, foreign] {
            std::fs::write(&path, bytes).unwrap();
            let file = lifeboat_sys::fs::File::open(&path).unwrap();
            // A version that is not known is left alone.
            let is_found = match Table::open(&cache, tables[0].id, file) {
                Ok(Some(table)) => read_all(&table).is_err(),
                Ok(None) | Err(_) => true,
            };
            assert!(is_found, "block {block}");
        }
    }
}

/// Everything that a table says.
fn read_all(table: &Table) -> Result<(), TableError> {
    table.all(table.layout.packs).try_for_each(|record| record.map(drop))?;
    table.all(table.layout.headers).try_for_each(|record| record.map(drop))?;
    table.all(table.layout.segments).try_for_each(|record| record.map(drop))?;
    table.all(table.layout.blobs).try_for_each(|record| record.map(drop))?;
    table.all(table.layout.fan_out).try_for_each(|record| record.map(drop))?;
    table.all(table.layout.filter).try_for_each(|record| record.map(drop))
}

#[test]
fn the_memory_for_blocks_is_never_none() {
    assert_eq!(BlockCache::new(0).held(), 0);
    let folder = TempDir::new().unwrap();
    let mut model = Model::new(5);
    model.add_object(&[1, 2, 3], 500, u64::MAX);
    let table = model.table(&cache(folder.path(), 0), 1).unwrap();
    assert!(model.places.iter().all(|(prefix, places)| ask(&table, *prefix) == *places));
}
