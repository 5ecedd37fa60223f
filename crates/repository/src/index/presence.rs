//! Which packs are in the storage: as a listing shows, or as the last one of this machine did.
//!
//! On a local disk packs are listed every time, far away now and then or when there is reason to (`kept::listing`). In between a
//! pack of the log's index is taken to be there as it was stored: whoever reads it finds out.

use super::Index;
use crate::{Repository, RepositoryError};
use lifeboat_format::{PackId, Role, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// What is known of the packs in the storage.
#[derive(Debug)]
pub(super) struct Presence {
    /// When they were listed.
    pub(super) at: Timestamp,
    /// Lengths in bytes of all that are there; none if they were not listed this time.
    found: Option<BTreeMap<PackId, u64>>,
}

impl Presence {
    /// Length in bytes of a pack in the storage, that was stored with so many.
    pub(super) fn length(&self, id: PackId, stored: u64) -> Option<u64> {
        match &self.found {
            Some(found) => found.get(&id).copied(),
            None => Some(stored),
        }
    }

    /// Packs that are not among those known, with their lengths in bytes.
    pub(super) fn others(&self, is_known: impl Fn(&PackId) -> bool) -> Vec<(PackId, u64)> {
        let found = self.found.iter().flatten().filter(|(id, _)| !is_known(id));
        found.map(|(id, length)| (*id, *length)).collect()
    }
}

impl Repository {
    /// Which packs are there, of which about so many are known; `anew` says that what was found earlier is not enough.
    pub(super) fn presence(&self, known: u64, anew: bool) -> Result<Presence, RepositoryError> {
        let now = self.environment.clock.now();
        match self.kept.last_listing(now, known).filter(|_| !anew) {
            Some(at) => Ok(Presence { at, found: None }),
            None => Ok(Presence { at: now, found: Some(self.list_packs()?) }),
        }
    }

    /// Remembers what was found for the next run, and keeps no packs that nobody needs.
    pub(super) fn keep_presence(&self, index: &Index, presence: &Presence) {
        match index.listed {
            // What no index names is to be taken over.
            Some(at) if index.orphans.is_empty() => {
                if presence.found.is_some() {
                    self.kept.remember_listing(at);
                }
            }
            _ => self.kept.forget_listing(),
        }
        if self.kept.keeps() {
            let trees = index.packs.iter().filter(|pack| pack.role == Role::Tree).map(|pack| pack.id);
            let wanted: BTreeSet<_> = trees.chain(index.orphans.iter().map(|(id, _)| *id)).collect();
            self.kept.keep_packs(&wanted, self.environment.clock.now());
        }
    }
}
