//! Evidence in a repository: stored once, passed over by everything else; and how a machine goes on with its chain.

use super::world::{Watched, commit_empty, environment, new, new_doubled};
use lifeboat_backend::{Backend as _, ObjectName};
use lifeboat_format::{EvidenceHash, EvidenceWriter, FormatError, RepositoryId, limits};
use lifeboat_repository::{
    EvidenceName, EvidenceStore, HeldChain, ObjectKind, Objects, OwnChain, RepositoryError,
};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

const REPOSITORY: RepositoryId = RepositoryId::new([9; 16]);

fn store() -> (Arc<Watched>, EvidenceStore) {
    let watched = Arc::new(Watched::default());
    let store = EvidenceStore::new(Arc::clone(&watched) as _);
    (watched, store)
}

fn hold(state: Option<&Path>, seed: u64) -> HeldChain {
    OwnChain::new(state, REPOSITORY).hold(&*environment(seed).random)
}

fn file(state: &Path) -> std::path::PathBuf {
    state.join(REPOSITORY.to_string()).join("evidence")
}

#[test]
fn what_is_stored_is_listed_in_the_order_of_its_chain() {
    let (watched, store) = store();
    let writer = EvidenceWriter::new([7; 16]);
    let names: Vec<_> =
        (0..12).map(|seq| store.put(writer, seq, &[u8::try_from(seq).unwrap()]).unwrap()).collect();
    watched.put(&ObjectName::new("evidence/odd").unwrap(), b"x").unwrap();
    watched.put(&ObjectName::new(&format!("evidence/{writer}-01-{}", names[1].hash)).unwrap(), b"x").unwrap();
    assert_eq!(store.list().unwrap(), names);
    assert_eq!(store.read(&names[11]).unwrap(), [11]);
    assert_eq!(store.put(writer, 3, &[3]).unwrap(), names[3], "the same once more");
    let mut read = Vec::new();
    store.read_many(&names[3..5], &mut |name, bytes| read.push((name, bytes.unwrap())));
    assert_eq!(read, [(names[3], vec![3]), (names[4], vec![4])]);
    let absent = EvidenceName { hash: EvidenceHash::of(b"absent"), ..names[0] };
    assert!(matches!(store.read(&absent), Err(RepositoryError::Backend(error)) if error.is_not_found()));
}

#[test]
fn what_is_too_large_is_neither_stored_nor_read() {
    let (watched, store) = store();
    let writer = EvidenceWriter::default();
    let most = usize::try_from(limits::EVIDENCE_MAX).unwrap();
    store.put(writer, 0, &vec![0; most]).unwrap();
    let refused = store.put(writer, 1, &vec![0; most + 1]);
    assert!(matches!(refused, Err(RepositoryError::Produce(FormatError::Limit("evidence")))), "{refused:?}");
    assert_eq!(watched.puts.lock().unwrap().len(), 1);
    let large = vec![1; most + 1];
    let name = EvidenceName { writer, seq: 1, hash: EvidenceHash::of(&large) };
    watched.put(&ObjectName::new(&format!("evidence/{name}")).unwrap(), &large).unwrap();
    assert!(matches!(store.read(&name), Err(RepositoryError::Backend(error)) if error.is_too_large()));
}

/// Objects of evidence are known, have no second copies, and are what their names say.
#[test]
fn evidence_is_part_of_a_repository() {
    let (watched, repository) = new_doubled(300);
    commit_empty(&repository);
    let name = repository.evidence().put(EvidenceWriter::new([1; 16]), 0, b"proof").unwrap();
    let objects = Objects::open(Arc::clone(&watched) as _).unwrap();
    let survey = objects.survey().unwrap();
    assert_eq!((survey.foreign, &survey.example), (0, &None));
    let object = survey.control.iter().find(|object| object.kind() == ObjectKind::Evidence).unwrap();
    assert_eq!(object.name(), format!("evidence/{name}"));
    assert_eq!(objects.lacking_copy(object).unwrap(), None);
    objects.check(object, &mut Vec::new()).unwrap();
    let stored = ObjectName::new(&object.name()).unwrap();
    watched.replace(&stored, b"prove").unwrap();
    let damaged = objects.check(object, &mut Vec::new()).unwrap_err();
    assert!(damaged.is_damage(), "{damaged}");
}

/// Whoever opens a repository signs as everybody else who does.
#[test]
fn the_key_is_that_of_the_repository() {
    let (_, one) = new(301);
    let (_, other) = new(302);
    assert_eq!(one.evidence_key().public(), one.clone().evidence_key().public());
    assert_ne!(one.evidence_key().public(), other.evidence_key().public());
}

#[test]
fn a_chain_goes_on_where_it_was() {
    let ((_, store), state) = (store(), tempfile::tempdir().unwrap());
    let mut chain = hold(Some(state.path()), 1);
    let writer = chain.writer();
    assert_eq!(chain.newest(), None);
    let first = chain.put(&store, 0, b"first").unwrap();
    assert!(chain.trouble().is_none());
    drop(chain);
    let mut chain = hold(Some(state.path()), 2);
    assert_eq!((chain.writer(), chain.newest()), (writer, Some(first)));
    let second = chain.put(&store, 1, b"second").unwrap();
    assert_eq!(OwnChain::new(Some(state.path()), REPOSITORY).newest().unwrap(), Some(second));
    let other = OwnChain::new(Some(state.path()), RepositoryId::new([8; 16]));
    assert_eq!(other.newest().unwrap(), None, "each repository has a chain of its own");
}

#[test]
fn where_nothing_is_kept_each_record_begins_a_chain() {
    let (_, store) = store();
    let writers = [1, 2].map(|seed| {
        let mut chain = hold(None, seed);
        chain.put(&store, 0, b"record").unwrap();
        assert!(chain.trouble().is_none(), "nobody asked for it to be kept");
        chain.writer()
    });
    assert_ne!(writers[0], writers[1]);
}

#[test]
fn where_nothing_can_be_kept_the_record_is_stored_all_the_same() {
    let ((_, store), state) = (store(), tempfile::tempdir().unwrap());
    let in_the_way = state.path().join("file");
    fs::write(&in_the_way, b"").unwrap();
    let mut chain = hold(Some(&in_the_way), 1);
    assert!(chain.trouble().is_some());
    chain.put(&store, 0, b"record").unwrap();
    assert!(chain.trouble().is_some() && store.list().unwrap().len() == 1);
}

/// What is remembered and no longer understood is not taken for nothing.
#[test]
fn what_is_remembered_is_read_whole_or_not_at_all() {
    let ((_, store), state) = (store(), tempfile::tempdir().unwrap());
    let mut chain = hold(Some(state.path()), 1);
    let writer = chain.writer();
    chain.put(&store, 0, b"record").unwrap();
    drop(chain);
    let whole = fs::read(file(state.path())).unwrap();
    for length in 0..whole.len() {
        fs::write(file(state.path()), &whole[..length]).unwrap();
        let own = OwnChain::new(Some(state.path()), REPOSITORY);
        assert!(matches!(own.newest(), Err(RepositoryError::State { .. })), "{length} bytes");
        let chain = own.hold(&*environment(2).random);
        assert!(chain.trouble().is_some() && chain.writer() != writer, "{length} bytes");
    }
}

/// A put of which nobody knows whether it arrived is done again as it was.
#[test]
fn a_record_that_could_not_be_stored_is_not_lost() {
    let ((watched, store), state) = (store(), tempfile::tempdir().unwrap());
    let mut chain = hold(Some(state.path()), 1);
    let first = chain.put(&store, 0, b"first").unwrap();
    *watched.full.lock().unwrap() = Some("evidence/");
    chain.put(&store, 1, b"second").unwrap_err();
    drop(chain);
    let mut chain = hold(Some(state.path()), 2);
    assert_eq!(chain.newest(), Some(first));
    chain.settle(&store).unwrap_err();
    *watched.full.lock().unwrap() = None;
    chain.settle(&store).unwrap();
    let second = EvidenceName { seq: 1, hash: EvidenceHash::of(b"second"), ..first };
    assert_eq!((chain.newest(), store.list().unwrap()), (Some(second), vec![first, second]));
    watched.puts.lock().unwrap().clear();
    chain.settle(&store).unwrap();
    drop(chain);
    hold(Some(state.path()), 3).settle(&store).unwrap();
    assert_eq!(watched.puts.lock().unwrap().len(), 0, "what is settled is settled");
}

#[test]
fn two_at_once_go_on_one_after_the_other() {
    let state = tempfile::tempdir().unwrap();
    let chain = hold(Some(state.path()), 1);
    let (held, waits) = channel();
    std::thread::scope(|scope| {
        scope.spawn(|| held.send(hold(Some(state.path()), 2).writer()).unwrap());
        let waiting = waits.recv_timeout(Duration::from_millis(200));
        assert_eq!(waiting, Err(RecvTimeoutError::Timeout));
        drop(chain);
        waits.recv().unwrap();
    });
}

#[test]
fn only_its_owner_reads_what_is_remembered() {
    use std::os::unix::fs::PermissionsExt as _;
    let ((_, store), state) = (store(), tempfile::tempdir().unwrap());
    hold(Some(state.path()), 1).put(&store, 0, b"record").unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&file(state.path())), 0o600);
    assert_eq!(mode(file(state.path()).parent().unwrap()), 0o700);
}
