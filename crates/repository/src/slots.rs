//! The key slots of an open repository: who can open it, and changing that.
//!
//! Invariants: no slot counts before it was opened again from the storage. Nobody removes the slot that opened the
//! repository without another one in its place, and whoever removes a slot looks afterwards whether its own is still
//! there: of two who remove each other's slots at once at least one notices and puts back what it removed
//! (docs/format.md, "Key slots").

use crate::keys::{read_slot, slot_names};
use crate::{Credential, Repository, RepositoryError, layout};
use lifeboat_backend::{Backend, ObjectName};
use lifeboat_format::{FormatError, KdfParams, Key, Slot, SlotAbout, SlotId, SlotKind, Timestamp, limits};
use thiserror::Error;

/// Why key slots are not changed, or do not open.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SlotError {
    /// The credential opens no slot that can be read, but may be that of this one.
    #[error("wrong password or key, or it is that of {0}, which cannot be read")]
    Unread(String, #[source] FormatError),
    /// No slot has a name that begins so.
    #[error("no key slot begins with {0}")]
    Unknown(String),
    /// Several slots have names that begin so.
    #[error("several key slots begin with {0}")]
    Ambiguous(String),
    /// It opened the repository.
    #[error("key slot {0} is the one that opened the repository")]
    InUse(String),
    /// It is the only one.
    #[error("key slot {0} is the last one: without it nothing can ever be restored")]
    Last(String),
    /// The new password opens it already. Of two slots with one password one would stay open when the other is changed.
    #[error("the new password opens key slot {0} already")]
    Known(String),
    /// There are as many as readers try.
    #[error("the repository has {} key slots, as many as there can be", limits::SLOTS_MAX)]
    TooMany,
    /// Somebody else removes slots now, the own one among them.
    #[error("somebody else changes the key slots at the same time")]
    Contended,
}

/// A key slot.
#[derive(Clone, Debug)]
pub struct SlotInfo {
    /// Its name.
    pub id: SlotId,
    /// What it opens with.
    pub kind: SlotKind,
    /// What a password costs to try.
    pub kdf: Option<KdfParams>,
    /// When it was made.
    pub created: Timestamp,
    /// Who made it and what for.
    pub about: SlotAbout,
    /// Whether it opened the repository this time.
    pub current: bool,
}

/// All key slots.
#[derive(Clone, Debug, Default)]
pub struct SlotList {
    /// Those that are sound, the oldest first.
    pub slots: Vec<SlotInfo>,
    /// Names of those that are damaged or newer, and why.
    pub faults: Vec<(String, FormatError)>,
}

/// The role that lists and changes key slots.
#[derive(Debug)]
pub struct Slots<'a> {
    repository: &'a Repository,
}

impl Repository {
    /// Its key slots.
    #[must_use]
    pub fn slots(&self) -> Slots<'_> {
        Slots { repository: self }
    }
}

impl Slots<'_> {
    /// All slots.
    ///
    /// # Errors
    /// When they cannot be read; what is wrong with a single one is in the list.
    pub fn list(&self) -> Result<SlotList, RepositoryError> {
        let mut list = SlotList::default();
        for name in slot_names(self.backend())? {
            let Some(slot) = read_slot(self.backend(), &name)? else { continue };
            match slot.and_then(|slot| self.look(&name, &slot)) {
                Ok(info) => list.slots.push(info),
                Err(error) => list.faults.push((name.to_string(), error)),
            }
        }
        list.slots.sort_by_key(|slot| (slot.created, slot.id));
        Ok(list)
    }

    /// The slot that opened the repository.
    ///
    /// # Errors
    /// When it cannot be read, or somebody else has removed it meanwhile.
    pub fn current(&self) -> Result<SlotInfo, RepositoryError> {
        let name = &self.repository.slot;
        let slot = read_slot(self.backend(), name)?.ok_or(SlotError::Contended)?;
        slot.and_then(|slot| self.look(name, &slot)).map_err(|source| RepositoryError::reading(name, source))
    }

    /// Refuses a credential that opens a slot already. Trying a password costs what each slot demands; slots that cannot
    /// be read open with nothing.
    ///
    /// # Errors
    /// [`SlotError::Known`]; when the slots cannot be read.
    pub fn refuse_known(&self, credential: &Credential) -> Result<(), RepositoryError> {
        for name in slot_names(self.backend())? {
            if let Some(Ok(slot)) = read_slot(self.backend(), &name)?
                && slot.open(credential).is_ok()
            {
                return Err(SlotError::Known(id_of(&name).to_owned()).into());
            }
        }
        Ok(())
    }

    /// Makes a slot for another credential.
    ///
    /// # Errors
    /// [`SlotError::TooMany`]; damage when what was stored does not open, and is not left behind then.
    pub fn add(
        &self,
        credential: &Credential,
        kdf: KdfParams,
        about: &SlotAbout,
    ) -> Result<SlotInfo, RepositoryError> {
        let environment = self.repository.environment();
        let (created, random) = (environment.clock.now(), &*environment.random);
        let slot = Slot::create(self.master(), credential, kdf, about, created, random)?;
        if slot_names(self.backend())?.len() >= limits::SLOTS_MAX {
            return Err(SlotError::TooMany.into());
        }
        store_slot(self.backend(), &slot, credential)?;
        let name = layout::slot(slot.id);
        // Somebody else may have added one meanwhile; what readers do not try must not pass for a slot.
        if slot_names(self.backend())?.len() > limits::SLOTS_MAX {
            self.backend().delete(&name)?;
            return Err(SlotError::TooMany.into());
        }
        self.look(&name, &slot).map_err(|source| RepositoryError::reading(&name, source))
    }

    /// Removes the slot whose name begins with `reference`, and gives its name.
    ///
    /// # Errors
    /// [`SlotError::Unknown`] and [`SlotError::Ambiguous`]; [`SlotError::InUse`] and [`SlotError::Last`];
    /// [`RepositoryError::Newer`] for one that this program does not understand; [`SlotError::Contended`].
    pub fn remove(&self, reference: &str) -> Result<String, RepositoryError> {
        let names = slot_names(self.backend())?;
        let mut found = names.iter().filter(|name| id_of(name).starts_with(reference));
        let (target, id) = match (found.next(), found.next()) {
            (None, _) => return Err(SlotError::Unknown(reference.to_owned()).into()),
            (Some(_), Some(_)) => return Err(SlotError::Ambiguous(reference.to_owned()).into()),
            (Some(name), None) => (name, id_of(name).to_owned()),
        };
        let own = &self.repository.slot;
        if target == own {
            let error = if names.len() == 1 { SlotError::Last } else { SlotError::InUse };
            return Err(error(id).into());
        }
        self.remove_beside(target, own)?;
        Ok(id)
    }

    /// Makes a slot for another credential and then removes the one that opened the repository.
    ///
    /// # Errors
    /// As [`Slots::add`] and [`Slots::remove`]; when only the removal failed, both slots open the repository, unless
    /// somebody else was faster: then the new one is withdrawn.
    pub fn replace_current(
        &self,
        credential: &Credential,
        kdf: KdfParams,
        about: &SlotAbout,
    ) -> Result<SlotInfo, RepositoryError> {
        let added = self.add(credential, kdf, about)?;
        let own = layout::slot(added.id);
        let removed = self.remove_beside(&self.repository.slot, &own);
        if matches!(removed, Err(RepositoryError::Slot(SlotError::Contended))) {
            // Whoever took the old one away has a way in of their own. What is refused must open nothing.
            let is_other = |name: &ObjectName| *name != own;
            if slot_names(self.backend())?.iter().any(is_other) {
                self.backend().delete(&own)?;
            }
        }
        removed.map(|()| added)
    }

    /// Removes a slot as long as one's own is there.
    fn remove_beside(&self, target: &ObjectName, own: &ObjectName) -> Result<(), RepositoryError> {
        let backend = self.backend();
        let is_there = || match backend.stat(own) {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        };
        if let Some(Err(source @ FormatError::Newer(_))) = read_slot(backend, target)? {
            return Err(RepositoryError::reading(target, source));
        }
        if !is_there()? {
            return Err(SlotError::Contended.into());
        }
        // What is too large for a slot is nothing that anybody would miss.
        let kept = match backend.get(target, limits::SMALL_OBJECT_MAX) {
            Err(error) if error.is_too_large() => None,
            Err(error) if error.is_not_found() => return Err(SlotError::Contended.into()),
            other => Some(other?),
        };
        match backend.delete(target) {
            Err(error) if error.is_not_found() => return Err(SlotError::Contended.into()),
            other => other?,
        }
        let error = match is_there() {
            Ok(true) => return Ok(()),
            Ok(false) => SlotError::Contended.into(),
            Err(error) => RepositoryError::from(error),
        };
        kept.map_or(Ok(()), |bytes| backend.put(target, &bytes))?;
        Err(error)
    }

    fn look(&self, name: &ObjectName, slot: &Slot) -> Result<SlotInfo, FormatError> {
        if layout::slot(slot.id) != *name {
            return Err(FormatError::WrongHash("key slot"));
        }
        let about = slot.about(self.master())?;
        let current = *name == self.repository.slot;
        Ok(SlotInfo { id: slot.id, kind: slot.kind, kdf: slot.kdf, created: slot.created, about, current })
    }

    fn backend(&self) -> &dyn Backend {
        &*self.repository.backend
    }

    fn master(&self) -> &Key {
        &self.repository.master
    }
}

/// Stores a slot. One that does not open again must not be anybody's way in, and is removed.
pub(crate) fn store_slot(
    backend: &dyn Backend,
    slot: &Slot,
    credential: &Credential,
) -> Result<(), RepositoryError> {
    let name = layout::slot(slot.id);
    backend.put(&name, &slot.encode())?;
    let opened = match read_slot(backend, &name)? {
        None => return Err(RepositoryError::Missing(name.to_string())),
        Some(stored) => stored.and_then(|stored| stored.about(&stored.open(credential)?)),
    };
    match opened {
        Ok(_) => Ok(()),
        Err(source) => {
            backend.delete(&name)?;
            Err(RepositoryError::reading(&name, source))
        }
    }
}

fn id_of(name: &ObjectName) -> &str {
    name.as_str().trim_start_matches(layout::KEYS)
}
