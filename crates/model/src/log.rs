//! The log: the entries that have landed, and those whose author does not know whether they will.
//!
//! Invariants: entries are in the order of their names; what has landed stays, unless somebody puts an older log back.

use crate::condense::Matters;
use crate::entry::{Entries, Entry, EntryId};

/// The log as it lies in the storage.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct Log {
    landed: Vec<Entry>,
    in_flight: Vec<Entry>,
}

impl Log {
    /// Puts an entry; it is durable when this returns.
    pub(crate) fn put(&mut self, entry: Entry) {
        insert(&mut self.landed, entry);
    }

    /// Puts an entry that nobody hears of again: it lands at any later time, or never.
    pub(crate) fn lose(&mut self, entry: Entry) {
        insert(&mut self.in_flight, entry);
    }

    /// What may still land.
    pub(crate) fn in_flight(&self) -> impl Iterator<Item = EntryId> {
        self.in_flight.iter().map(|entry| entry.id)
    }

    /// One of these lands.
    pub(crate) fn land(&mut self, id: EntryId) {
        if let Some(at) = self.in_flight.iter().position(|entry| entry.id == id) {
            let entry = self.in_flight.remove(at);
            self.put(entry);
        }
    }

    /// The entries that no other one has seen.
    pub(crate) fn newest(&self) -> impl Iterator<Item = EntryId> {
        self.all().without(self.ancestors(self.all())).iter()
    }

    /// Cuts what each entry has seen down to what of it can ever matter.
    pub(crate) fn condense(&mut self, matters: &Matters) {
        for entry in self.landed.iter_mut().chain(&mut self.in_flight) {
            entry.seen = entry.seen.common(matters.of_use_to(entry.says));
        }
    }

    /// Takes an entry away, as nobody but an attacker does.
    pub(crate) fn take_away(&mut self, id: EntryId) {
        self.landed.retain(|entry| entry.id != id);
    }

    /// All that a listing names at this moment.
    pub(crate) fn all(&self) -> Entries {
        self.landed.iter().map(|entry| entry.id).collect()
    }

    /// The part of it that is on one of several pages. Names are in no order of time, and each session has its place.
    pub(crate) fn page(&self, page: u8, pages: u8) -> Entries {
        self.landed.iter().map(|entry| entry.id).filter(|id| id.session().0 % pages == page).collect()
    }

    /// The entries of a reading, in an order without meaning.
    pub(crate) fn of(&self, reading: Entries) -> impl Iterator<Item = &Entry> + Clone {
        self.landed.iter().filter(move |entry| reading.has(entry.id))
    }

    /// Everything that the entries of a reading have seen.
    pub(crate) fn ancestors(&self, reading: Entries) -> Entries {
        self.of(reading).fold(Entries::EMPTY, |seen, entry| seen.and(entry.seen))
    }
}

fn insert(entries: &mut Vec<Entry>, entry: Entry) {
    let at = entries.partition_point(|other| other.id < entry.id);
    entries.insert(at, entry);
}
