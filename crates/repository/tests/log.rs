//! Readings and commits: what was reported is in the log, whoever writes beside it.

use crate::world::{commit_empty, environment, names, new, password, snapshot, writer};
use crate::writer::{blobs, save};
use lifeboat_backend::{Backend, ObjectName};
use lifeboat_format::{
    Draft, Entry, EntryKind, FormatError, Key, Keyring, ObjectHash, PathBytes, SessionId, Slot, Timestamp,
    limits,
};
use lifeboat_repository::{Pruner, Repository, RepositoryError, Session, Workers};
use std::collections::BTreeSet;
use std::sync::Arc;

#[test]
fn each_commit_has_seen_the_one_before() {
    let (_, repository) = new(1);
    let first = commit_empty(&repository);
    let second = commit_empty(&repository);
    let reading = repository.read_log().unwrap();
    assert_eq!(reading.entries().count(), 3);
    assert_eq!(reading.heads().len(), 1);
    let view = repository.view(&reading).unwrap();
    let ids: BTreeSet<_> = view.snapshots().iter().map(|snapshot| snapshot.id).collect();
    assert_eq!(ids, BTreeSet::from([first, second]));
}

#[test]
fn two_writers_who_did_not_see_each_other_both_count() {
    let (_, repository) = new(2);
    let sessions = [Session::start(&repository).unwrap(), Session::start(&repository).unwrap()];
    for session in sessions {
        let flushed = writer(&repository, &session, Workers::inline()).finish().unwrap();
        let id = session.snapshot();
        crate::world::commit(session, &snapshot(id), flushed).unwrap();
    }
    let reading = repository.read_log().unwrap();
    assert_eq!(reading.heads().len(), 2, "two branches");
    assert_eq!(repository.view(&reading).unwrap().snapshots().len(), 2);
    commit_empty(&repository);
    assert_eq!(repository.read_log().unwrap().heads().len(), 1, "the next one joins them");
}

#[test]
fn many_writers_at_once_lose_nothing() {
    let (watched, _) = new(3);
    let ids: BTreeSet<_> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..6)
            .map(|number| {
                let backend: Arc<dyn Backend> = watched.clone();
                scope.spawn(move || {
                    let repository =
                        Repository::open(backend, &password(), environment(50 + number)).unwrap();
                    (0..5).map(|_| commit_empty(&repository)).collect::<Vec<_>>()
                })
            })
            .collect();
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    });
    let repository = Repository::open(watched, &password(), environment(60)).unwrap();
    let view = repository.view(&repository.read_log().unwrap()).unwrap();
    let found: BTreeSet<_> = view.snapshots().iter().map(|snapshot| snapshot.id).collect();
    assert_eq!((ids.len(), found), (30, ids));
}

#[test]
fn an_ancestor_that_is_gone_is_no_accident() {
    let (watched, repository) = new(4);
    commit_empty(&repository);
    let first = names(&*watched, "log/").into_iter().find(|name| {
        // The genesis entry is missed by other means; the commit is an ancestor of the next.
        !watched.puts.lock().unwrap()[..8].contains(name)
    });
    commit_empty(&repository);
    watched.delete(&ObjectName::new(&first.unwrap()).unwrap()).unwrap();
    assert!(matches!(repository.read_log(), Err(RepositoryError::Tampered(_))));
}

/// What an object is must not stop whoever needs another one.
#[test]
fn objects_that_are_too_large_are_damaged_like_any_other() {
    let (watched, repository) = new(16);
    commit_empty(&repository);
    let (ids, _) = save(&repository, &blobs(17, 3), Workers::inline());
    let last = repository.read_log().unwrap().heads()[0].to_string();
    let entry = names(&*watched, "log/").into_iter().find(|name| name.ends_with(&last)).unwrap();
    let index = names(&*watched, "index/").remove(0);
    for (name, limit) in [(index, limits::INDEX_MAX), (entry, limits::ENTRY_MAX)] {
        let name = ObjectName::new(&name).unwrap();
        watched.delete(&name).unwrap();
        watched.put(&name, &vec![0; usize::try_from(limit).unwrap() + 1]).unwrap();
        let reading = repository.read_log().unwrap();
        let view = repository.view(&reading).unwrap();
        let loaded = repository.load_index(&view).unwrap();
        let is_log = name.as_str().starts_with("log/");
        assert_eq!((reading.faults().len(), loaded.faults().len()), if is_log { (1, 0) } else { (0, 1) });
        assert!(reading.faults().iter().all(|(_, error)| error.is_accident()));
        assert!(loaded.faults().iter().all(|fault| fault.error.is_damage()));
        assert!(!loaded.contains(&ids[0]).unwrap());
    }
}

/// It may be one that forbids what is about to be done.
#[test]
fn an_entry_that_is_damaged_stops_who_writes_and_no_reader() {
    let (watched, repository) = new(30);
    commit_empty(&repository);
    let name = ObjectName::new(&names(&*watched, "log/").remove(0)).unwrap();
    let mut bytes = watched.get(&name, u64::MAX).unwrap();
    bytes[100] ^= 1;
    watched.delete(&name).unwrap();
    watched.put(&name, &bytes).unwrap();
    assert_eq!(repository.read_log().unwrap().faults().len(), 1);
    for stopped in [Session::start(&repository).map(drop), Pruner::start(&repository).map(drop)] {
        assert!(stopped.as_ref().is_err_and(RepositoryError::is_damage), "{stopped:?}");
    }
}

#[test]
fn a_snapshot_that_no_reader_would_take_is_not_committed() {
    let (_, repository) = new(31);
    let commit = |tags: usize| {
        let session = Session::start(&repository).unwrap();
        let flushed = writer(&repository, &session, Workers::inline()).finish().unwrap();
        let mut snapshot = snapshot(session.snapshot());
        snapshot.tags = (0..tags).map(|number| number.to_string()).collect();
        crate::world::commit(session, &snapshot, flushed)
    };
    commit(limits::SNAPSHOT_LIST_MAX).unwrap();
    let error = commit(limits::SNAPSHOT_LIST_MAX + 1).unwrap_err();
    assert!(matches!(error, RepositoryError::Produce(FormatError::Limit(_))), "{error}");
    assert_eq!(repository.view(&repository.read_log().unwrap()).unwrap().snapshots().len(), 1);
}

/// Whoever goes on without an entry that is there says less than the log does.
#[test]
fn an_entry_that_cannot_be_had_now_is_not_passed_over() {
    let (watched, repository) = new(20);
    commit_empty(&repository);
    let head = repository.read_log().unwrap().heads()[0].to_string();
    let name = names(&*watched, "log/").into_iter().find(|name| name.ends_with(&head)).unwrap();
    *watched.out_of_reach.lock().unwrap() = Some(ObjectName::new(&name).unwrap());
    let refused = [repository.read_log().map(drop), Session::start(&repository).map(drop)];
    for refused in refused {
        assert!(matches!(refused, Err(RepositoryError::Backend(_))), "{refused:?}");
    }
    *watched.out_of_reach.lock().unwrap() = None;
    assert!(repository.read_log().unwrap().faults().is_empty());
}

#[test]
fn an_entry_of_strangers_is_ignored_and_named() {
    let (watched, repository) = new(5);
    commit_empty(&repository);
    let random = &*environment(6).random;
    let master = Key::new([1; 32]);
    let objects = Keyring::generate(&master, random);
    let (stranger, _) = Keyring::assemble(&master, objects.iter().map(|key| &key.bytes[..])).unwrap();
    let session = SessionId::new([9; 16]);
    let draft = Draft {
        session,
        number: 0,
        seen: Vec::new(),
        kind: EntryKind::COMMIT,
        critical: true,
        time: Timestamp::default(),
        body: Vec::new(),
    };
    let (bytes, entry) = Entry::create(draft, stranger.log(), random);
    watched.put(&ObjectName::new(&format!("log/0/{session}-0-{}", entry.hash)).unwrap(), &bytes).unwrap();
    let reading = repository.read_log().unwrap();
    assert_eq!(reading.faults().len(), 1);
    assert_eq!(repository.view(&reading).unwrap().snapshots().len(), 1);
    commit_empty(&repository);
}

#[test]
fn nothing_is_reported_when_the_commit_cannot_be_stored() {
    let (watched, repository) = new(7);
    let session = Session::start(&repository).unwrap();
    let flushed = writer(&repository, &session, Workers::inline()).finish().unwrap();
    *watched.full.lock().unwrap() = Some("log/");
    let id = session.snapshot();
    let error = crate::world::commit(session, &snapshot(id), flushed).unwrap_err();
    assert!(error.is_full(), "{error}");
    *watched.full.lock().unwrap() = None;
    assert!(repository.view(&repository.read_log().unwrap()).unwrap().snapshots().is_empty());
}

/// An entry that readers refuse for its size would stop all writers for good.
#[test]
fn a_commit_that_no_reader_would_take_is_not_stored() {
    let (watched, repository) = new(19);
    let commit = |length: usize| {
        let session = Session::start(&repository).unwrap();
        let flushed = writer(&repository, &session, Workers::inline()).finish().unwrap();
        let mut snapshot = snapshot(session.snapshot());
        snapshot.paths = vec![PathBytes(vec![b'p'; length])];
        crate::world::commit(session, &snapshot, flushed)
    };
    let some = 1 << 20;
    commit(some).unwrap();
    let head = repository.read_log().unwrap().heads()[0].to_string();
    let name = names(&*watched, "log/").into_iter().find(|name| name.ends_with(&head)).unwrap();
    let length = watched.get(&ObjectName::new(&name).unwrap(), u64::MAX).unwrap().len();
    let most = some + usize::try_from(limits::ENTRY_MAX).unwrap() - length;
    for refused in [most + 1, most + some] {
        let error = commit(refused).unwrap_err();
        assert!(matches!(error, RepositoryError::Produce(FormatError::Limit("log entry"))), "{error}");
    }
    commit(most).unwrap();
    assert_eq!(repository.view(&repository.read_log().unwrap()).unwrap().snapshots().len(), 2);
}

/// The keys of a repository, opened as any reader of the format would.
fn keyring(backend: &dyn Backend) -> Keyring {
    let read = |folder: &str| -> Vec<Vec<u8>> {
        let objects = names(backend, folder).into_iter().map(|name| ObjectName::new(&name).unwrap());
        objects.map(|name| backend.get(&name, u64::MAX).unwrap()).collect()
    };
    let master = Slot::decode(&read("keys/")[0]).unwrap().open(&password()).unwrap();
    Keyring::assemble(&master, read("keyring/").iter().map(Vec::as_slice)).unwrap().0
}

/// Stores an entry that bears a good signature.
fn put_signed(backend: &dyn Backend, draft: Draft) {
    let (session, number) = (draft.session, draft.number);
    let (bytes, entry) = Entry::create(draft, keyring(backend).log(), &*environment(90).random);
    let name = format!("log/0/{session}-{number}-{}", entry.hash);
    backend.put(&ObjectName::new(&name).unwrap(), &bytes).unwrap();
}

fn draft(session: SessionId, kind: u32, critical: bool) -> Draft {
    let time = Timestamp { seconds: 5, nanoseconds: 0 };
    Draft { session, number: 0, seen: Vec::new(), kind: EntryKind(kind), critical, time, body: Vec::new() }
}

#[test]
fn what_a_later_version_says_stops_writers_if_it_must_and_never_readers() {
    let (watched, repository) = new(8);
    commit_empty(&repository);
    put_signed(&*watched, draft(SessionId::new([1; 16]), 900, false));
    commit_empty(&repository);
    put_signed(&*watched, draft(SessionId::new([2; 16]), 901, true));
    let started = Session::start(&repository);
    assert!(matches!(started, Err(RepositoryError::Newer { .. })), "{started:?}");
    let view = repository.view(&repository.read_log().unwrap()).unwrap();
    assert_eq!(view.snapshots().len(), 2);
}

#[test]
fn a_commit_is_not_reported_when_something_critical_came_between() {
    let (watched, repository) = new(9);
    let session = Session::start(&repository).unwrap();
    let flushed = writer(&repository, &session, Workers::inline()).finish().unwrap();
    put_signed(&*watched, draft(SessionId::new([3; 16]), 902, true));
    let id = session.snapshot();
    let ended = crate::world::commit(session, &snapshot(id), flushed);
    assert!(matches!(ended, Err(RepositoryError::Newer { .. })), "{ended:?}");
}

#[test]
fn a_session_that_forked_is_no_accident() {
    let (watched, repository) = new(10);
    let session = SessionId::new([4; 16]);
    put_signed(&*watched, draft(session, 900, false));
    repository.read_log().unwrap();
    put_signed(&*watched, Draft { body: b"other".to_vec(), ..draft(session, 900, false) });
    assert!(matches!(repository.read_log(), Err(RepositoryError::Tampered(_))));
}

#[test]
fn an_entry_under_the_name_of_another_is_no_accident() {
    let (watched, repository) = new(11);
    commit_empty(&repository);
    let name = names(&*watched, "log/").remove(0);
    let hash = name.rsplit('-').next().unwrap();
    let bytes = watched.get(&ObjectName::new(&name).unwrap(), u64::MAX).unwrap();
    let moved = format!("log/0/{}-7-{hash}", SessionId::new([5; 16]));
    watched.put(&ObjectName::new(&moved).unwrap(), &bytes).unwrap();
    let reading = repository.read_log().unwrap();
    let [(object, FormatError::NotAuthentic(_))] = reading.faults() else { panic!("{:?}", reading.faults()) };
    assert_eq!(*object, moved);
}

#[test]
fn what_is_no_entry_forks_no_session() {
    let (watched, repository) = new(18);
    commit_empty(&repository);
    let name = names(&*watched, "log/").remove(0);
    let mut bytes = watched.get(&ObjectName::new(&name).unwrap(), u64::MAX).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    let forged = format!("{}-{}", name.rsplit_once('-').unwrap().0, ObjectHash::of(&bytes));
    watched.put(&ObjectName::new(&forged).unwrap(), &bytes).unwrap();
    let reading = repository.read_log().unwrap();
    assert!(matches!(reading.faults(), [(_, FormatError::NotAuthentic(_))]), "{:?}", reading.faults());
    // A backup says so, and goes on.
    assert_eq!(Session::start(&repository).unwrap().forged().len(), 1);
}
