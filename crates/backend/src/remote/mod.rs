//! Objects on any store that the `object_store` crate can reach.
//!
//! The store is asynchronous; a small runtime, hidden here, drives it. Each caller waits for its own request, and the
//! caller's code never runs inside the runtime, so `visit` of a listing may call the backend again.
//!
//! A put is a plain PUT: repeating it is harmless because a name is never used for two contents. Retries
//! within a request are the store's own. They end some time after the request began, so for what takes longer there are
//! more of ours: an object that breaks off is asked for from there on, one that was not stored is sent anew, newly signed.

mod answer;
mod broken;
mod bulk;
mod connect;
mod credentials;
mod deletions;
mod download;
mod failure;
mod fill;
mod http;
mod kind;
mod limit;
mod meter;
mod network;
mod options;
mod process;
mod profile;
mod pulse;
mod refusal;
mod s3;
mod throttle;
mod upload;

pub(crate) use connect::connect;

use std::fmt;
use std::ops::Range;
use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::{StreamExt, TryStreamExt, iter};
use object_store::path::Path;
use object_store::{
    Error as StoreError, GetOptions, GetResult, ObjectMeta, ObjectStore, ObjectStoreExt, PutOptions,
    PutPayload,
};
use tokio::runtime::{Builder, Runtime};

use crate::name::is_prefix;
use crate::{Backend, BackendError, ErrorKind, Got, Hurry, ObjectInfo, ObjectName, Patience, Traffic};
use bulk::Bulk;
use failure::{failure, is_speechless};
use fill::fill;
use meter::Meter;
use network::Network;
use upload::Spoiled;

/// Threads that move bytes and encrypt them for the way.
const RUNTIME_THREADS: usize = 2;
/// Objects that `get_many` asks for at once.
const GETS_AT_ONCE: usize = 16;
/// Bytes of a range that are asked for at once: one connection is slower than the way.
const PART: usize = 8 << 20;
/// Parts of one range that are under way at once.
const PARTS_AT_ONCE: usize = 4;
/// How often an object that could not be stored or deleted is tried anew, as long as anything moves.
const ATTEMPTS: usize = 4;
/// The operation in errors of `get_range`.
const RANGE: &str = "get range of";

/// Objects below a prefix of an object store.
pub struct RemoteBackend {
    store: Arc<dyn ObjectStore>,
    /// Without slashes at its ends; empty for the whole store.
    prefix: String,
    runtime: Runtime,
    /// What people call this place.
    location: String,
    bulk: Bulk,
    meter: Arc<Meter>,
    patience: Patience,
    hurry: Hurry,
}

impl RemoteBackend {
    /// Objects of `store` whose keys start with `prefix`, which may be empty. Its requests are not counted.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidName`] when `prefix` is no key; [`ErrorKind::Other`] when the runtime does not
    /// start.
    pub fn new(store: Arc<dyn ObjectStore>, prefix: &str) -> Result<Self, BackendError> {
        let prefix = Path::parse(prefix)
            .map_err(|error| BackendError::new(ErrorKind::InvalidName, "open", prefix).with_source(error))?;
        let runtime = Builder::new_multi_thread()
            .worker_threads(RUNTIME_THREADS)
            .thread_name("network")
            .enable_all()
            .build()
            .map_err(|error| BackendError::new(ErrorKind::Other, "open", &store).with_source(error))?;
        Ok(Self {
            location: format!("{store}/{prefix}"),
            store,
            prefix: prefix.into(),
            runtime,
            bulk: Bulk::default(),
            meter: Arc::new(Meter::new()),
            patience: Patience::default(),
            hurry: Hurry::default(),
        })
    }

    /// The same, called `location` and with objects of some folders put in a way of their own.
    fn called(self, location: &str, bulk: Bulk) -> Self {
        Self { location: location.to_owned(), bulk, ..self }
    }

    /// The same for a store whose requests go over this network.
    fn over(self, network: &Network) -> Self {
        let (meter, hurry) = (Arc::clone(network.meter()), network.hurry().clone());
        Self { meter, hurry, patience: network.patience(), ..self }
    }

    /// The key of a name or of a folder.
    fn key(&self, operation: &'static str, name: &str) -> Result<Path, BackendError> {
        let key = if self.prefix.is_empty() {
            Path::parse(name)
        } else {
            Path::parse(format!("{}/{name}", self.prefix))
        };
        key.map_err(|error| BackendError::new(ErrorKind::InvalidName, operation, name).with_source(error))
    }

    /// The object that a key stands for; `None` for keys that nobody wrote through this crate.
    fn object(&self, meta: &ObjectMeta) -> Option<ObjectInfo> {
        let key = meta.location.as_ref();
        let name = match self.prefix.as_str() {
            "" => key,
            prefix => key.strip_prefix(prefix)?.strip_prefix('/')?,
        };
        let name = ObjectName::new(name).ok()?;
        Some(ObjectInfo { name, size: meta.size, modified: Some(meta.last_modified.into()) })
    }

    /// Waits for an operation, in view of the meter.
    fn wait<F: Future>(&self, operation: F) -> F::Output {
        let _under_way = self.meter.begin();
        self.runtime.block_on(operation)
    }

    fn put_payload(&self, name: &ObjectName, payload: &PutPayload) -> Result<(), BackendError> {
        let key = self.key("put", name.as_str())?;
        self.insist(|| {
            let put = self.store.put_opts(&key, payload.clone(), self.bulk.options(name));
            self.wait(put).map(drop).map_err(|error| failure("put", name, error))
        })
    }

    /// Does what may be done again after an unknown outcome: on a slow way one attempt may take all the time that the store
    /// has for retries, and what it takes for not repeatable it never retries.
    fn insist(&self, act: impl Fn() -> Result<(), BackendError>) -> Result<(), BackendError> {
        // Under way for all attempts together: a new one is no sign that anything moves.
        let _under_way = self.meter.begin();
        let mut done = act();
        for _ in 1..ATTEMPTS {
            let may_help = |error: &BackendError| {
                error.is_retryable() && self.meter.still() < self.patience.give_up && !self.hurry.is_on()
            };
            if !done.as_ref().is_err_and(may_help) {
                break;
            }
            done = act();
        }
        if done.as_ref().is_err_and(BackendError::is_retryable) {
            self.hurry.give_up(true);
        }
        done
    }

    async fn get_whole(&self, name: &ObjectName, limit: u64) -> Result<Vec<u8>, BackendError> {
        let key = self.key("get", name.as_str())?;
        let too_large = || BackendError::new(ErrorKind::TooLarge, "get", name);
        let found = self.store.get(&key).await.map_err(|error| failure("get", name, error))?;
        if found.meta.size > limit {
            return Err(too_large());
        }
        let mut bytes = vec![0; usize::try_from(found.meta.size).map_err(|_| too_large())?];
        self.receive("get", name, found, &mut bytes).await?;
        Ok(bytes)
    }

    async fn get_part(&self, name: &ObjectName, offset: u64, part: &mut [u8]) -> Result<(), BackendError> {
        let found = self.ask(RANGE, name, offset..offset + part.len() as u64).await?;
        self.receive(RANGE, name, found, part).await
    }

    /// Asks for a part of an object.
    async fn ask(
        &self,
        operation: &'static str,
        name: &ObjectName,
        range: Range<u64>,
    ) -> Result<GetResult, BackendError> {
        let key = self.key(operation, name.as_str())?;
        let options = GetOptions::new().with_range(Some(range.clone()));
        let found = self.store.get_opts(&key, options).await;
        let found = found.map_err(|error| failure(operation, name, error))?;
        if found.range == range {
            Ok(found)
        } else {
            Err(BackendError::new(ErrorKind::Short, operation, name))
        }
    }

    /// Fills `buffer` with what was found. Where it breaks off it is asked for from there on, as long as that brings
    /// anything.
    async fn receive(
        &self,
        operation: &'static str,
        name: &ObjectName,
        mut found: GetResult,
        buffer: &mut [u8],
    ) -> Result<(), BackendError> {
        let (start, end) = (found.range.start, found.range.start + buffer.len() as u64);
        let mut filled = 0;
        loop {
            let before = filled;
            let done = fill(operation, name, found.into_stream(), buffer, &mut filled).await;
            let goes_on = (before + 1..buffer.len()).contains(&filled);
            match done {
                Err(error) if error.is_retryable() && goes_on && !self.hurry.is_on() => {
                    found = self.ask(operation, name, start + filled as u64..end).await?;
                }
                done => return done,
            }
        }
    }

    fn meta(&self, operation: &'static str, name: &ObjectName) -> Result<ObjectMeta, BackendError> {
        let key = self.key(operation, name.as_str())?;
        self.wait(async {
            let refused = match self.store.head(&key).await {
                Err(error) if is_speechless(&error) => error,
                other => return other.map_err(|error| failure(operation, name, error)),
            };
            // The answer to a GET has words, and costs no more than one byte where it is none of refusal.
            let options = GetOptions::new().with_range(Some(0..1));
            let told = self.store.get_opts(&key, options).await.err().unwrap_or(refused);
            Err(failure(operation, name, told))
        })
    }

    /// Stores report a range past the end in their own words or not at all, so an unexplained failure is
    /// looked into.
    fn explain(&self, name: &ObjectName, end: u64, error: BackendError) -> BackendError {
        if error.kind() != ErrorKind::Other {
            return error;
        }
        match self.meta(RANGE, name) {
            Ok(meta) if meta.size < end => {
                BackendError::new(ErrorKind::Short, RANGE, name).with_source(error)
            }
            _ => error,
        }
    }
}

impl Backend for RemoteBackend {
    fn put(&self, name: &ObjectName, bytes: &[u8]) -> Result<(), BackendError> {
        self.put_payload(name, &bytes.to_vec().into())
    }

    fn put_shared(&self, name: &ObjectName, bytes: &Arc<Vec<u8>>) -> Result<(), BackendError> {
        self.put_payload(name, &Bytes::from_owner(Shared(Arc::clone(bytes))).into())
    }

    fn replace(&self, name: &ObjectName, bytes: &[u8]) -> Result<(), BackendError> {
        self.put(name, bytes)
    }

    fn get(&self, name: &ObjectName, limit: u64) -> Result<Vec<u8>, BackendError> {
        self.wait(self.get_whole(name, limit))
    }

    fn get_many(&self, names: &[ObjectName], limit: u64, visit: &mut dyn FnMut(&ObjectName, Got)) {
        let gets = names.iter().map(async |name| (name, self.get_whole(name, limit).await));
        let mut found = pin!(iter(gets).buffer_unordered(GETS_AT_ONCE));
        // Only the wait is inside the runtime, not the visit.
        while let Some((name, got)) = self.wait(found.next()) {
            visit(name, got);
        }
    }

    fn get_range(&self, name: &ObjectName, offset: u64, buffer: &mut [u8]) -> Result<(), BackendError> {
        let short = || BackendError::new(ErrorKind::Short, RANGE, name);
        let end = offset.checked_add(buffer.len() as u64).ok_or_else(short)?;
        if buffer.is_empty() {
            // Nothing can be asked for with an empty range, but the object must still be there and reach so
            // far.
            return if self.meta(RANGE, name)?.size < end { Err(short()) } else { Ok(()) };
        }
        let parts = buffer.chunks_mut(PART).enumerate();
        let parts = parts.map(|(index, part)| self.get_part(name, offset + (index * PART) as u64, part));
        let filled = self.wait(iter(parts).buffer_unordered(PARTS_AT_ONCE).try_collect::<()>());
        filled.map_err(|error| self.explain(name, end, error))
    }

    fn stat(&self, name: &ObjectName) -> Result<ObjectInfo, BackendError> {
        let meta = self.meta("stat", name)?;
        Ok(ObjectInfo { name: name.clone(), size: meta.size, modified: Some(meta.last_modified.into()) })
    }

    fn list(&self, prefix: &str, visit: &mut dyn FnMut(ObjectInfo)) -> Result<(), BackendError> {
        if !is_prefix(prefix) {
            return Err(BackendError::new(ErrorKind::InvalidName, "list", prefix));
        }
        let key = self.key("list", prefix)?;
        let mut found = self.store.list(Some(&key));
        // Only the wait for the next key is inside the runtime, not the visit.
        let mut next = || self.wait(found.try_next()).map_err(|error| failure("list", &key, error));
        while let Some(meta) = next()? {
            if let Some(object) = self.object(&meta) {
                visit(object);
            }
        }
        Ok(())
    }

    fn delete(&self, name: &ObjectName) -> Result<(), BackendError> {
        // Stores delete what is not there without a word.
        self.meta("delete", name)?;
        let key = self.key("delete", name.as_str())?;
        // What an attempt whose answer was lost has deleted may be missed by the next one.
        self.insist(|| match self.wait(self.store.delete(&key)) {
            Err(StoreError::NotFound { .. }) => Ok(()),
            other => other.map_err(|error| failure("delete", name, error)),
        })
    }

    fn delete_all(&self, names: &[ObjectName]) -> Result<(), BackendError> {
        self.delete_each(names)
    }

    fn keeps_versions(&self, name: &ObjectName) -> Result<Option<bool>, BackendError> {
        let version = self.meta("stat", name)?.version;
        // Google numbers every object, whether it keeps old ones or not.
        let tells = !self.store.to_string().starts_with("GoogleCloudStorage");
        // "null" is the one version of an object that is not kept.
        Ok(tells.then(|| version.is_some_and(|version| version != "null")))
    }

    fn notices_damage(&self, name: &ObjectName, bytes: &[u8]) -> Result<Option<bool>, BackendError> {
        let key = self.key("put", name.as_str())?;
        let mut options = PutOptions::default();
        options.extensions.insert(Spoiled);
        let put = self.wait(self.store.put_opts(&key, bytes.to_vec().into(), options));
        match put.map_err(|error| failure("put", name, error)) {
            Err(error) if error.is_retryable() => Err(error),
            put => Ok(Some(put.is_err())),
        }
    }

    fn is_remote(&self) -> bool {
        true
    }

    fn traffic(&self) -> Option<Traffic> {
        Some(self.meter.traffic())
    }

    fn location(&self) -> String {
        self.location.clone()
    }
}

/// Bytes that the request holds until it is over.
struct Shared(Arc<Vec<u8>>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for RemoteBackend {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The store's own Debug may show its configuration.
        formatter.debug_tuple("RemoteBackend").field(&self.location()).finish()
    }
}
