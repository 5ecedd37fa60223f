//! What is known to be damaged or lost: said by a `Damage` that no `Healed` has taken back.

use super::ObjectSet;
use super::wishes::{chosen, numbers};
use crate::ancestry::{ASKED_MAX, Ancestry};
use lifeboat_format::ObjectList;

/// What entries say of damage, with the numbers of the entries.
#[derive(Debug, Default)]
pub(super) struct Damages {
    pub(super) found: Vec<(usize, ObjectList)>,
    pub(super) healed: Vec<(usize, ObjectList)>,
}

impl Damages {
    /// What is still so: a `Healed` takes back what it has seen.
    pub(super) fn open(&self, ancestry: &Ancestry<'_>) -> ObjectSet {
        let mut healed = vec![ObjectSet::default(); self.found.len()];
        for some in self.healed.chunks(ASKED_MAX) {
            let seen_by = ancestry.is_seen_by(&numbers(some));
            for ((number, _), healed) in self.found.iter().zip(&mut healed) {
                chosen(some, &seen_by, *number).for_each(|(_, list)| healed.add(list));
            }
        }
        let mut open = ObjectSet::default();
        for ((_, list), healed) in self.found.iter().zip(&healed) {
            let mut damaged = ObjectSet::default();
            damaged.add(list);
            damaged.remove(healed);
            open.index.append(&mut damaged.index);
            open.packs.append(&mut damaged.packs);
        }
        open
    }
}
