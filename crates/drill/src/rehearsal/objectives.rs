//! Whether what was to be reached was reached.
//!
//! Spec: docs/drills.md, "Objectives". Invariant: what was not measured, nor bounded by what was, is not known.

use super::Rehearsal;
use super::carry_out::writes_everything;
use crate::record::{Cache, Level, Objective, Outcome};
use crate::rto::Batch;
use lifeboat_engine::SnapshotList;
use serde_json::{Value, json};
use std::time::Duration;

/// How the restore went.
#[derive(Default)]
pub(super) struct Pacing {
    /// From the start until the last check was over.
    pub(super) took: Duration,
    pub(super) batches: Vec<Batch>,
    /// Whether the time was over before.
    pub(super) is_late: bool,
}

impl Rehearsal<'_> {
    /// How each came out.
    pub(super) fn objectives(&self, list: &SnapshotList) -> Vec<Objective> {
        vec![self.rto(), self.age(list), self.level()]
    }

    fn rto(&self) -> Objective {
        let took = self.rto.took.as_secs_f64();
        let is_measured = writes_everything(&self.drill.scenario)
            && self.drill.paths.is_empty()
            && self.drill.sandbox.cache == Cache::Cold;
        let (verdict, basis, message) = match self.drill.objectives.rto {
            None if is_measured => (Outcome::NotConfigured, "measured", ""),
            None => (Outcome::NotConfigured, "not-configured", ""),
            Some(target) if is_measured => {
                let verdict = if self.rto.took <= target.duration() { Outcome::Pass } else { Outcome::Fail };
                (verdict, "measured", "")
            }
            Some(_) => {
                (Outcome::Unknown, "insufficient", "only a drill that restores everything, cold, measures it")
            }
        };
        let target = self.drill.objectives.rto.map(|target| target.duration().as_secs());
        Objective {
            name: "rto".to_owned(),
            target: json!(target),
            attained: if is_measured { json!(took) } else { Value::Null },
            basis: basis.to_owned(),
            verdict,
            message: message.to_owned(),
        }
    }

    /// How old the newest complete snapshot is.
    fn age(&self, list: &SnapshotList) -> Objective {
        let newest = list.snapshots.iter().rfind(|snapshot| !snapshot.is_partial());
        let now = self.site.environment.clock.now().seconds;
        let age = newest.map(|snapshot| u64::try_from(now - snapshot.start.seconds).unwrap_or_default());
        let target = self.drill.objectives.max_snapshot_age.map(|most| most.duration().as_secs());
        let (verdict, message) = match (target, age) {
            (None, _) => (Outcome::NotConfigured, ""),
            (Some(_), None) => (Outcome::Fail, "there is no complete snapshot"),
            (Some(most), Some(age)) if age <= most => (Outcome::Pass, ""),
            _ => (Outcome::Fail, "the newest complete snapshot is too old"),
        };
        Objective {
            name: "snapshot-age".to_owned(),
            target: json!(target),
            attained: json!(age),
            basis: "measured".to_owned(),
            verdict,
            message: message.to_owned(),
        }
    }

    fn level(&self) -> Objective {
        let reached = super::account::level(&self.account);
        let verdict = match self.drill.objectives.min_level {
            None => Outcome::NotConfigured,
            Some(least) if reached >= least => Outcome::Pass,
            Some(_) => Outcome::Fail,
        };
        let text = |level: Level| json!(level);
        Objective {
            name: "level".to_owned(),
            target: self.drill.objectives.min_level.map_or(Value::Null, text),
            attained: text(reached),
            basis: "measured".to_owned(),
            verdict,
            message: String::new(),
        }
    }
}
