//! Key slots and keyring: unlocking them, and proving them sound.

use crate::{Credential, Repository, RepositoryError, layout};
use lifeboat_backend::{Backend, BackendError, ObjectName};
use lifeboat_format::{FormatError, KeyId, Keyring, ObjectHash, Slot, limits};

/// The keyring, through whichever slot the credential opens.
///
/// # Errors
/// [`RepositoryError::WrongKey`] when it opens none of the sound ones; damage when no slot is sound, or when those it
/// opens lead to no keyring.
pub(crate) fn unlock(
    backend: &dyn Backend,
    credential: &Credential,
) -> Result<(Keyring, Vec<KeyId>), RepositoryError> {
    let slots = read_folder(backend, layout::KEYS)?;
    let objects = read_folder(backend, layout::KEYRING)?;
    let (mut damaged, mut leads_nowhere, mut is_closed) = (None, None, false);
    for (name, bytes) in slots.iter().take(limits::SLOTS_MAX) {
        match Slot::decode(bytes).and_then(|slot| slot.open(credential.bytes())) {
            Ok(master) => match Keyring::assemble(&master, objects.iter().map(|(_, bytes)| &bytes[..])) {
                Ok(unlocked) => return Ok(unlocked),
                Err(source) => leads_nowhere = Some(RepositoryError::reading(&"keyring", source)),
            },
            Err(FormatError::WrongKey) => is_closed = true,
            Err(source) => damaged = Some(RepositoryError::reading(name, source)),
        }
    }
    Err(match (leads_nowhere, damaged) {
        (Some(error), _) => error,
        (None, _) if is_closed => RepositoryError::WrongKey,
        (None, Some(error)) => error,
        (None, None) => RepositoryError::Missing("every key slot".into()),
    })
}

impl Repository {
    /// Key slots and key objects that are not what their names say, and why.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn check_keys(&self) -> Result<Vec<(String, FormatError)>, RepositoryError> {
        let slots = read_folder(&*self.backend, layout::KEYS)?;
        let keys = read_folder(&*self.backend, layout::KEYRING)?;
        let slots = slots.iter().map(|(name, bytes)| (name, check_slot(name, bytes)));
        let keys = keys.iter().map(|(name, bytes)| (name, check_key(name, bytes)));
        Ok(slots.chain(keys).filter_map(|(name, checked)| Some((name.to_string(), checked.err()?))).collect())
    }
}

fn check_slot(name: &ObjectName, bytes: &[u8]) -> Result<(), FormatError> {
    match layout::slot(Slot::decode(bytes)?.id) == *name {
        true => Ok(()),
        false => Err(FormatError::WrongHash("key slot")),
    }
}

fn check_key(name: &ObjectName, bytes: &[u8]) -> Result<(), FormatError> {
    match name.as_str().ends_with(&format!("-{}", ObjectHash::of(bytes))) {
        true => Ok(()),
        false => Err(FormatError::WrongHash("key")),
    }
}

fn read_folder(backend: &dyn Backend, folder: &str) -> Result<Vec<(ObjectName, Vec<u8>)>, BackendError> {
    let mut names = Vec::new();
    backend.list(folder, &mut |object| names.push(object.name))?;
    names.sort();
    names
        .into_iter()
        .map(|name| {
            let bytes = backend.get(&name, limits::SMALL_OBJECT_MAX)?;
            Ok((name, bytes))
        })
        .collect()
}
