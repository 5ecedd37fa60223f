//! Backups of somebody who may store and never delete: everything is saved, and nothing worse than a note is told.

use crate::world::{World, environment, password};
use lifeboat_backend::{Backend, BackendError, ErrorKind, MemoryBackend, ObjectInfo, ObjectName};
use lifeboat_engine::{SnapshotFilter, Workers, backup, snapshots};
use lifeboat_repository::Repository;
use lifeboat_testkit::{TreeSpec, make_tree, tree_differences};
use std::sync::Arc;

/// Storage whose credentials are those of a writer.
#[derive(Debug)]
struct WithoutDelete(Arc<MemoryBackend>);

impl Backend for WithoutDelete {
    fn put(&self, name: &ObjectName, bytes: &[u8]) -> Result<(), BackendError> {
        self.0.put(name, bytes)
    }

    fn get(&self, name: &ObjectName, limit: u64) -> Result<Vec<u8>, BackendError> {
        self.0.get(name, limit)
    }

    fn get_range(&self, name: &ObjectName, offset: u64, buffer: &mut [u8]) -> Result<(), BackendError> {
        self.0.get_range(name, offset, buffer)
    }

    fn stat(&self, name: &ObjectName) -> Result<ObjectInfo, BackendError> {
        self.0.stat(name)
    }

    fn list(&self, prefix: &str, visit: &mut dyn FnMut(ObjectInfo)) -> Result<(), BackendError> {
        self.0.list(prefix, visit)
    }

    fn delete(&self, name: &ObjectName) -> Result<(), BackendError> {
        Err(BackendError::new(ErrorKind::Denied, "delete", name))
    }

    fn location(&self) -> String {
        self.0.location()
    }
}

#[test]
fn who_may_not_delete_backs_up_and_is_told_once() {
    let world = World::new(90, Workers::inline());
    make_tree(&world.source(), 90, &TreeSpec::default());
    for run in 1..=3 {
        // Each is another process, to which the one before it is dead.
        let store = Arc::new(WithoutDelete(Arc::clone(&world.backend)));
        let repository = Repository::open(store, &password(), environment(90 + run, &world.clock)).unwrap();
        let report = backup(&repository, &world.options(), &world.workers, &()).unwrap();
        assert!(report.problems.is_empty() && report.snapshot.is_some(), "{:?}", report.problems);
        let [note] = &report.notes[..] else { panic!("one note, not {:?}", report.notes) };
        assert!(note.contains("which harms nothing") && note.contains("access denied"), "{note}");
        assert_eq!(world.objects("running/").len() as u64, run);
        world.later();
    }
    let list = snapshots(&world.repository, &SnapshotFilter::default()).unwrap().snapshots;
    assert_eq!(list.len(), 3);
    let (target, restored) = world.restore(&list[2], "back");
    assert!(restored.problems.is_empty(), "{:?}", restored.problems);
    assert_eq!(tree_differences(&world.source(), &target), []);
}
