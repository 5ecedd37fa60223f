//! What a session tells the log while it runs: durable before it is said, said once, used by the next session as it is.

use crate::world::{Alone, MovedClock, Watched, environment_of, names, new, password, snapshot, writer};
use lifeboat_backend::Backend as _;
use lifeboat_format::{BlobId, EntryKind, Role, SnapshotId, Statement};
use lifeboat_repository::{
    BlobWriter, Index, Process, Reading, Repository, RepositoryError, Session, Workers, WriterStats,
};
use lifeboat_testkit::Random;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Seconds after which a session speaks.
const SILENCE: u64 = 600;

fn blobs(seed: u64) -> Vec<Vec<u8>> {
    let mut random = Random::new(seed);
    (0..100).map(|_| random.bytes(2_000)).collect()
}

fn put_all(writer: &mut BlobWriter, blobs: &[Vec<u8>]) -> Vec<BlobId> {
    blobs.iter().map(|bytes| writer.put(Role::Data, bytes).unwrap()).collect()
}

fn commit(session: Session, writer: BlobWriter) -> SnapshotId {
    let flushed = writer.finish().unwrap();
    let snapshot = snapshot(session.snapshot());
    crate::world::commit(session, &snapshot, flushed).unwrap()
}

fn load(repository: &Repository) -> Index {
    repository.load_index(&repository.view(&repository.read_log().unwrap()).unwrap()).unwrap()
}

/// A repository whose clock is moved by hand.
fn with_clock(seed: u64) -> (Arc<Watched>, Repository, Arc<MovedClock>) {
    let (watched, _) = new(seed);
    let clock = Arc::new(MovedClock::default());
    let environment = environment_of(seed + 1000, Arc::clone(&clock), Alone(Process::default()));
    let repository = Repository::open(Arc::clone(&watched) as _, &password(), environment).unwrap();
    (watched, repository, clock)
}

/// The entries of the session that wrote more than one, in order: their kinds, and the packs they name.
fn said(reading: &Reading) -> Vec<(EntryKind, usize)> {
    let genesis = reading.entries().find(|entry| entry.header.kind == EntryKind::GENESIS).unwrap();
    let mut entries: Vec<_> = reading.entries().filter(|entry| entry.hash != genesis.hash).collect();
    entries.sort_by_key(|entry| entry.header.number);
    let mut seen = genesis.hash;
    for (number, entry) in (0..).zip(&entries) {
        assert_eq!(
            (entry.header.number, &entry.header.seen),
            (number, &vec![seen]),
            "each has seen the one before"
        );
        assert_eq!(entry.header.session, entries[0].header.session);
        seen = entry.hash;
    }
    let packs = |statement| match statement {
        Statement::Commit(commit) => commit.packs.len(),
        Statement::Provide(provide) => provide.packs.len(),
        other => unreachable!("{other:?}"),
    };
    entries.iter().map(|entry| (entry.header.kind, packs(Statement::of(entry).unwrap()))).collect()
}

/// No pack stands in two index objects, and no index object in two entries.
fn assert_named_once(watched: &Watched, repository: &Repository) {
    let reading = repository.read_log().unwrap();
    let (mut index, mut packs) = (Vec::new(), Vec::new());
    for entry in reading.entries() {
        match Statement::of(entry).unwrap() {
            Statement::Commit(commit) => (index.extend(commit.index), packs.extend(commit.packs)).1,
            Statement::Provide(provide) => (index.extend(provide.index), packs.extend(provide.packs)).1,
            _ => {}
        }
    }
    assert_eq!(index.len(), index.iter().collect::<BTreeSet<_>>().len());
    assert_eq!(packs.len(), packs.iter().collect::<BTreeSet<_>>().len());
    assert_eq!(index.len(), names(watched, "index/").len(), "every index object is named");
    let loaded = load(repository);
    assert!(loaded.orphans().is_empty() && loaded.faults().is_empty());
    assert_eq!(loaded.packs().count(), packs.len());
}

#[test]
fn a_session_speaks_when_it_was_silent_for_ten_minutes() {
    let (watched, repository, clock) = with_clock(1);
    let session = Session::start(&repository).unwrap();
    let mut writer = writer(&repository, &session, Workers::inline());
    let mut ids = put_all(&mut writer, &blobs(2));
    clock.advance(SILENCE - 1);
    ids.extend(put_all(&mut writer, &blobs(3)));
    assert_eq!(said(&repository.read_log().unwrap()), []);
    clock.advance(1);
    for seed in [4, 5] {
        ids.extend(put_all(&mut writer, &blobs(seed)));
    }
    let provided = said(&repository.read_log().unwrap());
    assert!(matches!(provided[..], [(EntryKind::PROVIDE, 10..)]), "once, and all so far: {provided:?}");
    clock.advance(SILENCE);
    ids.extend(put_all(&mut writer, &blobs(6)));
    commit(session, writer);
    let said = said(&repository.read_log().unwrap());
    let kinds: Vec<_> = said.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds, [EntryKind::PROVIDE, EntryKind::PROVIDE, EntryKind::COMMIT]);
    assert!(said.iter().all(|(_, packs)| *packs > 0), "{said:?}");
    assert_named_once(&watched, &repository);
    let index = load(&repository);
    assert!(ids.iter().all(|id| index.contains(id).unwrap()));
}

#[test]
fn what_is_said_is_durable_before_it_is_said() {
    let (watched, repository, clock) = with_clock(7);
    watched.puts.lock().unwrap().clear();
    let session = Session::start(&repository).unwrap();
    let mut writer = writer(&repository, &session, Workers::inline());
    for seed in 8..14 {
        clock.advance(SILENCE);
        put_all(&mut writer, &blobs(seed));
    }
    writer.leave().unwrap();
    let puts = watched.puts.lock().unwrap().clone();
    let (mut durable, mut entries) = (BTreeSet::new(), 0);
    let reading = repository.read_log().unwrap();
    for name in puts {
        let entry = reading.entries().find(|entry| name.ends_with(&entry.hash.to_string()));
        if let Some(Ok(Statement::Provide(provide))) = entry.map(Statement::of) {
            entries += 1;
            for pack in provide.packs {
                let hex = pack.to_string();
                assert!(durable.contains(&format!("packs/{}/{hex}", &hex[..2])), "{hex}");
            }
            assert!(provide.index.iter().all(|index| durable.contains(&format!("index/{index}"))));
        }
        durable.insert(name);
    }
    assert!(entries > 5, "{entries}");
}

#[test]
fn what_a_dead_session_told_is_neither_read_nor_stored_again() {
    let (watched, repository, clock) = with_clock(15);
    let (early, late) = (blobs(16), blobs(17));
    let session = Session::start(&repository).unwrap();
    let mut first = writer(&repository, &session, Workers::inline());
    put_all(&mut first, &early);
    clock.advance(SILENCE);
    put_all(&mut first, &late);
    // Killed: neither the writer nor the session says a word any more.
    drop((first, session));
    let packs = names(&*watched, "packs/");
    let orphans = load(&repository).orphans().len();
    assert!(orphans > 0 && orphans < packs.len() / 2 + 3, "{orphans} of {}", packs.len());

    watched.gets.lock().unwrap().clear();
    watched.puts.lock().unwrap().clear();
    let session = Session::start(&repository).unwrap();
    let mut second = writer(&repository, &session, Workers::inline());
    assert!(second.adopt(|| Ok::<_, RepositoryError>(())).unwrap().is_empty());
    let count = |list: &[String]| list.iter().filter(|name| name.starts_with("packs/")).count();
    assert_eq!(count(&watched.gets.lock().unwrap()), orphans, "only what nobody named is read");
    assert_eq!(put_all(&mut second, &early).len(), early.len());
    assert_eq!(second.stats(), WriterStats::default(), "nothing of it is new");
    drop((second, session));

    watched.gets.lock().unwrap().clear();
    let session = Session::start(&repository).unwrap();
    let mut third = writer(&repository, &session, Workers::inline());
    third.adopt(|| Ok::<_, RepositoryError>(())).unwrap();
    assert_eq!(count(&watched.gets.lock().unwrap()), 0, "what was taken over was told at once");
    put_all(&mut third, &early);
    put_all(&mut third, &late);
    commit(session, third);
    let index = load(&repository);
    assert!(index.orphans().is_empty());
    let reader = repository.reader(Arc::new(index));
    for pack in reader.index().packs() {
        reader.pack_reader().verify(pack, reader.index()).unwrap();
    }
}

#[test]
fn what_is_taken_over_stands_in_one_index_object_of_its_session() {
    let (watched, repository, _) = with_clock(18);
    let session = Session::start(&repository).unwrap();
    let mut killed = writer(&repository, &session, Workers::inline());
    put_all(&mut killed, &blobs(19));
    drop((killed, session));
    for workers in [Workers::inline(), Workers::pool(2).unwrap()] {
        let session = Session::start(&repository).unwrap();
        let mut writer = writer(&repository, &session, workers);
        writer.adopt(|| Ok::<_, RepositoryError>(())).unwrap();
        put_all(&mut writer, &blobs(19));
        put_all(&mut writer, &blobs(20));
        commit(session, writer);
        assert_named_once(&watched, &repository);
    }
}

#[test]
fn a_session_that_leaves_with_nothing_says_nothing() {
    let (watched, repository, _) = with_clock(21);
    let before = names(&*watched, "");
    let session = Session::start(&repository).unwrap();
    writer(&repository, &session, Workers::inline()).leave().unwrap();
    assert_eq!(names(&*watched, ""), before);
    let session = Session::start(&repository).unwrap();
    let mut writer = writer(&repository, &session, Workers::inline());
    put_all(&mut writer, &blobs(22)[..3]);
    writer.leave().unwrap();
    assert_eq!(said(&repository.read_log().unwrap()), [(EntryKind::PROVIDE, 1)]);
    assert_named_once(&watched, &repository);
}

#[test]
fn an_entry_whose_fate_is_unknown_is_the_last_of_its_session() {
    let (watched, repository, clock) = with_clock(23);
    let session = Session::start(&repository).unwrap();
    let mut writer = writer(&repository, &session, Workers::inline());
    clock.advance(SILENCE);
    *watched.full.lock().unwrap() = Some("log/");
    let put = blobs(24).iter().try_for_each(|bytes| writer.put(Role::Data, bytes).map(drop));
    assert!(put.unwrap_err().is_full());
    *watched.full.lock().unwrap() = None;
    assert!(writer.finish().is_err());

    // Nor does the session itself speak, should somebody have a proof that everything is durable.
    let empty = Session::start(&repository).unwrap();
    let flushed = crate::world::writer(&repository, &empty, Workers::inline()).finish().unwrap();
    let snapshot = snapshot(session.snapshot());
    assert!(matches!(crate::world::commit(session, &snapshot, flushed), Err(RepositoryError::Missing(_))));
    assert_eq!(said(&repository.read_log().unwrap()), []);
}

#[test]
fn no_entry_names_a_pack_whose_index_object_could_not_be_stored() {
    let (watched, repository, clock) = with_clock(18);
    let session = Session::start(&repository).unwrap();
    let mut writer = writer(&repository, &session, Workers::inline());
    for role in Role::ALL {
        writer.put(role, b"one blob of each role").unwrap();
    }
    clock.advance(SILENCE);
    *watched.full_once.lock().unwrap() = Some("index/");
    assert!(writer.finish().unwrap_err().is_full());
    let view = repository.view(&repository.read_log().unwrap()).unwrap();
    let index = load(&repository);
    let indexed: BTreeSet<_> = index.packs().map(|pack| pack.id).collect();
    assert_eq!(
        (view.packs(), index.orphans().len()),
        (&indexed, 1),
        "what is not named is taken over next time"
    );
}

#[test]
fn two_sessions_at_once_tell_what_they_store_and_lose_nothing() {
    let (watched, repository, clock) = with_clock(25);
    let sessions = [Session::start(&repository).unwrap(), Session::start(&repository).unwrap()];
    let mut writers = sessions.each_ref().map(|session| writer(&repository, session, Workers::inline()));
    let mut ids = Vec::new();
    for round in 0..4 {
        clock.advance(SILENCE);
        for (number, writer) in (0..).zip(&mut writers) {
            // Half of it is the same for both.
            ids.extend(put_all(writer, &blobs(26 + round)[..50]));
            ids.extend(put_all(writer, &blobs(100 + 10 * number + round)[50..]));
        }
    }
    let mut snapshots = BTreeSet::new();
    for (session, writer) in sessions.into_iter().zip(writers) {
        snapshots.insert(commit(session, writer));
    }
    assert_named_once(&watched, &repository);
    let index = load(&repository);
    assert!(ids.iter().all(|id| index.contains(id).unwrap()));
    let reading = repository.read_log().unwrap();
    assert_eq!(reading.heads().len(), 2, "neither has seen the other");
    let view = repository.view(&reading).unwrap();
    assert_eq!(view.snapshots().iter().map(|snapshot| snapshot.id).collect::<BTreeSet<_>>(), snapshots);
}

#[test]
fn an_index_object_that_is_full_is_told_at_once() {
    let (watched, repository, _) = with_clock(50);
    let session = Session::start(&repository).unwrap();
    let mut writer = writer(&repository, &session, Workers::inline());
    // Index objects are stored after 65 536 blobs and those of the pack in which they came.
    for number in 0..100_000_u32 {
        writer.put(Role::Data, &number.to_le_bytes()).unwrap();
    }
    let provided = said(&repository.read_log().unwrap());
    assert_eq!((provided.len(), provided[0].0), (1, EntryKind::PROVIDE), "{provided:?}");
    commit(session, writer);
    assert_named_once(&watched, &repository);
    for name in names(&*watched, "log/") {
        let name = lifeboat_backend::ObjectName::new(&name).unwrap();
        assert!(watched.stat(&name).unwrap().size < 4 << 20);
    }
}
