//! Objects in a map: the reference implementation of the contract, and the store of tests.
//!
//! The lock is held for single map operations only, never while a caller's code runs.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::name::is_prefix;
use crate::{Backend, BackendError, ErrorKind, ObjectInfo, ObjectName};

type Objects = BTreeMap<ObjectName, Arc<[u8]>>;

/// Objects in the memory of this process; durable for as long as it lives.
#[derive(Default)]
pub struct MemoryBackend {
    objects: Mutex<Objects>,
}

impl MemoryBackend {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn objects(&self) -> MutexGuard<'_, Objects> {
        // Each change is one map operation, so a panic elsewhere leaves nothing half done.
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, operation: &'static str, name: &ObjectName) -> Result<Arc<[u8]>, BackendError> {
        let found = self.objects().get(name).cloned();
        found.ok_or_else(|| BackendError::new(ErrorKind::NotFound, operation, name))
    }
}

impl Backend for MemoryBackend {
    fn put(&self, name: &ObjectName, bytes: &[u8]) -> Result<(), BackendError> {
        let mut objects = self.objects();
        match objects.get(name) {
            Some(existing) if **existing == *bytes => Ok(()),
            Some(_) => Err(BackendError::new(ErrorKind::Conflict, "put", name)),
            None => {
                objects.insert(name.clone(), bytes.into());
                Ok(())
            }
        }
    }

    fn replace(&self, name: &ObjectName, bytes: &[u8]) -> Result<(), BackendError> {
        self.objects().insert(name.clone(), bytes.into());
        Ok(())
    }

    fn get(&self, name: &ObjectName, limit: u64) -> Result<Vec<u8>, BackendError> {
        let bytes = self.find("get", name)?;
        if size(&bytes) > limit {
            return Err(BackendError::new(ErrorKind::TooLarge, "get", name));
        }
        Ok(bytes.to_vec())
    }

    fn get_range(&self, name: &ObjectName, offset: u64, buffer: &mut [u8]) -> Result<(), BackendError> {
        let bytes = self.find("get range of", name)?;
        let range = usize::try_from(offset)
            .ok()
            .and_then(|start| bytes.get(start..start.checked_add(buffer.len())?))
            .ok_or_else(|| BackendError::new(ErrorKind::Short, "get range of", name))?;
        buffer.copy_from_slice(range);
        Ok(())
    }

    fn stat(&self, name: &ObjectName) -> Result<ObjectInfo, BackendError> {
        let bytes = self.find("stat", name)?;
        Ok(ObjectInfo { name: name.clone(), size: size(&bytes), modified: None })
    }

    fn list(&self, prefix: &str, visit: &mut dyn FnMut(ObjectInfo)) -> Result<(), BackendError> {
        if !is_prefix(prefix) {
            return Err(BackendError::new(ErrorKind::InvalidName, "list", prefix));
        }
        let found: Vec<ObjectInfo> = self
            .objects()
            .iter()
            .filter(|(name, _)| name.as_str().starts_with(prefix))
            .map(|(name, bytes)| ObjectInfo { name: name.clone(), size: size(bytes), modified: None })
            .collect();
        found.into_iter().for_each(visit);
        Ok(())
    }

    fn delete(&self, name: &ObjectName) -> Result<(), BackendError> {
        let removed = self.objects().remove(name);
        removed.map(drop).ok_or_else(|| BackendError::new(ErrorKind::NotFound, "delete", name))
    }

    fn location(&self) -> String {
        "memory".to_owned()
    }
}

impl fmt::Debug for MemoryBackend {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("MemoryBackend").field("objects", &self.objects().len()).finish()
    }
}

fn size(bytes: &[u8]) -> u64 {
    bytes.len() as u64
}
