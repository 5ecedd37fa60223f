//! Taking away beside others who write: what counts afterwards, and who has to look again.

use crate::one_view::{Deed, Meanwhile};
use crate::world::{Watched, commit, impatient, names, new, password, small, snapshot, writer};
use lifeboat_format::{Amend, BlobId, ObjectList, PackId, Role, SnapshotId, Timestamp};
use lifeboat_repository::{
    Clock, Committed, Environment, Flushed, Index, Pruner, Regained, Repository, RepositoryError, Session,
    View, Workers, init,
};
use lifeboat_testkit::Random;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

fn view(repository: &Repository) -> View {
    repository.view(&repository.read_log().unwrap()).unwrap()
}

fn index(repository: &Repository, view: &View) -> Arc<Index> {
    Arc::new(repository.load_index(view).unwrap())
}

/// Content that nothing else has.
fn content(seed: u64) -> Vec<u8> {
    Random::new(seed).bytes(3_000)
}

fn put(repository: &Repository, session: &Session, seeds: &[u64]) -> (Vec<BlobId>, Flushed) {
    let mut writer = writer(repository, session, Workers::inline());
    let ids = seeds.iter().map(|seed| writer.put(Role::Data, &content(*seed)).unwrap()).collect();
    (ids, writer.finish().unwrap())
}

/// A snapshot with this content, in packs of its own.
fn save(repository: &Repository, seeds: &[u64]) -> (SnapshotId, Vec<BlobId>, BTreeSet<PackId>) {
    let before = view(repository).packs().clone();
    let session = Session::start(repository).unwrap();
    let (ids, flushed) = put(repository, &session, seeds);
    let id = commit_now(session, flushed);
    (id, ids, view(repository).packs().difference(&before).copied().collect())
}

fn commit_now(session: Session, flushed: Flushed) -> SnapshotId {
    let id = session.snapshot();
    commit(session, &snapshot(id), flushed).unwrap()
}

fn forget(repository: &Repository, id: SnapshotId) {
    Session::start(repository).unwrap().forget(vec![id], "for a test").unwrap();
}

fn list(packs: &BTreeSet<PackId>) -> ObjectList {
    ObjectList { index: Vec::new(), packs: packs.iter().copied().collect() }
}

/// Sweeps packs of which nothing is needed, and deletes them.
fn sweep(repository: &Repository, packs: &BTreeSet<PackId>) {
    let sweeper = Pruner::start(repository).unwrap().condemn(list(packs)).unwrap();
    let swept = sweeper.sweep(&BTreeSet::new(), &BTreeSet::new()).unwrap();
    let deleted = repository.delete_swept(&swept, || Ok::<_, RepositoryError>(())).unwrap();
    assert_eq!(deleted.packs, packs.len() as u64);
}

fn read_all(repository: &Repository, ids: &[BlobId], seeds: &[u64]) {
    let reader = repository.reader(index(repository, &view(repository)));
    for (id, seed) in ids.iter().zip(seeds) {
        assert_eq!(reader.read(Role::Data, id).unwrap(), content(*seed));
    }
}

#[test]
fn a_commit_beside_a_sweep_does_not_count_and_its_author_does_it_again() {
    let (_, repository) = new(1);
    let (old, _, packs) = save(&repository, &[1]);
    let session = Session::start(&repository).unwrap();
    let (ids, flushed) = put(&repository, &session, &[1, 2]);
    forget(&repository, old);
    sweep(&repository, &packs);

    let id = session.snapshot();
    let Committed::Overtaken(session) = session.commit(&snapshot(id), flushed).unwrap() else {
        panic!("it relied on what is gone");
    };
    let between = view(&repository);
    assert!(between.snapshots().is_empty() && between.states(id).next().is_none(), "it is void");
    assert!(!between.packs().is_disjoint(&names_of(&repository)), "what it stored counts all the same");
    let provided: Vec<_> =
        between.provided().values().flat_map(|provided| &provided.packs).copied().collect();
    assert_eq!(provided, names_of(&repository).into_iter().collect::<Vec<_>>(), "and nobody takes it away");

    let (again, flushed) = put(&repository, &session, &[1, 2]);
    assert_eq!(flushed.stats().data_blobs, 1, "only what is gone is stored again");
    assert_eq!((session.snapshot(), commit_now(*session, flushed)), (id, id));
    assert_eq!(again, ids);
    let after = view(&repository);
    assert_eq!((after.snapshots().len(), after.states(id).count()), (1, 1));
    assert!(after.provided().is_empty());
    read_all(&repository, &ids, &[1, 2]);
}

fn names_of(repository: &Repository) -> BTreeSet<PackId> {
    repository.list_packs().unwrap().into_keys().collect()
}

#[test]
fn a_commit_beside_a_condemn_of_what_it_does_not_need_is_put_once_more() {
    let (watched, repository) = new(2);
    let (old, _, packs) = save(&repository, &[1]);
    save(&repository, &[2]);
    forget(&repository, old);
    let session = Session::start(&repository).unwrap();
    let (ids, flushed) = put(&repository, &session, &[2, 3]);
    let sweeper = Pruner::start(&repository).unwrap().condemn(list(&packs)).unwrap();
    let before = names(&*watched, "packs/").len();
    let id = commit_now(session, flushed);
    assert_eq!(names(&*watched, "packs/").len(), before, "nothing travels twice");

    // One that has not seen the sweep yet, and one that has: both count.
    drop(sweeper.sweep(&BTreeSet::new(), &BTreeSet::new()).unwrap());
    let after = view(&repository);
    assert_eq!(
        (after.snapshots().len(), after.states(id).count()),
        (2, 1),
        "the first of its commits is void"
    );
    read_all(&repository, &ids, &[2, 3]);
}

#[test]
fn a_commit_that_the_sweep_has_seen_counts() {
    let (_, repository) = new(3);
    let (old, ids, packs) = save(&repository, &[1]);
    forget(&repository, old);
    let pruner = Pruner::start(&repository).unwrap();
    // The marking is done when this one begins and ends.
    let (id, ..) = save(&repository, &[1]);
    let sweeper = pruner.condemn(list(&packs)).unwrap();
    assert_eq!(sweeper.view().snapshots()[0].id, id);
    assert_eq!(sweeper.sweep(&packs, &BTreeSet::new()).unwrap(), ObjectList::default());
    let after = view(&repository);
    assert_eq!(after.snapshots().len(), 1);
    assert_eq!(after.condemned().packs, packs, "for ever");
    read_all(&repository, &ids, &[1]);
    let known = index(&repository, &after);
    assert!(!known.contains(&ids[0]).unwrap() && !known.places(&ids[0]).unwrap().is_empty());
    let (_, _, anew) = save(&repository, &[1]);
    assert_eq!(anew.len(), 1, "who writes relies on it no more");
}

#[test]
fn what_is_swept_is_no_place_though_it_is_there() {
    let (watched, repository) = new(4);
    let (old, ids, packs) = save(&repository, &[1]);
    forget(&repository, old);
    let sweeper = Pruner::start(&repository).unwrap().condemn(list(&packs)).unwrap();
    let swept = sweeper.sweep(&BTreeSet::new(), &BTreeSet::new()).unwrap();
    assert_eq!(names(&*watched, "packs/").len(), 1, "nobody has deleted it yet");
    let now = view(&repository);
    let known = index(&repository, &now);
    assert_eq!(known.places(&ids[0]).unwrap(), []);
    assert!(known.orphans().is_empty(), "nobody takes it over");
    let nothing = || Ok::<_, RepositoryError>(());
    assert_eq!(repository.delete_swept(&swept, nothing).unwrap().packs, 1);
    assert_eq!(repository.delete_swept(&swept, nothing).unwrap().packs, 0, "another one was first");
}

#[test]
fn condemned_orphans_are_not_taken_over() {
    let (_, repository) = new(5);
    let session = Session::start(&repository).unwrap();
    let mut writer = writer(&repository, &session, Workers::inline());
    writer.put(Role::Data, &content(1)).unwrap();
    drop(writer.finish().unwrap());
    let orphans = names_of(&repository);
    assert_eq!(index(&repository, &view(&repository)).orphans().len(), 1);
    let pruner = Pruner::start(&repository).unwrap();
    drop(pruner.condemn(list(&orphans)).unwrap());
    assert_eq!(index(&repository, &view(&repository)).orphans().len(), 0);
}

/// All index objects that the view names.
fn indexes(repository: &Repository) -> ObjectList {
    ObjectList { index: view(repository).index().iter().copied().collect(), packs: Vec::new() }
}

#[test]
fn a_pack_counts_while_an_index_object_that_counts_names_it() {
    let (_, repository) = new(6);
    let (_, ids, _) = save(&repository, &[1]);
    drop(Pruner::start(&repository).unwrap().condemn(indexes(&repository)).unwrap());
    let known = index(&repository, &view(&repository));
    assert!(!known.contains(&ids[0]).unwrap(), "its only index object is condemned");
    assert_eq!(known.places(&ids[0]).unwrap().len(), 1);
    read_all(&repository, &ids, &[1]);
    assert!(known.faults().is_empty());

    let session = Session::start(&repository).unwrap();
    let (_, flushed) = put(&repository, &session, &[1]);
    assert_eq!(flushed.stats().data_blobs, 1, "it is stored anew");
    commit_now(session, flushed);
    let known = index(&repository, &view(&repository));
    assert!(known.contains(&ids[0]).unwrap());
}

#[test]
fn forgotten_snapshots_are_there_until_they_are_swept_and_can_be_had_back() {
    let (_, repository) = new(7);
    let (id, ids, packs) = save(&repository, &[1]);
    forget(&repository, id);
    let now = view(&repository);
    assert!(now.snapshots().is_empty() && now.is_forgotten(id));
    let (forgotten, wishes) = now.forgotten().next().unwrap();
    assert_eq!((forgotten.id, wishes.len(), wishes[0].reason.as_str()), (id, 1, "for a test"));

    let session = Session::start(&repository).unwrap();
    let known = index(&repository, session.view());
    assert!(known.contains(&ids[0]).unwrap());
    // Who forgets it now has not been seen by who wants it back.
    let beside = Session::start(&repository).unwrap();
    assert!(matches!(session.unforget(vec![id], &known), Ok(Regained::All)));
    assert_eq!(view(&repository).snapshots().len(), 1);
    beside.forget(vec![id], "once more").unwrap();
    assert!(view(&repository).is_forgotten(id));

    // Beside a sweep a wish to have it back does not count.
    let session = Session::start(&repository).unwrap();
    let known = index(&repository, session.view());
    assert!(known.contains(&ids[0]).unwrap());
    sweep(&repository, &packs);
    assert!(matches!(session.unforget(vec![id], &known), Ok(Regained::Overtaken(_))));
    assert!(view(&repository).is_forgotten(id));
}

#[test]
fn labels_are_those_of_the_last_word_and_of_all_who_spoke_at_once() {
    let (_, repository) = new(8);
    let (id, ..) = save(&repository, &[1]);
    let say = |session: &Session, tags: &[&str], is_pinned| {
        let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        session.amend(&Amend { snapshot: id, tags, is_pinned }).unwrap();
    };
    let session = Session::start(&repository).unwrap();
    say(&session, &["first"], true);
    say(&session, &["second", "a"], false);
    let tags = || view(&repository).snapshots()[0].tags.clone();
    assert_eq!((tags(), view(&repository).is_pinned(id)), (vec!["a".to_owned(), "second".to_owned()], false));
    let [one, other] = [(); 2].map(|()| Session::start(&repository).unwrap());
    say(&one, &["one"], true);
    say(&other, &["other"], false);
    assert_eq!((tags(), view(&repository).is_pinned(id)), (vec!["one".to_owned(), "other".to_owned()], true));
    say(&Session::start(&repository).unwrap(), &[], false);
    assert_eq!((tags(), view(&repository).is_pinned(id)), (Vec::new(), false));
}

/// Counts entries of a kind by their names alone.
fn entries(watched: &Watched) -> usize {
    names(watched, "log/").len()
}

#[test]
fn a_session_that_prunes_come_between_again_and_again_gives_up() {
    let watched = Arc::new(Watched::default());
    let (repository, _) = init(Arc::clone(&watched) as _, &password(), &small(), impatient(9)).unwrap();
    let (old, _, packs) = save(&repository, &[1]);
    forget(&repository, old);
    let mut session = Box::new(Session::start(&repository).unwrap());
    for round in 0.. {
        let (_, flushed) = put(&repository, &session, &[100]);
        let id = session.snapshot();
        // Each of them condemns what the session has just stored.
        let all: BTreeSet<PackId> = names_of(&repository).difference(&packs).copied().collect();
        drop(Pruner::start(&repository).unwrap().condemn(list(&all)).unwrap());
        match session.commit(&snapshot(id), flushed) {
            Ok(Committed::Overtaken(next)) => session = next,
            Err(RepositoryError::Overtaken) => break,
            other => panic!("{other:?}"),
        }
        assert!(round < 50, "it has an end");
    }
    assert!(entries(&watched) > 60);
}

#[test]
fn what_is_void_stays_so_however_many_prunes_follow() {
    let (_, repository) = new(12);
    let (old, _, packs) = save(&repository, &[1]);
    let session = Session::start(&repository).unwrap();
    let (_, flushed) = put(&repository, &session, &[1]);
    forget(&repository, old);
    sweep(&repository, &packs);
    let id = session.snapshot();
    assert!(matches!(session.commit(&snapshot(id), flushed).unwrap(), Committed::Overtaken(_)));
    // All of these have seen it.
    for number in 0..70 {
        let none = list(&BTreeSet::from([PackId::new([number; 32])]));
        let sweeper = Pruner::start(&repository).unwrap().condemn(none).unwrap();
        drop(sweeper.sweep(&BTreeSet::new(), &BTreeSet::new()).unwrap());
    }
    let (now, (kept, ..)) = (view(&repository), save(&repository, &[2]));
    assert!(now.states(id).next().is_none());
    assert!(view(&repository).states(kept).next().is_some() && view(&repository).is_settled(kept));
}

#[test]
fn of_two_who_condemn_beside_a_commit_both_have_to_know_of_it() {
    for moment in 0.. {
        let (watched, other) = new(13);
        let meanwhile = Arc::new(Meanwhile { inner: watched, left: Mutex::default() });
        let repository = Repository::open(Arc::clone(&meanwhile) as _, &password(), impatient(14)).unwrap();
        let session = Session::start(&repository).unwrap();
        let (_, flushed) = put(&repository, &session, &[1]);
        let [early, late] = [(); 2].map(|()| Pruner::start(&other).unwrap());
        let [one, another] = [1, 2].map(|byte| list(&BTreeSet::from([PackId::new([byte; 32])])));
        let early = early.condemn(one).unwrap();
        let deed: Deed = Box::new(move || {
            let late = late.condemn(another).unwrap();
            drop(late.sweep(&BTreeSet::new(), &BTreeSet::new()).unwrap());
        });
        *meanwhile.left.lock().unwrap() = (moment, Some(deed));
        let id = commit_now(session, flushed);
        drop(early.sweep(&BTreeSet::new(), &BTreeSet::new()).unwrap());
        assert!(view(&other).states(id).next().is_some(), "request {moment}");
        if !meanwhile.has_happened() {
            assert!(moment > 5, "{moment} requests");
            return;
        }
    }
}

/// A clock by which somebody condemns something whenever somebody else waits.
#[derive(Default)]
struct Disturbing {
    other: OnceLock<Repository>,
    waits: AtomicU64,
}

impl Clock for Disturbing {
    fn now(&self) -> Timestamp {
        Timestamp { seconds: 1_000_000_000, nanoseconds: 1 }
    }

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }

    fn sleep(&self, _: Duration) {
        self.waits.fetch_add(1, Ordering::Relaxed);
        condemn_nothing_real(self.other.get().unwrap());
    }
}

/// Condemns a pack that nobody ever stored.
fn condemn_nothing_real(repository: &Repository) {
    let packs = BTreeSet::from([PackId::new([1; 32])]);
    drop(Pruner::start(repository).unwrap().condemn(list(&packs)).unwrap());
}

#[test]
fn a_round_goes_by_what_it_reads_after_its_wait() {
    let (watched, other) = new(10);
    let clock = Arc::new(Disturbing::default());
    assert!(clock.other.set(other.clone()).is_ok());
    let environment = Environment { clock: Arc::clone(&clock) as _, ..impatient(11) };
    let repository = Repository::open(watched, &password(), environment).unwrap();
    let session = Session::start(&repository).unwrap();
    let (ids, flushed) = put(&repository, &session, &[1]);
    condemn_nothing_real(&other);
    commit_now(session, flushed);
    assert_eq!(clock.waits.load(Ordering::Relaxed), 1, "prunes without a pause fail nobody");
    read_all(&repository, &ids, &[1]);
}
