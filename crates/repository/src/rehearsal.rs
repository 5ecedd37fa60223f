//! A repository that reads what is there and keeps nothing: a dry run is the real run on it.

use crate::Repository;
use lifeboat_backend::{Backend, BackendError, Got, ObjectInfo, ObjectName, Traffic};
use std::sync::Arc;

#[derive(Debug)]
struct KeepsNothing(Arc<dyn Backend>);

impl Repository {
    /// The same repository, where whatever is stored or deleted is as it was before.
    #[must_use]
    pub fn rehearsal(&self) -> Self {
        let mut rehearsal = self.keeping(self.kept.untouched());
        rehearsal.heads = self.heads.untouched();
        rehearsal.backend = Arc::new(KeepsNothing(Arc::clone(&self.backend)));
        rehearsal.control = rehearsal.control.on(Arc::clone(&rehearsal.backend));
        rehearsal
    }
}

impl Backend for KeepsNothing {
    fn put(&self, _: &ObjectName, _: &[u8]) -> Result<(), BackendError> {
        Ok(())
    }

    fn get(&self, name: &ObjectName, limit: u64) -> Result<Vec<u8>, BackendError> {
        self.0.get(name, limit)
    }

    fn get_many(&self, names: &[ObjectName], limit: u64, visit: &mut dyn FnMut(&ObjectName, Got)) {
        self.0.get_many(names, limit, visit);
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

    fn delete(&self, _: &ObjectName) -> Result<(), BackendError> {
        Ok(())
    }

    fn is_remote(&self) -> bool {
        self.0.is_remote()
    }

    fn traffic(&self) -> Option<Traffic> {
        self.0.traffic()
    }

    fn location(&self) -> String {
        self.0.location()
    }
}
