//! The key slots of an open repository: who can open it, and changing that.
//!
//! Invariants: no slot counts before it was opened again from the storage. Nobody removes the slot that opened the
//! repository without another one in its place, and whoever removes a slot looks afterwards whether its own is still
//! there: of two who remove each other's slots at once at least one notices and puts back what it removed
//! (docs/format.md, "Key slots").

use crate::control::{BOTH, ControlObjects, Unread};
use crate::keys::{read_slot, slot_names};
use crate::{Credential, Repository, RepositoryError, layout};
use lifeboat_backend::{BackendError, ObjectName};
use lifeboat_format::{
    Bug, FormatError, KdfParams, Key, Slot, SlotAbout, SlotId, SlotKind, Timestamp, limits, planted,
};
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
        for name in slot_names(self.control())? {
            match read_slot(self.control(), &name, |slot| self.look(&name, slot))? {
                Some(Ok(info)) => list.slots.push(info),
                Some(Err(error)) => list.faults.push((name.to_string(), error)),
                None => {}
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
        let slot = read_slot(self.control(), name, |slot| self.look(name, slot))?;
        slot.ok_or(SlotError::Contended)?.map_err(|source| RepositoryError::reading(name, source))
    }

    /// Refuses a credential that opens a slot already. Trying a password costs what each slot demands; slots that cannot
    /// be read open with nothing. A slot of which a copy is missing, because whoever added it died between the two, gets
    /// it: it is asked for once more.
    ///
    /// # Errors
    /// [`SlotError::Known`]; when the slots cannot be read.
    pub fn refuse_known(&self, credential: &Credential) -> Result<(), RepositoryError> {
        for name in slot_names(self.control())? {
            if let Some(Ok(_)) = read_slot(self.control(), &name, |slot| slot.open(credential))? {
                let is_sound =
                    |bytes: &[u8]| Slot::decode(bytes).is_ok_and(|slot| self.look(&name, &slot).is_ok());
                self.repository.complete(&name, limits::SMALL_OBJECT_MAX, is_sound)?;
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
        // Slots are changed by whom the log binds the config to alone: it says how many copies there are.
        self.repository.read_log()?;
        let environment = self.repository.environment();
        let (created, random) = (environment.clock.now(), &*environment.random);
        let slot = Slot::create(self.master(), credential, kdf, about, created, random)?;
        if slot_names(self.control())?.len() >= limits::SLOTS_MAX {
            return Err(SlotError::TooMany.into());
        }
        store_slot(self.control(), &slot, credential)?;
        let name = layout::slot(slot.id);
        // Somebody else may have added one meanwhile; what readers do not try must not pass for a slot.
        if slot_names(self.control())?.len() > limits::SLOTS_MAX {
            self.control().delete(&name, BOTH)?;
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
        self.repository.read_log()?;
        let names = slot_names(self.control())?;
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
            if slot_names(self.control())?.iter().any(is_other) {
                self.control().delete(&own, BOTH)?;
            }
        }
        removed.map(|()| added)
    }

    /// Removes a slot as long as one's own is there.
    fn remove_beside(&self, target: &ObjectName, own: &ObjectName) -> Result<(), RepositoryError> {
        let control = self.control();
        if let Some(Err(source @ FormatError::Newer(_))) = read_slot(control, target, |_| Ok(()))? {
            return Err(RepositoryError::reading(target, source));
        }
        // A copy that is not seen would stay, and open.
        let before = control.list_copies(layout::KEYS)?;
        let Some(there) = before.get(target).filter(|_| before.contains_key(own)) else {
            return Err(SlotError::Contended.into());
        };
        let kept = lasting_copies(control, target)?;
        match control.delete(target, there.copies) {
            Err(error) if error.is_not_found() => return Err(SlotError::Contended.into()),
            other => other?,
        }
        // Nor one that somebody else has just put back.
        let error = match control.list_copies(layout::KEYS) {
            Ok(after) if after.contains_key(own) && !after.contains_key(target) => return Ok(()),
            Ok(_) => SlotError::Contended.into(),
            Err(error) => RepositoryError::from(error),
        };
        control.put_back(&kept)?;
        Err(error)
    }

    pub(crate) fn look(&self, name: &ObjectName, slot: &Slot) -> Result<SlotInfo, FormatError> {
        if layout::slot(slot.id) != *name {
            return Err(FormatError::WrongHash("key slot"));
        }
        let about = slot.about(self.master())?;
        let current = *name == self.repository.slot;
        Ok(SlotInfo { id: slot.id, kind: slot.kind, kdf: slot.kdf, created: slot.created, about, current })
    }

    fn control(&self) -> &ControlObjects {
        &self.repository.control
    }

    fn master(&self) -> &Key {
        &self.repository.master
    }
}

/// What has to be put back if a slot must not go after all, read twice: not every byte of a slot can be proved, and bytes that
/// were read wrongly once would lock somebody out for ever.
fn lasting_copies(
    control: &ControlObjects,
    name: &ObjectName,
) -> Result<Vec<(ObjectName, Vec<u8>)>, RepositoryError> {
    let (kept, again) = (readable_copies(control, name)?, readable_copies(control, name)?);
    let differs = |(copy, bytes)| again.iter().any(|(same, others)| same == copy && others != bytes);
    match kept.iter().map(|(copy, bytes)| (copy, bytes)).find(|pair| differs(*pair)) {
        Some((copy, _)) => {
            Err(RepositoryError::reading(copy, FormatError::NotAuthentic("what was read of the key slot")))
        }
        None => Ok(kept),
    }
}

/// The copies of a slot. Those that are too large for a slot are nothing that anybody would miss; what cannot be read now is,
/// unless the other copy can be.
fn readable_copies(
    control: &ControlObjects,
    name: &ObjectName,
) -> Result<Vec<(ObjectName, Vec<u8>)>, BackendError> {
    let (mut kept, mut unreadable) = (Vec::new(), None);
    for (copy, bytes) in control.copies(name, limits::SMALL_OBJECT_MAX) {
        match bytes {
            Ok(bytes) => kept.push((copy, bytes)),
            Err(error) if error.is_too_large() || error.is_not_found() => {}
            Err(error) => unreadable = Some(error),
        }
    }
    match unreadable {
        Some(error) if kept.is_empty() => Err(error),
        _ => Ok(kept),
    }
}

/// Stores a slot. One that does not open again must not be anybody's way in, and one that was refused neither: it is
/// removed.
pub(crate) fn store_slot(
    control: &ControlObjects,
    slot: &Slot,
    credential: &Credential,
) -> Result<(), RepositoryError> {
    let name = layout::slot(slot.id);
    let stored = control.put(&name, &slot.encode()).map_err(RepositoryError::from);
    match stored.and_then(|()| open_stored(control, &name, credential)) {
        Err(error) => {
            // What went wrong first is what to tell; what stays all the same is in the list.
            drop(control.delete(&name, BOTH));
            Err(error)
        }
        Ok(()) => Ok(()),
    }
}

/// Opens what was just stored. Of two copies that are the same it is enough to open one.
fn open_stored(
    control: &ControlObjects,
    name: &ObjectName,
    credential: &Credential,
) -> Result<(), RepositoryError> {
    if planted(Bug::SlotNotReadBack) {
        return Ok(());
    }
    let mut opened: Option<Vec<u8>> = None;
    for (copy, bytes) in control.copies(name, limits::SMALL_OBJECT_MAX) {
        let bytes = bytes.map_err(|error| Unread::Storage(error).into_error(&copy))?;
        if opened.as_ref() != Some(&bytes) {
            let slot = Slot::decode(&bytes);
            let about = slot.and_then(|slot| slot.about(&slot.open(credential)?));
            about.map_err(|source| RepositoryError::reading(&copy, source))?;
        }
        opened = Some(bytes);
    }
    Ok(())
}

fn id_of(name: &ObjectName) -> &str {
    name.as_str().trim_start_matches(layout::KEYS)
}
