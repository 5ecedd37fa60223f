//! A snapshot held against files: what is the same, what differs, and how.

use crate::world::{World, bytes};
use lifeboat_backend::Backend as _;
use lifeboat_engine::{
    CompareOptions, CompareReport, Difference, Drawn, ProblemKind, RestoreOptions, Selection, What, Workers,
    compare, draw, restore,
};
use lifeboat_testkit::{Random, TreeSpec, make_tree, needs_root};
use std::collections::BTreeMap;
use std::fs::{self, File, FileTimes, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

/// Compares the newest snapshot with what is in a directory.
fn compare_with(world: &World, with: &Path, selection: Selection) -> CompareReport {
    let options = CompareOptions { with: with.to_owned(), path: Some(bytes(&world.source())), selection };
    let snapshot = world.snapshots().pop().unwrap();
    compare(&world.repository, &world.view(), &snapshot, &options, &world.workers, &()).unwrap()
}

fn differences(report: &CompareReport, world: &World) -> BTreeMap<String, What> {
    let name = |path: &Path| path.strip_prefix(world.source()).unwrap().display().to_string();
    report.differences.iter().map(|Difference { path, what, .. }| (name(path), what.clone())).collect()
}

#[test]
fn what_was_restored_is_the_same_to_the_last_attribute() {
    if !needs_root() {
        return;
    }
    let world = World::new(1, Workers::pool(2).unwrap());
    make_tree(&world.source(), 1, &TreeSpec::default());
    world.later();
    world.backup();
    let snapshot = world.snapshots().pop().unwrap();
    let (target, restored) = world.restore(&snapshot, "out");
    assert!(restored.problems.is_empty(), "{:?}", restored.problems);
    let report = compare_with(&world, &target, Selection::All);
    assert!(report.differences.is_empty() && report.problems.is_empty(), "{report:?}");
    let totals = snapshot.root.totals.unwrap();
    // The way from the root to the source is no part of what is compared, but the source itself is.
    let above = world.source().ancestors().count() as u64 - 2;
    assert_eq!(report.items, totals.files + totals.directories - above);
    assert!(report.files > 50 && report.bytes == totals.bytes, "{report:?}");
    let live = compare_with(&world, &world.source(), Selection::All);
    assert!(live.differences.is_empty() && live.problems.is_empty(), "{live:?}");
}

#[test]
fn each_difference_is_told_with_what_it_is() {
    let world = World::new(2, Workers::inline());
    fs::create_dir(world.source()).unwrap();
    let mut random = Random::new(2);
    for name in ["content", "gone", "mode", "replaced", "longer", "one", "same"] {
        fs::write(world.source().join(name), random.bytes(20_000)).unwrap();
    }
    fs::hard_link(world.source().join("one"), world.source().join("other")).unwrap();
    symlink("here", world.source().join("link")).unwrap();
    fs::create_dir(world.source().join("folder")).unwrap();
    fs::write(world.source().join("folder/below"), "below").unwrap();
    world.later();
    world.backup();
    let snapshot = world.snapshots().pop().unwrap();
    let (target, _) = world.restore(&snapshot, "out");
    let at = |name: &str| target.join(name);
    let times = |name: &str| {
        let found = fs::metadata(at(name)).unwrap();
        FileTimes::new().set_modified(found.modified().unwrap())
    };
    let keep = times("content");
    let mut changed = fs::read(at("content")).unwrap();
    changed[9_999] ^= 1;
    fs::write(at("content"), changed).unwrap();
    File::options().write(true).open(at("content")).unwrap().set_times(keep).unwrap();
    fs::remove_file(at("gone")).unwrap();
    fs::set_permissions(at("mode"), Permissions::from_mode(0o601)).unwrap();
    fs::remove_file(at("replaced")).unwrap();
    fs::create_dir(at("replaced")).unwrap();
    let longer = [fs::read(at("longer")).unwrap(), vec![0]].concat();
    fs::write(at("longer"), longer).unwrap();
    let other = fs::read(at("other")).unwrap();
    let keep = times("other");
    fs::remove_file(at("other")).unwrap();
    fs::write(at("other"), other).unwrap();
    File::options().write(true).open(at("other")).unwrap().set_times(keep).unwrap();
    fs::remove_file(at("link")).unwrap();
    symlink("there", at("link")).unwrap();
    fs::remove_dir_all(at("folder")).unwrap();
    let report = compare_with(&world, &target, Selection::All);
    let mut found = differences(&report, &world);
    // Its entries were changed, and with them its time.
    found.remove("");
    let metadata = |names: &[&str]| What::Metadata(names.iter().map(|name| (*name).to_owned()).collect());
    let Some(What::Metadata(of_link)) = found.remove("link") else { panic!("{found:?}") };
    assert!(of_link.contains(&"link target".to_owned()), "{of_link:?}");
    let expected = [
        ("content", What::Content),
        ("folder", What::Missing),
        ("gone", What::Missing),
        ("longer", What::Content),
        ("mode", metadata(&["mode"])),
        ("other", metadata(&["hard link"])),
        ("replaced", metadata(&["kind"])),
    ];
    assert_eq!(found, expected.map(|(name, what)| (name.to_owned(), what)).into());
    assert!(report.differences.iter().all(|difference| !difference.looks_the_same));
    let only = Selection::Only([world.source().join("same"), world.source().join("one")].into());
    let few = compare_with(&world, &target, only);
    assert_eq!((few.files, few.items, few.differences.len()), (2, 2, 0), "{few:?}");
}

#[test]
fn what_cannot_be_read_is_a_problem_and_no_difference() {
    let world = World::new(4, Workers::inline());
    fs::create_dir(world.source()).unwrap();
    fs::write(world.source().join("file"), Random::new(4).bytes(300_000)).unwrap();
    world.later();
    world.backup();
    let snapshot = world.snapshots().pop().unwrap();
    let (target, _) = world.restore(&snapshot, "out");
    // The list of the pieces is gone.
    for name in world.objects("packs/") {
        world.backend.delete(&name).unwrap();
    }
    let options = CompareOptions { with: target, path: None, selection: Selection::All };
    let done = compare(&world.repository, &world.view(), &snapshot, &options, &world.workers, &()).unwrap();
    let kinds: Vec<_> = done.problems.iter().map(|problem| problem.kind).collect();
    assert_eq!(kinds, [ProblemKind::Damage], "{done:?}");
    assert_eq!((done.items, done.differences.len()), (0, 0));
}

#[test]
fn bytes_are_found_in_the_files_that_hold_them() {
    let world = World::new(5, Workers::inline());
    make_tree(&world.source(), 5, &TreeSpec { large: false, odd: false, ..TreeSpec::default() });
    world.later();
    world.backup();
    let snapshot = world.snapshots().pop().unwrap();
    let total = snapshot.root.totals.unwrap().bytes;
    let drawn = |offsets: &[u64]| draw(&world.repository, &world.view(), &snapshot, b"", offsets);
    // Every file that has bytes, in the order of the tree, from the files themselves.
    let mut files: Vec<(PathBuf, u64)> = Vec::new();
    let mut folders = vec![world.source()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
            match entry.metadata().unwrap() {
                found if found.is_dir() => folders.push(entry.path()),
                found => files.push((entry.path(), found.len())),
            }
        }
    }
    files.retain(|(_, length)| *length > 0);
    files.sort();
    assert_eq!(files.iter().map(|(_, length)| length).sum::<u64>(), total);
    let mut position = 0;
    for (path, length) in &files {
        let ends = [position + length - 1, position, position];
        let expected = Drawn { path: path.clone(), bytes: *length, draws: 3 };
        assert_eq!(drawn(&ends).unwrap(), [expected]);
        position += length;
    }
    let every: Vec<u64> = (0..total).step_by(7).collect();
    let all = drawn(&every).unwrap();
    assert_eq!(all.iter().map(|file| file.draws).sum::<u64>(), every.len() as u64);
    assert!(drawn(&[]).unwrap().is_empty());
    assert!(drawn(&[total]).unwrap_err().to_string().contains("directory"));
    // What was drawn can be restored by itself.
    let picked: Vec<_> = drawn(&[total / 2, total / 3]).unwrap();
    let paths = picked.iter().map(|file| file.path.clone()).collect();
    let target = world.folder.path().join("few");
    let options =
        RestoreOptions { target: target.clone(), selection: Selection::Only(paths), ..Default::default() };
    let report = restore(&world.repository, &world.view(), &snapshot, &options, &world.workers, &()).unwrap();
    assert_eq!((report.files, report.problems.len()), (picked.len() as u64, 0), "{report:?}");
    for Drawn { path, .. } in picked {
        let restored = target.join(path.strip_prefix("/").unwrap());
        assert_eq!(fs::read(restored).unwrap(), fs::read(path).unwrap());
    }
}
