//! Control objects: config, key slots, keyring, log and index, each of which may have a second copy.
//!
//! Every access to them goes through here, and nothing else knows what a second copy is good for (docs/format.md,
//! "Second copies"). Invariants: the second copy is stored before the object and deleted after it, so an object that
//! was reported has both; what either listing shows is there; the bytes of a second copy are asked for only when
//! those of the object are not what they should be, and whoever was helped by one is told. Where the repository has no
//! second copies, their names are never touched. What this machine keeps of an object is proved like the object, and used only
//! by those who learned from a listing that it is there.

use crate::kept::Kept;
use crate::{RepositoryError, layout};
use lifeboat_backend::{Backend, BackendError, Got, ObjectName};
use lifeboat_format::{Bug, FormatError, planted};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Which copies of an object are there: the object itself, its second copy.
pub(crate) type Copies = [bool; 2];

/// Both, as far as the repository has them.
pub(crate) const BOTH: Copies = [true, true];

/// What a listing shows of an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Listed {
    /// Which copies are there.
    pub(crate) copies: Copies,
    /// Length in bytes of the longer one.
    pub(crate) size: u64,
}

/// Whether a folder could be listed.
type Listing = Result<(), BackendError>;

/// The control objects on a backend.
#[derive(Clone, Debug)]
pub(crate) struct ControlObjects {
    pub(crate) backend: Arc<dyn Backend>,
    doubled: bool,
    pub(crate) kept: Kept,
    replaced: Arc<Mutex<BTreeMap<ObjectName, Replaced>>>,
}

/// An object in whose place its second copy was used.
#[derive(Debug)]
enum Replaced {
    Untold(RepositoryError),
    Told,
}

/// A copy of a control object that is missing or damaged, beside a sound one.
#[derive(Debug)]
pub struct CopyFault {
    /// Name of the copy.
    pub object: String,
    /// What is wrong with it.
    pub error: RepositoryError,
}

impl CopyFault {
    /// Whether the copy is not there at all.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self.error, RepositoryError::Missing(_))
    }
}

/// Why an object gave nothing.
#[derive(Debug)]
pub(crate) enum Unread {
    /// The storage does not have it, or cannot give it.
    Storage(BackendError),
    /// It is not what it should be.
    Format(FormatError),
}

impl ControlObjects {
    /// Those on a backend, with second copies or without.
    pub(crate) fn new(backend: Arc<dyn Backend>, doubled: bool) -> Self {
        Self { backend, doubled, kept: Kept::default(), replaced: Arc::default() }
    }

    /// The same, of which this machine keeps what never changes.
    pub(crate) fn keeping(&self, kept: Kept) -> Self {
        Self { kept, ..self.clone() }
    }

    /// The same on another backend.
    pub(crate) fn on(&self, backend: Arc<dyn Backend>) -> Self {
        Self { backend, ..self.clone() }
    }

    /// Whether there are second copies.
    pub(crate) fn are_doubled(&self) -> bool {
        self.doubled
    }

    /// Stores an object, durably. After an error its second copy may be there, and then it counts.
    pub(crate) fn put(&self, name: &ObjectName, bytes: &[u8]) -> Result<(), BackendError> {
        self.names(name).iter().rev().try_for_each(|copy| self.backend.put(copy, bytes))
    }

    /// Stores an object in the place of what is not what it should be, both copies.
    pub(crate) fn replace(&self, name: &ObjectName, bytes: &[u8]) -> Result<(), BackendError> {
        self.names(name).iter().rev().try_for_each(|copy| self.backend.replace(copy, bytes))
    }

    /// Removes those copies of an object that are there. Of several who do so at once only the one that takes the
    /// last copy away succeeds; for the others nothing is found. A copy that stays keeps no other one.
    pub(crate) fn delete(&self, name: &ObjectName, there: Copies) -> Result<(), BackendError> {
        let most = if planted(Bug::SecondCopyStays) { 1 } else { BOTH.len() };
        let copies = self.names(name).into_iter().zip(there).filter(|(_, is_there)| *is_there).take(most);
        let (mut last, mut failed) = (Ok(()), None);
        for (copy, _) in copies {
            last = self.backend.delete(&copy);
            if last.as_ref().is_err_and(|error| !error.is_not_found()) {
                failed = failed.or(std::mem::replace(&mut last, Ok(())).err());
            }
        }
        failed.map_or(last, Err)
    }

    /// Removes objects, each of whose copies may be there or not.
    pub(crate) fn delete_all(&self, names: &[ObjectName]) -> Result<(), BackendError> {
        self.backend.delete_all(names)?;
        match self.doubled {
            true => self.backend.delete_all(&names.iter().map(layout::second).collect::<Vec<_>>()),
            false => Ok(()),
        }
    }

    /// All objects of a folder, sorted by name. Where one of the two folders cannot be listed, and waiting does not help,
    /// what the other one shows is all there is.
    pub(crate) fn list(&self, folder: &str) -> Result<BTreeMap<ObjectName, Listed>, BackendError> {
        let (found, first, second) = self.list_both(folder);
        match (first, second) {
            (Err(error), Ok(())) | (Ok(()), Err(error)) if self.doubled && !error.is_retryable() => Ok(found),
            (first, second) => first.and(second).map(|()| found),
        }
    }

    /// The same for whoever must not miss a copy: both folders, or an error.
    pub(crate) fn list_copies(&self, folder: &str) -> Result<BTreeMap<ObjectName, Listed>, BackendError> {
        let (found, first, second) = self.list_both(folder);
        first.and(second).map(|()| found)
    }

    /// What either folder shows, and whether each could be listed.
    fn list_both(&self, folder: &str) -> (BTreeMap<ObjectName, Listed>, Listing, Listing) {
        let mut found = BTreeMap::<ObjectName, Listed>::new();
        let mut add = |name, copy: usize, size| {
            let listed = found.entry(name).or_default();
            listed.copies[copy] = true;
            listed.size = listed.size.max(size);
        };
        let settle = |listing: Listing| if planted(Bug::ListingTakenForWhole) { Ok(()) } else { listing };
        let first = settle(self.backend.list(folder, &mut |object| add(object.name, 0, object.size)));
        if !self.doubled {
            return (found, first, Ok(()));
        }
        let second = self.backend.list(&layout::second_folder(folder), &mut |object| {
            if let Some(name) = layout::first(&object.name) {
                add(name, 1, object.size);
            }
        });
        (found, first, settle(second))
    }

    /// What `accept` makes of an object, or of its second copy where it refuses the object.
    pub(crate) fn read<T>(
        &self,
        name: &ObjectName,
        limit: u64,
        accept: impl Fn(&[u8]) -> Result<T, FormatError>,
    ) -> Result<T, Unread> {
        let refused = match self.kept.object(name, limit) {
            None => None,
            Some(bytes) => match accept(&bytes) {
                Ok(found) => return Ok(found),
                Err(error) => Some((bytes, error)),
            },
        };
        self.judge(name, limit, self.backend.get(name, limit), refused, &accept)
    }

    /// Whether this machine keeps an object, and so could use it once.
    pub(crate) fn keeps(&self, name: &ObjectName) -> bool {
        self.kept.has_object(name)
    }

    /// Keeps no key slots but these.
    pub(crate) fn keep_slots(&self, there: &[ObjectName]) {
        self.kept.keep_slots(there);
    }

    /// What `accept` makes of what the storage gave for an object, or of its second copy. Nothing is tried twice: a password
    /// costs.
    pub(crate) fn judge<T>(
        &self,
        name: &ObjectName,
        limit: u64,
        got: Got,
        tried: Option<(Vec<u8>, FormatError)>,
        accept: &dyn Fn(&[u8]) -> Result<T, FormatError>,
    ) -> Result<T, Unread> {
        let (refused, bytes) = match got {
            Ok(bytes) => match tried
                .filter(|(same, _)| *same == bytes)
                .map_or_else(|| accept(&bytes), |(_, error)| Err(error))
            {
                Ok(found) => {
                    self.kept.keep_object(name, &bytes);
                    return Ok(found);
                }
                Err(error) => (Unread::Format(error), Some(bytes)),
            },
            Err(error) => (Unread::Storage(error), None),
        };
        if !self.doubled {
            return Err(refused);
        }
        let second = match self.backend.get(&layout::second(name), limit) {
            Ok(same) if bytes.as_ref() == Some(&same) => return Err(refused),
            Ok(other) => accept(&other).map_err(Unread::Format),
            Err(error) => Err(Unread::Storage(error)),
        };
        match second {
            Ok(found) => {
                self.note(name, refused.into_error(name));
                Ok(found)
            }
            Err(other) => Err(refused.or(other)),
        }
    }

    /// The copies of an object by their names, the object first.
    pub(crate) fn copies(
        &self,
        name: &ObjectName,
        limit: u64,
    ) -> Vec<(ObjectName, Result<Vec<u8>, BackendError>)> {
        let read = |copy: ObjectName| {
            let bytes = self.backend.get(&copy, limit);
            (copy, bytes)
        };
        self.names(name).into_iter().map(read).collect()
    }

    /// Puts single copies as they were.
    pub(crate) fn put_back(&self, copies: &[(ObjectName, Vec<u8>)]) -> Result<(), BackendError> {
        copies.iter().rev().try_for_each(|(copy, bytes)| self.backend.put(copy, bytes))
    }

    /// What is wrong with copies of an object beside a sound one; nothing when none is sound. A copy that may not be
    /// read, or not now, is not damaged, and nobody can say that it is not.
    pub(crate) fn check(
        &self,
        name: &ObjectName,
        limit: u64,
        accept: impl Fn(&[u8]) -> Result<(), FormatError>,
    ) -> Result<Vec<CopyFault>, BackendError> {
        let (mut faults, mut is_sound) = (Vec::new(), false);
        for (copy, bytes) in self.copies(name, limit) {
            let refused = match bytes {
                Ok(bytes) => match accept(&bytes) {
                    Ok(()) => {
                        is_sound = true;
                        continue;
                    }
                    Err(error) => Unread::Format(error),
                },
                Err(error) if error.is_not_found() || error.is_too_large() || error.is_damaged() => {
                    Unread::Storage(error)
                }
                Err(error) => return Err(error),
            };
            faults.push(CopyFault { object: copy.to_string(), error: refused.into_error(&copy) });
        }
        Ok(if is_sound { faults } else { Vec::new() })
    }

    /// Whether the copy is there by now.
    pub(crate) fn is_there(&self, copy: &str) -> bool {
        ObjectName::new(copy).is_ok_and(|name| self.backend.stat(&name).is_ok())
    }

    /// Remembers that the second copy was used in an object's place.
    pub(crate) fn note(&self, name: &ObjectName, error: RepositoryError) {
        let mut replaced = self.replaced.lock().unwrap_or_else(PoisonError::into_inner);
        replaced.entry(name.clone()).or_insert(Replaced::Untold(error));
    }

    /// Objects in whose place a second copy was used, each told once. One that somebody was just about to put is none, nor is one
    /// of which both are gone: somebody was about to delete it.
    pub(crate) fn take_replaced(&self) -> Vec<CopyFault> {
        let mut faults = self.untold();
        let second = |object: &str| {
            ObjectName::new(object).is_ok_and(|name| self.is_there(layout::second(&name).as_str()))
        };
        faults.retain(|fault| !fault.is_missing() || !self.is_there(&fault.object) && second(&fault.object));
        faults
    }

    fn untold(&self) -> Vec<CopyFault> {
        let mut replaced = self.replaced.lock().unwrap_or_else(PoisonError::into_inner);
        let tell =
            |(name, state): (&ObjectName, &mut Replaced)| match std::mem::replace(state, Replaced::Told) {
                Replaced::Untold(error) => Some(CopyFault { object: name.to_string(), error }),
                Replaced::Told => None,
            };
        replaced.iter_mut().filter_map(tell).collect()
    }

    fn names(&self, name: &ObjectName) -> Vec<ObjectName> {
        match self.doubled {
            true => vec![name.clone(), layout::second(name)],
            false => vec![name.clone()],
        }
    }
}

impl Unread {
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Self::Storage(error) if error.is_not_found())
    }

    /// The error of reading this object.
    pub(crate) fn into_error(self, name: &ObjectName) -> RepositoryError {
        match self {
            Self::Storage(error) if error.is_not_found() => RepositoryError::Missing(name.to_string()),
            Self::Storage(error) if error.is_too_large() => {
                RepositoryError::reading(name, FormatError::Limit("length"))
            }
            Self::Storage(error) => error.into(),
            // What its second copy opens with should open it as well.
            Self::Format(FormatError::WrongKey) => {
                RepositoryError::reading(name, FormatError::NotAuthentic("key slot"))
            }
            Self::Format(error) => RepositoryError::reading(name, error),
        }
    }

    /// The one of two that says more.
    fn or(self, other: Self) -> Self {
        if other.weight() > self.weight() { other } else { self }
    }

    /// A slot that is only locked is sound; what is newer is not damaged; what is damaged was there.
    fn weight(&self) -> u8 {
        match self {
            Self::Format(FormatError::WrongKey) => 3,
            Self::Format(FormatError::Newer(_)) => 2,
            _ => u8::from(!self.is_not_found()),
        }
    }
}
