//! Making and opening repositories.

use crate::world::{environment, make, names, new, password};
use lifeboat_backend::{Backend, MemoryBackend, ObjectName};
use lifeboat_repository::{Credential, Repository, RepositoryError};
use std::sync::Arc;

fn empty() -> Arc<dyn Backend> {
    Arc::new(MemoryBackend::new())
}

#[test]
fn the_config_is_written_last_and_no_claim_is_left() {
    let (watched, repository) = new(1);
    let puts = watched.puts.lock().unwrap();
    assert!(puts[0].starts_with("running/init-"));
    assert_eq!(puts.last().unwrap(), "config");
    assert_eq!(names(&*watched, "running/"), Vec::<String>::new());
    assert_eq!(names(&*watched, "keyring/").len(), 5);
    assert!(repository.read_log().unwrap().faults().is_empty());
}

#[test]
fn it_opens_with_its_password_only() {
    let (watched, made) = new(2);
    let again = Repository::open(watched.clone(), &password(), environment(3)).unwrap();
    assert_eq!(again.config(), made.config());
    let wrong = Repository::open(watched, &Credential::password(b"other".to_vec()), environment(3));
    assert!(matches!(wrong, Err(RepositoryError::WrongKey)));
    let none = Repository::open(empty(), &password(), environment(3));
    assert!(matches!(none, Err(RepositoryError::NoRepository(_))));
}

#[test]
fn a_place_that_is_not_empty_is_refused_and_stays_as_it_was() {
    let (watched, _) = new(4);
    let backend: Arc<dyn Backend> = watched;
    let before = names(&*backend, "");
    assert!(matches!(make(&backend, 5), Err(RepositoryError::Exists(_))));
    assert_eq!(names(&*backend, ""), before);

    let backend = empty();
    backend.put(&ObjectName::new("packs/00/something").unwrap(), b"x").unwrap();
    assert!(matches!(make(&backend, 5), Err(RepositoryError::NotEmpty(_))));
    assert_eq!(names(&*backend, ""), ["packs/00/something"]);
}

#[test]
fn of_many_who_try_at_once_at_most_one_succeeds() {
    for round in 0..20 {
        let backend = empty();
        let made: usize = std::thread::scope(|scope| {
            let tries: Vec<_> = (0..4)
                .map(|number| {
                    let backend = &backend;
                    scope.spawn(move || make(backend, 100 * round + number).is_ok())
                })
                .collect();
            tries.into_iter().map(|one| usize::from(one.join().unwrap())).sum()
        });
        assert!(made <= 1, "{made} repositories in one place");
        assert_eq!(names(&*backend, "running/"), Vec::<String>::new());
        let opened = Repository::open(Arc::clone(&backend), &password(), environment(1));
        assert_eq!(opened.is_ok(), made == 1);
    }
}

#[test]
fn every_object_it_needs_is_missed() {
    let (watched, _) = new(6);
    let backend: Arc<dyn Backend> = watched;
    for name in names(&*backend, "") {
        let object = ObjectName::new(&name).unwrap();
        let bytes = backend.get(&object, u64::MAX).unwrap();
        backend.delete(&object).unwrap();
        let opened = Repository::open(Arc::clone(&backend), &password(), environment(7));
        let used = opened.and_then(|repository| repository.read_log());
        assert!(used.is_err(), "{name} is gone and nobody says so");
        for flip in [0, bytes.len() / 2, bytes.len() - 1] {
            let mut altered = bytes.clone();
            altered[flip] ^= 0x10;
            backend.put(&object, &altered).unwrap();
            let opened = Repository::open(Arc::clone(&backend), &password(), environment(7));
            let used = opened.and_then(|repository| repository.read_log());
            let fault = used.map_or(true, |reading| !reading.faults().is_empty());
            assert!(fault, "byte {flip} of {name} was altered and nobody says so");
            backend.delete(&object).unwrap();
        }
        backend.put(&object, &bytes).unwrap();
    }
}
