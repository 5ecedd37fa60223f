//! The stages a byte passes, one at a time and on one core: chunk, name, seal and open, index.

mod place;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use lifeboat_backend::MemoryBackend;
use lifeboat_engine::{Compression, Snapshot};
use lifeboat_format::{
    BlobId, ChunkerParams, Compressor, Index, IndexBuilder, Key, Keyring, Node, NodeKind, Opener, Pack,
    PackBuilder, PackSealer, PackedBlob, Random, Role, Timestamp, VerifyWrites,
};
use lifeboat_repository::{Session, Workers, WriterOptions};
use lifeboat_testkit::Random as Content;
use place::SystemRandom;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

const SEGMENT: usize = 2 << 20;
/// Blobs of one pack, as many as make an index object of about 2 MiB.
const PACK_BLOBS: u32 = 1 << 16;
const LOOKUPS: usize = 10_000;

fn keyring() -> Keyring {
    let master = Key::new([1; 32]);
    let objects = Keyring::generate(&master, &SystemRandom);
    Keyring::assemble(&master, objects.iter().map(|object| object.bytes.as_slice())).expect("all keys").0
}

fn fresh<const N: usize>() -> [u8; N] {
    (&SystemRandom as &dyn Random).array()
}

fn chunk(criterion: &mut Criterion) {
    let chunker = keyring().chunker(ChunkerParams::around(96 << 10)).expect("the usual sizes");
    let content = Content::new(1).bytes(16 << 20);
    let mut group = criterion.benchmark_group("chunk");
    group.throughput(Throughput::Bytes(content.len() as u64));
    group.bench_function("incompressible", |bencher| {
        bencher.iter(|| {
            let mut rest = content.as_slice();
            while let Some(length) = chunker.cut(rest, true) {
                rest = &rest[length..];
            }
        });
    });
    group.finish();
}

fn blob_id(criterion: &mut Criterion) {
    let hasher = keyring().blob_hasher();
    let mut group = criterion.benchmark_group("blob id");
    for length in [4 << 10, 128 << 10] {
        let content = Content::new(2).bytes(length);
        group.throughput(Throughput::Bytes(content.len() as u64));
        group.bench_function(format!("{} KiB", length >> 10), |bencher| {
            bencher.iter(|| hasher.id(Role::Data, black_box(&content)));
        });
    }
    group.finish();
}

/// Sealing reads back what it made, as every backup does.
fn segment(criterion: &mut Criterion) {
    let sealer = PackSealer::create(&keyring(), Role::Data, &SystemRandom);
    let mut compressor = Compressor::new(Compression::default());
    let mut group = criterion.benchmark_group("segment");
    group.throughput(Throughput::Bytes(SEGMENT as u64));
    let contents =
        [("text", Content::new(3).text(SEGMENT)), ("incompressible", Content::new(4).bytes(SEGMENT))];
    for (name, raw) in contents {
        let (mut sealed, mut out, mut opener) = (Vec::new(), Vec::new(), Opener::default());
        let mut seal = |out: &mut Vec<u8>| {
            out.clear();
            sealer
                .seal_segment(0, &raw, &mut compressor, &fresh(), VerifyWrites::All, out)
                .expect("it opens again")
        };
        let place = seal(&mut sealed);
        group.bench_function(format!("seal {name}"), |bencher| bencher.iter(|| seal(&mut out)));
        group.bench_function(format!("open {name}"), |bencher| {
            bencher
                .iter(|| sealer.open_segment(0, &place, &sealed, &mut opener, &mut out).expect("authentic"));
        });
    }
    group.finish();
}

/// A pack of so many blobs that all lie in one small segment: the index looks at names and numbers only.
fn pack_of_many(keyring: &Keyring) -> Pack {
    let sealer = PackSealer::create(keyring, Role::Data, &SystemRandom);
    let (hasher, mut sealed) = (keyring.blob_hasher(), Vec::new());
    let mut compressor = Compressor::new(Compression::Off);
    let place = sealer.seal_segment(0, &[0], &mut compressor, &fresh(), VerifyWrites::All, &mut sealed);
    let place = place.expect("it opens again");
    let blob = |number: u32| PackedBlob {
        id: hasher.id(Role::Data, &number.to_le_bytes()),
        segment: 0,
        offset: 0,
        length: 1,
    };
    let blobs: Vec<_> = (0..PACK_BLOBS).map(blob).collect();
    let mut builder = PackBuilder::new(Vec::new());
    builder.push(0, place, &sealed, &blobs).expect("within the limits");
    builder.finish(&sealer, &SystemRandom, 0).expect("within the limits")
}

fn index_object(criterion: &mut Criterion) {
    let keyring = keyring();
    let pack = pack_of_many(&keyring);
    let build = || {
        let mut builder = IndexBuilder::new(Role::Data);
        builder.add(&pack).expect("within the limits");
        builder.finish(&keyring, &SystemRandom).expect("within the limits")
    };
    let built = build();
    let mut group = criterion.benchmark_group("index");
    group.throughput(Throughput::Elements(PACK_BLOBS.into()));
    group.bench_function("build", |bencher| bencher.iter(&build));
    group.bench_function("read", |bencher| {
        bencher.iter(|| Index::parse(built.hash, &built.bytes, &keyring).expect("it was just built"));
    });
    group.finish();
}

/// Questions that deduplication asks of the index of a repository.
fn index_lookup(criterion: &mut Criterion) {
    let repository = place::repository(Arc::new(MemoryBackend::new()));
    let session = Session::start(&repository).expect("a new repository");
    let empty = repository.load_index(session.view()).expect("no index objects");
    let options = WriterOptions {
        compression: Compression::Off,
        verify_writes: VerifyWrites::All,
        workers: Workers::inline(),
    };
    let mut writer = session.writer(Arc::new(empty), options);
    let known: Vec<_> = (0..4 * PACK_BLOBS)
        .map(|number| writer.put(Role::Data, &number.to_le_bytes()).expect("memory takes it"))
        .collect();
    let root = Node { kind: NodeKind::Directory, ..Node::default() };
    let snapshot = Snapshot::new(session.snapshot(), root, Timestamp::default());
    let committed = session.commit(&snapshot, writer.finish().expect("memory takes it"));
    drop(committed.expect("memory takes it"));
    let view = repository.view(&repository.read_log().expect("it is there")).expect("it was just written");
    let index = repository.load_index(&view).expect("it was just written");
    let mut random = Content::new(5);
    let known: Vec<_> = (0..LOOKUPS).map(|_| *random.pick(&known)).collect();
    let hasher = keyring().blob_hasher();
    let unknown: Vec<_> = (0..LOOKUPS).map(|n| hasher.id(Role::Data, &n.to_le_bytes())).collect();

    let mut group = criterion.benchmark_group("lookup");
    group.throughput(Throughput::Elements(LOOKUPS as u64));
    for (name, ids, expected) in [("known", known, LOOKUPS), ("unknown", unknown, 0)] {
        group.bench_function(name, |bencher| {
            let is_known = |id: &&BlobId| index.contains(id).expect("tables can be made anew");
            bencher.iter(|| assert_eq!(ids.iter().filter(is_known).count(), expected));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = chunk, blob_id, segment, index_object, index_lookup
}
criterion_main!(benches);
