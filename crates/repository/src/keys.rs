//! Key slots and keyring: unlocking them, and proving them sound.

use crate::control::{ControlObjects, Unread};
use crate::{Credential, Repository, RepositoryError, SlotError, layout};
use lifeboat_backend::{BackendError, ObjectName};
use lifeboat_format::{FormatError, Key, KeyId, Keyring, ObjectHash, SealedKey, Slot, limits};
use std::collections::BTreeMap;

/// Times the slots are listed anew because one that was listed is gone: somebody replaces them.
const READINGS: usize = 3;

/// Objects that are looked at to find as many slots as there may be.
const NAMES_MAX: usize = 1024;

/// Bytes of objects that are looked at to find the keys of the keyring: a hundred thousand of them.
const KEYRING_MAX: u64 = 32 << 20;

/// What an opened slot leads to.
pub(crate) struct Unlocked {
    /// Name of the slot.
    pub(crate) slot: ObjectName,
    pub(crate) master: Key,
    pub(crate) keyring: Keyring,
    /// Keys that the keyring is made of.
    pub(crate) keys: Vec<KeyId>,
}

/// The keyring, through whichever slot the credential opens.
///
/// # Errors
/// [`RepositoryError::WrongKey`] when it opens none of them, [`SlotError::Unread`] when it may be that of a slot which
/// cannot be read; damage when no slot is sound, or when those it opens lead to no keyring.
pub(crate) fn unlock(control: &ControlObjects, credential: &Credential) -> Result<Unlocked, RepositoryError> {
    let objects = read_keyring(control)?;
    let mut closed = Closed::default();
    for _ in 0..READINGS {
        closed = Closed::default();
        let mut tried = 0;
        let mut names = slot_names(control)?;
        // What opened before is likely to open again.
        names.sort_by_key(|name| !control.keeps(name));
        for name in names.into_iter().take(NAMES_MAX) {
            if tried == limits::SLOTS_MAX {
                break;
            }
            tried += 1;
            match read_slot(control, &name, |slot| slot.open(credential)) {
                Ok(None) => closed.is_gone = true,
                Ok(Some(Ok(master))) => {
                    match Keyring::assemble(&master, objects.iter().map(|bytes| &bytes[..])) {
                        Ok((keyring, keys)) => return Ok(Unlocked { slot: name, master, keyring, keys }),
                        Err(source) => closed.leads_nowhere = Some(source),
                    }
                }
                Ok(Some(Err(FormatError::WrongKey))) => closed.is_locked = true,
                Ok(Some(Err(source))) => {
                    // What is no slot takes no slot's place.
                    tried -= 1;
                    closed.unread = Some((name, source));
                }
                // Another slot may be readable.
                Err(error) => closed.storage = Some(error),
            }
        }
        if !closed.is_gone {
            break;
        }
    }
    Err(closed.into())
}

/// Why no slot opened.
#[derive(Default)]
struct Closed {
    is_locked: bool,
    is_gone: bool,
    unread: Option<(ObjectName, FormatError)>,
    leads_nowhere: Option<FormatError>,
    storage: Option<BackendError>,
}

impl From<Closed> for RepositoryError {
    fn from(closed: Closed) -> Self {
        match closed {
            Closed { leads_nowhere: Some(source), .. } => Self::reading(&"keyring", source),
            Closed { storage: Some(error), .. } => error.into(),
            Closed { unread: Some((name, source)), is_locked: true, .. } => {
                SlotError::Unread(name.to_string(), source).into()
            }
            Closed { unread: Some((name, source)), .. } => Self::reading(&name, source),
            Closed { is_locked: true, .. } => Self::WrongKey,
            _ => Self::Missing("every key slot".into()),
        }
    }
}

/// Bytes of memory that the costliest slot takes which the credential is tried at; a slot that cannot be read is not
/// tried.
///
/// # Errors
/// When the slots cannot be listed or read.
pub(crate) fn cost_of_trying(
    control: &ControlObjects,
    credential: &Credential,
) -> Result<u64, RepositoryError> {
    let mut cost = 0;
    for name in slot_names(control)?.into_iter().take(limits::SLOTS_MAX) {
        let own = |slot: &Slot| slot.kdf.filter(|_| slot.kind == credential.kind());
        if let Some(Ok(Some(kdf))) = read_slot(control, &name, |slot| Ok(own(slot)))? {
            cost = cost.max(u64::from(kdf.memory_kib) << 10);
        }
    }
    Ok(cost)
}

impl Repository {
    /// The master key, and the objects of the keyring under it.
    pub(crate) fn keys(&self) -> Result<(Key, Vec<SealedKey>), RepositoryError> {
        let objects = read_keyring(&self.control)?;
        Ok((
            self.master.clone(),
            Keyring::own(&self.master, objects.iter().map(|bytes| &bytes[..])).collect(),
        ))
    }

    /// Key slots and key objects that are not what their names say, and why; slots of a newer version among them, or what looks like
    /// one, because nobody can tell whether they are whole.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn check_keys(&self) -> Result<Vec<(String, FormatError)>, RepositoryError> {
        let mut faults = self.slots().list()?.faults;
        for name in self.control.list(layout::KEYRING)?.into_keys() {
            match self.control.read(&name, limits::SMALL_OBJECT_MAX, |bytes| check_key(&name, bytes)) {
                Ok(()) => {}
                Err(Unread::Format(error)) => faults.push((name.to_string(), error)),
                Err(Unread::Storage(error)) => return Err(error.into()),
            }
        }
        Ok(faults)
    }
}

/// Whether bytes are those of the object of the keyring that is named.
pub(crate) fn check_key(name: &ObjectName, bytes: &[u8]) -> Result<(), FormatError> {
    match name.as_str().ends_with(&format!("-{}", ObjectHash::of(bytes))) {
        true => Ok(()),
        false => Err(FormatError::WrongHash("key")),
    }
}

/// Names of all objects among the slots, sorted.
pub(crate) fn slot_names(control: &ControlObjects) -> Result<Vec<ObjectName>, BackendError> {
    let names: Vec<_> = control.list(layout::KEYS)?.into_keys().collect();
    control.keep_slots(&names);
    Ok(names)
}

/// What `take` makes of the slot of this name, or of its second copy where it refuses the slot; none if it is gone.
pub(crate) fn read_slot<T>(
    control: &ControlObjects,
    name: &ObjectName,
    take: impl Fn(&Slot) -> Result<T, FormatError>,
) -> Result<Option<Result<T, FormatError>>, BackendError> {
    match control.read(name, limits::SMALL_OBJECT_MAX, |bytes| take(&Slot::decode(bytes)?)) {
        Ok(taken) => Ok(Some(Ok(taken))),
        Err(Unread::Format(error)) => Ok(Some(Err(error))),
        Err(Unread::Storage(error)) if error.is_not_found() => Ok(None),
        Err(Unread::Storage(error)) if error.is_too_large() => Ok(Some(Err(FormatError::Limit("key slot")))),
        Err(Unread::Storage(error)) if error.is_damaged() => {
            Ok(Some(Err(FormatError::Unreadable("key slot"))))
        }
        Err(Unread::Storage(error)) => Err(error),
    }
}

/// All that may be a key: what does not open is passed over by whoever assembles the keyring.
fn read_keyring(control: &ControlObjects) -> Result<Vec<Vec<u8>>, BackendError> {
    let limit = limits::SMALL_OBJECT_MAX;
    let mut listed: Vec<_> = control.list(layout::KEYRING)?.into_iter().collect();
    // Keys are small, and whatever else lies there must not crowd them out.
    listed.sort_by_key(|(_, listed)| listed.size);
    let mut bytes = 0;
    listed.retain(|(_, listed)| {
        bytes += listed.size;
        bytes <= KEYRING_MAX
    });
    let names: Vec<_> = listed.into_iter().map(|(name, _)| name).collect();
    let (mut objects, mut failed) = (BTreeMap::new(), Ok(()));
    let take = |name: &ObjectName, bytes: &[u8]| check_key(name, bytes).map(|()| bytes.to_vec());
    control.read_many(&names, limit, &take, &mut |name, read| {
        let bytes = match read {
            Ok(bytes) => Some(bytes),
            // A name that was altered makes no key unusable.
            Err(Unread::Format(_)) => {
                control.copies(name, limit).into_iter().find_map(|(_, bytes)| bytes.ok())
            }
            // No key of ours is as large as that.
            Err(Unread::Storage(error)) if error.is_too_large() => None,
            Err(Unread::Storage(error)) => return failed = Err(error),
        };
        objects.extend(bytes.map(|bytes| (name.clone(), bytes)));
    });
    failed.map(|()| objects.into_values().collect())
}
