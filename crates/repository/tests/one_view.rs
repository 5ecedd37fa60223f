//! Whoever reads while somebody else commits sees the repository as it was at one moment.

use crate::world::{environment, names, new, password};
use crate::writer::{blobs, save};
use lifeboat_backend::{Backend, BackendError, ObjectInfo, ObjectName};
use lifeboat_format::BlobId;
use lifeboat_repository::{Repository, Workers};
use std::fmt;
use std::sync::{Arc, Mutex};

/// What somebody else does in the meantime.
pub(crate) type Deed = Box<dyn FnOnce() + Send>;

/// A storage where something happens before the request of some number.
pub(crate) struct Meanwhile {
    pub(crate) inner: Arc<dyn Backend>,
    pub(crate) left: Mutex<(usize, Option<Deed>)>,
}

impl Meanwhile {
    fn pass(&self) -> &dyn Backend {
        let mut left = self.left.lock().unwrap();
        match left.0.checked_sub(1) {
            Some(fewer) => left.0 = fewer,
            None => left.1.take().into_iter().for_each(|deed| deed()),
        }
        &*self.inner
    }

    pub(crate) fn has_happened(&self) -> bool {
        self.left.lock().unwrap().1.is_none()
    }
}

impl fmt::Debug for Meanwhile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Meanwhile")
    }
}

impl Backend for Meanwhile {
    fn put(&self, name: &ObjectName, bytes: &[u8]) -> Result<(), BackendError> {
        self.pass().put(name, bytes)
    }

    fn get(&self, name: &ObjectName, limit: u64) -> Result<Vec<u8>, BackendError> {
        self.pass().get(name, limit)
    }

    fn get_range(&self, name: &ObjectName, offset: u64, buffer: &mut [u8]) -> Result<(), BackendError> {
        self.pass().get_range(name, offset, buffer)
    }

    fn stat(&self, name: &ObjectName) -> Result<ObjectInfo, BackendError> {
        self.pass().stat(name)
    }

    fn list(&self, prefix: &str, visit: &mut dyn FnMut(ObjectInfo)) -> Result<(), BackendError> {
        self.pass().list(prefix, visit)
    }

    fn delete(&self, name: &ObjectName) -> Result<(), BackendError> {
        self.pass().delete(name)
    }

    fn location(&self) -> String {
        self.inner.location()
    }
}

#[test]
fn whatever_is_listed_while_somebody_commits_has_all_that_it_needs() {
    let mut seen = [0; 2];
    for moment in 0.. {
        let (watched, repository) = new(1);
        let (old, _) = save(&repository, &blobs(2, 20), Workers::inline());
        let added: Arc<Mutex<Vec<BlobId>>> = Arc::default();
        let told = Arc::clone(&added);
        let commit = move || *told.lock().unwrap() = save(&repository, &blobs(3, 20), Workers::inline()).0;
        let inner: Arc<dyn Backend> = watched.clone();
        let meanwhile =
            Arc::new(Meanwhile { inner, left: Mutex::new((moment, Some(Box::new(commit) as Deed))) });

        let reader = Repository::open(Arc::clone(&meanwhile) as _, &password(), environment(9)).unwrap();
        let view = reader.view(&reader.read_log().unwrap()).unwrap();
        let index = reader.load_index(&view).unwrap();
        if !meanwhile.has_happened() {
            break;
        }
        assert_eq!(index.faults().len(), 0, "request {moment}");
        assert!(old.iter().all(|id| index.contains(id).unwrap()), "request {moment}");
        let is_new_listed = view.snapshots().len() == 2;
        let is_new_there = added.lock().unwrap().iter().all(|id| index.contains(id).unwrap());
        assert!(!is_new_listed || is_new_there, "request {moment}: a snapshot without its data");
        seen[usize::from(is_new_listed)] += 1;
        assert_eq!(names(&*watched, "log/").len(), 3);
    }
    assert!(seen.iter().all(|count| *count > 1), "before and after the commit: {seen:?}");
}
