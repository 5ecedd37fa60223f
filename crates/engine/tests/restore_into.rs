//! Restores into directories that hold something: what was there is never lost before what replaces it is whole.

use crate::world::World;
use lifeboat_backend::Backend as _;
use lifeboat_engine::{
    Event, Filter, FilterOptions, Observer, Outcome, Overwrite, Pattern, ProblemKind, RestoreOptions,
    RestoreReport, Selection, Workers, restore,
};
use lifeboat_testkit::{Random, TreeSpec, make_tree, needs, rsync_differences};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// Restores the newest snapshot; what is below the source goes into the directory `out`.
fn into_out(world: &World, change: impl FnOnce(&mut RestoreOptions)) -> (PathBuf, RestoreReport) {
    let mut options = world.restore_options("out");
    change(&mut options);
    let snapshot = world.snapshots().pop().unwrap();
    let report = restore(&world.repository, &world.view(), &snapshot, &options, &world.workers, &()).unwrap();
    (options.target, report)
}

/// A source of some files that are large enough for blobs of their own, saved.
fn world_of_files(seed: u64, names: &[&str]) -> World {
    let world = World::new(seed, Workers::inline());
    let mut random = Random::new(seed);
    for name in names {
        put(&world.source().join(name), &random.bytes(20_000));
    }
    world.backup();
    world
}

fn put(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn only(pattern: &str) -> Filter {
    let pattern = Pattern { text: pattern.to_owned(), origin: "a test".to_owned() };
    Filter::new(FilterOptions { patterns: vec![pattern], ..FilterOptions::default() }).unwrap()
}

/// Regular files below a directory, with their content.
fn contents(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            found.extend(contents(&entry.path()));
        } else if kind.is_file() {
            found.insert(entry.path(), fs::read(entry.path()).unwrap());
        }
    }
    found
}

fn is_leftover(path: &Path) -> bool {
    path.file_name().unwrap().to_string_lossy().starts_with(".lifeboat-restore-")
}

#[test]
fn a_damaged_tree_is_mended_in_place_and_the_same_again_changes_nothing() {
    if !needs("rsync") {
        return;
    }
    for workers in [Workers::inline(), Workers::pool(3).unwrap()] {
        let world = World::new(30, workers);
        make_tree(&world.source(), 31, &TreeSpec::default());
        world.backup();
        let (out, _) = into_out(&world, |_| {});
        lifeboat_testkit::change_tree(&out, 32, 6);
        // What the change has added would stay: a restore takes nothing away.
        for extra in contents(&out).into_keys() {
            if !world.source().join(extra.strip_prefix(&out).unwrap()).exists() {
                fs::remove_file(extra).unwrap();
            }
        }
        let (_, report) = into_out(&world, |_| {});
        assert!(report.problems.is_empty(), "{:?}", report.problems);
        assert!(report.files > 0 && report.files_unchanged > 0, "{report:?}");
        assert_eq!(rsync_differences(&world.source(), &out), Vec::<String>::new());

        let before: Vec<_> = contents(&out).into_keys().map(|path| stamp(&path)).collect();
        let (_, again) = into_out(&world, |_| {});
        assert!(again.problems.is_empty(), "{:?}", again.problems);
        assert_eq!((again.files, again.directories, again.bytes), (0, 0, 0));
        assert_eq!(again.files_unchanged, report.files + report.files_unchanged);
        let after: Vec<_> = contents(&out).into_keys().map(|path| stamp(&path)).collect();
        assert_eq!(before, after, "not even an inode was touched");
    }
}

fn stamp(path: &Path) -> (PathBuf, u64, i64, i64) {
    let told = fs::symlink_metadata(path).unwrap();
    (path.to_owned(), told.ino(), told.ctime(), told.ctime_nsec())
}

#[test]
fn damage_that_is_met_while_overwriting_leaves_the_old_file() {
    let world = world_of_files(33, &["a", "b", "c"]);
    let out = world.folder.path().join("out");
    for name in ["a", "b", "c"] {
        put(&out.join(name), b"old and precious");
    }
    // The first segment lies behind the header, and `a` is the first file in it.
    let packs = world.objects("packs/");
    let largest = packs.iter().max_by_key(|name| world.backend.stat(name).unwrap().size).unwrap();
    let mut bytes = world.backend.get(largest, u64::MAX).unwrap();
    bytes[200] ^= 1;
    world.backend.delete(largest).unwrap();
    world.backend.put(largest, &bytes).unwrap();

    let (_, report) = into_out(&world, |_| {});
    assert!(report.problems.iter().all(|problem| problem.kind == ProblemKind::Damage), "{report:?}");
    let named: Vec<_> = report.problems.iter().map(|problem| problem.path.clone()).collect();
    assert!(named.contains(&world.source().join("a")) && named.len() < 3, "{named:?}");
    for (path, content) in contents(&out) {
        let saved = world.source().join(path.file_name().unwrap());
        let wanted =
            if named.contains(&saved) { b"old and precious".to_vec() } else { fs::read(&saved).unwrap() };
        assert!(content == wanted, "{}", path.display());
    }
    assert_eq!(contents(&out).len(), 3, "nothing is left beside");
}

/// Dies when so many events have happened.
struct Dying(AtomicU32);

impl Observer for Dying {
    fn event(&self, _: &Event<'_>) {
        let left = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        assert!(left.is_ok(), "killed");
    }
}

#[test]
fn at_whatever_moment_it_ends_each_file_is_the_old_one_or_the_new_one() {
    let names = ["a", "d/b", "d/c", "e"];
    let world = world_of_files(34, &names);
    let snapshot = world.snapshots().pop().unwrap();
    let mut died = 0;
    for moment in 0.. {
        let out = world.folder.path().join(format!("out-{moment}"));
        // One is there and differs, one is there and is the same, two are missing.
        put(&out.join("a"), &[7; 20_000]);
        put(&out.join("e"), &fs::read(world.source().join("e")).unwrap());
        let options = RestoreOptions { target: out.clone(), ..world.restore_options("") };
        let dying = Dying(AtomicU32::new(moment));
        let ended = catch_unwind(AssertUnwindSafe(|| {
            restore(&world.repository, &world.view(), &snapshot, &options, &world.workers, &dying).unwrap()
        }));
        for (path, content) in contents(&out).into_iter().filter(|(path, _)| !is_leftover(path)) {
            let name = path.strip_prefix(&out).unwrap();
            let is_old = name == Path::new("a") && content == [7; 20_000];
            let is_new = content == fs::read(world.source().join(name)).unwrap();
            assert!(is_old || is_new, "{} after {moment} events", name.display());
        }
        if ended.is_ok() {
            break;
        }
        died += 1;
        // The next one completes the work and cleans up.
        restore(&world.repository, &world.view(), &snapshot, &options, &world.workers, &()).unwrap();
        let (left, right) = (contents(&out), contents(&world.source()));
        assert_eq!(left.len(), right.len(), "{:?}", left.keys());
        assert!(left.into_values().eq(right.into_values()));
    }
    assert!(died > 8, "{died} moments");
}

#[test]
fn links_that_lead_out_of_the_target_are_replaced_and_not_followed() {
    let world = world_of_files(35, &["dir/file", "linked", "soft"]);
    let (out, outside) = (world.folder.path().join("out"), world.folder.path().join("outside"));
    put(&outside.join("file"), b"precious");
    put(&outside.join("linked"), b"precious");
    put(&outside.join("same"), &fs::read(world.source().join("linked")).unwrap());
    fs::create_dir(&out).unwrap();
    symlink(&outside, out.join("dir")).unwrap();
    symlink(outside.join("file"), out.join("soft")).unwrap();
    let times = || ["linked", "same"].map(|name| fs::metadata(outside.join(name)).unwrap().mtime_nsec());
    let before = times();
    for name in ["linked", "same"] {
        drop(fs::remove_file(out.join("linked")));
        fs::hard_link(outside.join(name), out.join("linked")).unwrap();
        let (_, report) = into_out(&world, |_| {});
        assert!(report.problems.is_empty(), "{:?}", report.problems);
        assert_eq!(fs::metadata(outside.join(name)).unwrap().nlink(), 1);
        let saved = fs::metadata(world.source().join("linked")).unwrap();
        assert_eq!(fs::metadata(out.join("linked")).unwrap().mtime_nsec(), saved.mtime_nsec());
    }
    assert_eq!(times(), before, "not even metadata is written through a hard link");
    assert_eq!(fs::read(outside.join("file")).unwrap(), b"precious");
    assert_eq!(fs::read(outside.join("linked")).unwrap(), b"precious");
    assert!(fs::symlink_metadata(out.join("dir")).unwrap().is_dir());
    assert!(contents(&out).into_values().eq(contents(&world.source()).into_values()));
}

/// A source with three names of one file, saved.
fn world_of_links(seed: u64) -> World {
    let world = World::new(seed, Workers::inline());
    put(&world.source().join("a/one"), &Random::new(seed).bytes(9_000));
    for name in ["two", "three"] {
        fs::hard_link(world.source().join("a/one"), world.source().join(name)).unwrap();
    }
    world.backup();
    world
}

fn inode(path: &Path) -> u64 {
    fs::metadata(path).unwrap().ino()
}

#[test]
fn names_of_one_file_become_names_of_one_file() {
    let world = world_of_links(36);
    let out = world.folder.path().join("out");
    put(&out.join("a/one"), b"another");
    put(&out.join("two"), b"and another");
    let (_, report) = into_out(&world, |_| {});
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    assert_eq!((report.files, report.files_unchanged), (3, 0));
    for name in ["two", "three"] {
        assert_eq!(inode(&out.join(name)), inode(&out.join("a/one")));
    }
    assert_eq!(fs::read(out.join("three")).unwrap(), fs::read(world.source().join("two")).unwrap());
    let (_, again) = into_out(&world, |_| {});
    assert_eq!((again.files, again.files_unchanged), (0, 3));
}

#[test]
fn where_the_first_name_is_not_restored_the_next_one_gets_the_content() {
    let world = world_of_links(37);
    let saved = fs::read(world.source().join("two")).unwrap();
    let (out, _) = into_out(&world, |options| options.selection = Selection::Exclude(only("a")));
    assert!(!out.join("a").exists());
    assert_eq!(fs::read(out.join("two")).unwrap(), saved);
    assert_eq!(inode(&out.join("two")), inode(&out.join("three")));

    fs::remove_dir_all(&out).unwrap();
    put(&out.join("a/one"), b"kept");
    let (_, report) = into_out(&world, |options| options.overwrite = Overwrite::Never);
    assert_eq!((report.files, report.files_kept), (2, 1));
    assert_eq!(fs::read(out.join("a/one")).unwrap(), b"kept");
    assert_eq!(fs::read(out.join("two")).unwrap(), saved);
    assert_eq!(inode(&out.join("two")), inode(&out.join("three")));
}

/// Keeps what became of each item.
#[derive(Default)]
struct Outcomes(std::sync::Mutex<BTreeMap<PathBuf, Outcome>>);

impl Observer for Outcomes {
    fn event(&self, event: &Event<'_>) {
        if let Event::Restored { path, outcome, .. } = event {
            self.0.lock().unwrap().insert(path.to_path_buf(), *outcome);
        }
    }
}

#[test]
fn a_dry_run_says_what_the_real_run_does_and_writes_nothing() {
    let world = world_of_files(38, &["changed", "dir/new", "old/same", "old/kind/file"]);
    for name in ["again", "more"] {
        fs::hard_link(world.source().join("changed"), world.source().join(name)).unwrap();
    }
    symlink("x", world.source().join("link")).unwrap();
    symlink("x", world.source().join("other")).unwrap();
    world.backup();
    let out = world.folder.path().join("out");
    into_out(&world, |_| {});
    fs::remove_dir_all(out.join("dir")).unwrap();
    fs::remove_dir_all(out.join("old/kind")).unwrap();
    put(&out.join("old/kind"), b"no directory");
    put(&out.join("changed"), &[1; 20_000]);
    fs::remove_file(out.join("other")).unwrap();
    symlink("y", out.join("other")).unwrap();
    let before = contents(&out);
    let snapshot = world.snapshots().pop().unwrap();
    let run = |dry_run| {
        let options = RestoreOptions { dry_run, ..world.restore_options("out") };
        let outcomes = Outcomes::default();
        restore(&world.repository, &world.view(), &snapshot, &options, &world.workers, &outcomes).unwrap();
        outcomes.0.into_inner().unwrap()
    };
    let dry = run(true);
    assert_eq!(contents(&out), before);
    assert_eq!(dry, run(false));
    for outcome in [Outcome::Restored, Outcome::Updated, Outcome::Unchanged] {
        assert!(dry.values().any(|found| *found == outcome), "{outcome:?}: {dry:?}");
    }
}

#[test]
fn a_directory_is_made_only_for_what_is_wanted_in_it() {
    let world = world_of_files(39, &["a/deep/x.txt", "a/deep/y", "b/y", "whole/empty/z", "c/x.txt/below/y"]);
    let (out, report) = into_out(&world, |options| options.selection = Selection::Include(only("x.txt")));
    let found: Vec<_> = contents(&out).into_keys().collect();
    assert_eq!(found, ["a/deep/x.txt", "c/x.txt/below/y"].map(|name| out.join(name)));
    assert!(!out.join("b").exists() && !out.join("whole").exists());
    assert_eq!(report.files, 2);
    let saved = |name: &str| fs::metadata(world.source().join(name)).unwrap().mtime_nsec();
    for name in ["", "a", "a/deep", "c"] {
        assert_eq!(fs::metadata(out.join(name)).unwrap().mtime_nsec(), saved(name), "{name}");
    }
    fs::remove_dir_all(&out).unwrap();
    into_out(&world, |options| options.selection = Selection::Exclude(only("x.txt")));
    let found: Vec<_> = contents(&out).into_keys().collect();
    assert_eq!(found, ["a/deep/y", "b/y", "whole/empty/z"].map(|name| out.join(name)));
    assert!(out.join("c").exists());
}

#[test]
fn more_existing_files_than_a_batch_holds_are_compared() {
    let world = World::new(41, Workers::pool(2).unwrap());
    for number in 0..300 {
        put(&world.source().join(format!("{number}/file")), format!("{number:5000}").as_bytes());
    }
    world.backup();
    let (out, _) = into_out(&world, |_| {});
    for number in (0..300).step_by(3) {
        put(&out.join(format!("{number}/file")), &[9; 5000]);
    }
    let (_, report) = into_out(&world, |_| {});
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    assert_eq!((report.files, report.files_unchanged), (100, 200));
    assert!(contents(&out).into_values().eq(contents(&world.source()).into_values()));
    let times = |top: &Path| -> Vec<i64> {
        (0..300).map(|number| fs::metadata(top.join(number.to_string())).unwrap().mtime_nsec()).collect()
    };
    assert_eq!(times(&out), times(&world.source()), "a directory is finished when all in it is");
}
