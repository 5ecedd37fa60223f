//! A repository far away: what is asked for at once, in how many requests, and that nothing else differs.
//!
//! No test looks at a clock. Where several requests have to be on their way at once, the storage answers none before so many
//! are there, and fails where they do not come.

use crate::world::{World, environment, password};
use lifeboat_backend::{Backend, BackendError, ErrorKind, MemoryBackend, ObjectInfo, ObjectName};
use lifeboat_engine::{EngineError, Problem, Workers};
use lifeboat_format::Role;
use lifeboat_repository::{Repository, pack_object};
use lifeboat_testkit::{TreeSpec, make_tree, tree_differences};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// How long whoever asks alone is kept before it counts as an error.
const PATIENCE: Duration = Duration::from_secs(60);

/// Storage over a network. Requests count that are for the packs named here, or for packs that are new.
#[derive(Debug, Default)]
struct Far {
    storage: Arc<MemoryBackend>,
    data: BTreeSet<String>,
    state: Mutex<State>,
    changed: Condvar,
    /// Requests that must be on their way at once, one time, before any is answered.
    gets_together: usize,
    puts_together: usize,
    /// Requests after which packs of data are not given any more.
    gets_max: Option<usize>,
    /// Whether the first pack of data is refused, as one that was archived.
    refuses_one: bool,
}

#[derive(Debug, Default)]
struct State {
    gets: Requests,
    puts: Requests,
}

#[derive(Debug, Default)]
struct Requests {
    count: usize,
    now: usize,
    most: usize,
}

impl Far {
    /// Answers when so many requests have been there together.
    fn answer<T>(
        &self,
        name: &ObjectName,
        together: usize,
        counts: bool,
        requests: fn(&mut State) -> &mut Requests,
        answer: impl FnOnce() -> Result<T, BackendError>,
    ) -> Result<T, BackendError> {
        if !counts {
            return answer();
        }
        let mut state = self.state.lock().unwrap();
        let kind = requests(&mut state);
        (kind.count, kind.now) = (kind.count + 1, kind.now + 1);
        kind.most = kind.most.max(kind.now);
        self.changed.notify_all();
        let few = |state: &mut State| requests(state).most < together;
        let (state, waited) = self.changed.wait_timeout_while(state, PATIENCE, few).unwrap();
        drop(state);
        let answer = match waited.timed_out() {
            true => Err(BackendError::new(ErrorKind::Denied, "wait for others to use", name)),
            false => answer(),
        };
        requests(&mut self.state.lock().unwrap()).now -= 1;
        answer
    }

    fn gets(&self) -> (usize, usize) {
        let state = self.state.lock().unwrap();
        (state.gets.count, state.gets.most)
    }
}

impl Backend for Far {
    fn put(&self, name: &ObjectName, bytes: &[u8]) -> Result<(), BackendError> {
        let is_pack = name.as_str().starts_with("packs/");
        let put = || self.storage.put(name, bytes);
        self.answer(name, self.puts_together, is_pack, |state| &mut state.puts, put)
    }

    fn get(&self, name: &ObjectName, limit: u64) -> Result<Vec<u8>, BackendError> {
        self.storage.get(name, limit)
    }

    fn get_range(&self, name: &ObjectName, offset: u64, buffer: &mut [u8]) -> Result<(), BackendError> {
        let is_data = self.data.contains(name.as_str());
        if is_data && self.gets_max.is_some_and(|most| self.gets().0 >= most) {
            return Err(BackendError::new(ErrorKind::Unavailable, "get range of", name));
        }
        if self.refuses_one && self.data.first().is_some_and(|refused| refused == name.as_str()) {
            return Err(BackendError::new(ErrorKind::Denied, "get range of", name));
        }
        let get = || self.storage.get_range(name, offset, buffer);
        self.answer(name, self.gets_together, is_data, |state| &mut state.gets, get)
    }

    fn stat(&self, name: &ObjectName) -> Result<ObjectInfo, BackendError> {
        self.storage.stat(name)
    }

    fn list(&self, prefix: &str, visit: &mut dyn FnMut(ObjectInfo)) -> Result<(), BackendError> {
        self.storage.list(prefix, visit)
    }

    fn delete(&self, name: &ObjectName) -> Result<(), BackendError> {
        self.storage.delete(name)
    }

    fn is_remote(&self) -> bool {
        true
    }

    fn location(&self) -> String {
        "far away".into()
    }
}

/// A source of some dozens of packs, near at hand.
fn world(seed: u64, parity: u32) -> World {
    let world = World::with_parity(seed, Workers::inline(), parity);
    make_tree(&world.source(), seed, &TreeSpec { odd: false, ..TreeSpec::default() });
    world
}

/// The world with its repository so far away.
fn moved(world: World, far: Far) -> (World, Arc<Far>) {
    moved_with(Role::Data, world, far)
}

/// The same where the packs of this role are watched.
fn moved_with(role: Role, world: World, far: Far) -> (World, Arc<Far>) {
    let view = world.repository.view(&world.repository.read_log().unwrap()).unwrap();
    let index = world.repository.load_index(&view).unwrap();
    let data = index.packs().filter(|pack| pack.role == role).map(|pack| pack_object(pack.id)).collect();
    let far = Arc::new(Far { storage: Arc::clone(&world.backend), data, ..far });
    let environment = environment(9, &world.clock);
    let repository = Repository::open(Arc::clone(&far) as _, &password(), environment).unwrap();
    let workers = Workers::within(repository.memory()).unwrap();
    (World { repository, workers, ..world }, far)
}

fn same(world: &World, target: &Path) {
    let differences = tree_differences(&world.source(), target);
    assert!(differences.is_empty(), "{differences:?}");
}

/// What is damaged. Which of several damaged packs a file is said to miss is up to who comes first.
fn told(problems: &[Problem]) -> Vec<String> {
    let what = |problem: &Problem| format!("{:?} {}", problem.kind, problem.path.display());
    let mut told: Vec<_> = problems.iter().map(what).collect();
    told.sort();
    told
}

#[test]
fn packs_are_stored_several_at_once_and_never_more_than_there_is_memory_for() {
    let (world, far) = moved(world(70, 0), Far { puts_together: 2, ..Far::default() });
    assert!(world.backup().problems.is_empty());
    let most = far.state.lock().unwrap().puts.most;
    assert!((2..=world.repository.memory().packs_in_flight()).contains(&most), "{most}");
    let (target, report) = world.restore(&world.snapshots()[0], "target");
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    same(&world, &target);
}

#[test]
fn a_restore_fetches_neighbours_together_and_many_ranges_at_once() {
    let world = world(71, 0);
    world.backup();
    let ranges = 12;
    let (world, far) = moved(world, Far { gets_together: ranges, ..Far::default() });
    assert_eq!(world.repository.memory().ranges(), Some(ranges));
    let packs = far.data.len();
    assert!(packs > 2 * ranges, "{packs}");
    let (target, report) = world.restore(&world.snapshots()[0], "target");
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    same(&world, &target);
    assert_eq!(far.gets(), (packs, ranges), "each of these small packs is one range, whatever is in it");
}

#[test]
fn verify_fetches_packs_ahead_and_never_more_than_there_is_memory_for() {
    let world = world(72, 0);
    world.backup();
    let (world, far) = moved(world, Far { gets_together: 3, ..Far::default() });
    assert_eq!(world.repository.memory().packs(), 3);
    assert!(world.verify().problems.is_empty());
    assert_eq!(far.gets(), (far.data.len(), 3));
}

/// Damages a byte in every fifth of these packs, and removes the last.
fn damage(world: &World, packs: &BTreeSet<String>) {
    for (number, name) in packs.iter().step_by(5).enumerate() {
        let name = ObjectName::new(name).unwrap();
        let mut bytes = world.backend.get(&name, u64::MAX).unwrap();
        let place = (number * 4099 + 300) % bytes.len();
        bytes[place] ^= 1;
        world.backend.delete(&name).unwrap();
        world.backend.put(&name, &bytes).unwrap();
    }
    world.backend.delete(&ObjectName::new(packs.last().unwrap()).unwrap()).unwrap();
}

#[test]
fn damage_is_mended_and_named_far_away_as_it_is_at_hand() {
    for parity in [0, 3] {
        let near = world(73, parity);
        near.backup();
        let (found, restored, far) = {
            let (far, seen) = moved(near, Far::default());
            damage(&far, &seen.data);
            let found = told(&far.verify().problems);
            let (target, report) = far.restore(&far.snapshots()[0], "from-afar");
            let differences = tree_differences(&far.source(), &target);
            assert_eq!(differences.is_empty(), report.problems.is_empty());
            (found, (told(&report.problems), differences), far)
        };
        let environment = environment(10, &far.clock);
        let storage = Arc::clone(&far.backend) as _;
        let repository = Repository::open(storage, &password(), environment).unwrap();
        let near = World { repository, workers: Workers::inline(), ..far };
        assert_eq!(told(&near.verify().problems), found);
        assert!(found.len() > 5, "{found:?}");
        let (target, report) = near.restore(&near.snapshots()[0], "at-hand");
        assert_eq!((told(&report.problems), tree_differences(&near.source(), &target)), restored);
    }
}

#[test]
fn storage_that_fails_ends_a_restore_and_nothing_half_done_stays() {
    let world = world(74, 0);
    world.backup();
    let (world, _) = moved(world, Far { gets_max: Some(5), ..Far::default() });
    let (target, ended) = world.try_restore(&world.snapshots()[0], "target");
    let error = ended.unwrap_err();
    assert!(matches!(error, EngineError::Repository(_)), "{error:?}");
    let (mut whole, mut missing) = (0, 0);
    for path in files(&world.source()) {
        match std::fs::read(target.join(path.strip_prefix(world.source()).unwrap())) {
            Ok(bytes) => {
                assert_eq!(bytes, std::fs::read(&path).unwrap(), "{path:?}");
                whole += 1;
            }
            Err(_) => missing += 1,
        }
    }
    assert_eq!(
        files(&target).len(),
        whole + 1,
        "no file under a temporary name, but the mark of a restore that did not end"
    );
    assert!(missing > 0);
}

#[test]
fn one_pack_that_is_refused_costs_its_own_files_and_no_others() {
    let world = world(75, 0);
    world.backup();
    let (world, _) = moved(world, Far { refuses_one: true, ..Far::default() });
    let (target, report) = world.restore(&world.snapshots()[0], "target");
    let all = files(&world.source()).len();
    assert!((1..all / 2).contains(&report.problems.len()), "{:?}", report.problems);
    assert_eq!(files(&target).len() + report.problems.len(), all, "whatever is missing is named");
    assert_eq!(tree_differences(&world.source(), &target).len(), report.problems.len());
}

#[test]
fn a_parent_that_cannot_be_read_for_the_moment_is_read_anew_and_no_damage() {
    let world = world(76, 0);
    world.backup();
    let (world, _) = moved_with(Role::Tree, world, Far { gets_max: Some(0), ..Far::default() });
    let report = world.backup();
    assert_eq!(report.problems, []);
    let is_told = |note: &String| note.contains("read anew, because the parent cannot be read now");
    assert_eq!(report.notes.iter().filter(|note| is_told(note)).count(), 1, "{:?}", report.notes);
    assert_eq!(report.summary.files_unmodified, 0);
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found
}
