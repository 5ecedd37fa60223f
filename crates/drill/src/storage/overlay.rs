//! Storage as it would be if something had happened to it: faults on some objects, and a place for what is put.
//!
//! Invariant: what is below is only read. What is put, replaced or deleted lives in memory and hides what is below, faults included.

use lifeboat_backend::{Backend, BackendError, ErrorKind, ObjectInfo, ObjectName};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What happens to an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StorageFault {
    /// One bit of the byte at this offset, modulo the length, is another.
    BitFlip(u64),
    /// Only the first half is there.
    Truncate,
    /// It is not there.
    Missing,
    /// The content of another object lies under its name.
    Swap(ObjectName),
    /// The storage cannot give its bytes any more.
    Unreadable,
}

impl StorageFault {
    /// What records call it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::BitFlip(_) => "bitflip",
            Self::Truncate => "truncate",
            Self::Missing => "missing-object",
            Self::Swap(_) => "swap-content",
            Self::Unreadable => "unreadable",
        }
    }
}

/// Storage with faults.
#[derive(Debug)]
pub struct Overlay {
    inner: Arc<dyn Backend>,
    faults: BTreeMap<ObjectName, StorageFault>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// What was put here, or none where it was deleted.
    own: BTreeMap<ObjectName, Option<Vec<u8>>>,
    /// Objects with faults that somebody has read, or looked for.
    met: BTreeSet<ObjectName>,
}

/// What an object is here.
enum Seen<'o> {
    Own(Vec<u8>),
    Deleted,
    Faulty(&'o StorageFault),
    Below,
}

impl Overlay {
    /// Over storage that is as it is.
    #[must_use]
    pub fn over(inner: Arc<dyn Backend>, faults: BTreeMap<ObjectName, StorageFault>) -> Self {
        Self { inner, faults, state: Mutex::default() }
    }

    /// The faults that somebody met.
    #[must_use]
    pub fn met(&self) -> BTreeSet<ObjectName> {
        self.lock().met.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look(&self, name: &ObjectName) -> Seen<'_> {
        let mut state = self.lock();
        match (state.own.get(name), self.faults.get(name)) {
            (Some(Some(bytes)), _) => Seen::Own(bytes.clone()),
            (Some(None), _) => Seen::Deleted,
            (None, Some(fault)) => {
                state.met.insert(name.clone());
                Seen::Faulty(fault)
            }
            (None, None) => Seen::Below,
        }
    }

    /// All of an object as it is here, which for what is below may be long.
    fn whole(&self, name: &ObjectName) -> Result<Vec<u8>, BackendError> {
        let absent = || Err(BackendError::new(ErrorKind::NotFound, "get", name));
        match self.look(name) {
            Seen::Own(bytes) => Ok(bytes),
            Seen::Deleted | Seen::Faulty(StorageFault::Missing) => absent(),
            Seen::Below => self.inner.get(name, u64::MAX),
            Seen::Faulty(StorageFault::Swap(other)) => self.inner.get(other, u64::MAX),
            Seen::Faulty(StorageFault::Unreadable) => Err(BackendError::new(ErrorKind::Damaged, "get", name)),
            Seen::Faulty(StorageFault::BitFlip(offset)) => {
                let mut bytes = self.inner.get(name, u64::MAX)?;
                let at = usize::try_from(offset % (bytes.len() as u64).max(1)).unwrap_or_default();
                bytes.get_mut(at).into_iter().for_each(|byte| *byte ^= 1 << (offset % 8));
                Ok(bytes)
            }
            Seen::Faulty(StorageFault::Truncate) => {
                let mut bytes = self.inner.get(name, u64::MAX)?;
                bytes.truncate(bytes.len() / 2);
                Ok(bytes)
            }
        }
    }
}

impl Backend for Overlay {
    fn put(&self, name: &ObjectName, bytes: &[u8]) -> Result<(), BackendError> {
        match self.whole(name) {
            Ok(there) if there == bytes => Ok(()),
            Ok(_) => Err(BackendError::new(ErrorKind::Conflict, "put", name)),
            Err(error) if error.is_not_found() => self.replace(name, bytes),
            Err(error) => Err(error),
        }
    }

    fn replace(&self, name: &ObjectName, bytes: &[u8]) -> Result<(), BackendError> {
        self.lock().own.insert(name.clone(), Some(bytes.to_vec()));
        Ok(())
    }

    fn get(&self, name: &ObjectName, limit: u64) -> Result<Vec<u8>, BackendError> {
        if matches!(self.look(name), Seen::Below) {
            return self.inner.get(name, limit);
        }
        let bytes = self.whole(name)?;
        match bytes.len() as u64 <= limit {
            true => Ok(bytes),
            false => Err(BackendError::new(ErrorKind::TooLarge, "get", name)),
        }
    }

    fn get_range(&self, name: &ObjectName, offset: u64, buffer: &mut [u8]) -> Result<(), BackendError> {
        if matches!(self.look(name), Seen::Below) {
            return self.inner.get_range(name, offset, buffer);
        }
        let bytes = self.whole(name)?;
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let range = bytes.get(start..start.saturating_add(buffer.len()));
        let range = range.ok_or_else(|| BackendError::new(ErrorKind::Short, "get", name))?;
        buffer.copy_from_slice(range);
        Ok(())
    }

    fn stat(&self, name: &ObjectName) -> Result<ObjectInfo, BackendError> {
        match self.look(name) {
            Seen::Below | Seen::Faulty(StorageFault::Unreadable) => self.inner.stat(name),
            _ => {
                let size = self.whole(name)?.len() as u64;
                Ok(ObjectInfo { name: name.clone(), size, modified: None })
            }
        }
    }

    fn list(&self, prefix: &str, visit: &mut dyn FnMut(ObjectInfo)) -> Result<(), BackendError> {
        let mut found = BTreeMap::new();
        self.inner.list(prefix, &mut |info| {
            found.insert(info.name.clone(), info);
        })?;
        let own: Vec<_> = self.lock().own.keys().cloned().collect();
        let within = |name: &&ObjectName| name.as_str().starts_with(prefix);
        for name in own.iter().chain(self.faults.keys()).filter(within) {
            found.remove(name);
            match self.stat(name) {
                Ok(info) => drop(found.insert(name.clone(), info)),
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error),
            }
        }
        found.into_values().for_each(visit);
        Ok(())
    }

    fn delete(&self, name: &ObjectName) -> Result<(), BackendError> {
        self.whole(name)?;
        self.lock().own.insert(name.clone(), None);
        Ok(())
    }

    fn is_remote(&self) -> bool {
        self.inner.is_remote()
    }

    fn location(&self) -> String {
        self.inner.location()
    }

    fn place(&self) -> String {
        self.inner.place()
    }
}
