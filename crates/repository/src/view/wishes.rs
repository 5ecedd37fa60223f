//! Which snapshots are forgotten, and what is to be read beside them.

use crate::ancestry::{ASKED_MAX, Ancestry, Relation};
use lifeboat_format::{Amend, Forget, ObjectHash, SnapshotId, Timestamp, Unforget};
use std::collections::{BTreeMap, BTreeSet};

/// A wish to be rid of a snapshot that nobody has taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forgotten {
    /// The entry that says so.
    pub entry: ObjectHash,
    /// When it was written, by its author's clock.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
}

/// What is to be read beside a snapshot instead of what it says itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Amended {
    pub(super) tags: BTreeSet<String>,
    pub(super) is_pinned: bool,
}

/// What entries wish, with the numbers of the entries.
#[derive(Debug, Default)]
pub(super) struct Wishes {
    pub(super) forgets: Vec<(usize, Forget)>,
    pub(super) unforgets: Vec<(usize, Unforget)>,
    pub(super) amends: Vec<(usize, Amend)>,
}

impl Wishes {
    /// The snapshots that are forgotten: an `Unforget` takes back what it has seen.
    pub(super) fn forgotten(&self, ancestry: &Ancestry<'_>) -> BTreeMap<SnapshotId, Vec<Forgotten>> {
        let mut taken_back = BTreeSet::new();
        for some in self.unforgets.chunks(ASKED_MAX) {
            let seen_by = ancestry.is_seen_by(&numbers(some));
            for (forget, _) in &self.forgets {
                let seers = chosen(some, &seen_by, *forget);
                taken_back
                    .extend(seers.flat_map(|(_, unforget)| &unforget.snapshots).map(|id| (*forget, *id)));
            }
        }
        let mut forgotten: BTreeMap<SnapshotId, Vec<Forgotten>> = BTreeMap::new();
        for (number, forget) in &self.forgets {
            let entry = ancestry.entries()[*number];
            let wish = Forgotten { entry: entry.hash, at: entry.header.time, reason: forget.reason.clone() };
            for id in forget.snapshots.iter().filter(|id| !taken_back.contains(&(*number, **id))) {
                forgotten.entry(*id).or_default().push(wish.clone());
            }
        }
        forgotten
    }

    /// What is to be read beside snapshots: of two that did not see each other both are heeded.
    pub(super) fn amended(&self, ancestry: &Ancestry<'_>) -> BTreeMap<SnapshotId, Amended> {
        let mut superseded = BTreeSet::new();
        for some in self.amends.chunks(ASKED_MAX) {
            let seen_by = ancestry.is_seen_by(&numbers(some));
            for (number, amend) in &self.amends {
                let mut seers = chosen(some, &seen_by, *number);
                if seers.any(|(_, later)| later.snapshot == amend.snapshot) {
                    superseded.insert(*number);
                }
            }
        }
        let mut amended: BTreeMap<SnapshotId, Amended> = BTreeMap::new();
        for (_, amend) in self.amends.iter().filter(|(number, _)| !superseded.contains(number)) {
            let of_snapshot = amended.entry(amend.snapshot).or_default();
            of_snapshot.tags.extend(amend.tags.iter().cloned());
            of_snapshot.is_pinned |= amend.is_pinned;
        }
        amended
    }
}

pub(super) fn numbers<T>(some: &[(usize, T)]) -> Vec<usize> {
    some.iter().map(|(number, _)| *number).collect()
}

/// Those among `some` that stand in the bits of an entry.
pub(super) fn chosen<'s, T>(
    some: &'s [(usize, T)],
    relation: &Relation,
    entry: usize,
) -> impl Iterator<Item = &'s (usize, T)> {
    let bits = relation.bits(entry);
    some.iter().enumerate().filter(move |(bit, _)| bits & (1 << bit) != 0).map(|(_, one)| one)
}
