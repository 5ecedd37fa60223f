//! A repository of a history: its storage, and all that is known of what it has to give back.
//!
//! Most histories have one. Some have a replica besides, of which the same is asked: whatever is said of a repository is said of the
//! one that is at hand, and [`History::there`] takes the other one into the hand for a while.

use super::faults::Swarm;
use super::harm::Harm;
use super::history::{History, Judged};
use super::keys::Keys;
use super::plan::Shape;
use super::retention::Dooms;
use super::store::{Object, Store};
use lifeboat_backend::ObjectName;
use lifeboat_engine::SnapshotId;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// One of the repositories.
pub(super) struct Vault {
    pub(super) store: Arc<Store>,
    pub(super) shape: Shape,
    /// What goes wrong with what those do there who are at work at both.
    pub(super) swarm: Swarm,
    /// Whether it has the keys of the other one.
    pub(super) is_alike: bool,
    pub(super) keys: Keys,
    /// Snapshots that were reported as saved or copied there, and the labels of what they hold.
    pub(super) reported: BTreeMap<SnapshotId, String>,
    /// Labels of what was saved or copied there when nothing went wrong any more.
    pub(super) fresh: BTreeSet<String>,
    /// Snapshots that somebody wanted to be rid of.
    pub(super) dooms: Dooms,
    /// What was done to which object.
    pub(super) harms: Vec<(Harm, String)>,
    /// What is away, and for how many steps.
    pub(super) away: Vec<(ObjectName, Object, u32)>,
    /// Whether several changed keys at once and one of them failed or died at it: then nobody may be left who can open.
    pub(super) contended: bool,
}

impl Vault {
    pub(super) fn new(store: &Arc<Store>, shape: Shape, swarm: Swarm, is_alike: bool) -> Self {
        let (reported, fresh, dooms, harms, away, contended) = Default::default();
        let (store, keys) = (Arc::clone(store), Keys::first());
        Self { store, shape, swarm, is_alike, keys, reported, fresh, dooms, harms, away, contended }
    }

    /// What was stored otherwise than it was put, and still is so, is harmed.
    pub(super) fn note_garbled(&mut self, garbled: impl Iterator<Item = ObjectName>) {
        let harmed = self.store.harmed();
        let lasting = garbled.filter(|name| harmed.contains(name));
        self.harms.extend(lasting.map(|name| (Harm::Flip, name.to_string())));
    }

    /// Whether nothing has happened by which anything may be lost.
    pub(super) fn is_harmless(&self) -> bool {
        self.harms.is_empty() && self.away.is_empty() && !self.contended
    }
}

impl History {
    /// Does something with the other repository, if there is one.
    pub(super) fn there(&mut self, act: impl FnOnce(&mut Self) -> Judged) -> Judged {
        self.elsewhere(act).unwrap_or(Ok(()))
    }

    /// The same, and gives what came of it.
    pub(super) fn elsewhere<T>(&mut self, act: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.there.is_some().then(|| {
            self.swap();
            let done = act(self);
            self.swap();
            done
        })
    }

    /// The same with both.
    pub(super) fn everywhere(&mut self, mut act: impl FnMut(&mut Self) -> Judged) -> Judged {
        act(self)?;
        self.there(act)
    }

    fn swap(&mut self) {
        if let Some(there) = &mut self.there {
            std::mem::swap(&mut self.here, there);
        }
    }
}
