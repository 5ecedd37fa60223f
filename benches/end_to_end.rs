//! Whole verbs on a generated tree of 64 MiB, on the disk that the target directory lies on.
//!
//! Half of the tree is text and half does not compress; half of it lies in files of 32 KiB and half in files of 2 MiB.
//! Keys are opened before the clock starts, so the cost of a password is not in any figure.

mod place;

use criterion::measurement::WallTime;
use criterion::{
    BatchSize, BenchmarkGroup, Criterion, SamplingMode, Throughput, criterion_group, criterion_main,
};
use lifeboat_backend::{Backend, LocalBackend, ObjectName};
use lifeboat_engine::{
    BackupOptions, ReadData, RestoreOptions, SnapshotFilter, SnapshotList, VerifyOptions, Workers, backup,
    restore, snapshots, verify,
};
use lifeboat_repository::Repository;
use lifeboat_testkit::Random;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

const SMALL: usize = 32 << 10;
const LARGE: usize = 2 << 20;
const TREE: usize = 64 << 20;
const OBJECTS_OF_THE_LOG: &str = "log/";

fn folder() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a writable target directory")
}

/// The tree, in directories of 64 files.
#[expect(clippy::disallowed_methods, reason = "what is backed up has to be made")]
fn make_tree(root: &Path) {
    let mut random = Random::new(1);
    let sizes = [(SMALL, TREE / 2 / SMALL), (LARGE, TREE / 2 / LARGE)];
    for (size, count) in sizes {
        for number in 0..count {
            let directory = root.join(format!("{size}-{}", number / 64));
            fs::create_dir_all(&directory).expect("a writable folder");
            let content = if number % 2 == 0 { random.text(size) } else { random.bytes(size) };
            fs::write(directory.join(number.to_string()), content).expect("a writable folder");
        }
    }
}

/// A repository on the disk.
struct World {
    folder: TempDir,
    backend: Arc<LocalBackend>,
    repository: Repository,
    workers: Workers,
}

impl World {
    fn new(workers: &Workers) -> Self {
        let folder = folder();
        let backend = LocalBackend::create(&folder.path().join("repository")).expect("a writable folder");
        let backend = Arc::new(backend);
        let repository = place::repository(Arc::clone(&backend) as Arc<dyn Backend>);
        Self { folder, backend, repository, workers: workers.clone() }
    }

    /// Gives the bytes that were read.
    fn backup(&self, source: &Path) -> u64 {
        let options = BackupOptions {
            paths: vec![source.to_path_buf()],
            host: "bench".into(),
            user: "bench".into(),
            program: "bench".into(),
            ..BackupOptions::default()
        };
        let report = backup(&self.repository, &options, &self.workers, &()).expect("a snapshot");
        assert!(report.problems.is_empty(), "{:?}", report.problems);
        report.summary.bytes_read
    }

    fn snapshots(&self) -> SnapshotList {
        snapshots(&self.repository, &SnapshotFilter::default()).expect("a readable log")
    }

    fn restore_newest(&self, list: &SnapshotList, target: PathBuf) {
        let newest = list.snapshots.last().expect("there was a backup");
        let options = RestoreOptions { target, ..RestoreOptions::default() };
        let report = restore(&self.repository, &list.view, newest, &options, &self.workers, &());
        let report = report.expect("a tree");
        assert!(report.problems.is_empty(), "{:?}", report.problems);
    }

    fn verify(&self) {
        let options = VerifyOptions { read_data: ReadData::All };
        let report = verify(&self.repository, &options, &self.workers, &()).expect("a readable log");
        assert!(report.problems.is_empty(), "{:?}", report.problems);
    }

    fn log(&self) -> BTreeSet<ObjectName> {
        let mut names = BTreeSet::new();
        self.backend
            .list(OBJECTS_OF_THE_LOG, &mut |object| {
                names.insert(object.name);
            })
            .expect("a readable repository");
        names
    }

    /// Takes back what later backups said, lest each has a longer log to read than the one before.
    fn cut_log(&self, kept: &BTreeSet<ObjectName>) {
        self.log()
            .difference(kept)
            .for_each(|name| self.backend.delete(name).expect("a writable repository"));
    }
}

fn verbs(criterion: &mut Criterion) {
    let source = folder();
    make_tree(source.path());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let workers = Workers::pool(threads).expect("threads");
    let mut group = criterion.benchmark_group("64 MiB");
    group.throughput(Throughput::Bytes(TREE as u64)).sampling_mode(SamplingMode::Flat);
    group.bench_function("backup", |bencher| {
        let new = || World::new(&workers);
        bencher.iter_batched(
            new,
            |world| {
                world.backup(source.path());
                world
            },
            BatchSize::PerIteration,
        );
    });
    let world = World::new(&workers);
    world.backup(source.path());
    bench_unchanged(&mut group, &world, source.path());
    bench_restore(&mut group, &world);
    group.bench_function("verify", |bencher| bencher.iter(|| world.verify()));
    group.finish();
}

fn bench_unchanged(group: &mut BenchmarkGroup<'_, WallTime>, world: &World, source: &Path) {
    let first = world.log();
    group.bench_function("unchanged backup", |bencher| {
        bencher.iter_batched(
            || world.cut_log(&first),
            |()| assert_eq!(world.backup(source), 0, "something was read"),
            BatchSize::PerIteration,
        );
    });
}

fn bench_restore(group: &mut BenchmarkGroup<'_, WallTime>, world: &World) {
    let list = world.snapshots();
    group.bench_function("restore", |bencher| {
        let target = || tempfile::tempdir_in(world.folder.path()).expect("a writable folder");
        bencher.iter_batched(
            target,
            |target| {
                world.restore_newest(&list, target.path().join("target"));
                target
            },
            BatchSize::PerIteration,
        );
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(4));
    targets = verbs
}
criterion_main!(benches);
