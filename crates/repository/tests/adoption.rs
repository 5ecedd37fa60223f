//! Packs that no index names: taken over when they are sound, left alone when not, harmless when named twice.

use crate::world::{
    Alone, MovedClock, Watched, environment_of, make, names, new, password, snapshot, with_parity, writer,
};
use lifeboat_backend::{Backend as _, ObjectName};
use lifeboat_format::{BlobId, PackId, Role};
use lifeboat_repository::{
    BlobWriter, Index, Process, Repository, RepositoryError, Session, Workers, WriterStats,
};
use lifeboat_testkit::Random;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

fn blobs(seed: u64) -> Vec<Vec<u8>> {
    let mut random = Random::new(seed);
    (0..200).map(|_| random.bytes(2_000)).collect()
}

fn put_all(writer: &mut BlobWriter, blobs: &[Vec<u8>]) -> Vec<BlobId> {
    blobs.iter().map(|bytes| writer.put(Role::Data, bytes).unwrap()).collect()
}

/// Takes over what there is; gives what is refused.
fn adopt(writer: &mut BlobWriter) -> Vec<(PackId, RepositoryError)> {
    writer.adopt(|| Ok::<_, RepositoryError>(())).unwrap()
}

fn commit(session: Session, writer: BlobWriter) {
    let flushed = writer.finish().unwrap();
    let snapshot = snapshot(session.snapshot());
    crate::world::commit(session, &snapshot, flushed).unwrap();
}

fn load(repository: &Repository) -> Index {
    repository.load_index(&repository.view(&repository.read_log().unwrap()).unwrap()).unwrap()
}

/// A session that stores blobs and is killed when all packs are stored, before anything names them.
fn kill(watched: &Watched, repository: &Repository, blobs: &[Vec<u8>], workers: Workers) -> Vec<BlobId> {
    let session = Session::start(repository).unwrap();
    let mut writer = writer(repository, &session, workers);
    let ids = put_all(&mut writer, blobs);
    *watched.full.lock().unwrap() = Some("index/");
    assert!(writer.leave().is_err());
    *watched.full.lock().unwrap() = None;
    ids
}

/// Every blob has one place that counts, and every pack is what the index says.
fn assert_sound(repository: &Repository, ids: &[BlobId]) {
    let index = load(repository);
    assert!(index.orphans().is_empty());
    for id in ids {
        assert!(index.contains(id).unwrap());
    }
    let reader = repository.reader(Arc::new(index));
    for pack in reader.index().packs() {
        reader.pack_reader().verify(pack, reader.index()).unwrap();
    }
}

#[test]
fn what_a_killed_session_stored_is_taken_over() {
    for workers in [Workers::inline(), Workers::pool(2).unwrap()] {
        let (watched, repository) = new(1);
        let blobs = blobs(2);
        let ids = kill(&watched, &repository, &blobs, workers.clone());
        let packs = names(&*watched, "packs/");
        assert_eq!(load(&repository).orphans().len(), packs.len());
        assert!(packs.len() > 5 && names(&*watched, "index/").is_empty());

        let session = Session::start(&repository).unwrap();
        let mut writer = writer(&repository, &session, workers);
        assert!(adopt(&mut writer).is_empty());
        assert_eq!(put_all(&mut writer, &blobs), ids);
        assert_eq!(writer.stats(), WriterStats::default(), "nothing was new");
        commit(session, writer);
        assert_eq!(names(&*watched, "packs/"), packs);
        assert_sound(&repository, &ids);
        let view = repository.view(&repository.read_log().unwrap()).unwrap();
        assert_eq!(view.packs().len(), packs.len(), "each is named once");
    }
}

#[test]
fn what_is_taken_over_is_durable_before_the_index_that_names_it() {
    let (watched, repository) = new(3);
    kill(&watched, &repository, &blobs(4), Workers::inline());
    let packs = names(&*watched, "packs/");
    watched.puts.lock().unwrap().clear();
    let session = Session::start(&repository).unwrap();
    let mut writer = writer(&repository, &session, Workers::inline());
    adopt(&mut writer);
    commit(session, writer);
    let puts = watched.puts.lock().unwrap();
    let first_index = puts.iter().position(|name| name.starts_with("index/")).unwrap();
    let mut settled = puts[..first_index].to_vec();
    settled.sort();
    assert_eq!(settled, packs, "put again with the same bytes");
}

#[test]
fn sessions_that_run_at_once_may_take_over_each_others_packs() {
    let (watched, repository) = new(5);
    let (first_blobs, second_blobs) = (blobs(6), blobs(7));
    let first = Session::start(&repository).unwrap();
    let mut first_writer = writer(&repository, &first, Workers::inline());
    let mut ids = put_all(&mut first_writer, &first_blobs);
    let in_flight = names(&*watched, "packs/").len();
    assert!(in_flight > 0);

    let second = Session::start(&repository).unwrap();
    let mut second_writer = writer(&repository, &second, Workers::inline());
    assert!(adopt(&mut second_writer).is_empty());
    put_all(&mut second_writer, &first_blobs);
    ids.extend(put_all(&mut second_writer, &second_blobs));
    commit(second, second_writer);
    commit(first, first_writer);

    assert_sound(&repository, &ids);
    let index = load(&repository);
    assert_eq!(index.packs().count(), names(&*watched, "packs/").len(), "each pack once");
    let view = repository.view(&repository.read_log().unwrap()).unwrap();
    assert_eq!(view.snapshots().len(), 2);
}

#[test]
fn a_pack_whose_parity_is_not_sound_is_not_put_again() {
    let (watched, repository) = with_parity(12, 3);
    kill(&watched, &repository, &blobs(13), Workers::inline());
    let packs = names(&*watched, "packs/");
    // Near its end a pack is parity.
    change(&watched, &packs[0], |bytes| {
        let place = bytes.len() - 200;
        bytes[place] ^= 1;
    });
    watched.puts.lock().unwrap().clear();
    let session = Session::start(&repository).unwrap();
    let mut writer = writer(&repository, &session, Workers::inline());
    let refused = adopt(&mut writer);
    assert!(matches!(&refused[..], [(id, _)] if packs[0].ends_with(&id.to_string())), "{refused:?}");
    assert!(!watched.puts.lock().unwrap().contains(&packs[0]));
}

#[test]
fn what_is_not_sound_is_left_alone() {
    let (watched, repository) = new(8);
    let ids = kill(&watched, &repository, &blobs(9), Workers::inline());
    let packs = names(&*watched, "packs/");
    change(&watched, &packs[0], |bytes| bytes[300] ^= 1);
    change(&watched, &packs[1], |bytes| bytes.truncate(1_000));
    // Sound, but of a repository with other keys.
    let stranger = Arc::new(Watched::default());
    let other = make(&(Arc::clone(&stranger) as _), 10).unwrap();
    kill(&stranger, &other, &blobs(11)[..1], Workers::inline());
    let foreign = ObjectName::new(&names(&*stranger, "packs/")[0]).unwrap();
    watched.put(&foreign, &stranger.get(&foreign, u64::MAX).unwrap()).unwrap();

    let session = Session::start(&repository).unwrap();
    let mut writer = writer(&repository, &session, Workers::inline());
    let refused = adopt(&mut writer);
    assert_eq!(refused.len(), 3, "{refused:?}");
    let lost = ids.iter().filter(|id| !writer.contains(id).unwrap()).count();
    assert!(lost > 0, "what was in the broken packs is not relied on");
    put_all(&mut writer, &blobs(9));
    assert_eq!(writer.stats().data_blobs, lost as u64, "and is stored again");
    commit(session, writer);
    let index = load(&repository);
    assert!(ids.iter().all(|id| index.contains(id).unwrap()));
    assert_eq!(index.orphans().len(), 3);
}

#[test]
fn packs_whose_index_is_lost_are_taken_over_too() {
    let (watched, repository) = new(12);
    let session = Session::start(&repository).unwrap();
    let mut first = writer(&repository, &session, Workers::inline());
    let ids = put_all(&mut first, &blobs(13));
    commit(session, first);
    for name in names(&*watched, "index/") {
        watched.delete(&ObjectName::new(&name).unwrap()).unwrap();
    }
    let session = Session::start(&repository).unwrap();
    let mut second = writer(&repository, &session, Workers::inline());
    adopt(&mut second);
    assert_eq!(put_all(&mut second, &blobs(13)), ids);
    assert_eq!(second.stats(), WriterStats::default());
    commit(session, second);
    assert_sound(&repository, &ids);
}

#[test]
fn a_rehearsal_takes_over_and_keeps_nothing() {
    let (watched, repository) = new(14);
    kill(&watched, &repository, &blobs(15), Workers::inline());
    let before = names(&*watched, "");
    let rehearsal = repository.rehearsal();
    let session = Session::start(&rehearsal).unwrap();
    let mut writer = writer(&rehearsal, &session, Workers::inline());
    adopt(&mut writer);
    put_all(&mut writer, &blobs(15));
    let flushed = writer.finish().unwrap();
    assert_eq!(flushed.stats(), WriterStats::default());
    assert_eq!(names(&*watched, ""), before);
}

#[test]
fn taking_over_ends_when_it_is_told_to() {
    let (watched, repository) = new(16);
    kill(&watched, &repository, &blobs(17), Workers::inline());
    let session = Session::start(&repository).unwrap();
    let mut writer = writer(&repository, &session, Workers::inline());
    let asked = AtomicUsize::new(0);
    let ended = writer.adopt(|| match asked.fetch_add(1, Ordering::Relaxed) {
        2.. => Err(RepositoryError::Missing("patience".into())),
        _ => Ok(()),
    });
    assert!(matches!(ended, Err(RepositoryError::Missing(what)) if what == "patience"));
    let orphans = load(&repository).orphans().len();
    writer.leave().unwrap();
    assert_eq!(load(&repository).orphans().len(), orphans - 2, "what was taken over by then is named");
}

/// Replaces an object by another version of it.
#[test]
fn taking_over_ends_with_the_first_error() {
    for workers in [Workers::inline(), Workers::pool(2).unwrap()] {
        let (watched, repository) = new(20);
        kill(&watched, &repository, &blobs(21), workers.clone());
        let clock = Arc::new(MovedClock::default());
        let environment = environment_of(22, Arc::clone(&clock), Alone(Process::default()));
        let repository = Repository::open(Arc::clone(&watched) as _, &password(), environment).unwrap();
        let session = Session::start(&repository).unwrap();
        let mut writer = writer(&repository, &session, workers.clone());
        clock.advance(600);
        *watched.full.lock().unwrap() = Some("index/");
        let asked = AtomicUsize::new(0);
        let check = || match asked.fetch_add(1, Ordering::Relaxed) < workers.threads() {
            true => Ok(()),
            false => Err(RepositoryError::WrongKey),
        };
        assert!(writer.adopt(check).unwrap_err().is_full());
        assert!(asked.into_inner() <= workers.threads() + 1, "the others are not even read");
    }
}

fn change(watched: &Watched, name: &str, edit: impl FnOnce(&mut Vec<u8>)) {
    let name = ObjectName::new(name).unwrap();
    let mut bytes = watched.get(&name, u64::MAX).unwrap();
    edit(&mut bytes);
    watched.delete(&name).unwrap();
    watched.put(&name, &bytes).unwrap();
}
