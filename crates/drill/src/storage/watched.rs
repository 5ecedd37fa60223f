//! Storage that can be read within limits and not be changed, and says how much was asked of it.
//!
//! Invariant: no call that changes anything reaches what is below; each is counted, so that a drill which tried is no pass.

use lifeboat_backend::{Backend, BackendError, ErrorKind, Got, ObjectInfo, ObjectName, Traffic};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How much may be asked; none is without end.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// Bytes that are read.
    pub bytes: Option<u64>,
    /// Calls.
    pub requests: Option<u64>,
}

/// Storage to look at.
#[derive(Debug)]
pub struct Watched {
    inner: Arc<dyn Backend>,
    limits: Limits,
    requests: AtomicU64,
    bytes: AtomicU64,
    changes: AtomicU64,
    beyond: AtomicU64,
}

impl Watched {
    /// Over storage that may be able to do anything.
    #[must_use]
    pub fn over(inner: Arc<dyn Backend>, limits: Limits) -> Self {
        let (requests, bytes, changes, beyond) = Default::default();
        Self { inner, limits, requests, bytes, changes, beyond }
    }

    /// How many calls it was asked.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// How many bytes it gave.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// How many calls would have changed something.
    #[must_use]
    pub fn changes_refused(&self) -> u64 {
        self.changes.load(Ordering::Relaxed)
    }

    /// Whether anything was refused because of the limits.
    #[must_use]
    pub fn is_beyond_limits(&self) -> bool {
        self.beyond.load(Ordering::Relaxed) > 0
    }

    /// Counts a call that reads up to so many bytes, unless that is too much by now.
    fn ask(&self, operation: &'static str, place: &str, bytes: u64) -> Result<(), BackendError> {
        let requests = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        let is_within = self.limits.requests.is_none_or(|most| requests <= most)
            && self.limits.bytes.is_none_or(|most| self.bytes_read().saturating_add(bytes) <= most);
        if is_within {
            return Ok(());
        }
        self.beyond.fetch_add(1, Ordering::Relaxed);
        Err(BackendError::new(ErrorKind::Denied, operation, place)
            .with_source("the budget of the drill is used up"))
    }

    fn gave(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    fn refuse(&self, operation: &'static str, name: &ObjectName) -> BackendError {
        self.changes.fetch_add(1, Ordering::Relaxed);
        BackendError::new(ErrorKind::Denied, operation, name).with_source("a drill changes nothing")
    }
}

impl Backend for Watched {
    fn put(&self, name: &ObjectName, _: &[u8]) -> Result<(), BackendError> {
        Err(self.refuse("put", name))
    }

    fn replace(&self, name: &ObjectName, _: &[u8]) -> Result<(), BackendError> {
        Err(self.refuse("replace", name))
    }

    fn get(&self, name: &ObjectName, limit: u64) -> Result<Vec<u8>, BackendError> {
        self.ask("get", name.as_str(), 0)?;
        self.inner.get(name, limit).inspect(|bytes| self.gave(bytes.len()))
    }

    fn get_many(&self, names: &[ObjectName], limit: u64, visit: &mut dyn FnMut(&ObjectName, Got)) {
        let asked =
            |name: &&ObjectName| self.ask("get", name.as_str(), 0).map_err(|error| ((*name).clone(), error));
        let (mut allowed, mut refused) = (Vec::new(), Vec::new());
        for name in names {
            match asked(&name) {
                Ok(()) => allowed.push(name.clone()),
                Err(both) => refused.push(both),
            }
        }
        self.inner.get_many(&allowed, limit, &mut |name, got| {
            self.gave(got.as_ref().map_or(0, Vec::len));
            visit(name, got);
        });
        refused.into_iter().for_each(|(name, error)| visit(&name, Err(error)));
    }

    fn get_range(&self, name: &ObjectName, offset: u64, buffer: &mut [u8]) -> Result<(), BackendError> {
        self.ask("get", name.as_str(), buffer.len() as u64)?;
        self.inner.get_range(name, offset, buffer).inspect(|()| self.gave(buffer.len()))
    }

    fn stat(&self, name: &ObjectName) -> Result<ObjectInfo, BackendError> {
        self.ask("stat", name.as_str(), 0)?;
        self.inner.stat(name)
    }

    fn list(&self, prefix: &str, visit: &mut dyn FnMut(ObjectInfo)) -> Result<(), BackendError> {
        self.ask("list", prefix, 0)?;
        self.inner.list(prefix, visit)
    }

    fn delete(&self, name: &ObjectName) -> Result<(), BackendError> {
        Err(self.refuse("delete", name))
    }

    fn is_remote(&self) -> bool {
        self.inner.is_remote()
    }

    fn traffic(&self) -> Option<Traffic> {
        self.inner.traffic()
    }

    fn location(&self) -> String {
        self.inner.location()
    }

    fn place(&self) -> String {
        self.inner.place()
    }
}
