//! A repository with two snapshots, and what every verb makes of it once something has happened to it.

use super::harm::{Kind, Other};
use super::said::Said;
use crate::far::Far;
use crate::world::{World, bytes, environment, password};
use lifeboat_backend::{Backend, MemoryBackend, ObjectName};
use lifeboat_engine::{
    CopyOptions, EngineError, KdfParams, Problem, PruneOptions, ReadData, RestoreOptions, Snapshot,
    SnapshotFilter, Unused, VerifyOptions, Workers, backup, copy, prune, replaced_objects, restore, scrub,
    snapshots, verify,
};
use lifeboat_format::{Key, Role};
use lifeboat_repository::{
    CacheOptions, Credential, InitOptions, Objects as StoredObjects, Repository, RepositoryError, Session,
    SlotAbout, init,
};
use lifeboat_testkit::{Random, copy_tree, json, record, tree_differences};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// All that is stored.
pub(crate) type Objects = BTreeMap<ObjectName, Vec<u8>>;

/// What the verbs are called in the table, in the order in which they are tried.
pub(crate) const VERBS: [&str; 7] = ["snapshots", "restore", "verify", "scrub", "backup", "prune", "copy"];

/// What passwords cost to try: next to nothing.
const KDF: KdfParams = KdfParams { memory_kib: 8, passes: 1, lanes: 1 };

/// Where the repository lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// On a disk, with second copies and parity.
    Disk,
    /// Far away, without.
    Bucket,
}

/// A repository that was used.
pub(crate) struct Fixture {
    world: World,
    profile: Profile,
    pub(crate) objects: Objects,
    /// What was there after `init`, and after each backup.
    stages: Vec<Objects>,
    /// What the source was at each snapshot.
    saved: Vec<PathBuf>,
    /// What the machine that made it keeps.
    cache: PathBuf,
    /// A key slot that was removed, and the config of another repository.
    former_slot: Vec<u8>,
    foreign_config: Vec<u8>,
    /// Verbs that were run.
    runs: Cell<u64>,
}

impl Fixture {
    pub(crate) fn new(profile: Profile) -> Self {
        let is_disk = profile == Profile::Disk;
        let parity = if is_disk { 3 } else { 0 };
        let (chunk_average, pack_size) = (Some(4 << 10), Some(64 << 10));
        let options = InitOptions {
            chunk_average,
            pack_size,
            parity,
            second_copies: is_disk,
            ..InitOptions::default()
        };
        let foreign = World::of(401, Workers::inline(), options.clone());
        let world = World::of(400, Workers::inline(), options);
        let cache = world.folder.path().join("cache");
        let foreign_config = foreign.backend.get(&name("config"), u64::MAX).unwrap();
        let (stages, saved, former_slot) = Default::default();
        let objects = Objects::new();
        let runs = Cell::default();
        let mut fixture =
            Self { world, profile, objects, stages, saved, cache, former_slot, foreign_config, runs };
        fixture.fill();
        fixture
    }

    fn fill(&mut self) {
        self.stages.push(objects_of(&self.world.backend));
        let source = self.world.source();
        fs::create_dir_all(source.join("sub")).unwrap();
        let mut random = Random::new(402);
        for (file, length) in [("inline", 50), ("one", 9_000), ("sub/two", 120_000), ("sub/three", 2_000)] {
            fs::write(source.join(file), random.bytes(length)).unwrap();
        }
        self.save();
        fs::write(source.join("one"), random.bytes(70_000)).unwrap();
        fs::write(source.join("sub/four"), random.bytes(3_000)).unwrap();
        self.save();
        let repository = self.open(&self.world.backend, Some(&self.cache), 403).unwrap();
        let add = |credential| repository.slots().add(&credential, KDF, &SlotAbout::default()).unwrap();
        add(Credential::KeyFile(Key::new([1; 32])));
        let former = add(Credential::KeyFile(Key::new([2; 32])));
        self.former_slot = self.world.backend.get(&name(&format!("keys/{}", former.id)), u64::MAX).unwrap();
        repository.slots().remove(&former.id.to_string()).unwrap();
        // A backup that was killed.
        drop(Session::start(&repository).unwrap().announce("backup").unwrap());
        self.objects = objects_of(&self.world.backend);
    }

    fn save(&mut self) {
        self.world.later();
        let saved = self.world.folder.path().join(format!("saved-{}", self.saved.len()));
        copy_tree(&self.world.source(), &saved);
        let seed = 410 + self.saved.len() as u64;
        let repository = self.open(&self.world.backend, Some(&self.cache), seed).unwrap();
        let report = backup(&repository, &self.world.options(), &self.world.workers, &()).unwrap();
        assert_eq!(report.problems, []);
        self.saved.push(saved);
        self.stages.push(objects_of(&self.world.backend));
    }

    fn open(
        &self,
        backend: &Arc<MemoryBackend>,
        cache: Option<&Path>,
        seed: u64,
    ) -> Result<Repository, RepositoryError> {
        let seen: Arc<dyn Backend> = match self.profile {
            Profile::Disk => Arc::clone(backend) as _,
            Profile::Bucket => Far::new(backend, u64::MAX) as _,
        };
        let directory = cache.map(Path::to_owned);
        let options = CacheOptions { directory, ..CacheOptions::default() };
        Repository::open_with_cache(seen, &password(), environment(seed, &self.world.clock), &options)
    }

    /// The kinds of objects, each with those that stand for it.
    pub(crate) fn kinds(&self) -> Vec<Kind> {
        let [made, first, second] = &self.stages[..] else { unreachable!("three stages") };
        let new = |stage: &Objects, before: &Objects, folder: &str, role: Option<Role>| -> Vec<ObjectName> {
            let is_new = |name: &&ObjectName| name.as_str().starts_with(folder) && !before.contains_key(name);
            let has_role = |name: &&ObjectName| role.is_none_or(|role| stage[*name][10] == role as u8);
            stage.keys().filter(is_new).filter(has_role).cloned().collect()
        };
        let none = Objects::new();
        let pair = |name: &'static str, these: &[ObjectName], others: &[ObjectName]| {
            let other = |at: usize| {
                let lies_at = others.iter().chain(others).skip(at).find(|other| **other != these[at])?;
                Some(Other { lies_at: Some(lies_at.clone()), bytes: self.objects[lies_at].clone() })
            };
            let objects = (0..these.len()).map(|at| (these[at].clone(), other(at).expect("there are more")));
            Kind { name, objects: objects.collect() }
        };
        let outside = |name: &'static str, object: ObjectName, bytes: &[u8]| Kind {
            name,
            objects: vec![(object, Other { lies_at: None, bytes: bytes.to_vec() })],
        };
        let of_role = |folder: &str, role| {
            (new(first, made, folder, Some(role)), new(second, first, folder, Some(role)))
        };
        let (data_index, newer_data_index) = of_role("index/", Role::Data);
        let (tree_index, newer_tree_index) = of_role("index/", Role::Tree);
        let (data, newer_data) = of_role("packs/", Role::Data);
        let (tree, newer_tree) = of_role("packs/", Role::Tree);
        let (keys, genesis) = (new(made, &none, "keyring/", None), new(made, &none, "log/", None));
        let (old, newest) = (new(first, made, "log/", None), new(second, first, "log/", None));
        let hint = self.objects.keys().find(|name| name.as_str().starts_with("running/")).unwrap();
        let slot = new(made, &none, "keys/", None).remove(0);
        vec![
            outside("config", name("config"), &self.foreign_config),
            outside("key slot", slot.clone(), &self.former_slot),
            pair("key", &keys, &keys),
            pair("first entry", &genesis, &old),
            pair("older commit", &old, &genesis),
            pair("newest commit", &newest, &old),
            pair("index of data", &data_index, &newer_data_index),
            pair("index of trees", &tree_index, &newer_tree_index),
            pair("pack of data", &data[..1], &newer_data),
            pair("pack of trees", &tree[..1], &newer_tree),
            outside("running hint", hint.clone(), &self.objects[&slot]),
        ]
    }

    /// What each verb says of these objects, with what this machine keeps or without.
    ///
    /// # Panics
    /// When anything comes back wrong, or does not come back, and nobody says so.
    pub(crate) fn run(&self, objects: &Objects, is_warm: bool) -> [Said; 7] {
        let run = || {
            let scratch = scratch();
            let cache = is_warm.then(|| scratch.path().join("cache"));
            cache.iter().for_each(|cache| copy_tree(&self.cache, cache));
            Run { fixture: self, backend: backend_of(objects), scratch, cache }
        };
        self.runs.update(|runs| runs + VERBS.len() as u64);
        let reads = run();
        let (listed, restored) = (reads.snapshots().0, reads.restore());
        // Those that write have a repository of their own, each.
        let prunes = run();
        let pruned = prunes.prune();
        let left = prunes.restore();
        assert!(left <= restored, "a prune made it worse: {restored:?}, {left:?}");
        [listed, restored, reads.verify(), reads.scrub(), run().backup(), pruned, run().copy()]
    }

    /// Records how many verbs were run for this part of the matrix.
    pub(crate) fn record(&self, part: &str) {
        record("damage_matrix", json!({ part: self.runs.get() }));
    }
}

/// The verbs on one repository.
struct Run<'f> {
    fixture: &'f Fixture,
    backend: Arc<MemoryBackend>,
    scratch: tempfile::TempDir,
    /// What the machine keeps.
    cache: Option<PathBuf>,
}

impl Run<'_> {
    fn open(&self) -> Result<Repository, EngineError> {
        Ok(self.fixture.open(&self.backend, self.cache.as_deref(), 500)?)
    }

    /// What is said of the list, and the list.
    fn snapshots(&self) -> (Said, Vec<Snapshot>) {
        let listed = self.open().and_then(|repository| {
            let list = snapshots(&repository, &SnapshotFilter::default())?;
            let said = Said::of_problems(&[list.faults, replaced_objects(&repository)].concat());
            Ok((said, list.snapshots))
        });
        match listed {
            Err(error) => (Said::of_end(&error), Vec::new()),
            Ok((said, list)) if said <= Said::Mendable && list.len() < self.fixture.saved.len() => {
                (Said::Unnoticed, list)
            }
            Ok(listed) => listed,
        }
    }

    /// All snapshots that are listed.
    fn restore(&self) -> Said {
        let (mut said, list) = self.snapshots();
        for snapshot in list {
            let saved = self.fixture.saved_at(&snapshot);
            let restored = self.open().and_then(|repository| self.restored(&repository, &snapshot, saved));
            said = said.max(restored.unwrap_or_else(|error| Said::of_end(&error)));
        }
        said
    }

    fn restored(
        &self,
        repository: &Repository,
        snapshot: &Snapshot,
        saved: &Path,
    ) -> Result<Said, EngineError> {
        let target = self.scratch.path().join("target");
        drop(fs::remove_dir_all(&target));
        let world = &self.fixture.world;
        let path = Some(bytes(&world.source()));
        let options = RestoreOptions { target: target.clone(), path, ..RestoreOptions::default() };
        let view = repository.view(&repository.read_log()?)?;
        let report = restore(repository, &view, snapshot, &options, &world.workers, &())?;
        let damaged =
            report.problems.iter().filter(|problem| Said::of_problems(&[(*problem).clone()]) == Said::Damage);
        let named: BTreeSet<&Path> = damaged.map(|problem| problem.path.as_path()).collect();
        for difference in tree_differences(saved, &target) {
            let path = world.source().join(&difference.path);
            assert!(
                path.ancestors().any(|above| named.contains(above)),
                "nobody names {difference}: {named:?}"
            );
        }
        Ok(Said::of_problems(&report.problems))
    }

    fn verify(&self) -> Said {
        let verified = self.open().and_then(|repository| {
            let options = VerifyOptions { read_data: ReadData::All };
            verify(&repository, &options, &self.fixture.world.workers, &())
        });
        said_of(verified.map(|report| report.problems))
    }

    fn scrub(&self) -> Said {
        let scrubbed = StoredObjects::open(Arc::clone(&self.backend) as _)
            .map_err(EngineError::from)
            .and_then(|objects| scrub(&objects, &self.fixture.world.workers, &()));
        said_of(scrubbed.map(|report| report.problems))
    }

    /// Nobody has forgotten anything: what goes is what nobody needs.
    fn prune(&self) -> Said {
        let options = PruneOptions { now: true, max_unused: Unused::Bytes(0), ..PruneOptions::default() };
        let pruned =
            self.open().and_then(|repository| prune(&repository, &options, &self.fixture.world.workers, &()));
        said_of(pruned.map(|report| report.problems))
    }

    /// To an empty repository with the same keys: what is there afterwards is as it was saved.
    fn copy(&self) -> Said {
        let world = &self.fixture.world;
        let target: Arc<MemoryBackend> = Arc::default();
        let options = InitOptions {
            kdf: KDF,
            same_keys_as: Some(world.repository.clone()),
            pack_size: Some(64 << 10),
            ..InitOptions::default()
        };
        init(Arc::clone(&target) as _, &password(), &options, environment(600, &world.clock)).unwrap();
        let replica = Repository::open(target, &password(), environment(601, &world.clock)).unwrap();
        let copied = self
            .open()
            .and_then(|repository| copy(&repository, &replica, &CopyOptions::default(), &world.workers, &()));
        let options = VerifyOptions { read_data: ReadData::All };
        assert_eq!(verify(&replica, &options, &world.workers, &()).unwrap().problems, []);
        for snapshot in snapshots(&replica, &SnapshotFilter::default()).unwrap().snapshots {
            let restored = self.restored(&replica, &snapshot, self.fixture.saved_at(&snapshot)).unwrap();
            assert_eq!(restored, Said::Nothing);
        }
        said_of(copied.map(|report| report.problems))
    }

    /// What it reports is there afterwards, as the source is.
    fn backup(&self) -> Said {
        let world = &self.fixture.world;
        world.later();
        let backed_up = self.open().and_then(|repository| {
            let report = backup(&repository, &world.options(), &world.workers, &())?;
            let list = snapshots(&repository, &SnapshotFilter::default())?.snapshots;
            let reported = list.iter().find(|snapshot| Some(snapshot.id) == report.snapshot);
            let reported = reported.expect("what was reported is listed");
            self.restored(&repository, reported, &world.source())?;
            Ok(report.problems)
        });
        said_of(backed_up)
    }
}

impl Fixture {
    /// What the source was when a snapshot was made.
    fn saved_at(&self, snapshot: &Snapshot) -> &Path {
        let is_first = self.world.snapshots()[0].id == snapshot.id;
        &self.saved[usize::from(!is_first)]
    }
}

fn said_of(problems: Result<Vec<Problem>, EngineError>) -> Said {
    match problems {
        Ok(problems) => Said::of_problems(&problems),
        Err(error) => Said::of_end(&error),
    }
}

fn objects_of(backend: &MemoryBackend) -> Objects {
    let mut objects = Objects::new();
    backend.list("", &mut |object| drop(objects.insert(object.name, Vec::new()))).unwrap();
    objects.iter_mut().for_each(|(name, bytes)| *bytes = backend.get(name, u64::MAX).unwrap());
    objects
}

fn backend_of(objects: &Objects) -> Arc<MemoryBackend> {
    let backend = MemoryBackend::new();
    objects.iter().for_each(|(name, bytes)| backend.put(name, bytes).unwrap());
    Arc::new(backend)
}

/// In memory where there is such a place: each restore waits for its file system.
fn scratch() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn name(text: &str) -> ObjectName {
    ObjectName::new(text).unwrap()
}
