//! `copy`: what comes back from a copy is what comes back from the original, and only what is missing travels.

mod disturbed;

use crate::hooked::ALL;
use crate::killed::Mortal;
use crate::world::{World, bytes, environment, password};
use lifeboat_backend::Backend;
use lifeboat_engine::{
    BackupOptions, CopyOptions, CopyReport, EngineError, ProblemKind, ReadData, RestoreOptions, Snapshot,
    VerifyOptions, Workers, copy, prune, restore, verify,
};
use lifeboat_format::Amend;
use lifeboat_repository::{
    Clock as _, Committed, InitOptions, Repository, RepositoryError, Session, WriterOptions,
};
use lifeboat_testkit::{EveryKindSpec, Random, Scratch, make_every_kind, tree_differences};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

/// What a target has in common with the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kin {
    SameKeys,
    OtherKeys,
    OtherChunks,
}

const KINDS: [Kin; 3] = [Kin::SameKeys, Kin::OtherKeys, Kin::OtherChunks];

fn two() -> Workers {
    Workers::pool(2).unwrap()
}

/// A target for copies of what is in `source`.
fn target(source: &World, kin: Kin, seed: u64) -> World {
    let same_keys_as = (kin == Kin::SameKeys).then(|| source.repository.clone());
    let chunk = if kin == Kin::OtherChunks { 16 << 10 } else { 4 << 10 };
    let chunk_average = (kin != Kin::SameKeys).then_some(chunk);
    let options =
        InitOptions { same_keys_as, chunk_average, pack_size: Some(64 << 10), ..InitOptions::default() };
    World::of(seed, two(), options)
}

/// Snapshots between each of which some files became others.
fn world(seed: u64, snapshots: u64) -> World {
    let world = World::new(seed, two());
    for snapshot in 0..snapshots {
        change(&world, seed, snapshot);
        world.later();
        world.backup();
    }
    world
}

fn change(world: &World, seed: u64, snapshot: u64) {
    for file in (0..24).filter(|file| snapshot == 0 || (file + snapshot).is_multiple_of(6)) {
        let folder = world.source().join((file % 4).to_string());
        fs::create_dir_all(&folder).unwrap();
        let length = [0, 100, 3_000, 30_000, 70_000][(file % 5) as usize];
        let bytes = Random::new(seed * 1000 + snapshot * 100 + file).bytes(length);
        fs::write(folder.join(file.to_string()), bytes).unwrap();
    }
}

fn try_copy(from: &World, to: &World, options: &CopyOptions) -> Result<CopyReport, EngineError> {
    copy(&from.repository, &to.repository, options, &to.workers, &())
}

fn copied(from: &World, to: &World) -> CopyReport {
    let report = try_copy(from, to, &CopyOptions::default()).unwrap();
    assert!(report.problems.is_empty(), "{report:?}");
    report
}

/// Restores what a snapshot holds, of the source of `original`, from any repository.
fn back(repository: &Repository, original: &World, snapshot: &Snapshot, name: &str) -> PathBuf {
    let target = original.folder.path().join(name);
    let path = Some(bytes(&original.source()));
    let options = RestoreOptions { target: target.clone(), path, ..RestoreOptions::default() };
    let view = repository.view(&repository.read_log().unwrap()).unwrap();
    let report = restore(repository, &view, snapshot, &options, &original.workers, &()).unwrap();
    assert!(report.problems.is_empty(), "{report:?}");
    target
}

/// Every snapshot of the one is in the other, and both come back alike.
fn assert_copied(from: &World, to: &World) {
    let report = to.verify();
    assert!(report.problems.is_empty(), "{report:?}");
    let (originals, copies) = (from.snapshots(), to.snapshots());
    assert_eq!(originals.len(), copies.len());
    for (number, (original, copy)) in originals.iter().zip(&copies).enumerate() {
        assert_eq!((original.id, original.start, original.end), (copy.id, copy.start, copy.end));
        assert_eq!(
            (&original.paths, &original.host, original.summary),
            (&copy.paths, &copy.host, copy.summary)
        );
        let origin = copy.origin.unwrap();
        assert_eq!((origin.repository, origin.snapshot), (from.repository.config().repository, original.id));
        let one = back(&from.repository, from, original, &format!("one-{number}"));
        let other = back(&to.repository, from, copy, &format!("other-{number}"));
        assert_eq!(tree_differences(&one, &other), []);
    }
}

#[test]
fn copies_come_back_as_their_originals_do() {
    for (seed, kin) in (1..).zip(KINDS) {
        let from = world(seed, 4);
        let to = target(&from, kin, 100 + seed);
        let before = from.objects("");
        let report = copied(&from, &to);
        assert_eq!((report.copied.len(), report.present, report.damaged), (4, 0, 0), "{kin:?}");
        // What is copied from learns of the target, and stays as it was else.
        let new: Vec<_> = from.objects("").into_iter().filter(|object| !before.contains(object)).collect();
        assert_eq!(from.objects("").len(), before.len() + 1);
        assert!(new[0].as_str().starts_with("log/"), "{new:?}");
        assert_eq!(report.packs > 0, kin == Kin::SameKeys, "{kin:?}: {report:?}");
        assert_copied(&from, &to);
    }
}

#[test]
fn what_is_there_already_does_not_travel() {
    for (seed, kin) in (10..).zip(KINDS) {
        let from = world(seed, 2);
        let to = target(&from, kin, 100 + seed);
        copied(&from, &to);
        let (packs, log) = (to.objects("packs/"), to.objects("log/"));
        let again = copied(&from, &to);
        assert_eq!((again.copied.len(), again.present, again.stored_bytes, again.bytes_read), (0, 2, 0, 0));
        assert_eq!((to.objects("packs/"), to.objects("log/")), (packs, log), "{kin:?}");

        // Of a further snapshot only what is new in it is read.
        change(&from, seed, 3);
        from.later();
        from.backup();
        let next = copied(&from, &to);
        assert_eq!((next.copied.len(), next.present), (1, 2));
        let all: u64 = 24 / 5 * 103_100;
        assert!(next.bytes_read < all / 2 && next.stored_bytes < all / 2, "{kin:?}: {next:?}");
        assert_copied(&from, &to);
    }
}

#[test]
fn everything_that_linux_holds_comes_back_from_a_copy_as_from_the_original() {
    for (seed, kin) in (20..).zip(KINDS) {
        let from = World::new(seed, two());
        let to = target(&from, kin, 100 + seed);
        let scratch = Scratch::new();
        let tree = scratch.path().join("tree");
        let spec =
            EveryKindSpec { hard_links: 12, files_in_one_directory: 80, sparse_bytes: 64 << 20, depth: 20 };
        make_every_kind(&tree, seed, &spec);
        let options = BackupOptions { paths: vec![tree.clone()], with_atime: true, ..from.options() };
        from.try_backup(&options).unwrap();
        copied(&from, &to);
        let restored = ["one", "other"].map(|name| scratch.path().join(name));
        for (world, target) in [&from, &to].into_iter().zip(&restored) {
            let (target, path) = (target.clone(), Some(bytes(&tree)));
            let options = RestoreOptions { target, path, ..RestoreOptions::default() };
            let snapshot = &world.snapshots()[0];
            restore(&world.repository, &world.view(), snapshot, &options, &two(), &()).unwrap();
        }
        assert_eq!(tree_differences(&restored[0], &restored[1]), [], "{kin:?}");
    }
}

/// All of it can be read, and nothing is damaged.
fn assert_sound(repository: &Repository, when: &str) {
    let options = VerifyOptions { read_data: ReadData::All };
    let report = verify(repository, &options, &Workers::inline(), &()).unwrap();
    assert!(report.problems.is_empty(), "{when}: {report:?}");
}

#[test]
fn a_name_that_was_swept_at_the_target_is_not_used_again() {
    let from = world(60, 2);
    let to = target(&from, Kin::SameKeys, 160);
    copied(&from, &to);
    let ids = to.snapshots().iter().map(|snapshot| snapshot.id).collect();
    Session::start(&to.repository).unwrap().forget(ids, "for a test").unwrap();
    prune(&to.repository, &ALL, &to.workers, &()).unwrap();
    let named = CopyOptions { named: vec!["latest".into(), "latest~1".into()], ..CopyOptions::default() };
    let report = try_copy(&from, &to, &named).unwrap();
    assert_eq!((report.copied.len(), report.packs), (2, 0), "{report:?}");
    assert!(report.copied.iter().all(|(original, copy)| original != copy));
    assert!(to.objects("packs/").iter().all(|pack| !from.objects("packs/").contains(pack)));
    assert_sound(&to.repository, "sealed anew");
    let again = copied(&from, &to);
    assert_eq!((again.copied.len(), again.present), (0, 2));
}

#[test]
fn a_copy_of_a_copy_is_known_where_it_was_made() {
    let first = world(70, 2);
    let second = target(&first, Kin::OtherKeys, 170);
    let third = target(&first, Kin::SameKeys, 171);
    copied(&first, &second);
    copied(&second, &third);
    for snapshot in third.snapshots() {
        let origin = snapshot.origin.unwrap();
        assert_eq!((origin.repository, origin.snapshot), (first.repository.config().repository, snapshot.id));
    }
    for (from, to) in [(&third, &first), (&first, &third), (&second, &first), (&third, &second)] {
        let report = copied(from, to);
        assert_eq!((report.copied.len(), report.present), (0, 2));
    }
}

#[test]
fn a_snapshot_with_damage_is_not_copied_and_its_files_are_named() {
    for (seed, kin) in (80..).zip(KINDS) {
        let from = world(seed, 1);
        let before = from.objects("packs/");
        fs::write(from.source().join("fragile"), Random::new(seed).bytes(40_000)).unwrap();
        from.later();
        from.backup();
        let damaged = from.objects("packs/").into_iter().filter(|pack| !before.contains(pack));
        for pack in damaged {
            let mut stored = from.backend.get(&pack, u64::MAX).unwrap();
            let middle = stored.len() / 2;
            // That of the trees is small.
            if stored.len() > 40_000 {
                stored[middle] ^= 1;
                from.backend.delete(&pack).unwrap();
                from.backend.put(&pack, &stored).unwrap();
            }
        }
        let to = target(&from, kin, 100 + seed);
        let report = try_copy(&from, &to, &CopyOptions::default()).unwrap();
        assert_eq!((report.copied.len(), report.damaged), (1, 1), "{kin:?}: {report:?}");
        let paths: Vec<_> =
            report.problems.iter().map(|problem| problem.path.display().to_string()).collect();
        assert!(paths.iter().any(|path| path.ends_with("/fragile")), "{kin:?}: {paths:?}");
        assert!(report.problems.iter().all(|problem| problem.kind == ProblemKind::Damage));
        assert_eq!(to.snapshots().len(), 1);
        assert_sound(&to.repository, "the rest");
    }
}

/// Two commits of one snapshot, since its author had to look again and the source had changed: each is copied as what it is.
#[test]
fn what_was_made_twice_under_one_id_is_copied_twice() {
    for (seed, kin) in (130..).zip(KINDS) {
        let from = world(seed, 2);
        let to = target(&from, kin, 100 + seed);
        let [first, second] = &from.snapshots()[..] else { unreachable!("two were saved") };
        copied(&from, &to);
        let session = Session::start(&from.repository).unwrap();
        let index = Arc::new(from.repository.load_index(session.view()).unwrap());
        session.amend(&Amend { snapshot: second.id, tags: Vec::new(), is_pinned: false }).unwrap();
        // Of the highest number, so that it is the one that is shown.
        let mut again = second.clone();
        (again.root, again.end) = (first.root.clone(), from.clock.now());
        let options = WriterOptions {
            workers: Workers::inline(),
            compression: ALL.compression,
            verify_writes: ALL.verify_writes,
        };
        let flushed = session.writer(index, options).finish().unwrap();
        assert!(matches!(session.commit(&again, flushed).unwrap(), Committed::Counts { .. }));
        assert_eq!(from.snapshots()[1].end, again.end);

        let report = copied(&from, &to);
        let [(original, copy)] = report.copied[..] else { unreachable!("{report:?}") };
        assert_eq!((original, report.present), (second.id, 1), "{kin:?}: {report:?}");
        assert_ne!(copy, second.id);
        let copies = to.snapshots();
        let copy = copies.iter().find(|snapshot| snapshot.id == copy).unwrap();
        let [one, other] = [(&from, first, "one"), (&to, copy, "other")]
            .map(|(world, snapshot, name)| back(&world.repository, &from, snapshot, name));
        assert_eq!(tree_differences(&one, &other), []);
        assert_eq!((copied(&from, &to).copied.len(), copies.len()), (0, 3));
    }
}

#[test]
fn a_dry_run_says_what_travels_and_changes_nothing() {
    for (seed, kin) in (90..).zip(KINDS) {
        let from = world(seed, 1);
        let to = target(&from, kin, 100 + seed);
        let before = to.objects("");
        let dry = try_copy(&from, &to, &CopyOptions { dry_run: true, ..CopyOptions::default() }).unwrap();
        assert_eq!(to.objects(""), before);
        let real = copied(&from, &to);
        assert_eq!(
            (dry.copied.len(), dry.packs, dry.data_blobs),
            (1, real.packs, real.data_blobs),
            "{kin:?}"
        );
        assert!(
            dry.stored_bytes.abs_diff(real.stored_bytes) < real.stored_bytes / 10,
            "{kin:?}: {dry:?} {real:?}"
        );
    }
}

#[test]
fn an_older_state_of_either_repository_is_noticed_by_the_next_copy() {
    for (rolls_back_target, seed) in [(true, 110), (false, 111)] {
        let from = world(seed, 2);
        let to = target(&from, Kin::SameKeys, 100 + seed);
        copied(&from, &to);
        let rolled_back = if rolls_back_target { &to } else { &from };
        let older = rolled_back.objects("");
        change(&from, seed, 7);
        from.later();
        from.backup();
        copied(&from, &to);
        for object in rolled_back.objects("log/") {
            if !older.contains(&object) {
                rolled_back.backend.delete(&object).unwrap();
            }
        }
        for (from, to) in [(&from, &to), (&to, &from)] {
            let error = try_copy(from, to, &CopyOptions::default()).unwrap_err();
            let is_tampered = matches!(&error, EngineError::Repository(RepositoryError::Tampered(what)) if what.contains("rolled back"));
            assert!(is_tampered, "{error:?}");
        }
    }
}

#[test]
fn a_source_that_cannot_be_written_to_is_copied_and_remembers_nothing() {
    let from = world(120, 1);
    let to = target(&from, Kin::OtherKeys, 220);
    let mortal = Arc::new(Mortal::new(&from.backend, 0));
    let source = Repository::open(mortal, &password(), environment(1, &from.clock)).unwrap();
    let report = copy(&source, &to.repository, &CopyOptions::default(), &two(), &()).unwrap();
    assert_eq!(report.copied.len(), 1);
    assert!(report.notes.iter().any(|note| note.contains("does not remember")), "{report:?}");
    assert_copied(&from, &to);
}
