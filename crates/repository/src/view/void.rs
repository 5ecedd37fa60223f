//! Commits and wishes that do not count: what was decided beside a sweep, neither knowing of the other.
//!
//! An entry is void when some `Sweep` has not seen it and it has not seen the `Condemn` of that sweep: what it relies on may be gone,
//! and who put it was never told that it counts (docs/log-protocol.md).

use crate::ancestry::{ASKED_MAX, Ancestry};
use lifeboat_format::{EntryKind, SessionId};
use std::collections::BTreeMap;

/// For each entry whether it would be void if it were a `Commit` or an `Unforget`.
///
/// A `Sweep` whose `Condemn` cannot be read makes nothing void: that entry is named as damage, and a snapshot too many is better than one
/// too few.
pub(super) fn void(ancestry: &Ancestry<'_>) -> Vec<bool> {
    let mut void = vec![false; ancestry.entries().len()];
    for pairs in pairs(ancestry).chunks(ASKED_MAX) {
        let (condemns, sweeps): (Vec<usize>, Vec<usize>) = pairs.iter().copied().unzip();
        let (has_seen, is_seen) = (ancestry.has_seen(&condemns), ancestry.is_seen_by(&sweeps));
        let all = u64::MAX >> (ASKED_MAX - pairs.len());
        for (entry, void) in void.iter_mut().enumerate() {
            *void |= (has_seen.bits(entry) | is_seen.bits(entry)) & all != all;
        }
    }
    void
}

/// Numbers of the `Condemn` and the `Sweep` of each session that has put both.
fn pairs(ancestry: &Ancestry<'_>) -> Vec<(usize, usize)> {
    let of = |kind| {
        let entries = ancestry.entries().iter().enumerate();
        let of_kind = entries.filter(move |(_, entry)| entry.header.kind == kind);
        of_kind.map(|(number, entry)| (entry.header.session, number))
    };
    let condemns: BTreeMap<SessionId, usize> = of(EntryKind::CONDEMN).collect();
    of(EntryKind::SWEEP).filter_map(|(session, sweep)| Some((*condemns.get(&session)?, sweep))).collect()
}
