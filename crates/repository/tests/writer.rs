//! Blobs in, blobs out: deduplicated, in order of durability, verified.

use crate::world::{Watched, environment, new, password, small, snapshot, writer};
use lifeboat_format::{BlobId, Role};
use lifeboat_repository::{
    InitOptions, Repository, RepositoryError, Session, View, Workers, WriterStats, init,
};
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
    crate::world::commit(session, &snapshot(id), flushed).unwrap();
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
    assert!(
        crate::world::commit(session, &snapshot(id), flushed).is_err(),
        "nobody may take a rehearsal for a backup"
    );
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
    let index = Arc::new(repository.load_index(&view).unwrap());
    let pack = index.packs().next().unwrap();
    let reader = repository.reader(Arc::clone(&index)).pack_reader();
    reader.verify(pack, &index).unwrap();
    let mut more = pack.clone();
    more.blobs += 1;
    assert!(reader.verify(&more, &index).unwrap_err().is_damage(), "a blob that is not in the pack");
    let other = repository.load_index(&View::default()).unwrap();
    assert!(reader.verify(pack, &other).unwrap_err().is_damage(), "a blob that the index does not know");
}

/// Saves bytes that do not shrink, then such that do, and so on, in packs of 16 MiB. Gives by how much packs may exceed that,
/// and the lengths of all but the smallest, which was the last.
fn pack_lengths_of_changeable_bytes(workers: Workers) -> (usize, Vec<usize>) {
    let options = InitOptions { chunk_average: None, pack_size: Some(16 << 20), ..small() };
    let (repository, _) = init(Arc::new(Watched::default()), &password(), &options, environment(16)).unwrap();
    let mut random = Random::new(17);
    let mut blobs = Vec::new();
    for (mib, shrinks) in [(20, false), (44, true), (20, false), (20, true)] {
        for _ in 0..8 * mib {
            blobs.push(if shrinks { random.text(128 << 10) } else { random.bytes(128 << 10) });
        }
    }
    save(&repository, &blobs, workers);
    let packs = repository.list_packs().unwrap().into_values();
    let mut lengths: Vec<usize> = packs.map(|length| length.try_into().unwrap()).collect();
    lengths.sort_unstable();
    lengths.remove(0);
    (repository.memory().pack_excess(), lengths)
}

#[test]
fn packs_are_as_large_as_they_should_be_however_well_bytes_shrink() {
    const PACK: usize = 16 << 20;
    // Directory and trailer.
    const END: usize = 64 << 10;
    let (excess, inline) = pack_lengths_of_changeable_bytes(Workers::inline());
    let is_exact = |length: &usize| (PACK..=PACK + excess / 2 + END).contains(length);
    assert!(inline.len() >= 3 && inline.iter().all(is_exact), "one segment beyond at most: {inline:?}");
    let (excess, pooled) = pack_lengths_of_changeable_bytes(Workers::pool(2).unwrap());
    // The last segment comes on top. Four were on their way, at worst all of them taken for such that do not shrink.
    let is_near = |length: &usize| (PACK / 2..=PACK + excess * 3 / 2 + END).contains(length);
    assert!(pooled.len() >= 3 && pooled.iter().all(is_near), "{pooled:?}");
}
