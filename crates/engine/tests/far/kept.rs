//! What is kept of it spares requests, and whatever becomes of that changes no answer.
//!
//! `docs/performance.md`, "Requests" has the numbers that are asserted here.

use super::{Far, Machine, asked, unchanged};
use crate::world::{World, environment, password};
use lifeboat_backend::{Backend as _, ObjectName};
use lifeboat_engine::{
    BackupOptions, Means, ParentChoice, ProblemKind, RepairOptions, VerifyOptions, Workers, backup, repair,
    restore, verify,
};
use lifeboat_repository::{CacheOptions, Credential, Repository, RepositoryError};
use lifeboat_testkit::tree_differences;
use std::fs;
use std::path::Path;
use std::sync::Arc;

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
fn what_is_kept_of_an_entry_brings_it_back() {
    let machine = Machine::with_files(14, 5);
    machine.backup();
    machine.backup();
    let entries = machine.world.objects("log/");
    let backend = &machine.world.backend;
    let sound: Vec<_> = entries.iter().map(|name| backend.get(name, u64::MAX).unwrap()).collect();
    let far = Far::new(backend, u64::MAX);
    let repository = machine.open(&far);
    let heads = repository.read_log().unwrap().heads();
    for (name, bytes) in entries.iter().zip(&sound) {
        let is_head = heads.iter().any(|head| name.as_str().ends_with(&head.to_string()));
        // Nobody but this machine has seen the newest: it may have been taken back.
        match is_head {
            true => backend.replace(name, &bytes[..bytes.len() / 2]).unwrap(),
            false => backend.delete(name).unwrap(),
        }
        for dry_run in [true, false] {
            let options = RepairOptions { dry_run, ..RepairOptions::default() };
            let report = repair(&repository, &options, &machine.world.workers, &());
            assert!(dry_run || report.unwrap().mended == [(name.as_str().into(), Means::Kept)]);
            assert_eq!(backend.get(name, u64::MAX).is_ok_and(|now| now == *bytes), !dry_run, "{name}");
        }
    }
    machine.check();
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
    let packs = machine.world.objects("packs/");
    packs.iter().for_each(|pack| machine.damage(pack));
    let key = machine.world.objects("keyring/").remove(0);
    machine.damage(&key);
    let far = Far::new(&machine.world.backend, u64::MAX);
    let report = verify(&machine.open(&far), &VerifyOptions::default(), &machine.world.workers, &()).unwrap();
    let is_named = |object: &ObjectName| {
        report.problems.iter().any(|problem| problem.path == Path::new(object.as_str()))
    };
    assert!(is_named(&key), "{:?}", report.problems);
    assert!(report.problems.len() > 1, "trees cannot be read: {:?}", report.problems);
}

#[test]
fn who_reads_everything_anew_believes_nothing_that_is_kept() {
    let machine = Machine::with_files(20, 50);
    machine.backup();
    let packs = machine.world.objects("packs/");
    packs.iter().for_each(|pack| machine.world.backend.delete(pack).unwrap());
    let far = Far::new(&machine.world.backend, u64::MAX);
    let options = BackupOptions { parent: ParentChoice::None, ..machine.options() };
    let report = backup(&machine.open(&far), &options, &machine.world.workers, &()).unwrap();
    assert!(report.summary.data_added > 0, "{:?}", report.summary);
    let far = Far::new(&machine.world.backend, u64::MAX);
    let (snapshot, options) = (machine.world.snapshots().pop().unwrap(), machine.restore_options());
    let report =
        restore(&machine.open(&far), &machine.world.view(), &snapshot, &options, &machine.world.workers, &())
            .unwrap();
    assert_eq!(report.problems, []);
    assert_eq!(tree_differences(&machine.world.source(), &options.target), []);
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

#[test]
fn damaged_packs_of_trees_are_mended_and_not_kept() {
    let machine = Machine::of(World::with_parity(17, Workers::inline(), 10)).fill(300);
    machine.backup();
    let trees = machine.kept("packs");
    fs::remove_dir_all(&machine.cache).unwrap();
    for tree in &trees {
        let id = tree.file_name().unwrap().to_str().unwrap();
        machine.damage(&ObjectName::new(&format!("packs/{}/{id}", &id[..2])).unwrap());
    }
    let far = Far::new(&machine.world.backend, u64::MAX);
    let (snapshot, options) = (machine.world.snapshots().pop().unwrap(), machine.restore_options());
    let report =
        restore(&machine.open(&far), &machine.world.view(), &snapshot, &options, &machine.world.workers, &())
            .unwrap();
    assert!(report.problems.iter().all(|problem| problem.kind == ProblemKind::Mendable));
    // Not every part of every pack is read for this.
    assert!((1..=trees.len()).contains(&report.problems.len()), "{:?}", report.problems);
    assert_eq!(tree_differences(&machine.world.source(), &options.target), []);
    assert!(machine.kept("packs").is_empty());
}

#[test]
fn a_wrong_password_opens_nothing_that_is_kept() {
    let machine = Machine::with_files(18, 1);
    machine.backup();
    let far = Far::new(&machine.world.backend, u64::MAX);
    let environment = environment(19, &machine.world.clock);
    let options = CacheOptions { directory: Some(machine.cache.clone()), ..CacheOptions::default() };
    let wrong = Credential::password(b"wrong".to_vec());
    let opened = Repository::open_with_cache(Arc::clone(&far) as _, &wrong, environment, &options);
    assert!(matches!(opened, Err(RepositoryError::WrongKey)));
    assert_eq!(asked(&far)["get keys"], 1, "the storage may have another");
    machine.backup();
    assert_eq!(machine.backup(), unchanged());
}
