//! Blobs in, blobs out: deduplicated, in order of durability, verified.

use crate::world::{new, snapshot, writer};
use lifeboat_format::{BlobId, Role};
use lifeboat_repository::{Repository, RepositoryError, Session, View, Workers, WriterStats};
use lifeboat_testkit::Random;
use std::sync::Arc;

/// Puts and commits blobs.
pub(crate) fn save(
    repository: &Repository,
    blobs: &[Vec<u8>],
    workers: Workers,
) -> (Vec<BlobId>, WriterStats) {
    let session = Session::start(repository).unwrap();
    let mut writer = writer(repository, &session, workers);
    let ids = blobs.iter().map(|bytes| writer.put(Role::Data, bytes).unwrap()).collect();
    let flushed = writer.finish().unwrap();
    let (id, stats) = (session.snapshot(), flushed.stats());
    session.commit(&snapshot(id), flushed).unwrap();
    (ids, stats)
}

pub(crate) fn blobs(seed: u64, count: usize) -> Vec<Vec<u8>> {
    let mut random = Random::new(seed);
    (0..count)
        .map(|number| {
            let length = random.index(6_000);
            if number % 2 == 0 { random.bytes(length) } else { random.text(length) }
        })
        .collect()
}

#[test]
fn blobs_come_back_inline_and_from_a_pool() {
    for workers in [Workers::inline(), Workers::pool(3).unwrap()] {
        let (watched, repository) = new(1);
        let blobs = blobs(2, 600);
        let (ids, _) = save(&repository, &blobs, workers);
        let packs = crate::world::names(&*watched, "packs/");
        assert!(packs.len() > 10, "packs of 32 KiB: {}", packs.len());
        let view = repository.view(&repository.read_log().unwrap()).unwrap();
        let reader = repository.reader(Arc::new(repository.load_index(&view).unwrap()));
        for (id, bytes) in ids.iter().zip(&blobs) {
            assert!(reader.read(Role::Data, id).unwrap() == *bytes);
            assert!(reader.read(Role::Tree, id).is_err() || bytes.is_empty(), "the role is part of the name");
        }
    }
}

#[test]
fn what_is_known_is_not_stored_again() {
    let (watched, repository) = new(3);
    let blobs = blobs(4, 200);
    let twice: Vec<_> = blobs.iter().chain(&blobs).cloned().collect();
    let (_, stats) = save(&repository, &twice, Workers::inline());
    assert!(stats.data_blobs <= 200);
    let before = crate::world::names(&*watched, "packs/");
    let (_, stats) = save(&repository, &blobs, Workers::inline());
    assert_eq!(stats, WriterStats::default());
    assert_eq!(crate::world::names(&*watched, "packs/"), before);
}

#[test]
fn packs_are_durable_before_the_index_that_names_them_and_the_commit_comes_last() {
    let (watched, repository) = new(5);
    watched.puts.lock().unwrap().clear();
    save(&repository, &blobs(6, 600), Workers::pool(2).unwrap());
    let puts = watched.puts.lock().unwrap();
    let last_pack = puts.iter().rposition(|name| name.starts_with("packs/")).unwrap();
    let first_index = puts.iter().position(|name| name.starts_with("index/")).unwrap();
    assert!(last_pack < first_index, "one index object holds all of these packs");
    assert!(puts.last().unwrap().starts_with("log/"));
}

#[test]
fn a_full_storage_ends_the_session_and_leaves_a_repository_that_works() {
    let (watched, repository) = new(7);
    for folder in ["packs/", "index/"] {
        *watched.full.lock().unwrap() = Some(folder);
        let session = Session::start(&repository).unwrap();
        let mut writer = writer(&repository, &session, Workers::pool(2).unwrap());
        let put = blobs(8, 600).iter().try_for_each(|bytes| writer.put(Role::Data, bytes).map(drop));
        let error = put.and_then(|()| writer.finish().map(drop)).unwrap_err();
        assert!(error.is_full(), "{error}");
        *watched.full.lock().unwrap() = None;
    }
    let (ids, _) = save(&repository, &blobs(8, 600), Workers::inline());
    let view = repository.view(&repository.read_log().unwrap()).unwrap();
    let index = repository.load_index(&view).unwrap();
    assert!(ids.iter().all(|id| index.contains(id).unwrap()));
}

#[test]
fn a_blob_without_a_place_is_missed() {
    let (_, repository) = new(9);
    let view = repository.view(&repository.read_log().unwrap()).unwrap();
    let reader = repository.reader(Arc::new(repository.load_index(&view).unwrap()));
    let missing = reader.read(Role::Data, &BlobId::new([5; 32]));
    assert!(matches!(missing, Err(RepositoryError::Missing(_))));
}

#[test]
fn a_rehearsal_keeps_nothing() {
    let (watched, repository) = new(10);
    let before = crate::world::names(&*watched, "");
    let rehearsal = repository.rehearsal();
    let session = Session::start(&rehearsal).unwrap();
    let mut writer = writer(&rehearsal, &session, Workers::inline());
    writer.put(Role::Data, b"something").unwrap();
    let flushed = writer.finish().unwrap();
    assert!(flushed.stored_bytes() > 0);
    let id = session.snapshot();
    assert!(session.commit(&snapshot(id), flushed).is_err(), "nobody may take a rehearsal for a backup");
    assert_eq!(crate::world::names(&*watched, ""), before);
}

#[test]
fn the_same_seed_gives_the_same_objects() {
    let history = || {
        let (watched, repository) = new(11);
        save(&repository, &blobs(12, 100), Workers::inline());
        save(&repository, &blobs(13, 100), Workers::inline());
        crate::world::names(&*watched, "")
    };
    assert_eq!(history(), history(), "inline workers run in one fixed order");
}

#[test]
fn a_pack_that_the_index_places_otherwise_is_not_sound() {
    let (_, repository) = new(14);
    save(&repository, &blobs(15, 50), Workers::inline());
    let view = repository.view(&repository.read_log().unwrap()).unwrap();
    let index = repository.load_index(&view).unwrap();
    let pack = index.packs().next().unwrap();
    let reader = repository.pack_reader();
    reader.verify(pack, &index).unwrap();
    let mut more = pack.clone();
    more.blobs += 1;
    assert!(reader.verify(&more, &index).unwrap_err().is_damage(), "a blob that is not in the pack");
    let other = repository.load_index(&View::default()).unwrap();
    assert!(reader.verify(pack, &other).unwrap_err().is_damage(), "a blob that the index does not know");
}
