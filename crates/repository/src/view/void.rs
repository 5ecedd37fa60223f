//! Commits and wishes that do not count, or may not for long: what was decided beside a sweep, neither knowing of the other.
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
    let (condemns, sweeps) = (condemns(ancestry), entries_of(ancestry, EntryKind::SWEEP));
    let pairs: Vec<_> =
        sweeps.filter_map(|(session, sweep)| Some((*condemns.get(&session)?, sweep))).collect();
    beside(ancestry, &pairs)
}

/// For each entry whether a `Sweep` that is still to come may make it void: who will put that has condemned something beside it.
pub(super) fn unsettled(ancestry: &Ancestry<'_>) -> Vec<bool> {
    let mut condemns = condemns(ancestry);
    for (session, _) in entries_of(ancestry, EntryKind::SWEEP) {
        condemns.remove(&session);
    }
    let pairs: Vec<_> = condemns.into_values().map(|condemn| (condemn, condemn)).collect();
    beside(ancestry, &pairs)
}

/// For each entry whether, of any of these pairs, it has not seen the first and was not seen by the second.
fn beside(ancestry: &Ancestry<'_>, pairs: &[(usize, usize)]) -> Vec<bool> {
    let mut beside = vec![false; ancestry.entries().len()];
    for pairs in pairs.chunks(ASKED_MAX) {
        let (condemns, sweeps): (Vec<usize>, Vec<usize>) = pairs.iter().copied().unzip();
        let (has_seen, is_seen) = (ancestry.has_seen(&condemns), ancestry.is_seen_by(&sweeps));
        let all = u64::MAX >> (ASKED_MAX - pairs.len());
        for (entry, beside) in beside.iter_mut().enumerate() {
            *beside |= (has_seen.bits(entry) | is_seen.bits(entry)) & all != all;
        }
    }
    beside
}

/// The number of the `Condemn` of each session that has put one.
fn condemns(ancestry: &Ancestry<'_>) -> BTreeMap<SessionId, usize> {
    entries_of(ancestry, EntryKind::CONDEMN).collect()
}

/// Sessions and numbers of the entries of a kind.
fn entries_of<'a>(
    ancestry: &'a Ancestry<'_>,
    kind: EntryKind,
) -> impl Iterator<Item = (SessionId, usize)> + use<'a> {
    let entries = ancestry.entries().iter().enumerate();
    let of_kind = entries.filter(move |(_, entry)| entry.header.kind == kind);
    of_kind.map(|(number, entry)| (entry.header.session, number))
}
