//! Many control objects read one after the other, or together where the storage is far away.
//!
//! Invariant: memory holds no more of them at once than [`FETCHED`] bytes, or one that is larger.

use crate::control::{ControlObjects, Unread};
use crate::memory::FETCHED;
use lifeboat_backend::ObjectName;
use lifeboat_format::FormatError;

/// Makes something of the bytes of the object of this name.
pub(crate) type Accept<'a, T> = &'a dyn Fn(&ObjectName, &[u8]) -> Result<T, FormatError>;

impl ControlObjects {
    /// Shows `visit` what [`ControlObjects::read`] would give for each of these objects, in no particular order.
    pub(crate) fn read_many<T>(
        &self,
        names: &[ObjectName],
        limit: u64,
        accept: Accept<'_, T>,
        visit: &mut dyn FnMut(&ObjectName, Result<T, Unread>),
    ) {
        let mut others = Vec::new();
        for name in names {
            let kept = self.kept.object(name, limit);
            match kept.and_then(|bytes| accept(name, &bytes).ok()) {
                Some(found) => visit(name, Ok(found)),
                None => others.push(name.clone()),
            }
        }
        self.backend.get_many(&others, limit, &mut |name, got| {
            visit(name, self.judge(name, limit, got, None, &|bytes| accept(name, bytes)));
        });
    }

    /// Objects of these lengths in bytes, in portions to be read together. On a local disk that is each by itself.
    pub(crate) fn batches(
        &self,
        objects: impl IntoIterator<Item = (ObjectName, u64)>,
    ) -> Vec<Vec<ObjectName>> {
        let most = if self.backend.is_remote() { FETCHED } else { 0 };
        let (mut batches, mut bytes) = (Vec::<Vec<ObjectName>>::new(), 0);
        for (name, size) in objects {
            bytes += size;
            match batches.last_mut() {
                Some(batch) if bytes <= most => batch.push(name),
                _ => {
                    bytes = size;
                    batches.push(vec![name]);
                }
            }
        }
        batches
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lifeboat_backend::{Backend, BackendError, MemoryBackend, ObjectInfo};
    use std::sync::Arc;

    #[derive(Debug)]
    struct Far(MemoryBackend);

    impl Backend for Far {
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
            self.0.delete(name)
        }

        fn is_remote(&self) -> bool {
            true
        }

        fn location(&self) -> String {
            self.0.location()
        }
    }

    /// How many objects there are in each batch of objects of these lengths.
    fn counts(backend: Arc<dyn Backend>, sizes: &[u64]) -> Vec<usize> {
        let name = |number: usize| ObjectName::new(&format!("index/{number}")).unwrap();
        let objects = sizes.iter().enumerate().map(|(number, size)| (name(number), *size));
        let batches = ControlObjects::new(backend, false).batches(objects);
        assert_eq!(batches.concat(), (0..sizes.len()).map(name).collect::<Vec<_>>());
        batches.iter().map(Vec::len).collect()
    }

    #[test]
    fn batches_hold_as_much_as_memory_may() {
        let sizes = [1, FETCHED / 2, FETCHED / 2, FETCHED / 2, 3 * FETCHED, 0, FETCHED, 1, 2];
        assert_eq!(counts(Arc::new(Far(MemoryBackend::new())), &sizes), [2, 2, 1, 2, 2]);
        assert_eq!(counts(Arc::new(MemoryBackend::new()), &sizes), [1; 9]);
        assert!(counts(Arc::new(MemoryBackend::new()), &[]).is_empty());
    }
}
