//! Names of index objects and packs that entries speak of.

use super::View;
use lifeboat_format::{ObjectHash, ObjectList, PackId};
use std::collections::BTreeSet;

/// Index objects and packs, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectSet {
    /// Index objects.
    pub index: BTreeSet<ObjectHash>,
    /// Packs.
    pub packs: BTreeSet<PackId>,
}

impl ObjectSet {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.index.is_empty() && self.packs.is_empty()
    }

    /// Removes what any entry of a view speaks of.
    pub fn remove_known(&mut self, view: &View) {
        [&view.named, &view.condemned, &view.swept].into_iter().for_each(|set| self.remove(set));
    }

    pub(crate) fn add(&mut self, list: &ObjectList) {
        self.index.extend(&list.index);
        self.packs.extend(&list.packs);
    }

    pub(crate) fn remove(&mut self, others: &Self) {
        self.index.retain(|hash| !others.index.contains(hash));
        self.packs.retain(|pack| !others.packs.contains(pack));
    }
}
