//! A store in memory that behaves oddly in one way.

use lifeboat_backend::{Backend, BackendError, ErrorKind, MemoryBackend, ObjectInfo, ObjectName};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Oddity {
    #[default]
    None,
    /// Objects are found only the second time they are read.
    LateRead,
    /// A name that was asked for once in vain is never found.
    RemembersMisses,
    /// Parts of objects begin one byte too late.
    ShiftedRange,
    /// Ranges beyond the end are filled with zeros.
    EndlessRange,
    WrongSize,
    /// A listing shows what the one before it should have shown.
    LateList,
    /// Everything is listed twice.
    Stutters,
    /// What is there is not stored again.
    RefusesAgain,
    /// Deleted objects are read as before.
    DeletedIsRead,
    /// Deleted objects are listed as before.
    DeletedIsListed,
    /// No listing has more than a thousand names.
    OnePage,
    KeepsVersions,
    /// What is changed on the way is stored as it comes.
    TakesDamage,
    /// The file system is one of the network.
    Network,
    /// The clock of the store is so many seconds ahead of that of the tests.
    ClockAhead(u64),
    /// An operation is not allowed.
    Refuses(&'static str),
    /// Nothing answers.
    Silent,
}

/// Several doors to one store may behave in different ways.
#[derive(Debug, Default)]
pub(crate) struct Odd {
    inner: Arc<MemoryBackend>,
    oddity: Oddity,
    asked: Mutex<BTreeSet<ObjectName>>,
    deleted: Mutex<BTreeMap<ObjectName, Vec<u8>>>,
    listed: Mutex<Vec<ObjectInfo>>,
}

impl Odd {
    pub(crate) fn new(inner: &Arc<MemoryBackend>, oddity: Oddity) -> Arc<Self> {
        Arc::new(Self { inner: Arc::clone(inner), oddity, ..Self::default() })
    }

    fn allow(&self, operation: &'static str, name: &str) -> Result<(), BackendError> {
        match self.oddity {
            Oddity::Refuses(refused) if refused == operation => {
                Err(BackendError::new(ErrorKind::Denied, operation, name))
            }
            Oddity::Silent => Err(BackendError::new(ErrorKind::Unavailable, operation, name)),
            _ => Ok(()),
        }
    }

    fn info(&self, info: ObjectInfo) -> ObjectInfo {
        let ahead = if let Oddity::ClockAhead(seconds) = self.oddity { seconds } else { 0 };
        let now: SystemTime = UNIX_EPOCH + Duration::from_secs(1_000_000_000 + ahead);
        // What the tests call old has been there for two days.
        let is_old = info.name.as_str().contains("old");
        let modified = if is_old { now - Duration::from_hours(48) } else { now };
        let size = info.size + u64::from(self.oddity == Oddity::WrongSize);
        ObjectInfo { modified: Some(modified), size, ..info }
    }
}

impl Backend for Odd {
    fn put(&self, name: &ObjectName, bytes: &[u8]) -> Result<(), BackendError> {
        self.allow("put", name.as_str())?;
        if self.oddity == Oddity::RefusesAgain && self.inner.stat(name).is_ok() {
            return Err(BackendError::new(ErrorKind::Conflict, "put", name));
        }
        self.inner.put(name, bytes)
    }

    fn get(&self, name: &ObjectName, limit: u64) -> Result<Vec<u8>, BackendError> {
        self.allow("get", name.as_str())?;
        let is_there = self.inner.stat(name).is_ok();
        let missed = match self.oddity {
            Oddity::LateRead => is_there && self.asked.lock().unwrap().insert(name.clone()),
            Oddity::RemembersMisses if !is_there => !self.asked.lock().unwrap().insert(name.clone()),
            Oddity::RemembersMisses => self.asked.lock().unwrap().contains(name),
            _ => false,
        };
        let deleted = self.deleted.lock().unwrap().get(name).cloned();
        match deleted {
            Some(bytes) if self.oddity == Oddity::DeletedIsRead => Ok(bytes),
            _ if missed => Err(BackendError::new(ErrorKind::NotFound, "get", name)),
            _ => self.inner.get(name, limit),
        }
    }

    fn get_range(&self, name: &ObjectName, offset: u64, buffer: &mut [u8]) -> Result<(), BackendError> {
        self.allow("get", name.as_str())?;
        match self.oddity {
            Oddity::ShiftedRange => self.inner.get_range(name, offset + 1, buffer).or(Ok(())),
            Oddity::EndlessRange => self.inner.get_range(name, offset, buffer).or(Ok(())),
            _ => self.inner.get_range(name, offset, buffer),
        }
    }

    fn stat(&self, name: &ObjectName) -> Result<ObjectInfo, BackendError> {
        self.allow("get", name.as_str())?;
        Ok(self.info(self.inner.stat(name)?))
    }

    fn list(&self, prefix: &str, visit: &mut dyn FnMut(ObjectInfo)) -> Result<(), BackendError> {
        self.allow("list", prefix)?;
        let mut found = Vec::new();
        self.inner.list(prefix, &mut |info| found.push(self.info(info)))?;
        match self.oddity {
            Oddity::LateList => std::mem::swap(&mut found, &mut self.listed.lock().unwrap()),
            Oddity::Stutters => found.extend(found.clone()),
            Oddity::OnePage => found.truncate(1000),
            Oddity::DeletedIsListed => {
                let deleted = self.deleted.lock().unwrap();
                let info = |(name, bytes): (&ObjectName, &Vec<u8>)| ObjectInfo {
                    name: name.clone(),
                    size: bytes.len() as u64,
                    modified: None,
                };
                found.extend(deleted.iter().map(info));
            }
            _ => {}
        }
        found.into_iter().for_each(visit);
        Ok(())
    }

    fn delete(&self, name: &ObjectName) -> Result<(), BackendError> {
        self.allow("delete", name.as_str())?;
        let bytes = self.inner.get(name, u64::MAX)?;
        self.deleted.lock().unwrap().insert(name.clone(), bytes);
        self.inner.delete(name)
    }

    fn keeps_versions(&self, _: &ObjectName) -> Result<Option<bool>, BackendError> {
        Ok(Some(self.oddity == Oddity::KeepsVersions))
    }

    fn notices_damage(&self, name: &ObjectName, bytes: &[u8]) -> Result<Option<bool>, BackendError> {
        match self.oddity {
            Oddity::TakesDamage => self.inner.put(name, bytes).map(|()| Some(false)),
            _ => Ok(Some(true)),
        }
    }

    fn may_lag(&self) -> Result<Option<&'static str>, BackendError> {
        Ok((self.oddity == Oddity::Network).then_some("NFS"))
    }

    fn location(&self) -> String {
        "memory".into()
    }
}
