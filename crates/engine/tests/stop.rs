//! Verbs that are told to stop, at many moments: nothing half done stays, and nothing is stored twice.

use crate::world::World;
use lifeboat_backend::Backend as _;
use lifeboat_engine::{
    EngineError, Event, Observer, ReadData, RestoreOptions, VerifyOptions, Workers, backup, restore, verify,
};
use lifeboat_format::Role;
use lifeboat_testkit::{TreeSpec, make_tree, needs, rsync_differences};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Moments at which each verb is stopped.
const MOMENTS: u64 = 16;
/// Packs of the worlds here are closed at this size.
const PACK: u64 = 64 << 10;

/// Wants to stop when it is asked for the n-th time, and ever after; keeps the notes.
#[derive(Default)]
struct StopAt {
    moment: u64,
    asked: AtomicU64,
    notes: Mutex<Vec<String>>,
}

impl StopAt {
    fn moment(moment: u64) -> Self {
        Self { moment, ..Self::default() }
    }

    fn never() -> Self {
        Self::moment(u64::MAX)
    }
}

impl Observer for StopAt {
    fn event(&self, event: &Event<'_>) {
        if let Event::Note(note) = event {
            self.notes.lock().unwrap().push((*note).to_owned());
        }
    }

    fn should_stop(&self) -> bool {
        self.asked.fetch_add(1, Ordering::Relaxed) >= self.moment
    }
}

/// Moments spread over a run in which the observer was asked so often; the first and the last are among them.
fn moments(observer: &StopAt) -> impl Iterator<Item = u64> + use<> {
    let asked = observer.asked.load(Ordering::Relaxed);
    assert!(asked > 2 * MOMENTS, "asked only {asked} times");
    (0..MOMENTS).map(move |number| number * (asked - 1) / (MOMENTS - 1))
}

/// The same repository and source every time, but for the names of directories above it.
fn world(workers: Workers) -> World {
    let world = World::new(30, workers);
    make_tree(&world.source(), 30, &TreeSpec { odd: false, ..TreeSpec::default() });
    world
}

/// What the packs hold: their bytes, and the blobs of each role that the index places in them.
#[derive(Clone, Copy, Debug)]
struct Stored {
    bytes: u64,
    data: usize,
    tree: usize,
}

fn stored(world: &World) -> Stored {
    let view = world.repository.view(&world.repository.read_log().unwrap()).unwrap();
    let index = world.repository.load_index(&view).unwrap();
    let blobs = |role| index.packs().filter(|pack| pack.role == role).map(|pack| pack.blobs).sum::<usize>();
    let packs = world.objects("packs/");
    Stored {
        bytes: packs.iter().map(|name| world.backend.stat(name).unwrap().size).sum(),
        data: blobs(Role::Data),
        tree: blobs(Role::Tree),
    }
}

fn is_interrupted<T>(ended: &Result<T, EngineError>) -> bool {
    matches!(ended, Err(EngineError::Interrupted))
}

#[test]
fn a_backup_that_is_stopped_makes_no_snapshot_and_loses_nothing_it_stored() {
    let plain = world(Workers::inline());
    let observer = StopAt::never();
    backup(&plain.repository, &plain.options(), &plain.workers, &observer).unwrap();
    let whole = stored(&plain);
    // Pages of the directories above the source are nobody's work twice: they are stored last.
    let above = plain.source().components().count();
    for moment in moments(&observer) {
        let workers = if moment % 2 == 0 { Workers::inline() } else { Workers::pool(2).unwrap() };
        let world = world(workers);
        let stop = StopAt::moment(moment);
        let ended = backup(&world.repository, &world.options(), &world.workers, &stop);
        assert!(is_interrupted(&ended), "moment {moment}");
        assert!(world.snapshots().is_empty() && world.objects("running/").is_empty());
        let found = world.verify();
        assert!(found.problems.is_empty() && found.notes.is_empty(), "it told all that it stored: {found:?}");

        let again = StopAt::never();
        let report = backup(&world.repository, &world.options(), &world.workers, &again).unwrap();
        assert!(report.problems.is_empty(), "{:?}", report.problems);
        assert_eq!(report.notes, *again.notes.lock().unwrap());
        assert!(report.notes.is_empty(), "nothing has to be taken over: {:?}", report.notes);
        let now = stored(&world);
        assert_eq!(now.data, whole.data, "moment {moment}");
        assert!(now.tree <= whole.tree + above, "moment {moment}: {now:?}, without a stop {whole:?}");
        assert!(now.bytes <= whole.bytes + 2 * PACK, "moment {moment}: {now:?}, without a stop {whole:?}");
        assert_whole(&world);
    }
}

#[test]
fn a_backup_that_is_stopped_again_and_again_gets_there() {
    let plain = world(Workers::inline());
    let observer = StopAt::never();
    backup(&plain.repository, &plain.options(), &plain.workers, &observer).unwrap();
    let world = world(Workers::inline());
    for moment in moments(&observer) {
        let ended = backup(&world.repository, &world.options(), &world.workers, &StopAt::moment(moment));
        assert!(is_interrupted(&ended), "each run asks for the packs of those before, too: moment {moment}");
    }
    world.backup();
    assert_eq!(stored(&world).data, stored(&plain).data);
    assert_whole(&world);
}

/// Verified to the last byte without a word, and restored as the source is.
fn assert_whole(world: &World) {
    let found = world.verify();
    assert!(found.problems.is_empty() && found.notes.is_empty(), "{found:?}");
    let (target, report) = world.restore(&world.snapshots()[0], "target");
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    if needs("rsync") {
        assert_eq!(rsync_differences(&world.source(), &target), Vec::<String>::new());
    }
}

#[test]
fn a_restore_that_is_stopped_leaves_whole_files_only() {
    for workers in [Workers::inline(), Workers::pool(2).unwrap()] {
        let world = world(workers);
        world.backup();
        let snapshot = world.snapshots().remove(0);
        let restore_to = |name: &str, observer: &StopAt| {
            let target = world.folder.path().join(name);
            let path = Some(crate::world::bytes(&world.source()));
            let options = RestoreOptions { target: target.clone(), path, ..RestoreOptions::default() };
            (target, restore(&world.repository, &world.view(), &snapshot, &options, &world.workers, observer))
        };
        let observer = StopAt::never();
        let (whole, ended) = restore_to("whole", &observer);
        ended.unwrap();
        let mut kept = 0;
        for moment in moments(&observer) {
            let (target, ended) = restore_to(&format!("target-{moment}"), &StopAt::moment(moment));
            assert!(is_interrupted(&ended), "moment {moment}");
            let files = if target.exists() { whole_files(&target, &whole) } else { 0 };
            kept = kept.max(files);
        }
        assert!(kept > 20, "what was complete has stayed: {kept}");
    }
}

/// Asserts that every file below `part` is what it is below `whole`; counts them.
fn whole_files(part: &Path, whole: &Path) -> u64 {
    let mut count = 0;
    for entry in std::fs::read_dir(part).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name().to_string_lossy().starts_with(".lifeboat-restore-") {
            assert_eq!(entry.metadata().unwrap().len(), 0, "only its mark stays");
            continue;
        }
        let other = whole.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            count += whole_files(&entry.path(), &other);
        } else {
            let (found, expected) = (std::fs::read(entry.path()).unwrap(), std::fs::read(&other).unwrap());
            assert!(found == expected, "{} is not whole", entry.path().display());
            count += 1;
        }
    }
    count
}

#[test]
fn verify_and_dry_runs_and_reading_again_stop_too() {
    let world = world(Workers::inline());
    world.backup();
    let snapshot = world.snapshots().remove(0);
    let verify = |observer: &StopAt| {
        verify(&world.repository, &VerifyOptions { read_data: ReadData::All }, &world.workers, observer)
            .map(drop)
    };
    let restore = |observer: &StopAt| {
        let options = RestoreOptions {
            target: world.folder.path().join("dry"),
            dry_run: true,
            ..RestoreOptions::default()
        };
        restore(&world.repository, &world.view(), &snapshot, &options, &world.workers, observer).map(drop)
    };
    let targets = std::cell::Cell::new(0);
    let restore_verified = |observer: &StopAt| {
        targets.set(targets.get() + 1);
        let target = world.folder.path().join(format!("verified-{}", targets.get()));
        let options = RestoreOptions { target, verify: true, ..RestoreOptions::default() };
        lifeboat_engine::restore(
            &world.repository,
            &world.view(),
            &snapshot,
            &options,
            &world.workers,
            observer,
        )
        .map(drop)
    };
    let backup = |observer: &StopAt| {
        let options = lifeboat_engine::BackupOptions { dry_run: true, ..world.options() };
        backup(&world.repository, &options, &world.workers, observer).map(drop)
    };
    let before = world.objects("");
    assert_stops(verify);
    assert_stops(restore);
    assert_stops(restore_verified);
    assert_stops(backup);
    assert_eq!(world.objects(""), before);
}

/// The verb stops at every moment at which it is told to.
fn assert_stops(verb: impl Fn(&StopAt) -> Result<(), EngineError>) {
    let observer = StopAt::never();
    verb(&observer).unwrap();
    for moment in moments(&observer) {
        assert!(is_interrupted(&verb(&StopAt::moment(moment))), "moment {moment}");
    }
}
