//! The index kept between runs: it saves reading, and whatever becomes of it changes no answer.

use crate::world::{Watched, environment, make, names, new, password, snapshot, writer};
use lifeboat_backend::{Backend, ObjectName};
use lifeboat_format::{BlobId, Role};
use lifeboat_repository::{CacheOptions, Index, Repository, RepositoryError, Session, View, Workers};
use lifeboat_testkit::Random;
use std::fs;
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Barrier};
use std::time::{Duration, UNIX_EPOCH};
use tempfile::TempDir;

/// Length of a block of a table.
const BLOCK: u64 = 4096;

/// A repository with some backups, and a directory for its cache.
struct World {
    watched: Arc<Watched>,
    repository: Repository,
    saved: Vec<(BlobId, Vec<u8>)>,
    directory: TempDir,
}

impl World {
    /// With so many backups of a hundred blobs, of which half are new in each.
    fn new(backups: u64) -> Self {
        let (watched, repository) = new(backups);
        let directory = TempDir::new().unwrap();
        let mut world = Self { watched, repository, saved: Vec::new(), directory };
        (0..backups).for_each(|seed| world.back_up(seed));
        world
    }

    fn back_up(&mut self, seed: u64) {
        let session = Session::start(&self.repository).unwrap();
        let mut writer = writer(&self.repository, &session, Workers::inline());
        for seed in [seed, seed + 1] {
            let mut random = Random::new(seed);
            for _ in 0..50 {
                let bytes = random.bytes(400);
                self.saved.push((writer.put(Role::Data, &bytes).unwrap(), bytes));
            }
        }
        let flushed = writer.finish().unwrap();
        let id = session.snapshot();
        crate::world::commit(session, &snapshot(id), flushed).unwrap();
    }

    /// The repository as another run opens it.
    fn open(&self) -> Repository {
        self.open_with(&self.options())
    }

    fn open_with(&self, options: &CacheOptions) -> Repository {
        let backend: Arc<dyn Backend> = Arc::clone(&self.watched) as _;
        Repository::open(backend, &password(), environment(99)).unwrap().with_cache(options)
    }

    fn options(&self) -> CacheOptions {
        let path = self.directory.path();
        let directory = Some(path.join("cache"));
        CacheOptions { directory, temporary: vec![path.to_path_buf()], memory: 1 << 16, packs: 0 }
    }

    fn folder(&self) -> PathBuf {
        let id = self.repository.config().repository.to_string();
        self.directory.path().join("cache").join(id).join("index")
    }

    /// The files of the cache, sorted.
    fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<_> =
            fs::read_dir(self.folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    }

    /// Loads the index, proves that it answers as it should, and gives how many index objects were read for it.
    fn check(&self) -> usize {
        self.check_with(&self.open())
    }

    fn check_with(&self, repository: &Repository) -> usize {
        self.watched.gets.lock().unwrap().clear();
        let index = load(repository);
        self.check_index(repository, index);
        self.reads()
    }

    fn check_index(&self, repository: &Repository, index: Index) {
        assert!(index.faults().is_empty() && index.orphans().is_empty());
        assert_eq!(index.packs().count(), names(&*self.watched, "packs/").len(), "each pack once");
        let reader = repository.reader(Arc::new(index));
        for pack in reader.index().packs() {
            reader.pack_reader().verify(pack, reader.index()).unwrap();
        }
        for (id, bytes) in &self.saved {
            assert!(reader.index().contains(id).unwrap());
            assert!(reader.read(Role::Data, id).unwrap() == *bytes);
        }
        let mut random = Random::new(1_000);
        for _ in 0..500 {
            let id = BlobId::new(random.bytes(32).try_into().unwrap());
            assert!(reader.index().places(&id).unwrap().is_empty());
        }
    }

    fn reads(&self) -> usize {
        self.watched.gets.lock().unwrap().iter().filter(|name| name.starts_with("index/")).count()
    }

    fn objects(&self) -> usize {
        names(&*self.watched, "index/").len()
    }
}

fn view(repository: &Repository) -> View {
    repository.view(&repository.read_log().unwrap()).unwrap()
}

fn load(repository: &Repository) -> Index {
    repository.load_index(&view(repository)).unwrap()
}

fn write(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

#[test]
fn opening_reads_the_index_objects_that_are_new() {
    let mut world = World::new(5);
    assert_eq!(world.check(), world.objects(), "the first reads all");
    assert_eq!(world.check(), 0, "the second none");
    let before = world.objects();
    world.back_up(9);
    assert_eq!(world.check(), world.objects() - before, "the third what was added");
    assert_eq!(world.check(), 0);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert!(world.files().iter().all(|file| mode(file) == 0o600));
    assert!(world.folder().ancestors().take(3).all(|directory| mode(directory) == 0o700));
}

#[test]
fn tables_stay_few() {
    let mut world = World::new(1);
    for seed in 1..40 {
        world.back_up(seed);
        load(&world.open());
        assert!(world.files().len() <= 5, "after {seed}: {:?}", world.files());
    }
    assert_eq!(world.check(), 0);
}

#[test]
fn a_cache_may_be_damaged_anywhere() {
    let world = World::new(4);
    world.check();
    let [file] = &world.files()[..] else { panic!("one table") };
    let sound = fs::read(file).unwrap();
    for block in 0..sound.len() as u64 / BLOCK {
        let position = usize::try_from(block * BLOCK + 37 * block % BLOCK).unwrap();
        // Before it is opened.
        write(file, |bytes| bytes[position] ^= 0x10);
        world.check();
        // While it is open.
        let repository = world.open();
        let index = load(&repository);
        let open = fs::OpenOptions::new().write(true).open(file).unwrap();
        open.write_all_at(&[sound[position] ^ 1], position as u64).unwrap();
        world.check_index(&repository, index);
        world.check();
        assert!(fs::read(file).unwrap() == sound, "block {block}: it is made again as it was");
    }
}

#[test]
fn what_is_asked_of_a_table_that_was_damaged_meanwhile_is_read_from_the_repository() {
    let world = World::new(4);
    world.check();
    for damage in [0, 1, BLOCK, 5 * BLOCK] {
        let repository = world.open();
        let index = load(&repository);
        let file = &world.files()[0];
        fs::OpenOptions::new().write(true).open(file).unwrap().set_len(damage).unwrap();
        world.watched.gets.lock().unwrap().clear();
        world.check_index(&repository, index);
        assert_eq!(world.reads(), world.objects(), "once, cut to {damage}");
        assert_eq!(world.check(), 0, "and it is sound again");
        fs::OpenOptions::new().write(true).open(file).unwrap().set_len(damage).unwrap();
        assert_eq!(world.check(), world.objects());
    }
}

#[test]
fn a_cache_may_be_deleted_at_any_time() {
    let world = World::new(3);
    world.check();
    let repository = world.open();
    let index = load(&repository);
    fs::remove_dir_all(world.directory.path().join("cache")).unwrap();
    world.check_index(&repository, index);
    assert_eq!(world.check(), world.objects());
    assert_eq!(world.check(), 0);
}

#[test]
fn files_of_others_are_not_believed() {
    let (world, other) = (World::new(3), World::new(4));
    world.check();
    other.check();
    let (own, foreign) = (&world.files()[0], &other.files()[0]);
    fs::copy(foreign, own).unwrap();
    fs::copy(foreign, world.folder().join(foreign.file_name().unwrap())).unwrap();
    assert_eq!(world.check(), world.objects());
    assert_eq!(world.files(), std::slice::from_ref(own), "what is of no use is gone");
    fs::write(world.folder().join("notes"), b"somebody's").unwrap();
    fs::create_dir(world.folder().join("0".repeat(64))).unwrap();
    assert_eq!(world.check(), 0);
}

#[test]
fn a_place_that_cannot_be_written_costs_time_and_a_note() {
    let world = World::new(3);
    fs::write(world.directory.path().join("cache"), b"no directory").unwrap();
    for _ in 0..2 {
        let repository = world.open();
        assert_eq!(world.check_with(&repository), world.objects());
        let trouble = load(&repository).cache_trouble().unwrap();
        assert!(trouble.contains("cache"), "{trouble}");
    }
    let without = world.open_with(&CacheOptions { directory: None, ..world.options() });
    assert_eq!(world.check_with(&without), world.objects());
    assert_eq!(load(&without).cache_trouble(), None);
    let left = fs::read_dir(world.directory.path()).unwrap().count();
    assert_eq!(left, 1, "files without a name leave nothing");
    let nowhere = world.directory.path().join("none");
    let temporary = vec![nowhere.clone(), world.directory.path().to_path_buf()];
    let elsewhere = world.open_with(&CacheOptions { directory: None, temporary, memory: 0, packs: 0 });
    assert_eq!(world.check_with(&elsewhere), world.objects(), "the next one will do");
    let nowhere =
        world.open_with(&CacheOptions { directory: None, temporary: vec![nowhere], memory: 0, packs: 0 });
    let refused = nowhere.load_index(&view(&nowhere)).unwrap_err();
    assert!(matches!(refused, RepositoryError::Cache { .. }), "{refused}");
}

#[test]
fn what_is_gone_from_the_storage_does_not_count_although_it_is_kept() {
    let world = World::new(4);
    world.check();
    let lost = names(&*world.watched, "index/")[1].clone();
    world.watched.delete(&ObjectName::new(&lost).unwrap()).unwrap();
    for _ in 0..2 {
        let index = load(&world.open());
        let [fault] = index.faults() else { panic!("one is missing: {:?}", index.faults()) };
        assert!(lost.ends_with(&fault.object.to_string()));
        assert!(matches!(fault.error, RepositoryError::Missing(_)));
        assert!(!index.orphans().is_empty());
        let known = world.saved.iter().filter(|(id, _)| index.contains(id).unwrap()).count();
        assert!(known > 0 && known < world.saved.len());
    }
}

#[test]
fn damage_under_a_table_is_found_by_whoever_trusts_the_storage_alone() {
    let world = World::new(3);
    world.check();
    let name = ObjectName::new(&names(&*world.watched, "index/")[0]).unwrap();
    let mut bytes = world.watched.get(&name, u64::MAX).unwrap();
    bytes[200] ^= 1;
    world.watched.delete(&name).unwrap();
    world.watched.put(&name, &bytes).unwrap();
    let repository = world.open();
    let trusting = load(&repository);
    assert!(trusting.faults().is_empty(), "the table knows what the object said");
    let without_cache = world.open_with(&CacheOptions { directory: None, ..world.options() });
    for repository in [&repository, &without_cache] {
        let anew = repository.load_index_anew(&view(repository), || Ok::<_, RepositoryError>(())).unwrap();
        let [fault] = anew.faults() else { panic!("{:?}", anew.faults()) };
        assert!(fault.error.is_damage());
    }
    // From then on nobody here relies on what only this machine knows: a backup stores it again.
    let found = load(&world.open());
    assert_eq!(found.faults().len(), 1);
    assert!(!found.orphans().is_empty());
    assert!(world.saved.iter().any(|(id, _)| !found.contains(id).unwrap()));
    assert_eq!(load(&world.open()).faults().len(), 1);
}

#[test]
fn a_table_that_is_damaged_with_what_it_covers_gives_no_answer_rather_than_a_wrong_one() {
    let world = World::new(3);
    world.check();
    let repository = world.open();
    let index = load(&repository);
    let name = ObjectName::new(&names(&*world.watched, "index/")[0]).unwrap();
    world.watched.delete(&name).unwrap();
    for file in world.files() {
        fs::OpenOptions::new().write(true).open(file).unwrap().set_len(0).unwrap();
    }
    assert!(world.saved.iter().any(|(id, _)| index.contains(id).is_err_and(|error| error.is_damage())));
}

#[test]
fn processes_share_a_folder() {
    let mut world = World::new(6);
    for round in 0..5 {
        let barrier = Barrier::new(4);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let repository = world.open();
                    barrier.wait();
                    world.check_index(&repository, load(&repository));
                });
            }
        });
        assert_eq!(world.check(), 0);
        world.back_up(50 + round);
    }
    let is_table = |file: &PathBuf| file.file_name().unwrap().len() == 64;
    assert!(world.files().iter().all(is_table), "nothing unfinished is left: {:?}", world.files());
}

#[test]
fn what_a_killed_process_began_is_removed_after_a_day() {
    let world = World::new(1);
    world.check();
    // The clock of the tests stands here.
    let now = UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let begun = |name: &str, age: u64| {
        let path = world.folder().join(name);
        let file = fs::File::create(&path).unwrap();
        file.set_modified(now - Duration::from_hours(age)).unwrap();
        path
    };
    let (old, young) = (begun(".lifeboat-1-1", 25), begun(".lifeboat-1-2", 23));
    assert_eq!(world.check(), 0);
    assert!(!old.exists() && young.exists());
}

#[test]
fn a_repository_with_the_same_password_has_a_folder_of_its_own() {
    let world = World::new(2);
    world.check();
    let stranger: Arc<dyn Backend> = Arc::new(Watched::default());
    let other = make(&stranger, 77).unwrap().with_cache(&world.options());
    assert_eq!(load(&other).packs().count(), 0);
    assert_eq!(world.check(), 0);
}

#[test]
fn a_session_knows_what_it_added_when_it_is_more_than_one_index_object_holds() {
    const BLOBS: u32 = 330_000;
    let (_, repository) = new(3);
    let session = Session::start(&repository).unwrap();
    let mut writer = writer(&repository, &session, Workers::pool(2).unwrap());
    for number in 0..BLOBS {
        writer.put(Role::Data, &number.to_le_bytes()).unwrap();
    }
    assert_eq!(writer.stats().data_blobs, u64::from(BLOBS));
    for number in (0..BLOBS).step_by(7) {
        writer.put(Role::Data, &number.to_le_bytes()).unwrap();
    }
    assert_eq!(writer.stats().data_blobs, u64::from(BLOBS), "nothing twice");
    let flushed = writer.finish().unwrap();
    let id = session.snapshot();
    crate::world::commit(session, &snapshot(id), flushed).unwrap();
    assert!(view(&repository).index().len() > 1);
    let blobs: usize = load(&repository).packs().map(|pack| pack.blobs).sum();
    assert_eq!(blobs, BLOBS as usize);
}
