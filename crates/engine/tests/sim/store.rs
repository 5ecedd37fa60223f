//! The storage that all actors of a history share: honest, but for the harm that is done to it between their runs, and what
//! it garbles in them.
//!
//! Invariant: what it is given under a name is compared with what it was first given: no name may be used for two contents,
//! whatever goes wrong.

use super::tally::Tally;
use super::time::Time;
use lifeboat_backend::{BackendError, ErrorKind, ObjectInfo, ObjectName};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::SystemTime;

/// What is stored.
#[derive(Debug)]
pub(crate) struct Store {
    /// Whether another content replaces what has the name.
    pub(crate) overwrites: bool,
    time: Arc<Time>,
    state: Mutex<State>,
    /// Of the history, whatever else is stored in it.
    tally: Arc<Mutex<Tally>>,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(super) objects: BTreeMap<ObjectName, Object>,
    /// What each name was first used for.
    pub(super) first: BTreeMap<ObjectName, Arc<[u8]>>,
    /// What was deleted.
    pub(super) gone: BTreeMap<ObjectName, Object>,
    /// Names of objects that were harmed and not deleted since.
    pub(super) harmed: BTreeSet<ObjectName>,
    /// What nobody may ever do and somebody did.
    pub(super) offence: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(super) bytes: Arc<[u8]>,
    pub(super) at: SystemTime,
}

impl Store {
    pub(crate) fn new(overwrites: bool, time: Arc<Time>, tally: Arc<Mutex<Tally>>) -> Self {
        let (objects, first, gone, harmed, offence) = Default::default();
        let state = Mutex::new(State { objects, first, gone, harmed, offence });
        Self { overwrites, time, state, tally }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(crate) fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap()
    }

    pub(super) fn put(&self, name: &ObjectName, bytes: &[u8]) -> Result<(), BackendError> {
        let mut state = self.lock();
        let first = state.first.entry(name.clone()).or_insert_with(|| bytes.into());
        if **first != *bytes {
            state.offence.get_or_insert_with(|| format!("{name} was put with other bytes than before"));
        }
        match state.objects.get(name) {
            Some(object) if *object.bytes == *bytes => return Ok(()),
            Some(_) if !self.overwrites => return Err(BackendError::new(ErrorKind::Conflict, "put", name)),
            _ => {}
        }
        let object = Object { bytes: bytes.into(), at: self.time.of_storage() };
        state.objects.insert(name.clone(), object);
        Ok(())
    }

    /// The same, and the bit at a place that is chosen by a number is flipped in what is stored, if it was not there before.
    pub(super) fn put_garbled(
        &self,
        name: &ObjectName,
        bytes: &[u8],
        place: u64,
    ) -> Result<(), BackendError> {
        let is_new = !self.lock().objects.contains_key(name);
        self.put(name, bytes)?;
        if is_new && !bytes.is_empty() {
            let place = usize::try_from(place).unwrap();
            let mut garbled = bytes.to_vec();
            garbled[place % bytes.len()] ^= 1 << (place % 8);
            let state = &mut *self.lock();
            state.objects.get_mut(name).expect("just put").bytes = garbled.into();
            state.harmed.insert(name.clone());
        }
        Ok(())
    }

    /// Something is about to take the place of what has this name.
    pub(super) fn make_way(&self, name: &ObjectName) {
        self.lock().objects.remove(name);
    }

    /// What is seen while an object is away.
    pub(super) fn without<T>(&self, name: &ObjectName, look: impl FnOnce() -> T) -> T {
        let away = self.lock().objects.remove(name);
        let seen = look();
        self.lock().objects.extend(away.map(|object| (name.clone(), object)));
        seen
    }

    pub(super) fn get(&self, name: &ObjectName, limit: u64) -> Result<Vec<u8>, BackendError> {
        let object = self.find("get", name)?;
        match object.bytes.len() as u64 > limit {
            true => Err(BackendError::new(ErrorKind::TooLarge, "get", name)),
            false => Ok(object.bytes.to_vec()),
        }
    }

    pub(super) fn get_range(
        &self,
        name: &ObjectName,
        offset: u64,
        buffer: &mut [u8],
    ) -> Result<(), BackendError> {
        let object = self.find("get range of", name)?;
        let start = usize::try_from(offset).unwrap();
        let range = start.checked_add(buffer.len()).and_then(|end| object.bytes.get(start..end));
        buffer
            .copy_from_slice(range.ok_or_else(|| BackendError::new(ErrorKind::Short, "get range of", name))?);
        Ok(())
    }

    pub(super) fn stat(&self, name: &ObjectName) -> Result<ObjectInfo, BackendError> {
        Ok(info(name, &self.find("stat", name)?))
    }

    pub(super) fn list(&self, prefix: &str) -> Vec<ObjectInfo> {
        let state = self.lock();
        let found = state.objects.iter().filter(|(name, _)| name.as_str().starts_with(prefix));
        found.map(|(name, object)| info(name, object)).collect()
    }

    pub(super) fn delete(&self, name: &ObjectName) -> Result<(), BackendError> {
        let mut state = self.lock();
        state.harmed.remove(name);
        let removed = state.objects.remove(name);
        let removed = removed.ok_or_else(|| BackendError::new(ErrorKind::NotFound, "delete", name))?;
        state.gone.insert(name.clone(), removed);
        Ok(())
    }

    fn find(&self, operation: &'static str, name: &ObjectName) -> Result<Object, BackendError> {
        let found = self.lock().objects.get(name).cloned();
        found.ok_or_else(|| BackendError::new(ErrorKind::NotFound, operation, name))
    }
}

fn info(name: &ObjectName, object: &Object) -> ObjectInfo {
    ObjectInfo { name: name.clone(), size: object.bytes.len() as u64, modified: Some(object.at) }
}
