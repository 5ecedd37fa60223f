//! An older state of the log that somebody put back is noticed by those who saw a newer one.

use crate::world::{Watched, commit_empty, environment, names, new, password};
use lifeboat_backend::{Backend as _, ObjectName};
use lifeboat_repository::{CacheOptions, Repository, RepositoryError, Session};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

/// The repository as a machine with this cache sees it.
fn open(watched: &Arc<Watched>, cache: &Path) -> Repository {
    let options = CacheOptions { directory: Some(cache.to_owned()), ..CacheOptions::default() };
    // Another process each time.
    let environment = environment(71 + entries(watched).len() as u64);
    Repository::open_with_cache(Arc::clone(watched) as _, &password(), environment, &options).unwrap()
}

fn entries(watched: &Watched) -> Vec<ObjectName> {
    names(watched, "log/").iter().map(|name| ObjectName::new(name).unwrap()).collect()
}

/// The files in which something is remembered.
fn remembered(cache: &Path) -> Vec<PathBuf> {
    let folders = fs::read_dir(cache).into_iter().flatten().map(|folder| folder.unwrap().path());
    let files = folders.flat_map(|folder| fs::read_dir(folder).unwrap()).map(|file| file.unwrap().path());
    files.filter(|file| file.file_name().unwrap().to_str().unwrap().starts_with("heads-")).collect()
}

/// A repository from which the newest of two commits was taken away since this machine saw it; the commit, too.
fn rolled_back(seed: u64, cache: &Path) -> (Arc<Watched>, ObjectName, Vec<u8>) {
    let (watched, _) = new(seed);
    commit_empty(&open(&watched, cache));
    let older = entries(&watched);
    commit_empty(&open(&watched, cache));
    let newest = entries(&watched).into_iter().find(|name| !older.contains(name)).unwrap();
    let bytes = watched.get(&newest, u64::MAX).unwrap();
    watched.delete(&newest).unwrap();
    (watched, newest, bytes)
}

#[test]
fn less_history_than_was_known_is_refused_by_readers_and_writers() {
    let cache = tempfile::tempdir().unwrap();
    let (watched, newest, bytes) = rolled_back(80, cache.path());
    let repository = open(&watched, cache.path());
    let refused = [
        repository.read_log().map(drop),
        repository.anew().read_log().map(drop),
        repository.rehearsal().read_log().map(drop),
        Session::start(&repository).map(drop),
    ];
    for refused in refused {
        let Err(RepositoryError::RolledBack { entry, remembered }) = refused else { panic!("{refused:?}") };
        assert!(newest.as_str().ends_with(&entry.to_string()));
        assert!(remembered.is_file());
    }
    // Whoever never saw it cannot miss it.
    Repository::open(Arc::clone(&watched) as _, &password(), environment(72)).unwrap().read_log().unwrap();
    watched.put(&newest, &bytes).unwrap();
    assert_eq!(repository.read_log().unwrap().entries().count(), 3);
}

#[test]
fn what_is_forgotten_or_damaged_or_about_another_place_holds_nobody_up() {
    let ways: [fn(&Path); 4] = [
        |file| fs::remove_file(file).unwrap(),
        |file| fs::write(file, b"").unwrap(),
        |file| {
            let mut bytes = fs::read(file).unwrap();
            bytes[40] ^= 1;
            fs::write(file, bytes).unwrap();
        },
        |file| fs::rename(file, file.with_file_name("heads-of-another-place")).unwrap(),
    ];
    for forget in ways {
        let cache = tempfile::tempdir().unwrap();
        let (watched, ..) = rolled_back(81, cache.path());
        forget(&remembered(cache.path())[0]);
        let repository = open(&watched, cache.path());
        assert_eq!(repository.read_log().unwrap().entries().count(), 2);
        commit_empty(&repository);
    }
}

#[test]
fn an_entry_that_is_damaged_is_not_gone_and_not_forgotten() {
    let cache = tempfile::tempdir().unwrap();
    let (watched, newest, mut bytes) = rolled_back(82, cache.path());
    bytes[100] ^= 1;
    watched.put(&newest, &bytes).unwrap();
    let repository = open(&watched, cache.path());
    assert_eq!(repository.read_log().unwrap().faults().len(), 1);
    watched.delete(&newest).unwrap();
    assert!(matches!(repository.read_log(), Err(RepositoryError::RolledBack { .. })));
}

#[test]
fn branches_are_remembered_until_they_are_joined() {
    let cache = tempfile::tempdir().unwrap();
    let (watched, repository) = new(83);
    let repository = repository
        .with_cache(&CacheOptions { directory: Some(cache.path().to_owned()), ..CacheOptions::default() });
    let sessions = [Session::start(&repository).unwrap(), Session::start(&repository).unwrap()];
    for session in sessions {
        let flushed = crate::world::writer(&repository, &session, lifeboat_repository::Workers::inline());
        let id = session.snapshot();
        crate::world::commit(session, &crate::world::snapshot(id), flushed.finish().unwrap()).unwrap();
    }
    let heads = repository.read_log().unwrap().heads();
    assert_eq!(heads.len(), 2);
    for head in heads {
        let name = entries(&watched).into_iter().find(|name| name.as_str().ends_with(&head.to_string()));
        let (name, bytes) = name.map(|name| (name.clone(), watched.get(&name, u64::MAX).unwrap())).unwrap();
        watched.delete(&name).unwrap();
        assert!(matches!(repository.read_log(), Err(RepositoryError::RolledBack { .. })));
        watched.put(&name, &bytes).unwrap();
    }
    commit_empty(&repository);
    let [file] = &remembered(cache.path())[..] else { panic!("one file") };
    assert_eq!(fs::metadata(file).unwrap().len(), 64, "one head");
}

/// What one process sees while another reads is no reproach to that one.
#[test]
fn processes_that_share_a_cache_accuse_nobody() {
    let cache = tempfile::tempdir().unwrap();
    let (watched, _) = new(85);
    let open = |seed| {
        let options = CacheOptions { directory: Some(cache.path().to_owned()), ..CacheOptions::default() };
        let environment = environment(seed);
        Repository::open_with_cache(Arc::clone(&watched) as _, &password(), environment, &options).unwrap()
    };
    std::thread::scope(|scope| {
        for number in 0..6 {
            let open = &open;
            scope.spawn(move || {
                for round in 0..10 {
                    commit_empty(&open(100 + number * 10 + round));
                }
            });
        }
    });
    assert_eq!(open(200).read_log().unwrap().entries().count(), 61);
}

#[test]
fn a_rehearsal_remembers_nothing() {
    let cache = tempfile::tempdir().unwrap();
    let (watched, _) = new(84);
    open(&watched, cache.path()).rehearsal().read_log().unwrap();
    assert!(remembered(cache.path()).is_empty());
    open(&watched, cache.path()).read_log().unwrap();
    assert_eq!(remembered(cache.path()).len(), 1);
}

#[test]
fn what_others_began_beside_it_long_ago_is_swept_by_those_who_write() {
    let cache = tempfile::tempdir().unwrap();
    let (watched, _) = new(86);
    let repository = open(&watched, cache.path());
    repository.read_log().unwrap();
    let remembered = remembered(cache.path()).remove(0);
    let now = Duration::from_secs(repository.environment().clock.now().seconds.cast_unsigned());
    let begun = |name: &str, hours: u64| {
        let path = remembered.with_file_name(name);
        let file = fs::File::create(&path).unwrap();
        file.set_modified(UNIX_EPOCH + now - Duration::from_hours(hours)).unwrap();
        path
    };
    let (old, fresh) = (begun(".lifeboat-1-2", 25), begun(".lifeboat-1-3", 23));
    repository.rehearsal().sweep().unwrap();
    assert!(old.exists(), "a rehearsal leaves everything as it is");
    repository.sweep().unwrap();
    assert!(!old.exists() && fresh.exists() && remembered.exists());
}
