//! Which snapshots a drill is about: what a disaster would leave.

use super::{Rehearsal, account};
use crate::plan::Select;
use crate::record::DrilledSnapshot;
use lifeboat_engine::{EngineError, Snapshot, SnapshotList};

impl Rehearsal<'_> {
    /// The snapshots, oldest first; none where no complete one passes.
    pub(super) fn choose(&mut self, list: &SnapshotList) -> Result<Vec<Snapshot>, EngineError> {
        let complete: Vec<&Snapshot> = list.snapshots.iter().filter(|one| !one.is_partial()).collect();
        let latest = complete.last().copied();
        let mut chosen: Vec<&Snapshot> = match &self.drill.snapshots.select {
            Select::Latest => latest.into_iter().collect(),
            Select::Reference(reference) => vec![list.find(reference)?],
            Select::Random { window, count, latest: takes_latest } => {
                let now = self.site.environment.clock.now().seconds;
                let span = |window: crate::plan::Span| {
                    i64::try_from(window.duration().as_secs()).unwrap_or(i64::MAX)
                };
                let oldest = window.map_or(i64::MIN, |window| now.saturating_sub(span(window)));
                let mut within: Vec<&Snapshot> =
                    complete.iter().copied().filter(|one| one.start.seconds >= oldest).collect();
                let (seed, _) = self.seed(&crate::plan::Seed::Derived);
                let seed = seed.part("snapshots");
                let mut taken: Vec<&Snapshot> = latest.filter(|_| *takes_latest).into_iter().collect();
                within.retain(|one| taken.iter().all(|taken| taken.id != one.id));
                for number in 0..u64::from(*count) {
                    if !within.is_empty() {
                        let at = seed.choose(number, within.len() as u64);
                        taken.push(within.swap_remove(usize::try_from(at).unwrap_or_default()));
                    }
                }
                taken
            }
        };
        chosen.sort_by_key(|one| (one.start, one.id));
        chosen.dedup_by_key(|one| one.id);
        self.account.scope.snapshots = chosen
            .iter()
            .map(|one| DrilledSnapshot {
                id: one.id.to_string(),
                started: account::timestamp(one.start),
                finished: account::timestamp(one.end),
                complete: !one.is_partial(),
                newest: latest.is_some_and(|latest| latest.id == one.id),
            })
            .collect();
        Ok(chosen.into_iter().cloned().collect())
    }
}

/// The complete snapshot of the same machine and paths before this one.
pub(super) fn before(list: &SnapshotList, snapshot: &Snapshot) -> Option<Snapshot> {
    let is_alike = |one: &&Snapshot| {
        one.start < snapshot.start
            && one.host == snapshot.host
            && one.paths == snapshot.paths
            && !one.is_partial()
    };
    list.snapshots.iter().filter(is_alike).max_by_key(|one| one.start).cloned()
}
