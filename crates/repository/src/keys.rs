//! Key slots and keyring: unlocking them, and proving them sound.

use crate::{Credential, Repository, RepositoryError, SlotError, layout};
use lifeboat_backend::{Backend, BackendError, ObjectName};
use lifeboat_format::{FormatError, Key, KeyId, Keyring, ObjectHash, Slot, limits};

/// Times the slots are listed anew because one that was listed is gone: somebody replaces them.
const READINGS: usize = 3;

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
pub(crate) fn unlock(backend: &dyn Backend, credential: &Credential) -> Result<Unlocked, RepositoryError> {
    let objects = read_folder(backend, layout::KEYRING)?;
    let mut closed = Closed::default();
    for _ in 0..READINGS {
        closed = Closed::default();
        for name in slot_names(backend)?.into_iter().take(limits::SLOTS_MAX) {
            match read_slot(backend, &name) {
                Ok(None) => closed.is_gone = true,
                Ok(Some(slot)) => match slot.and_then(|slot| slot.open(credential)) {
                    Ok(master) => {
                        match Keyring::assemble(&master, objects.iter().map(|(_, bytes)| &bytes[..])) {
                            Ok((keyring, keys)) => return Ok(Unlocked { slot: name, master, keyring, keys }),
                            Err(source) => closed.leads_nowhere = Some(source),
                        }
                    }
                    Err(FormatError::WrongKey) => closed.is_locked = true,
                    Err(source) => closed.unread = Some((name, source)),
                },
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

impl Repository {
    /// Key slots and key objects that are not what their names say, and why; those of a newer version are not looked
    /// into.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn check_keys(&self) -> Result<Vec<(String, FormatError)>, RepositoryError> {
        let slots = self.slots().list()?.faults;
        let keys = read_folder(&*self.backend, layout::KEYRING)?;
        let keys =
            keys.iter().filter_map(|(name, bytes)| Some((name.to_string(), check_key(name, bytes).err()?)));
        Ok(slots.into_iter().chain(keys).filter(|(_, error)| !error.is_newer()).collect())
    }
}

fn check_key(name: &ObjectName, bytes: &[u8]) -> Result<(), FormatError> {
    match name.as_str().ends_with(&format!("-{}", ObjectHash::of(bytes))) {
        true => Ok(()),
        false => Err(FormatError::WrongHash("key")),
    }
}

/// Names of all objects among the slots, sorted.
pub(crate) fn slot_names(backend: &dyn Backend) -> Result<Vec<ObjectName>, BackendError> {
    names(backend, layout::KEYS)
}

/// The slot of this name, or what is wrong with it; none if it is gone.
pub(crate) fn read_slot(
    backend: &dyn Backend,
    name: &ObjectName,
) -> Result<Option<Result<Slot, FormatError>>, BackendError> {
    match backend.get(name, limits::SMALL_OBJECT_MAX) {
        Ok(bytes) => Ok(Some(Slot::decode(&bytes))),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) if error.is_too_large() => Ok(Some(Err(FormatError::Limit("key slot")))),
        Err(error) if error.is_damaged() => Ok(Some(Err(FormatError::Unreadable("key slot")))),
        Err(error) => Err(error),
    }
}

fn read_folder(backend: &dyn Backend, folder: &str) -> Result<Vec<(ObjectName, Vec<u8>)>, BackendError> {
    names(backend, folder)?
        .into_iter()
        .map(|name| {
            let bytes = backend.get(&name, limits::SMALL_OBJECT_MAX)?;
            Ok((name, bytes))
        })
        .collect()
}

fn names(backend: &dyn Backend, folder: &str) -> Result<Vec<ObjectName>, BackendError> {
    let mut names = Vec::new();
    backend.list(folder, &mut |object| names.push(object.name))?;
    names.sort();
    Ok(names)
}
