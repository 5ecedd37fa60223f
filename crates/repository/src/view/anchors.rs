//! What a repository remembers of others: how far their logs were when something was last copied between the two.

use super::wishes::{chosen, numbers};
use crate::ancestry::{ASKED_MAX, Ancestry};
use lifeboat_format::{Anchor, ObjectHash, RepositoryId};
use std::collections::{BTreeMap, BTreeSet};

/// For each other repository the heads that are remembered: those of the anchors that no later one of the same repository has seen.
pub(super) fn remembered(
    anchors: &[(usize, Anchor)],
    ancestry: &Ancestry<'_>,
) -> BTreeMap<RepositoryId, BTreeSet<ObjectHash>> {
    let mut superseded = BTreeSet::new();
    for some in anchors.chunks(ASKED_MAX) {
        let seen_by = ancestry.is_seen_by(&numbers(some));
        for (number, anchor) in anchors {
            let mut seers = chosen(some, &seen_by, *number);
            if seers.any(|(_, later)| later.repository == anchor.repository) {
                superseded.insert(*number);
            }
        }
    }
    let mut remembered: BTreeMap<_, BTreeSet<ObjectHash>> = BTreeMap::new();
    for (_, anchor) in anchors.iter().filter(|(number, _)| !superseded.contains(number)) {
        remembered.entry(anchor.repository).or_default().extend(&anchor.heads);
    }
    remembered
}
