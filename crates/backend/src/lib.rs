//! Named, immutable, opaque objects on some storage.
//!
//! This is the lowest floor of lifeboat: it moves bytes and knows nothing of keys, packs or snapshots.
//! Everything above it speaks through the [`Backend`] trait; three implementations exist.
//!
//! | type | storage | a name that exists with other bytes |
//! |---|---|---|
//! | [`LocalBackend`] | a directory of this machine | refused, nothing changes |
//! | [`MemoryBackend`] | a map; the reference the others are compared with | refused, nothing changes |
//! | [`RemoteBackend`] | any `object_store` | overwritten: it is for callers never to do that |
//!
//! # The contract
//!
//! - **Whole or not at all.** An object is visible with all of its bytes or it is not visible. What is being
//!   written is never listed, never readable.
//! - **Durable when it returns.** After `Ok` from [`Backend::put`] or [`Backend::delete`] a power cut does
//!   not undo it. After an error the outcome is unknown: the object may be there, whole, or not. Putting the
//!   same bytes again is always safe and settles it.
//! - **Immutable.** No name is ever used for two contents, and no name is the folder of another (`a` and
//!   `a/b`). What a storage has damaged may be replaced by what it was.
//! - **Bounded.** Reads name their limit beforehand; nothing is allocated because storage claims a size.
//! - **Loud.** A listing is complete or an error. A folder that cannot be read is never taken for an empty
//!   one.
//!
//! `tests/contract` runs this list, races included, over every implementation.

mod error;
mod hurry;
mod local;
mod location;
mod memory;
mod name;
mod patience;
mod remote;
mod settings;
mod traffic;

use std::fmt::Debug;
use std::sync::Arc;
use std::time::SystemTime;

pub use error::{BackendError, ErrorKind};
pub use hurry::Hurry;
pub use local::LocalBackend;
pub use location::Location;
pub use memory::MemoryBackend;
pub use name::ObjectName;
pub use patience::Patience;
pub use remote::RemoteBackend;
pub use settings::StoreSettings;
pub use traffic::{Requests, Traffic, Waiting};

/// What storage says about an object without handing out its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectInfo {
    /// The name it was put under.
    pub name: ObjectName,
    /// Length in bytes.
    pub size: u64,
    /// When it was stored, by the clock of the storage; `None` where the storage keeps no time.
    pub modified: Option<SystemTime>,
}

/// The bytes of one of several objects, or why they could not be had.
pub type Got = Result<Vec<u8>, BackendError>;

/// A place that keeps immutable objects. The crate's documentation is its contract.
pub trait Backend: Send + Sync + Debug {
    /// Stores `bytes` as `name`, durably when it returns `Ok`.
    ///
    /// Where the name exists with equal bytes this is a success, and a durable one. On disk and in memory
    /// other bytes under the same name are a [`ErrorKind::Conflict`] and nothing changes; remote stores
    /// overwrite.
    ///
    /// # Errors
    /// [`ErrorKind::Full`] when space or quota is exhausted; nothing temporary is left behind then. After any
    /// other kind but [`ErrorKind::Conflict`] the outcome is unknown.
    fn put(&self, name: &ObjectName, bytes: &[u8]) -> Result<(), BackendError>;

    /// The same for an object that is large: storage that sends it while others go on need not copy it. Whoever calls
    /// has the bytes to themselves again when it returns, but for a copy that nobody reads any more.
    ///
    /// # Errors
    /// As [`Backend::put`].
    fn put_shared(&self, name: &ObjectName, bytes: &Arc<Vec<u8>>) -> Result<(), BackendError> {
        self.put(name, bytes)
    }

    /// Stores an object in place of whatever bears its name, durably when it returns `Ok`: for whoever can prove that these are the
    /// bytes which the name stands for, and that what lies there is not. Storage on disk and far away does it at once;
    /// in others there is a moment without the object.
    ///
    /// # Errors
    /// As [`Backend::put`]: after one either content may be there.
    fn replace(&self, name: &ObjectName, bytes: &[u8]) -> Result<(), BackendError> {
        match self.delete(name) {
            Err(error) if !error.is_not_found() => Err(error),
            _ => self.put(name, bytes),
        }
    }

    /// The whole object.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`]; [`ErrorKind::Damaged`] when something else bears its name or the disk has lost it; [`ErrorKind::TooLarge`], before anything is allocated, when it has more than
    /// `limit` bytes.
    fn get(&self, name: &ObjectName, limit: u64) -> Result<Vec<u8>, BackendError>;

    /// Shows `visit` each of several objects whole, as [`Backend::get`] would give it, in no particular order. Storage far
    /// away is asked for several at once, so that memory holds a few of them.
    fn get_many(&self, names: &[ObjectName], limit: u64, visit: &mut dyn FnMut(&ObjectName, Got)) {
        for name in names {
            visit(name, self.get(name, limit));
        }
    }

    /// Fills all of `buffer` with the object's bytes from `offset` on. After an error the buffer's content is
    /// unspecified.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`]; [`ErrorKind::Short`] when `offset + buffer.len()` lies past the object's end,
    /// an empty buffer included.
    fn get_range(&self, name: &ObjectName, offset: u64, buffer: &mut [u8]) -> Result<(), BackendError>;

    /// Size and age of an object.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`].
    fn stat(&self, name: &ObjectName) -> Result<ObjectInfo, BackendError>;

    /// Shows `visit` every object below a folder and its subfolders, in no particular order.
    ///
    /// `prefix` is empty or names a folder and ends with `/`. A folder that does not exist is empty. What is
    /// neither file nor folder is shown, and damaged when it is read. Temporary files and files whose names are no [`ObjectName`] are passed over. What is put or deleted
    /// meanwhile may or may not be shown; everything else is shown exactly once. `visit` may call this
    /// backend.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidName`] when `prefix` names no folder; any other kind means that the listing is
    /// incomplete and must not be used.
    fn list(&self, prefix: &str, visit: &mut dyn FnMut(ObjectInfo)) -> Result<(), BackendError>;

    /// Removes an object, durably when it returns `Ok`.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when there is none. Of two remote callers that delete at once both may see
    /// success.
    fn delete(&self, name: &ObjectName) -> Result<(), BackendError>;

    /// Removes objects, all of them durably when it returns `Ok`; one that is not there is gone already. On disk many in one folder are
    /// made durable at once.
    ///
    /// # Errors
    /// The first that is met; some may be gone by then.
    fn delete_all(&self, names: &[ObjectName]) -> Result<(), BackendError> {
        names.iter().try_for_each(|name| match self.delete(name) {
            Err(error) if error.is_not_found() => Ok(()),
            deleted => deleted,
        })
    }

    /// Removes what killed writers have left besides objects, where a storage keeps such things, and gives how many
    /// there were. What somebody may still be writing stays.
    ///
    /// # Errors
    /// When the storage cannot be looked through, or something cannot be removed: it harms nobody.
    fn sweep(&self) -> Result<u64, BackendError> {
        Ok(0)
    }

    /// Whether the place keeps what was deleted or replaced as older versions, as far as it tells of an object that it
    /// holds; none where it does not tell.
    ///
    /// # Errors
    /// As [`Backend::stat`].
    fn keeps_versions(&self, _: &ObjectName) -> Result<Option<bool>, BackendError> {
        Ok(None)
    }

    /// Whether `bytes` that are changed on their way to be stored as `name` are refused, so that there is no such object then;
    /// tried by changing them. None where nothing is on its way for long.
    ///
    /// # Errors
    /// When the storage does not answer.
    fn notices_damage(&self, _: &ObjectName, _: &[u8]) -> Result<Option<bool>, BackendError> {
        Ok(None)
    }

    /// Why other machines may see changes late whatever this one sees: the kind of file system. None where nothing of the
    /// kind is known.
    ///
    /// # Errors
    /// When the system does not tell.
    fn may_lag(&self) -> Result<Option<&'static str>, BackendError> {
        Ok(None)
    }

    /// Whether every operation is a request over a network, which costs time and money however small it is.
    fn is_remote(&self) -> bool {
        false
    }

    /// What went over the network so far, and what is waited for; none where there is none.
    fn traffic(&self) -> Option<Traffic> {
        None
    }

    /// Where the objects lie, for people to read.
    fn location(&self) -> String;

    /// The same in a form that means one place, whoever asks from wherever.
    fn place(&self) -> String {
        self.location()
    }
}
