//! Reading the log and adding to it.
//!
//! A *reading* is the log listed again and again until two listings in a row name the same set, every listed entry
//! got and verified, and every ancestor among them. `seen` of what is written next is frozen at it. Safety rests on
//! this alone: a finished PUT is seen by every later GET and LIST.

use crate::RepositoryError;
use crate::control::{ControlObjects, Unread};
use crate::layout::{self, EntryName};
use lifeboat_backend::ObjectName;
use lifeboat_format::{Draft, Entry, FormatError, Keyring, ObjectHash, Random, limits};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Listings that may differ from the one before until the log is called unreadable: each difference is somebody's
/// progress, so only a storage that does not keep its promise comes near.
const LISTINGS_MAX: usize = 100;

/// The log at one moment.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    entries: BTreeMap<ObjectHash, Arc<Entry>>,
    faults: Vec<(String, FormatError)>,
}

impl Reading {
    /// All entries, in the order of their hashes: sets only, the order means nothing.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values().map(|entry| &**entry)
    }

    /// Objects in the log that are no entries: damaged when they do not hash to their names or
    /// cannot be read, forged when they can and do.
    /// They say nothing; readers go on without them.
    #[must_use]
    pub fn faults(&self) -> &[(String, FormatError)] {
        &self.faults
    }

    /// Whether the entry is among them.
    #[must_use]
    pub fn contains(&self, hash: &ObjectHash) -> bool {
        self.entries.contains_key(hash)
    }

    /// Whether the entry is among them, or something that is damaged bears its name.
    pub(crate) fn has_trace_of(&self, hash: &ObjectHash) -> bool {
        let hex = hash.to_string();
        self.contains(hash) || self.faults.iter().any(|(name, _)| name.ends_with(&hex))
    }

    /// Whether an entry that is among them has seen this one.
    fn is_seen(&self, hash: &ObjectHash) -> bool {
        self.entries().any(|entry| entry.header.seen.contains(hash))
    }

    /// One of these entries that is gone: neither is it among them, nor does something that is damaged bear its name.
    #[must_use]
    pub fn lacks<'h>(&self, hashes: impl IntoIterator<Item = &'h ObjectHash>) -> Option<ObjectHash> {
        hashes.into_iter().find(|hash| !self.has_trace_of(hash)).copied()
    }

    /// The newest entries: those that no other has seen.
    #[must_use]
    pub fn heads(&self) -> Vec<ObjectHash> {
        let seen: BTreeSet<&ObjectHash> = self.entries().flat_map(|entry| &entry.header.seen).collect();
        self.entries.keys().filter(|hash| !seen.contains(hash)).copied().collect()
    }

    fn add(&mut self, object: &ObjectName, entry: Result<Entry, Unread>) -> Result<(), RepositoryError> {
        let fault = match entry {
            Ok(entry) => {
                self.entries.insert(entry.hash, Arc::new(entry));
                return Ok(());
            }
            Err(Unread::Format(source @ FormatError::Newer(_))) => {
                return Err(RepositoryError::reading(object, source));
            }
            Err(Unread::Format(source)) => source,
            Err(Unread::Storage(error)) if error.is_damaged() || error.is_too_large() => {
                FormatError::Unreadable("log entry")
            }
            Err(Unread::Storage(error)) => return Err(error.into()),
        };
        self.faults.push((object.to_string(), fault));
        Ok(())
    }
}

/// Stores an entry, durably.
pub(crate) fn put_entry(
    control: &ControlObjects,
    draft: Draft,
    keyring: &Keyring,
    random: &dyn Random,
) -> Result<ObjectHash, RepositoryError> {
    let (session, number) = (draft.session, draft.number);
    let (bytes, entry) = Entry::create(draft, keyring.log(), random);
    if bytes.len() as u64 > limits::ENTRY_MAX {
        return Err(FormatError::Limit("log entry").into());
    }
    control.put(&layout::entry(session, number, entry.hash), &bytes)?;
    Ok(entry.hash)
}

pub(crate) fn read_log(control: &ControlObjects, keyring: &Keyring) -> Result<Reading, RepositoryError> {
    let mut reading = Reading::default();
    let mut before = None;
    for _ in 0..LISTINGS_MAX {
        let names = list_entries(control)?;
        if before.as_ref() == Some(&names) {
            check_sessions(&reading)?;
            check_ancestors(&reading)?;
            return Ok(reading);
        }
        let known = before.unwrap_or_default();
        let fresh = names.iter().filter(|(name, _)| !known.contains_key(name));
        read_entries(control, keyring, fresh.map(|(name, size)| (name.object(), *size)), &mut reading)?;
        before = Some(names);
    }
    Err(RepositoryError::Tampered("its listing changes without end".into()))
}

/// The entries that are listed, with their lengths in bytes.
fn list_entries(control: &ControlObjects) -> Result<BTreeMap<EntryName, u64>, RepositoryError> {
    let listed = control.list(layout::LOG)?;
    Ok(listed.iter().filter_map(|(name, listed)| Some((EntryName::parse(name)?, listed.size))).collect())
}

fn read_entries(
    control: &ControlObjects,
    keyring: &Keyring,
    names: impl Iterator<Item = (ObjectName, u64)>,
    reading: &mut Reading,
) -> Result<(), RepositoryError> {
    for batch in control.batches(names) {
        let mut failed = Ok(());
        let parse = |name: &ObjectName, bytes: &[u8]| parse_entry(name, bytes, keyring);
        control.read_many(&batch, limits::ENTRY_MAX, &parse, &mut |name, entry| {
            let added = reading.add(name, entry);
            failed = std::mem::replace(&mut failed, Ok(())).and(added);
        });
        failed?;
    }
    Ok(())
}

fn parse_entry(object: &ObjectName, bytes: &[u8], keyring: &Keyring) -> Result<Entry, FormatError> {
    let strange = FormatError::NotAuthentic("name of the log entry");
    let name = EntryName::parse(object).ok_or_else(|| strange.clone())?;
    let entry = Entry::parse(name.hash, bytes, keyring.log())?;
    // Put there by somebody; whatever it says counts under its own name alone.
    match (entry.header.session, entry.header.number) == (name.session, name.number) {
        true => Ok(entry),
        false => Err(strange),
    }
}

/// Puts back entries that are damaged, or gone though others have seen them, as far as this machine keeps what they were; gives
/// their names. What the storage has is not asked of what is kept.
///
/// What no entry that is there has seen stays gone: whoever put an older state of the log back meant it.
pub(crate) fn mend_log(
    control: &ControlObjects,
    keyring: &Keyring,
) -> Result<Vec<ObjectName>, RepositoryError> {
    let (kept, storage) = (&control.kept, control.keeping(control.kept.doubted()));
    let mut mended = Vec::new();
    loop {
        let (mut reading, names) = (Reading::default(), list_entries(&storage)?);
        read_entries(
            &storage,
            keyring,
            names.iter().map(|(name, size)| (name.object(), *size)),
            &mut reading,
        )?;
        let accidents = reading.faults.iter().filter(|(_, error)| error.is_accident());
        let damaged = accidents.filter_map(|(name, _)| ObjectName::new(name).ok());
        let missed = kept.entries().into_iter().filter(|name| {
            let hash = EntryName::parse(name).map(|name| name.hash);
            hash.is_some_and(|hash| !reading.has_trace_of(&hash) && reading.is_seen(&hash))
        });
        let before = mended.len();
        for name in damaged.chain(missed) {
            if mended.contains(&name) {
                // It was put back, and is no better.
                continue;
            }
            let bytes = kept.object(&name, limits::ENTRY_MAX);
            if let Some(bytes) = bytes.filter(|bytes| parse_entry(&name, bytes, keyring).is_ok()) {
                control.replace(&name, &bytes)?;
                mended.push(name);
            }
        }
        // What has come back may have seen what is gone, too.
        if mended.len() == before {
            return Ok(mended);
        }
    }
}

/// One session writes one entry under one number: two of them mean that somebody copied a running machine. What is no entry
/// counts for nothing here either.
fn check_sessions(reading: &Reading) -> Result<(), RepositoryError> {
    let mut numbers = BTreeSet::new();
    let is_second = |entry: &&Entry| !numbers.insert((entry.header.session, entry.header.number));
    match reading.entries().find(is_second) {
        None => Ok(()),
        Some(entry) => Err(RepositoryError::Tampered(format!("session {} forked", entry.header.session))),
    }
}

fn check_ancestors(reading: &Reading) -> Result<(), RepositoryError> {
    let mut seen = reading.entries().flat_map(|entry| &entry.header.seen);
    match seen.find(|hash| !reading.has_trace_of(hash)) {
        None => Ok(()),
        Some(hash) => Err(RepositoryError::Tampered(format!("entry {hash} was there and is gone"))),
    }
}
