//! Which snapshots are copied, and what is there of them already.
//!
//! A copy keeps the id of its snapshot, and remembers where that was made: a copy of a copy remembers the first place. So a snapshot is known by
//! either. Whoever made it may have made it twice, of a source that had changed: the one is known from the other by when it was done.

use super::CopyOptions;
use crate::EngineError;
use crate::select::find_among;
use lifeboat_format::{Origin, RepositoryId, Snapshot, SnapshotId, Timestamp};
use lifeboat_repository::View;
use std::collections::BTreeSet;

/// Snapshots to be copied.
#[derive(Debug, Default)]
pub(super) struct Choice {
    /// Their ids, oldest first.
    pub(super) wanted: Vec<SnapshotId>,
    /// How many of those that were asked for are there already.
    pub(super) present: u64,
    /// How many were copied and forgotten there, and are not copied again.
    pub(super) forgotten: u64,
}

impl Choice {
    /// What the options ask for, as far as it is in one view and not in the other.
    pub(super) fn of(
        source: (RepositoryId, &View),
        target: (RepositoryId, &View),
        options: &CopyOptions,
    ) -> Result<Self, EngineError> {
        let all: Vec<&Snapshot> =
            source.1.snapshots().into_iter().filter(|snapshot| options.filter.passes(snapshot)).collect();
        let find =
            |reference: &String| find_among(&all, reference, options.filter.partial).map(|found| found.id);
        let named: BTreeSet<SnapshotId> = options.named.iter().map(find).collect::<Result<_, _>>()?;
        let there = Known::of(target.0, settled(target.1));
        let forgotten = Known::of(target.0, target.1.forgotten().map(|(snapshot, _)| snapshot));
        let mut choice = Self::default();
        for snapshot in all.iter().filter(|snapshot| named.is_empty() || named.contains(&snapshot.id)) {
            if there.has(snapshot, source.0) {
                choice.present += 1;
            } else if named.is_empty() && forgotten.has(snapshot, source.0) {
                choice.forgotten += 1;
            } else {
                choice.wanted.push(snapshot.id);
            }
        }
        Ok(choice)
    }
}

/// Whether a view has a copy of a snapshot of that repository that nobody has forgotten, and that stays.
pub(super) fn is_copied(
    snapshot: &Snapshot,
    repository: RepositoryId,
    target: (RepositoryId, &View),
) -> bool {
    Known::of(target.0, settled(target.1)).has(snapshot, repository)
}

/// What stays, whatever others do who prune now.
fn settled(view: &View) -> impl Iterator<Item = &Snapshot> {
    view.snapshots().into_iter().filter(|snapshot| view.is_settled(snapshot.id))
}

/// Snapshots that a repository has.
struct Known {
    ids: BTreeSet<(SnapshotId, Timestamp)>,
    origins: BTreeSet<(RepositoryId, SnapshotId, Timestamp)>,
}

impl Known {
    fn of<'s>(repository: RepositoryId, snapshots: impl IntoIterator<Item = &'s Snapshot>) -> Self {
        let (mut ids, mut origins) = (BTreeSet::new(), BTreeSet::new());
        for snapshot in snapshots {
            let origin = origin_of(snapshot, repository);
            ids.insert((snapshot.id, snapshot.end));
            origins.insert((origin.repository, origin.snapshot, snapshot.end));
        }
        Self { ids, origins }
    }

    /// Whether a snapshot of that repository is among them.
    fn has(&self, snapshot: &Snapshot, repository: RepositoryId) -> bool {
        let origin = origin_of(snapshot, repository);
        self.ids.contains(&(snapshot.id, snapshot.end))
            || self.origins.contains(&(origin.repository, origin.snapshot, snapshot.end))
    }
}

/// Where a snapshot of a repository was made.
pub(super) fn origin_of(snapshot: &Snapshot, repository: RepositoryId) -> Origin {
    snapshot.origin.unwrap_or(Origin { repository, snapshot: snapshot.id })
}

/// A snapshot that is much like another one and was copied, and its copy: the one it was compared with when it was made, else the newest of the
/// same paths of the same machine.
pub(super) fn relative<'v>(
    snapshot: &Snapshot,
    source: (RepositoryId, &'v View),
    target: (RepositoryId, &'v View),
) -> Option<(&'v Snapshot, &'v Snapshot)> {
    let copies = target.1.snapshots();
    let copy_of = |original: &Snapshot| {
        let origin = origin_of(original, source.0);
        let is_it = |copy: &&&Snapshot| origin_of(copy, target.0) == origin && copy.end == original.end;
        copies.iter().rev().find(is_it).copied()
    };
    let is_alike = |other: &&Snapshot| other.host == snapshot.host && other.paths == snapshot.paths;
    let all = source.1.snapshots();
    let parent = all.iter().copied().find(|other| Some(other.id) == snapshot.parent);
    let alike = all.iter().rev().copied().filter(|other| other.id != snapshot.id).filter(is_alike);
    parent.into_iter().chain(alike).find_map(|original| Some((original, copy_of(original)?)))
}
