//! What is known of what was saved, reported and forgotten.

use std::collections::{BTreeMap, BTreeSet};

use super::manifest::Manifest;

/// Snapshots of each tree that the one who forgets keeps.
pub(super) const KEPT: usize = 3;

/// A backup that was begun, under a tag of its own: who reads a snapshot knows by it what was saved.
pub(super) struct Begun {
    pub(super) saver: usize,
    pub(super) manifest: Manifest,
    /// Its snapshot, if it was reported.
    pub(super) reported: Option<String>,
}

#[derive(Default)]
pub(super) struct History {
    begun: BTreeMap<String, Begun>,
    /// Snapshots that somebody may have forgotten.
    forgotten: BTreeSet<String>,
    pub(super) counts: BTreeMap<&'static str, u64>,
}

impl History {
    /// A tree is about to be saved; gives the tag.
    pub(super) fn begin(&mut self, saver: usize, manifest: Manifest) -> String {
        let tag = format!("run-{:06}", self.begun.len());
        self.begun.insert(tag.clone(), Begun { saver, manifest, reported: None });
        tag
    }

    pub(super) fn report(&mut self, tag: &str, snapshot: &str) {
        self.begun.get_mut(tag).unwrap().reported = Some(snapshot.to_owned());
    }

    pub(super) fn begun(&self, tag: &str) -> &Begun {
        &self.begun[tag]
    }

    pub(super) fn forget(&mut self, snapshots: impl IntoIterator<Item = String>) {
        self.forgotten.extend(snapshots);
    }

    /// Somebody who forgets was killed: whatever was old enough may be forgotten.
    pub(super) fn forget_some(&mut self) {
        let mut later = BTreeMap::<usize, usize>::new();
        for begun in self.begun.values().rev() {
            let later = later.entry(begun.saver).or_default();
            if *later >= KEPT {
                self.forgotten.extend(begun.reported.clone());
            }
            *later += 1;
        }
    }

    pub(super) fn may_be_forgotten(&self, snapshot: &str) -> bool {
        self.forgotten.contains(snapshot)
    }

    /// Snapshots that were reported, and that nobody can have forgotten.
    pub(super) fn wanted(&self) -> BTreeSet<String> {
        let reported = self.begun.values().filter_map(|begun| begun.reported.clone());
        reported.filter(|snapshot| !self.may_be_forgotten(snapshot)).collect()
    }

    /// Whether all of these came to their end at least once.
    pub(super) fn has_all(&self, all: &[&'static str]) -> bool {
        all.iter().all(|what| self.counts.contains_key(what))
    }

    pub(super) fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }
}
