//! A repository far away: what each backup asks of the storage, counted by kind and by folder.
//!
//! `docs/performance.md`, "Requests" has the numbers that are asserted here.

use crate::world::{World, environment, password};
use lifeboat_backend::{Backend, BackendError, ErrorKind, MemoryBackend, ObjectInfo, ObjectName};
use lifeboat_engine::{
    BackupOptions, BackupReport, EngineError, RestoreOptions, VerifyOptions, Workers, backup, restore, verify,
};
use lifeboat_repository::{CacheOptions, Repository};
use lifeboat_testkit::{Random, TreeSpec, make_tree, tree_differences};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// Where snapshots show the source.
const SHOWN: &str = "/source";
const WEEK: i64 = 7 * 24 * 60 * 60;

/// Requests by kind and folder.
type Requests = BTreeMap<String, u64>;

/// The storage as one process sees it from afar, which may be killed when it has put so many objects.
#[derive(Debug)]
struct Far {
    storage: Arc<MemoryBackend>,
    asked: Mutex<Requests>,
    puts_left: AtomicU64,
    /// Bytes of packs that were sent.
    sent: AtomicU64,
}

impl Far {
    fn new(storage: &Arc<MemoryBackend>, puts_left: u64) -> Arc<Self> {
        let (asked, sent) = Default::default();
        Arc::new(Self { storage: Arc::clone(storage), asked, puts_left: AtomicU64::new(puts_left), sent })
    }

    fn ask(&self, kind: &str, name: &str) {
        let folder = name.split('/').next().unwrap_or(name);
        *self.asked.lock().unwrap().entry(format!("{kind} {folder}")).or_default() += 1;
    }

    fn change(&self, kind: &str, name: &ObjectName) -> Result<(), BackendError> {
        let left =
            self.puts_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        left.map_err(|_| BackendError::new(ErrorKind::Denied, "change", name))?;
        self.ask(kind, name.as_str());
        Ok(())
    }
}

impl Backend for Far {
    fn put(&self, name: &ObjectName, bytes: &[u8]) -> Result<(), BackendError> {
        self.change("put", name)?;
        if name.as_str().starts_with("packs/") {
            self.sent.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        }
        self.storage.put(name, bytes)
    }

    fn get(&self, name: &ObjectName, limit: u64) -> Result<Vec<u8>, BackendError> {
        self.ask("get", name.as_str());
        self.storage.get(name, limit)
    }

    fn get_range(&self, name: &ObjectName, offset: u64, buffer: &mut [u8]) -> Result<(), BackendError> {
        self.ask("get", name.as_str());
        self.storage.get_range(name, offset, buffer)
    }

    fn stat(&self, name: &ObjectName) -> Result<ObjectInfo, BackendError> {
        self.ask("head", name.as_str());
        self.storage.stat(name)
    }

    fn list(&self, prefix: &str, visit: &mut dyn FnMut(ObjectInfo)) -> Result<(), BackendError> {
        self.ask("list", prefix);
        self.storage.list(prefix, visit)
    }

    fn delete(&self, name: &ObjectName) -> Result<(), BackendError> {
        self.change("delete", name)?;
        self.storage.delete(name)
    }

    fn is_remote(&self) -> bool {
        true
    }

    fn location(&self) -> String {
        "memory".into()
    }
}

/// A world whose repository is far away, and a machine with a cache.
struct Machine {
    world: World,
    processes: AtomicU64,
    cache: PathBuf,
}

impl Machine {
    fn new(seed: u64) -> Self {
        let world = World::new(seed, Workers::inline());
        let cache = world.folder.path().join("cache");
        Self { world, processes: AtomicU64::new(1000), cache }
    }

    /// The same with so many small files in each of ten directories.
    fn with_files(seed: u64, files: u64) -> Self {
        let machine = Self::new(seed);
        for directory in 0..10 {
            let folder = machine.world.source().join(format!("d{directory}"));
            fs::create_dir_all(&folder).unwrap();
            for file in 0..files {
                fs::write(folder.join(format!("f{file}")), format!("{directory} {file}")).unwrap();
            }
        }
        machine.world.later();
        machine
    }

    fn open(&self, far: &Arc<Far>) -> Repository {
        let directory = Some(self.cache.clone());
        self.open_with(far, &CacheOptions { directory, ..CacheOptions::default() })
    }

    fn open_with(&self, far: &Arc<Far>, options: &CacheOptions) -> Repository {
        let environment = environment(self.processes.fetch_add(1, Ordering::Relaxed), &self.world.clock);
        Repository::open_with_cache(Arc::clone(far) as _, &password(), environment, options).unwrap()
    }

    /// Directories above the source are those of everybody, and change.
    fn options(&self) -> BackupOptions {
        BackupOptions { as_path: Some(SHOWN.into()), ..self.world.options() }
    }

    fn restore_options(&self) -> RestoreOptions {
        RestoreOptions { path: Some(SHOWN.into()), ..self.world.restore_options("target") }
    }

    fn try_backup(&self, far: &Arc<Far>) -> Result<BackupReport, EngineError> {
        backup(&self.open(far), &self.options(), &self.world.workers, &())
    }

    /// What a backup by a process of its own asks for.
    fn backup(&self) -> Requests {
        let far = Far::new(&self.world.backend, u64::MAX);
        let report = self.try_backup(&far).unwrap();
        assert!(report.problems.is_empty(), "{:?}", report.problems);
        asked(&far)
    }

    fn only_folder(&self) -> PathBuf {
        let mut folders = fs::read_dir(&self.cache).unwrap().map(|entry| entry.unwrap().path());
        folders.next().unwrap()
    }

    fn kept(&self, folder: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.only_folder().join(folder)).into_iter().flatten();
        let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    }

    /// Restores the latest snapshot and compares.
    fn check_restore(&self) {
        let (snapshot, options) = (self.world.snapshots().pop().unwrap(), self.restore_options());
        let world = &self.world;
        let report = restore(&world.repository, &snapshot, &options, &world.workers, &()).unwrap();
        assert!(report.problems.is_empty(), "{:?}", report.problems);
        assert_eq!(tree_differences(&world.source(), &options.target), []);
    }

    /// The same, and nothing else is damaged either.
    fn check(&self) {
        self.check_restore();
        assert!(self.world.verify().problems.is_empty());
    }
}

fn asked(far: &Far) -> Requests {
    far.asked.lock().unwrap().clone()
}

fn requests<const N: usize>(of: [(&str, u64); N]) -> Requests {
    of.into_iter().map(|(kind, count)| (kind.to_owned(), count)).collect()
}

/// What an unchanged backup costs: thirteen requests.
fn unchanged() -> Requests {
    requests([
        ("get config", 1),
        ("list keyring", 1),
        ("list keys", 1),
        // Two readings, and the commit that was just put is proved.
        ("list log", 4),
        ("get log", 1),
        ("put log", 1),
        ("list index", 1),
        ("put running", 1),
        ("list running", 1),
        ("delete running", 1),
    ])
}

#[test]
fn an_unchanged_backup_costs_thirteen_requests_however_many_files_there_are() {
    for (seed, files) in [(1, 5), (2, 200)] {
        let machine = Machine::with_files(seed, files);
        machine.backup();
        // The index objects of the first are read, and packs listed, for the first time.
        machine.backup();
        assert_eq!(machine.backup(), unchanged(), "{files} files");
        assert_eq!(machine.backup(), unchanged(), "{files} files");
        assert_eq!(unchanged().values().sum::<u64>(), 13);
        machine.check();
    }
}

#[test]
fn packs_are_listed_once_a_week() {
    let machine = Machine::with_files(3, 5);
    let listed = |requests: &Requests| requests.get("list packs").copied();
    assert_eq!(listed(&machine.backup()), Some(1), "by whoever never did");
    assert_eq!(listed(&machine.backup()), None);
    machine.world.advance(WEEK - 60);
    assert_eq!(listed(&machine.backup()), None);
    machine.world.advance(60);
    assert_eq!(listed(&machine.backup()), Some(1));
    assert_eq!(listed(&machine.backup()), None);
    fs::write(machine.world.source().join("new"), "new").unwrap();
    machine.backup();
    assert_eq!(listed(&machine.backup()), None, "one that stored packs and ended well");
}

#[test]
fn a_pack_that_is_lost_is_listed_for_until_it_is_stored_again() {
    let machine = Machine::with_files(4, 5);
    fs::write(machine.world.source().join("large"), Random::new(4).bytes(300_000)).unwrap();
    machine.world.later();
    machine.backup();
    machine.backup();
    for object in machine.world.objects("packs/") {
        machine.world.backend.delete(&object).unwrap();
    }
    // What nobody has reason to doubt is relied on for a week.
    assert_eq!(machine.backup(), unchanged());
    let far = Far::new(&machine.world.backend, u64::MAX);
    let report = verify(&machine.open(&far), &VerifyOptions::default(), &machine.world.workers, &()).unwrap();
    assert!(!report.problems.is_empty(), "but verify lists");
    for _ in 0..2 {
        let requests = machine.backup();
        assert_eq!(requests["list packs"], 1, "a loss is never forgotten");
    }
    machine.check_restore();
}

#[test]
fn a_restore_that_misses_a_pack_makes_the_next_backup_look() {
    let machine = Machine::with_files(5, 5);
    fs::write(machine.world.source().join("large"), Random::new(5).bytes(300_000)).unwrap();
    machine.world.later();
    machine.backup();
    machine.backup();
    let largest = |name: &ObjectName| machine.world.backend.stat(name).unwrap().size;
    let lost = machine.world.objects("packs/").into_iter().max_by_key(largest).unwrap();
    machine.world.backend.delete(&lost).unwrap();
    let far = Far::new(&machine.world.backend, u64::MAX);
    let options = machine.restore_options();
    let snapshot = machine.world.snapshots().pop().unwrap();
    let report = restore(&machine.open(&far), &snapshot, &options, &machine.world.workers, &()).unwrap();
    assert!(!report.problems.is_empty());
    assert_eq!(machine.backup()["list packs"], 1);
}

#[test]
fn a_killed_backup_goes_on_without_sending_again_what_it_had() {
    let tree = || {
        let machine = Machine::new(6);
        make_tree(&machine.world.source(), 6, &TreeSpec { odd: false, ..TreeSpec::default() });
        machine.world.later();
        machine
    };
    let plain = tree();
    let whole = Far::new(&plain.world.backend, u64::MAX);
    plain.try_backup(&whole).unwrap();
    let undisturbed = whole.sent.load(Ordering::Relaxed);
    let puts = u64::MAX - whole.puts_left.load(Ordering::Relaxed);

    let machine = tree();
    let mut random = Random::new(6);
    let mut sent = 0;
    for _ in 0..6 {
        // The first puts are the hint and those of the adoption.
        let far = Far::new(&machine.world.backend, 4 + random.below(puts / 3));
        assert!(machine.try_backup(&far).is_err());
        sent += far.sent.load(Ordering::Relaxed);
    }
    let last = Far::new(&machine.world.backend, u64::MAX);
    assert!(machine.try_backup(&last).unwrap().problems.is_empty());
    sent += last.sent.load(Ordering::Relaxed);
    assert!(sent < undisturbed + undisturbed / 5, "{sent} bytes instead of {undisturbed}");
    assert_eq!(asked(&last)["list packs"], 1);
    machine.check();
}

#[test]
fn a_backup_that_failed_and_took_its_hint_along_is_looked_for_as_well() {
    let machine = Machine::with_files(7, 5);
    machine.backup();
    machine.backup();
    fs::write(machine.world.source().join("large"), Random::new(7).bytes(600_000)).unwrap();
    machine.world.later();
    let far = Far::new(&machine.world.backend, 6);
    assert!(machine.try_backup(&far).is_err());
    for hint in machine.world.objects("running/") {
        machine.world.backend.delete(&hint).unwrap();
    }
    let sent = far.sent.load(Ordering::Relaxed);
    let next = Far::new(&machine.world.backend, u64::MAX);
    machine.try_backup(&next).unwrap();
    assert!(sent > 100_000 && next.sent.load(Ordering::Relaxed) < 600_000 * 11 / 10 - sent);
    machine.check();
}

#[test]
fn the_cache_may_be_lost_or_damaged_anywhere() {
    let machine = Machine::with_files(8, 50);
    machine.backup();
    machine.backup();
    let folders = ["log/0", "keys", "keyring", "packs"];
    assert!(folders.iter().all(|folder| !machine.kept(folder).is_empty()), "{:?}", machine.only_folder());
    let damages: [fn(&Path); 4] = [
        |file| fs::remove_file(file).unwrap(),
        |file| fs::write(file, b"").unwrap(),
        |file| {
            let mut bytes = fs::read(file).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle..].iter_mut().for_each(|byte| *byte ^= 0x10);
            fs::write(file, bytes).unwrap();
        },
        |file| {
            fs::remove_file(file).unwrap();
            fs::create_dir(file).unwrap();
        },
    ];
    for damage in damages {
        for folder in folders {
            machine.kept(folder).iter().for_each(|file| damage(file));
            machine.backup();
        }
        // What lies in the way of a file is for its owner to remove.
        folders.iter().flat_map(|folder| machine.kept(folder)).filter(|file| file.is_dir()).for_each(
            |file| {
                fs::remove_dir(file).unwrap();
            },
        );
    }
    machine.backup();
    assert_eq!(machine.backup(), unchanged());
    fs::remove_dir_all(&machine.cache).unwrap();
    machine.backup();
    fs::remove_dir_all(&machine.cache).unwrap();
    fs::write(&machine.cache, "in the way").unwrap();
    machine.backup();
    machine.check();
}

#[test]
fn without_a_cache_everything_is_asked_for() {
    let machine = Machine::with_files(9, 5);
    machine.backup();
    let far = Far::new(&machine.world.backend, u64::MAX);
    let repository = machine.open_with(&far, &CacheOptions::default());
    backup(&repository, &machine.options(), &machine.world.workers, &()).unwrap();
    let asked = asked(&far);
    assert_eq!((asked["list packs"], asked["get keys"]), (1, 1));
    assert!(asked["get packs"] > 0 && asked["get keyring"] > 0);
    machine.check();
}

#[test]
fn what_is_kept_of_an_entry_does_not_make_it_exist() {
    let machine = Machine::with_files(10, 1);
    machine.backup();
    machine.backup();
    assert_eq!(machine.kept("log/0").len(), 3);
    // The first, which all others have seen.
    let entries = machine.world.objects("log/");
    let hashes = |name: &ObjectName| machine.world.backend.get(name, u64::MAX).unwrap().len();
    let shortest = entries.into_iter().min_by_key(hashes).unwrap();
    machine.world.backend.delete(&shortest).unwrap();
    let far = Far::new(&machine.world.backend, u64::MAX);
    assert!(machine.open(&far).read_log().is_err());
}

#[test]
fn a_slot_that_was_removed_is_not_kept() {
    let machine = Machine::with_files(11, 1);
    machine.backup();
    let [kept] = &machine.kept("keys")[..] else { panic!("one slot") };
    let slot = ObjectName::new(&format!("keys/{}", kept.file_name().unwrap().to_str().unwrap())).unwrap();
    machine.world.backend.delete(&slot).unwrap();
    let far = Far::new(&machine.world.backend, u64::MAX);
    let environment = environment(12, &machine.world.clock);
    let options = CacheOptions { directory: Some(machine.cache.clone()), ..CacheOptions::default() };
    let opened = Repository::open_with_cache(far as _, &password(), environment, &options);
    assert!(opened.is_err());
    assert!(machine.kept("keys").is_empty());
}

#[test]
fn verify_proves_what_lies_in_the_storage() {
    let machine = Machine::with_files(13, 50);
    machine.backup();
    machine.backup();
    let damage = |name: &ObjectName| {
        let mut bytes = machine.world.backend.get(name, u64::MAX).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        machine.world.backend.delete(name).unwrap();
        machine.world.backend.put(name, &bytes).unwrap();
    };
    let packs = machine.world.objects("packs/");
    packs.iter().for_each(damage);
    let key = machine.world.objects("keyring/").remove(0);
    damage(&key);
    let far = Far::new(&machine.world.backend, u64::MAX);
    let report = verify(&machine.open(&far), &VerifyOptions::default(), &machine.world.workers, &()).unwrap();
    let is_named = |object: &ObjectName| {
        report.problems.iter().any(|problem| problem.path == Path::new(object.as_str()))
    };
    assert!(is_named(&key), "{:?}", report.problems);
    assert!(report.problems.len() > 1, "trees cannot be read: {:?}", report.problems);
}

#[test]
fn packs_of_trees_are_fetched_once_and_whole() {
    let machine = Machine::with_files(14, 300);
    machine.backup();
    let stored = machine.kept("packs").len();
    assert!(stored > 1, "what a backup stores it keeps");
    fs::remove_dir_all(&machine.cache).unwrap();
    let requests = machine.backup();
    assert_eq!(requests["get packs"], stored as u64);
    assert_eq!(machine.kept("packs").len(), stored);
    assert_eq!(machine.backup(), unchanged());
}

#[test]
fn kept_packs_have_a_limit_and_go_when_nobody_needs_them() {
    let machine = Machine::with_files(15, 100);
    machine.backup();
    let lengths = |machine: &Machine| {
        machine.kept("packs").iter().map(|file| file.metadata().unwrap().len()).sum::<u64>()
    };
    let (all, files) = (lengths(&machine), machine.kept("packs"));
    fs::write(files[0].with_file_name("ab".repeat(32)), "of a snapshot that is gone").unwrap();
    machine.backup();
    assert_eq!(machine.kept("packs"), files);
    fs::remove_dir_all(&machine.cache).unwrap();
    for packs in [all / 2, 1, 0] {
        let far = Far::new(&machine.world.backend, u64::MAX);
        let options =
            CacheOptions { directory: Some(machine.cache.clone()), packs, ..CacheOptions::default() };
        let repository = machine.open_with(&far, &options);
        backup(&repository, &machine.options(), &machine.world.workers, &()).unwrap();
        assert!(packs < all / 2 || lengths(&machine) <= packs);
        fs::remove_dir_all(&machine.cache).unwrap();
    }
    machine.check();
}

#[test]
fn a_dry_run_leaves_the_cache_as_it_is() {
    let machine = Machine::with_files(16, 5);
    machine.backup();
    machine.backup();
    fs::write(machine.world.source().join("new"), "new").unwrap();
    let before = machine.kept("packs");
    let far = Far::new(&machine.world.backend, u64::MAX);
    let options = BackupOptions { dry_run: true, ..machine.options() };
    backup(&machine.open(&far), &options, &machine.world.workers, &()).unwrap();
    assert_eq!(machine.kept("packs"), before);
    assert!(asked(&far).keys().all(|kind| !kind.starts_with("put") && kind != "list packs"), "{far:?}");
}
