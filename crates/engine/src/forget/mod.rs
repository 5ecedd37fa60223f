//! `forget`: which snapshots nobody wants any more. They are there until `prune` sweeps what only they need.
//!
//! Invariant: a policy never leaves a group of snapshots empty, unless that is asked for in so many words.

mod calendar;
mod policy;
mod undo;

pub use calendar::{Calendar, Period, Span};
pub use policy::{Count, Policy, Reason};
pub(crate) use undo::undoable_of;
pub use undo::{UndoReport, Undoable, undo, undoable};

use crate::select::{SnapshotFilter, find_among};
use crate::{EngineError, Problem, select};
use lifeboat_format::{PathBytes, Snapshot, SnapshotId};
use lifeboat_repository::{Repository, Session, View};
use std::collections::{BTreeMap, BTreeSet};

/// What to forget.
#[derive(Clone, Debug, Default)]
pub struct ForgetOptions {
    /// Which snapshots are looked at.
    pub filter: SnapshotFilter,
    /// What to keep of each group; everything where it is empty.
    pub policy: Policy,
    /// What snapshots of a group have in common.
    pub group_by: GroupBy,
    /// References of snapshots to forget, whatever a policy says.
    pub named: Vec<String>,
    /// Whether groups may become empty.
    pub allows_none: bool,
    /// Find out only.
    pub dry_run: bool,
    /// What the log says of why.
    pub reason: String,
}

/// What snapshots of a group have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupBy {
    /// The machine.
    pub host: bool,
    /// The paths that were asked for.
    pub paths: bool,
    /// The labels.
    pub tags: bool,
}

impl Default for GroupBy {
    fn default() -> Self {
        Self { host: true, paths: true, tags: false }
    }
}

/// What the snapshots of a group have in common; empty where they were not asked for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct GroupKey {
    /// The machine.
    pub host: String,
    /// The paths, sorted.
    pub paths: Vec<PathBytes>,
    /// The labels, sorted.
    pub tags: Vec<String>,
}

/// Snapshots that a policy looks at together.
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// What they have in common.
    pub key: GroupKey,
    /// Those that stay, oldest first, and why.
    pub kept: Vec<(Snapshot, BTreeSet<Reason>)>,
    /// Those that go, oldest first.
    pub forgotten: Vec<Snapshot>,
}

/// What was forgotten, or would be.
#[derive(Clone, Debug, Default)]
pub struct ForgetReport {
    /// Groups in order of what their snapshots have in common.
    pub groups: Vec<Group>,
    /// Snapshots that were named.
    pub named: Vec<Snapshot>,
    /// Entries that are damaged or forged.
    pub problems: Vec<Problem>,
}

impl ForgetReport {
    /// Ids of all that goes.
    #[must_use]
    pub fn forgotten(&self) -> BTreeSet<SnapshotId> {
        let of_groups = self.groups.iter().flat_map(|group| &group.forgotten);
        of_groups.chain(&self.named).map(|snapshot| snapshot.id).collect()
    }
}

/// Forgets.
///
/// # Errors
/// When a named snapshot does not exist, or a policy would leave a group empty; when the log cannot be read or written.
pub fn forget(
    repository: &Repository,
    options: &ForgetOptions,
    calendar: &dyn Calendar,
) -> Result<ForgetReport, EngineError> {
    let repository = if options.dry_run { &repository.rehearsal() } else { repository };
    let session = Session::start(repository)?;
    let report = choose(session.view(), options, calendar)?;
    let report = ForgetReport { problems: select::faults_of(session.forged()), ..report };
    let emptied = report.groups.iter().find(|group| group.kept.is_empty() && !group.forgotten.is_empty());
    if let Some(group) = emptied.filter(|_| !options.allows_none) {
        return Err(EngineError::NothingKept { count: group.forgotten.len() });
    }
    let forgotten = report.forgotten();
    if !options.dry_run && !forgotten.is_empty() {
        session.forget(forgotten.into_iter().collect(), &options.reason)?;
    }
    Ok(report)
}

/// What goes and what stays.
fn choose(
    view: &View,
    options: &ForgetOptions,
    calendar: &dyn Calendar,
) -> Result<ForgetReport, EngineError> {
    let all = view.snapshots();
    let find = |reference: &String| find_among(&all, reference, true).cloned();
    let named: Vec<Snapshot> = options.named.iter().map(find).collect::<Result<_, _>>()?;
    let mut groups: BTreeMap<GroupKey, Vec<&Snapshot>> = BTreeMap::new();
    if !options.policy.is_empty() {
        for snapshot in all.into_iter().filter(|snapshot| options.filter.passes(snapshot)) {
            groups.entry(options.group_by.key(snapshot)).or_default().push(snapshot);
        }
    }
    let is_pinned = |id| view.is_pinned(id);
    let group = |(key, snapshots): (GroupKey, Vec<&Snapshot>)| {
        let mut reasons = options.policy.keeps(&snapshots, calendar, &is_pinned);
        // What may not be there for long takes nobody's place.
        let settled: Vec<_> =
            snapshots.iter().copied().filter(|snapshot| view.is_settled(snapshot.id)).collect();
        for (id, more) in options.policy.keeps(&settled, calendar, &is_pinned) {
            reasons.entry(id).or_default().extend(more);
        }
        let mut group = Group { key, ..Group::default() };
        for snapshot in snapshots {
            match reasons.remove(&snapshot.id) {
                Some(reasons) => group.kept.push((snapshot.clone(), reasons)),
                None => group.forgotten.push(snapshot.clone()),
            }
        }
        group
    };
    Ok(ForgetReport { groups: groups.into_iter().map(group).collect(), named, problems: Vec::new() })
}

impl GroupBy {
    fn key(self, snapshot: &Snapshot) -> GroupKey {
        let mut key = GroupKey::default();
        if self.host {
            key.host.clone_from(&snapshot.host);
        }
        if self.paths {
            key.paths.clone_from(&snapshot.paths);
            key.paths.sort();
        }
        if self.tags {
            key.tags.clone_from(&snapshot.tags);
            key.tags.sort();
        }
        key
    }
}
