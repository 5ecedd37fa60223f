//! Who has seen whom: the log as the graph that its entries make.
//!
//! Invariant: an entry stands behind all that it has seen. What is asked about is asked 64 at a time, so that memory is a word or
//! two for each entry however many there are.

use crate::Reading;
use lifeboat_format::{Entry, ObjectHash};
use std::collections::BTreeMap;

/// The entries of a reading, each behind its ancestors.
pub(crate) struct Ancestry<'r> {
    entries: Vec<&'r Entry>,
    /// For each entry the numbers of those that it names, as far as they can be read.
    parents: Vec<Vec<usize>>,
    numbers: BTreeMap<ObjectHash, usize>,
}

/// For each entry, which of up to 64 others it has seen or was seen by: bits in their order.
pub(crate) struct Relation(Vec<u64>);

/// Most entries that are asked about at once.
pub(crate) const ASKED_MAX: usize = 64;

impl<'r> Ancestry<'r> {
    pub(crate) fn of(reading: &'r Reading) -> Self {
        let mut ancestry = Self { entries: Vec::new(), parents: Vec::new(), numbers: BTreeMap::new() };
        let known: BTreeMap<_, _> = reading.entries().map(|entry| (entry.hash, entry)).collect();
        for entry in known.values() {
            ancestry.add(entry, &known);
        }
        ancestry
    }

    /// Adds an entry behind its ancestors. Histories are long, so the way back is a stack of our own.
    fn add(&mut self, entry: &'r Entry, known: &BTreeMap<ObjectHash, &'r Entry>) {
        let mut stack = vec![entry];
        while let Some(entry) = stack.last() {
            let seen = entry.header.seen.iter().filter_map(|hash| known.get(hash));
            let before = stack.len();
            let missing: Vec<_> =
                seen.filter(|seen| !self.numbers.contains_key(&seen.hash)).copied().collect();
            stack.extend(missing);
            if stack.len() > before {
                continue;
            }
            let entry = stack.pop().expect("it was there a moment ago");
            if !self.numbers.contains_key(&entry.hash) {
                let parents = entry.header.seen.iter().filter_map(|hash| self.numbers.get(hash).copied());
                self.parents.push(parents.collect());
                self.numbers.insert(entry.hash, self.entries.len());
                self.entries.push(entry);
            }
        }
    }

    /// All entries by their numbers, ancestors first.
    pub(crate) fn entries(&self) -> &[&'r Entry] {
        &self.entries
    }

    /// Which of `others` each entry has seen, itself not counted.
    pub(crate) fn has_seen(&self, others: &[usize]) -> Relation {
        let marks = Marks::of(others, self.entries.len());
        let mut seen = vec![0; self.entries.len()];
        for entry in 0..self.entries.len() {
            let parents = self.parents[entry].iter();
            seen[entry] = parents.fold(0, |bits, parent| bits | seen[*parent] | marks.0[*parent]);
        }
        Relation(seen)
    }

    /// Which of `others` have seen each entry.
    pub(crate) fn is_seen_by(&self, others: &[usize]) -> Relation {
        let marks = Marks::of(others, self.entries.len());
        let mut seen_by = vec![0; self.entries.len()];
        for entry in (0..self.entries.len()).rev() {
            let bits = seen_by[entry] | marks.0[entry];
            self.parents[entry].iter().for_each(|parent| seen_by[*parent] |= bits);
        }
        Relation(seen_by)
    }
}

/// For each entry the bit that it has among those asked about.
struct Marks(Vec<u64>);

impl Marks {
    fn of(others: &[usize], entries: usize) -> Self {
        assert!(others.len() <= ASKED_MAX, "a word has no more bits");
        let mut marks = vec![0; entries];
        others.iter().enumerate().for_each(|(bit, other)| marks[*other] |= 1 << bit);
        Self(marks)
    }
}

impl Relation {
    /// The bits of an entry.
    pub(crate) fn bits(&self, entry: usize) -> u64 {
        self.0[entry]
    }
}
