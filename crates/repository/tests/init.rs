//! Making and opening repositories.

use crate::world::{Watched, environment, make, names, new, password, small};
use lifeboat_backend::{Backend, MemoryBackend, ObjectName};
use lifeboat_repository::{Credential, InitOptions, Repository, RepositoryError, init};
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
fn of_many_who_try_at_once_one_succeeds() {
    for round in 0..6 {
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
        assert_eq!(made, 1, "the others wait until it is there");
        assert_eq!(names(&*backend, "running/"), Vec::<String>::new());
        let opened = Repository::open(Arc::clone(&backend), &password(), environment(1));
        assert!(opened.is_ok_and(|repository| repository.read_log().is_ok()));
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
            let fault = opened.map_or(true, |repository| {
                let is_sound = repository.check_keys().is_ok_and(|faults| faults.is_empty());
                !is_sound || repository.read_log().map_or(true, |reading| !reading.faults().is_empty())
            });
            assert!(fault, "byte {flip} of {name} was altered and nobody says so");
            backend.delete(&object).unwrap();
        }
        backend.put(&object, &bytes).unwrap();
    }
}

#[test]
fn an_init_that_ran_out_of_space_leaves_nothing_behind() {
    for folder in ["keys/", "keyring/", "log/", "config"] {
        let watched = Arc::new(Watched::default());
        let backend: Arc<dyn Backend> = watched.clone();
        *watched.full.lock().unwrap() = Some(folder);
        assert!(make(&backend, 8).unwrap_err().is_full());
        assert_eq!(names(&*backend, ""), Vec::<String>::new(), "full at {folder}");
        *watched.full.lock().unwrap() = None;
        make(&backend, 9).unwrap();
    }
}

#[test]
fn what_a_killed_init_left_is_called_by_its_name() {
    let backend = empty();
    backend.put(&ObjectName::new("keys/0123").unwrap(), b"x").unwrap();
    assert!(matches!(make(&backend, 10), Err(RepositoryError::Unfinished(_))));
    assert_eq!(names(&*backend, ""), ["keys/0123"]);
}

#[test]
fn a_repository_that_lost_its_config_is_damaged_and_not_absent() {
    let (watched, _) = new(11);
    watched.delete(&ObjectName::new("config").unwrap()).unwrap();
    let opened = Repository::open(watched, &password(), environment(3));
    assert!(opened.unwrap_err().is_damage());
}

#[test]
fn a_slot_that_leads_to_other_keys_does_not_hide_the_right_one() {
    let (watched, _) = new(12);
    let (other, _) = new(13);
    for name in names(&*other, "keys/") {
        let name = ObjectName::new(&name).unwrap();
        watched.put(&name, &other.get(&name, u64::MAX).unwrap()).unwrap();
    }
    Repository::open(watched, &password(), environment(3)).unwrap();
}

#[test]
fn keys_under_names_that_are_not_theirs_are_named() {
    let (watched, repository) = new(14);
    assert!(repository.check_keys().unwrap().is_empty());
    for folder in ["keys/", "keyring/"] {
        let name = ObjectName::new(&names(&*watched, folder)[0]).unwrap();
        let moved = ObjectName::new(&format!("{}0", &name.as_str()[..name.as_str().len() - 1])).unwrap();
        let moved = if moved == name { ObjectName::new(&format!("{name}1")).unwrap() } else { moved };
        let bytes = watched.get(&name, u64::MAX).unwrap();
        watched.delete(&name).unwrap();
        watched.put(&moved, &bytes).unwrap();
        let found = repository.check_keys().unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        watched.delete(&moved).unwrap();
        watched.put(&name, &bytes).unwrap();
    }
}

#[test]
fn a_config_of_another_program_is_no_damage_unless_something_of_a_repository_is_there() {
    let config = ObjectName::new("config").unwrap();
    let (made, _) = new(15);
    for bytes in [&b""[..], b"[repository]\nversion = 1\n", &[0x5a; 2 << 20]] {
        let backend = empty();
        backend.put(&config, bytes).unwrap();
        backend.put(&ObjectName::new("keys/readme").unwrap(), b"x").unwrap();
        let opened = Repository::open(Arc::clone(&backend), &password(), environment(3));
        assert!(matches!(opened, Err(RepositoryError::Foreign(_))), "{} bytes", bytes.len());
        for folder in ["keyring/", "log/0/"] {
            let own = ObjectName::new(&names(&*made, folder)[0]).unwrap();
            backend.put(&own, b"x").unwrap();
            let opened = Repository::open(Arc::clone(&backend), &password(), environment(3));
            assert!(!matches!(opened, Ok(_) | Err(RepositoryError::Foreign(_))), "with {folder}");
            backend.delete(&own).unwrap();
        }
    }
    let backend = empty();
    let sound = made.get(&config, u64::MAX).unwrap();
    backend.put(&config, &sound[..sound.len() / 2]).unwrap();
    let opened = Repository::open(backend, &password(), environment(3));
    assert!(opened.unwrap_err().is_damage(), "it bears the magic");
}

#[test]
fn a_repository_can_have_the_keys_of_another_one_and_none_of_its_log() {
    let (first, made) = new(20);
    let kdf = small().kdf;
    let options = InitOptions { kdf, same_keys_as: Some(made.clone()), parity: 10, ..InitOptions::default() };
    let (backend, another) = (empty(), Credential::password(b"another".to_vec()));
    let (second, _) = init(Arc::clone(&backend), &another, &options, environment(21)).unwrap();
    assert!(second.has_keys_of(&made) && made.has_keys_of(&second));
    assert_ne!(second.config().repository, made.config().repository);
    assert_eq!(second.config().chunker, made.config().chunker);
    assert_eq!(names(&*backend, "keyring/"), names(&*first, "keyring/"));
    let wrong = Repository::open(Arc::clone(&backend), &password(), environment(22));
    assert!(matches!(wrong, Err(RepositoryError::WrongKey)));
    assert!(!new(23).1.has_keys_of(&made));

    // What is signed in the one is no entry of the other: its first entry binds another config.
    for name in names(&*first, "log/") {
        let name = ObjectName::new(&name).unwrap();
        backend.put(&name, &first.get(&name, 1 << 20).unwrap()).unwrap();
    }
    assert!(matches!(second.read_log(), Err(RepositoryError::Tampered(_))));
}
