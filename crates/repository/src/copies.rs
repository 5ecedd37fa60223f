//! Both copies of every control object, read to prove them sound.
//!
//! One object is in memory at a time. Of objects of which neither copy is sound nothing is said here: they are faults
//! of the log, the index or the keys.

use crate::control::{BOTH, CopyFault};
use crate::keys::{check_key, slot_names};
use crate::layout::{self, EntryName, Promise};
use crate::{Reading, Repository, RepositoryError, View};
use lifeboat_backend::{BackendError, ObjectName};
use lifeboat_format::{FormatError, ObjectHash, Slot, limits};
use std::collections::BTreeSet;
use std::time::Duration;

/// How long a writer may take from the second copy to the object itself before the object counts as missing.
const PATIENCE: Duration = Duration::from_millis(500);

/// Whether bytes are what an object should be.
type Acceptance<'a> = Box<dyn Fn(&[u8]) -> Result<(), FormatError> + 'a>;

impl Repository {
    /// Copies of control objects that are missing or damaged beside a sound one. Of index objects only those count that
    /// the view names. `check` is asked before every object, and its error ends it.
    ///
    /// # Errors
    /// Those of `check`; when the storage cannot be listed, or a copy may not be read.
    pub fn check_copies<E: From<RepositoryError>>(
        &self,
        view: &View,
        check: impl Fn() -> Result<(), E>,
    ) -> Result<Vec<CopyFault>, E> {
        let mut faults = Vec::new();
        if !self.control.are_doubled() {
            return Ok(faults);
        }
        for name in self.control_objects(view)? {
            check()?;
            faults.extend(self.check_object(&name).map_err(RepositoryError::from)?);
        }
        if faults.iter().any(CopyFault::is_missing) {
            self.environment.clock.sleep(PATIENCE);
            faults.retain(|fault| !fault.is_missing() || !self.control.is_there(&fault.object));
            self.forgive_swept(&mut faults)?;
        }
        Ok(faults)
    }

    /// What a prune is about to delete, one copy after the other, is no fault.
    fn forgive_swept(&self, faults: &mut Vec<CopyFault>) -> Result<(), RepositoryError> {
        if faults.iter().any(CopyFault::is_missing) {
            let view = self.view_now()?;
            let swept = view.swept().index.iter().map(|hash| layout::index(*hash));
            let swept: BTreeSet<_> = swept.flat_map(|name| [layout::second(&name), name]).collect();
            let swept: BTreeSet<_> = swept.iter().map(ObjectName::as_str).collect();
            faults.retain(|fault| !swept.contains(fault.object.as_str()));
        }
        Ok(())
    }

    /// Control objects in whose place their second copy was used since this was asked last, each once.
    #[must_use]
    pub fn take_replaced(&self) -> Vec<CopyFault> {
        self.control.take_replaced()
    }

    /// Puts the copy of each control object that is missing beside a sound one: whoever stored it may have died, or have
    /// run out of space, between the two. What is no entry gets no copy, and neither do key slots: somebody may be about
    /// to remove them. For runs that write.
    pub(crate) fn complete_copies(&self, reading: &Reading) -> Result<(), RepositoryError> {
        if !self.control.are_doubled() {
            return Ok(());
        }
        let is_stray = |object: &ObjectName| reading.faults().iter().any(|(name, _)| name == object.as_str());
        for folder in [layout::LOG, layout::INDEX] {
            for (object, listed) in self.control.list(folder)? {
                let promise = Promise::parse(&object).filter(|_| listed.copies != BOTH && !is_stray(&object));
                let (hash, limit) = match promise {
                    Some(Promise::Entry(hash)) => (hash, limits::ENTRY_MAX),
                    Some(Promise::Index(hash)) => (hash, limits::INDEX_MAX),
                    _ => continue,
                };
                self.complete(&object, limit, |bytes| ObjectHash::of(bytes) == hash)?;
            }
        }
        for (object, listed) in self.control.list(layout::KEYRING)? {
            if listed.copies != BOTH {
                self.complete(&object, limits::SMALL_OBJECT_MAX, |bytes| check_key(&object, bytes).is_ok())?;
            }
        }
        let is_config = |bytes: &[u8]| ObjectHash::of(bytes) == self.config_hash;
        Ok(self.complete(&layout::config(), limits::SMALL_OBJECT_MAX, is_config)?)
    }

    /// Puts the copy of an object that is missing, if the other one is sound.
    pub(crate) fn complete(
        &self,
        object: &ObjectName,
        limit: u64,
        is_sound: impl Fn(&[u8]) -> bool,
    ) -> Result<(), BackendError> {
        let (mut sound, mut missing) = (None, None);
        for (copy, bytes) in self.control.copies(object, limit) {
            match bytes {
                Ok(bytes) => sound = Some(bytes).filter(|bytes| is_sound(bytes)),
                Err(error) if error.is_not_found() => missing = Some(copy),
                // Something else lies there, and is for verify to name.
                Err(_) => {}
            }
        }
        missing.zip(sound).map_or(Ok(()), |copy| self.control.put_back(&[copy]))
    }

    fn control_objects(&self, view: &View) -> Result<Vec<ObjectName>, RepositoryError> {
        let mut names = vec![layout::config()];
        names.extend(slot_names(&self.control)?);
        names.extend(self.control.list(layout::KEYRING)?.into_keys());
        let entries = self.control.list(layout::LOG)?.into_keys();
        names.extend(entries.filter(|name| EntryName::parse(name).is_some()));
        names.extend(view.index().iter().map(|hash| layout::index(*hash)));
        Ok(names)
    }

    fn check_object(&self, name: &ObjectName) -> Result<Vec<CopyFault>, BackendError> {
        let (limit, accept) = self.acceptance(name);
        self.control.check(name, limit, accept)
    }

    /// How long a control object may be, and whether bytes are what it should be.
    fn acceptance<'a>(&'a self, name: &'a ObjectName) -> (u64, Acceptance<'a>) {
        let of_hash = |hash| {
            move |bytes: &[u8]| match ObjectHash::of(bytes) == hash {
                true => Ok(()),
                false => Err(FormatError::WrongHash("object")),
            }
        };
        if let Some(entry) = EntryName::parse(name) {
            return (limits::ENTRY_MAX, Box::new(of_hash(entry.hash)));
        }
        if let Some(hash) = layout::parse_index(name) {
            return (limits::INDEX_MAX, Box::new(of_hash(hash)));
        }
        let accept: Acceptance<'_> = if *name == layout::config() {
            Box::new(of_hash(self.config_hash))
        } else if name.as_str().starts_with(layout::KEYRING) {
            Box::new(|bytes| check_key(name, bytes))
        } else {
            Box::new(|bytes| self.slots().look(name, &Slot::decode(bytes)?).map(drop))
        };
        (limits::SMALL_OBJECT_MAX, accept)
    }

    /// Puts the sound copy of a control object in the place of one that is not; tells whether it did. A copy of a key slot that is missing is left alone:
    /// somebody may be about to remove the slot.
    ///
    /// # Errors
    /// When neither can be read any more, or the copy cannot be stored.
    pub fn mend_copy(&self, fault: &CopyFault) -> Result<bool, RepositoryError> {
        let name = ObjectName::new(&fault.object)?;
        let object = layout::first_copy(&name);
        let is_slot = object.as_str().starts_with(layout::KEYS);
        if is_slot && fault.is_missing() {
            return Ok(false);
        }
        let (limit, accept) = self.acceptance(&object);
        let copies = self.control.copies(&object, limit).into_iter();
        let mut sound = copies.filter_map(|(copy, bytes)| Some((copy, bytes.ok()?)));
        let Some((other, bytes)) = sound.find(|(_, bytes)| accept(bytes).is_ok()) else { return Ok(false) };
        self.backend.replace(&name, &bytes)?;
        if is_slot && !self.control.is_there(other.as_str()) {
            // It was removed meanwhile, and stays removed.
            self.backend.delete(&name)?;
            return Ok(false);
        }
        Ok(true)
    }
}
