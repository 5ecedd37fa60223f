//! Who can open the repository, as far as anybody was told.

use super::actor::{Actor, End};
use super::plan::Verb;
use std::collections::BTreeMap;

/// What is known of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lot {
    /// It was reported as added and nobody tried to remove it.
    Opens,
    /// Whoever added or removed it did not live to tell, or failed.
    Unknown,
    /// It was reported as removed.
    Removed,
}

/// All keys there ever were, by their numbers.
#[derive(Clone, Debug)]
pub(crate) struct Keys(pub(crate) BTreeMap<u32, Lot>);

impl Keys {
    /// The one that the repository is made with.
    pub(crate) fn first() -> Self {
        Self(BTreeMap::from([(0, Lot::Opens)]))
    }

    /// The number of the next one.
    pub(crate) fn fresh(&mut self) -> u32 {
        let number = self.0.len().try_into().unwrap();
        self.0.insert(number, Lot::Removed);
        number
    }

    /// Keys that open it, and those that may.
    pub(crate) fn candidates(&self) -> (Vec<u32>, Vec<u32>) {
        let of = |wanted| self.0.iter().filter(move |(_, lot)| **lot == wanted).map(|(number, _)| *number);
        (of(Lot::Opens).collect(), of(Lot::Unknown).collect())
    }

    /// What is known after acts that were done at once: whatever one of them added another may have removed.
    pub(crate) fn settle(&mut self, acts: &[(&Actor, &End)]) {
        for (actor, end) in acts {
            if matches!(actor.act.verb, Verb::AddKey | Verb::ChangeKey) {
                self.0.insert(actor.new_key, if is_done(end) { Lot::Opens } else { Lot::Unknown });
            }
        }
        for (actor, end) in acts {
            if let Some(leaving) = *actor.record.leaving.lock().unwrap()
                && self.0.get(&leaving) != Some(&Lot::Removed)
            {
                self.0.insert(leaving, if is_done(end) { Lot::Removed } else { Lot::Unknown });
            }
        }
    }
}

fn is_done(end: &End) -> bool {
    matches!(end, End::KeysChanged)
}
