//! Key slots that have second copies: what is removed opens nothing, and nobody is locked out.

use crate::second_copies::{add, key_file, name, open, replace};
use crate::world::{Watched, environment, names, new_doubled, password, small};
use lifeboat_backend::Backend as _;
use lifeboat_repository::{Credential, Repository, RepositoryError, SlotAbout, SlotError};
use std::sync::Arc;

fn open_with(watched: &Arc<Watched>, seed: u64) -> Repository {
    Repository::open(Arc::clone(watched) as _, &password(), environment(seed)).unwrap()
}

#[test]
fn a_slot_is_removed_with_its_second_copy_whatever_became_of_either() {
    for harm in 0..5 {
        let (watched, repository) = new_doubled(20 + harm);
        let added = add(&repository, &key_file()).unwrap();
        let [first, second] = ["keys", "keys2"].map(|folder| name(&format!("{folder}/{}", added.id)));
        match harm {
            0 => {}
            1 => replace(&*watched, &first, None),
            2 => replace(&*watched, &second, None),
            3 => replace(&*watched, &first, Some(b"rubbish")),
            _ => replace(&*watched, &second, Some(&[0; 100_000])),
        }
        assert!(open(&watched, &key_file()).is_ok(), "harm {harm}");
        repository.slots().remove(&added.id.to_string()).unwrap();
        assert_eq!((names(&*watched, "keys/").len(), names(&*watched, "keys2/").len()), (1, 1));
        assert!(matches!(open(&watched, &key_file()), Err(RepositoryError::WrongKey)));
    }
}

#[test]
fn a_removal_that_dies_leaves_the_slot_in_the_list_or_without_use() {
    for changes in 0..3 {
        let (watched, repository) = new_doubled(30);
        let added = add(&repository, &key_file()).unwrap();
        *watched.changes_left.lock().unwrap() = Some(changes);
        let removed = repository.slots().remove(&added.id.to_string());
        *watched.changes_left.lock().unwrap() = None;
        let slots = open(&watched, &password()).unwrap().slots().list().unwrap().slots;
        let is_listed = slots.iter().any(|slot| slot.id == added.id);
        assert_eq!((removed.is_ok(), is_listed), (changes == 2, changes < 2), "{changes} changes");
        assert_eq!(open(&watched, &key_file()).is_ok(), is_listed);
    }
}

#[test]
fn a_slot_of_which_a_copy_may_be_missed_is_not_removed() {
    for folder in ["keys/", "keys2/"] {
        let (watched, repository) = new_doubled(33);
        let added = add(&repository, &key_file()).unwrap();
        *watched.unlisted.lock().unwrap() = Some(folder);
        let removed = repository.slots().remove(&added.id.to_string());
        assert!(matches!(removed, Err(RepositoryError::Backend(_))), "without {folder}: {removed:?}");
        *watched.unlisted.lock().unwrap() = None;
        assert_eq!((names(&*watched, "keys/").len(), names(&*watched, "keys2/").len()), (2, 2));
        repository.slots().remove(&added.id.to_string()).unwrap();
        assert!(matches!(open(&watched, &key_file()), Err(RepositoryError::WrongKey)));
    }
}

#[test]
fn a_slot_whose_writer_died_between_its_copies_is_completed_when_it_is_asked_for_again() {
    let (watched, repository) = new_doubled(34);
    let added = add(&repository, &key_file()).unwrap();
    for folder in ["keys", "keys2"] {
        replace(&*watched, &name(&format!("{folder}/{}", added.id)), None);
        let refused = repository.slots().refuse_known(&key_file());
        assert!(matches!(refused, Err(RepositoryError::Slot(SlotError::Known(_)))), "{refused:?}");
        assert_eq!((names(&*watched, "keys/").len(), names(&*watched, "keys2/").len()), (2, 2));
    }
}

#[test]
fn a_slot_that_was_refused_opens_nothing() {
    for folder in ["keys/", "keys2/"] {
        let (watched, repository) = new_doubled(31);
        *watched.full.lock().unwrap() = Some(folder);
        assert!(add(&repository, &key_file()).is_err());
        assert!(matches!(open(&watched, &key_file()), Err(RepositoryError::WrongKey)), "full at {folder}");
        assert_eq!((names(&*watched, "keys/").len(), names(&*watched, "keys2/").len()), (1, 1));
    }
}

#[test]
fn of_two_copies_of_a_slot_that_look_sound_both_are_tried() {
    let (watched, repository) = new_doubled(32);
    let own = names(&*watched, "keys/").remove(0);
    let copies = [name(&own), name(&own.replace("keys", "keys2"))];
    let sound = watched.get(&copies[0], u64::MAX).unwrap();
    let view = repository.view(&repository.read_log().unwrap()).unwrap();
    for copy in &copies {
        for byte in 0..sound.len() {
            let mut flipped = sound.clone();
            flipped[byte] ^= 1;
            replace(&*watched, copy, Some(&flipped));
            let opened = open(&watched, &password()).unwrap();
            assert_eq!(opened.slots().list().unwrap().slots.len(), 1, "byte {byte}");
            let faults = opened.check_copies::<RepositoryError>(&view, || Ok(())).unwrap();
            assert_eq!(faults.len(), 1, "byte {byte} of {copy}: {faults:?}");
        }
        replace(&*watched, copy, Some(&sound));
    }
    let wrong = open(&watched, &Credential::password(b"other".to_vec()));
    assert!(matches!(wrong, Err(RepositoryError::WrongKey)));
}

#[test]
fn two_who_remove_each_other_leave_a_way_in_that_is_whole() {
    for round in 0..100 {
        let (watched, ours) = new_doubled(200 + round);
        let added = add(&ours, &key_file()).unwrap();
        let own = ours.slots().current().unwrap();
        let theirs = open(&watched, &key_file()).unwrap();
        let ended = std::thread::scope(|scope| {
            let one = scope.spawn(|| ours.slots().remove(&added.id.to_string()).is_ok());
            let other = scope.spawn(|| theirs.slots().remove(&own.id.to_string()).is_ok());
            [one.join().unwrap(), other.join().unwrap()]
        });
        let opens = [key_file(), password()].map(|credential| open(&watched, &credential).is_ok());
        assert!(opens[0] || opens[1], "round {round}: {ended:?}");
        for (removed, opens) in ended.into_iter().zip(opens) {
            assert!(!(removed && opens), "round {round}: what is reported as removed is gone");
        }
        assert_eq!(names(&*watched, "keys/").len(), names(&*watched, "keys2/").len(), "round {round}");
    }
}

#[test]
fn of_many_who_change_one_password_at_once_one_succeeds() {
    for round in 0..30 {
        let (watched, _) = new_doubled(400 + round);
        let others = [1, 2, 3].map(|number| Credential::password(vec![b'a' + number; 9]));
        let sessions = [1, 2, 3].map(|number| open_with(&watched, 10 * round + number));
        let changed: Vec<bool> = std::thread::scope(|scope| {
            let changes: Vec<_> = sessions
                .iter()
                .zip(&others)
                .map(|(repository, other)| {
                    scope.spawn(|| {
                        let changed =
                            repository.slots().replace_current(other, small().kdf, &SlotAbout::default());
                        assert!(
                            matches!(&changed, Ok(_) | Err(RepositoryError::Slot(SlotError::Contended))),
                            "{changed:?}"
                        );
                        changed.is_ok()
                    })
                })
                .collect();
            changes.into_iter().map(|change| change.join().unwrap()).collect()
        });
        assert!(changed.iter().filter(|changed| **changed).count() <= 1, "round {round}: {changed:?}");
        assert!(matches!(open(&watched, &password()), Err(RepositoryError::WrongKey)));
        let opens: Vec<bool> = others.iter().map(|other| open(&watched, other).is_ok()).collect();
        assert!(opens.contains(&true), "round {round}: nobody is locked out");
        assert!(changed.iter().zip(&opens).all(|(changed, opens)| !changed || *opens), "round {round}");
    }
}
