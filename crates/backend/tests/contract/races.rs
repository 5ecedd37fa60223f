//! Many threads at one backend, as many processes would be.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use lifeboat_backend::BackendError;

use super::listing::listed;
use super::{Door, bytes, name};

const THREADS: u8 = 8;
const ROUNDS: usize = 20;
const LENGTH: usize = 300_000;

/// Lets all threads do `act` at the same moment and gives their answers in order.
fn at_once<T: Send>(act: impl Fn(u8) -> T + Sync) -> Vec<T> {
    let start = Barrier::new(THREADS.into());
    thread::scope(|scope| {
        let spawn = |index| {
            let (start, act) = (&start, &act);
            scope.spawn(move || {
                start.wait();
                act(index)
            })
        };
        let threads: Vec<_> = (0..THREADS).map(spawn).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

pub(super) fn equal_puts_all_succeed(door: &Door) {
    let content = bytes(1, LENGTH);
    for round in 0..ROUNDS {
        let name = name(&format!("packs/{round}/same"));
        let answers: Result<Vec<()>, BackendError> =
            at_once(|_| door.backend.put(&name, &content)).into_iter().collect();
        answers.unwrap();
        assert!(door.backend.get(&name, 1 << 30).unwrap() == content);
    }
    assert_eq!(listed(&*door.backend, "").len(), ROUNDS);
}

/// Where conflicts are refused, the one whose put succeeded is the one whose bytes are stored.
pub(super) fn different_puts_have_one_winner(door: &Door) {
    for round in 0..ROUNDS {
        let name = name(&format!("log/{round}/entry"));
        let answers = at_once(|index| door.backend.put(&name, &bytes(index, LENGTH)));
        let stored = door.backend.get(&name, 1 << 30).unwrap();
        let winners: Vec<u8> = (0..THREADS).filter(|index| answers[usize::from(*index)].is_ok()).collect();
        if door.refuses_conflicts {
            assert_eq!(winners.len(), 1);
            assert!(answers.iter().filter_map(|answer| answer.as_ref().err()).all(BackendError::is_conflict));
        }
        assert!(winners.iter().any(|winner| stored == bytes(*winner, LENGTH)));
    }
}

/// One thread puts, the others look from before it starts until they have seen the object.
pub(super) fn readers_never_see_parts(door: &Door) {
    let content = bytes(7, LENGTH);
    for round in 0..ROUNDS {
        let name = name(&format!("index/{round}"));
        at_once(|index| {
            if index == 0 {
                return door.backend.put(&name, &content).unwrap();
            }
            let mut tail = [0; 100];
            loop {
                match (index % 3, door.backend.stat(&name)) {
                    (_, Err(error)) if error.is_not_found() => thread::yield_now(),
                    (0, found) => return assert_eq!(found.unwrap().size, LENGTH as u64),
                    (1, _) => return assert!(door.backend.get(&name, 1 << 30).unwrap() == content),
                    _ => {
                        door.backend.get_range(&name, LENGTH as u64 - 100, &mut tail).unwrap();
                        return assert_eq!(tail, content[LENGTH - 100..]);
                    }
                }
            }
        });
    }
}

pub(super) fn puts_into_new_folders_do_not_collide(door: &Door) {
    for round in 0..ROUNDS {
        let answers: Result<Vec<()>, BackendError> =
            at_once(|index| door.backend.put(&name(&format!("new/{round}/folder/{index}")), &[index]))
                .into_iter()
                .collect();
        answers.unwrap();
        assert_eq!(listed(&*door.backend, &format!("new/{round}/folder/")).len(), usize::from(THREADS));
    }
}

/// Half of the threads put and delete, the others list: objects that stay are in every listing, whole.
pub(super) fn listing_meanwhile_shows_what_was_there(door: &Door) {
    for index in 0..50 {
        door.backend.put(&name(&format!("packs/stay/{index}")), &bytes(8, 1000)).unwrap();
    }
    let done = AtomicBool::new(false);
    at_once(|index| {
        if index % 2 == 0 {
            for round in 0..25 {
                let passing = name(&format!("packs/pass-{index}/{round}"));
                door.backend.put(&passing, &bytes(index, 1000)).unwrap();
                door.backend.delete(&passing).unwrap();
            }
            return done.store(true, Ordering::SeqCst);
        }
        while !done.load(Ordering::SeqCst) {
            let found = listed(&*door.backend, "packs/");
            assert_eq!(found.keys().filter(|name| name.starts_with("packs/stay/")).count(), 50);
            assert!(found.values().all(|size| *size == 1000));
        }
    });
}
