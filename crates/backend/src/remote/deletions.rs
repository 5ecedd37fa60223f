//! Deletions of many objects at once.
//!
//! Invariant: what is deleted is not asked for again. Of many that are under way together one nearly always fails where some do.

use std::cell::RefCell;

use futures_util::stream::{StreamExt, iter};
use object_store::{Error as StoreError, ObjectStoreExt};

use super::{GETS_AT_ONCE, RemoteBackend, failure};
use crate::{BackendError, ObjectName};

impl RemoteBackend {
    /// Deletes these objects, as far as they are there.
    pub(super) fn delete_each(&self, names: &[ObjectName]) -> Result<(), BackendError> {
        let keys = names.iter().map(|name| Ok((self.key("delete", name.as_str())?, name)));
        let left = RefCell::new(keys.collect::<Result<Vec<_>, BackendError>>()?);
        self.insist(|| {
            let keys = left.take();
            let deletes = keys.iter().map(async |(key, name)| match self.store.delete(key).await {
                Err(StoreError::NotFound { .. }) => Ok(()),
                other => other.map_err(|error| failure("delete", name, error)),
            });
            let deleted = self.wait(iter(deletes).buffered(GETS_AT_ONCE).collect::<Vec<_>>());
            let mut failed = Ok(());
            for (key, deleted) in keys.into_iter().zip(deleted) {
                if deleted.is_err() {
                    left.borrow_mut().push(key);
                }
                failed = failed.and(deleted);
            }
            failed
        })
    }
}
