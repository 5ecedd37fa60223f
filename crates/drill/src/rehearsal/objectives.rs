//! Whether what was to be reached was reached.
//!
//! Spec: docs/drills.md, "Objectives". Invariant: what was not measured, nor bounded by what was, is not known.

use super::carry_out::writes_everything;
use super::{Rehearsal, account};
use crate::DrillError;
use crate::check::Trial;
use crate::record::{Cache, Level, Objective, Outcome};
use crate::rpo::{Gap, Recoverable, worst_gap};
use crate::rto::{Batch, Extrapolation, Sampled, extrapolate};
use lifeboat_engine::{ListOptions, Selection, SnapshotList, list};
use lifeboat_repository::View;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
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
    pub(super) fn objectives(
        &self,
        list: &SnapshotList,
        trials: &[Trial],
    ) -> Result<Vec<Objective>, DrillError> {
        Ok(vec![self.rto(&list.view, trials)?, self.rpo(list), self.age(list), self.level()])
    }

    /// From the start until all checks were over, where everything was restored and nothing was known before; else what that would take,
    /// as far as a part of it says.
    fn rto(&self, view: &View, trials: &[Trial]) -> Result<Objective, DrillError> {
        let target = self.drill.objectives.rto.map(|target| target.duration().as_secs_f64());
        let is_cold = self.drill.sandbox.cache == Cache::Cold;
        let mut rto = Objective {
            name: "rto".to_owned(),
            target: json!(target),
            attained: Value::Null,
            lower: None,
            upper: None,
            basis: "not-configured".to_owned(),
            verdict: Outcome::NotConfigured,
            message: String::new(),
        };
        if writes_everything(&self.drill.scenario) && self.drill.paths.is_empty() && is_cold {
            let took = self.rto.took.as_secs_f64();
            (rto.attained, rto.basis) = (json!(took), "measured".to_owned());
            if let Some(target) = target {
                rto.verdict = if took <= target { Outcome::Pass } else { Outcome::Fail };
            }
            return Ok(rto);
        }
        let Some(target) = target else { return Ok(rto) };
        match self.extrapolated(view, trials, is_cold)? {
            Ok(bound) => {
                let Extrapolation { seconds, lower, upper, .. } = bound;
                (rto.attained, rto.lower, rto.upper) = (json!(seconds), Some(lower), Some(upper));
                rto.basis = "extrapolated".to_owned();
                rto.verdict = bound.verdict(target);
            }
            Err(why) => {
                (rto.basis, rto.verdict, rto.message) = ("insufficient".to_owned(), Outcome::Unknown, why);
            }
        }
        Ok(rto)
    }

    /// What a restore of everything would take, or why nobody can say.
    fn extrapolated(
        &self,
        view: &View,
        trials: &[Trial],
        is_cold: bool,
    ) -> Result<Result<Extrapolation, String>, DrillError> {
        if !self.drill.scenario.writes_files() {
            return Ok(Err("only a drill that writes files measures it".to_owned()));
        }
        let timed: f64 = self.rto.batches.iter().map(|batch| batch.seconds).sum();
        let sampled = Sampled {
            batches: &self.rto.batches,
            fixed: (self.rto.took.as_secs_f64() - timed).max(0.0),
            cache_hits: u64::from(!is_cold),
            capped: self.drill.budget.bandwidth.is_some(),
            has_largest: self.has_largest(view, trials)?,
        };
        let whole = self.account.scope.population.bytes;
        Ok(extrapolate(&sampled, whole).map_err(|refusal| refusal.to_string()))
    }

    /// Whether the largest file of each snapshot is among what was restored.
    fn has_largest(&self, view: &View, trials: &[Trial]) -> Result<bool, DrillError> {
        for trial in trials {
            let Selection::Only(paths) = &trial.selection else { continue };
            let (mut largest, mut restored) = (0, 0);
            let everything = ListOptions { path: None, recursive: true };
            list(&self.repository, view, &trial.snapshot, &everything, &mut |path, node| {
                if node.totals.is_none() {
                    largest = largest.max(node.size);
                    if paths.contains(Path::new(OsStr::from_bytes(path))) {
                        restored = restored.max(node.size);
                    }
                }
            })?;
            if restored < largest {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// How much would have been lost at the worst moment of the window, of whatever belongs together.
    fn rpo(&self, list: &SnapshotList) -> Objective {
        let mut groups: BTreeMap<_, Vec<Recoverable>> = BTreeMap::new();
        for snapshot in list.snapshots.iter().filter(|snapshot| !snapshot.is_partial()) {
            let available = list.view.committed(snapshot.id).unwrap_or(snapshot.end);
            groups.entry((&snapshot.host, &snapshot.paths)).or_default().push(Recoverable {
                started: account::timestamp(snapshot.start),
                available: account::timestamp(available),
            });
        }
        let now = account::now(self.site);
        let window = self.drill.objectives.rpo_window.duration();
        let since = now.checked_sub(window).unwrap_or(jiff::Timestamp::MIN);
        let worst = groups.values().filter_map(|group| worst_gap(group, since, now)).max_by_key(Gap::length);
        let attained = worst.map(|gap| gap.length().as_secs());
        let target = self.drill.objectives.rpo.map(|target| target.duration().as_secs());
        let (verdict, message) = match (target, attained) {
            (None, _) => (Outcome::NotConfigured, ""),
            (Some(_), None) => (Outcome::Fail, "there is no complete snapshot"),
            (Some(target), Some(worst)) if worst <= target => (Outcome::Pass, ""),
            _ => (Outcome::Fail, "more would have been lost at the worst moment"),
        };
        Objective {
            name: "rpo".to_owned(),
            target: json!(target),
            attained: json!(attained),
            lower: None,
            upper: None,
            basis: "measured".to_owned(),
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
            lower: None,
            upper: None,
            basis: "measured".to_owned(),
            verdict,
            message: message.to_owned(),
        }
    }

    fn level(&self) -> Objective {
        let reached = account::level(&self.account);
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
            lower: None,
            upper: None,
            basis: "measured".to_owned(),
            verdict,
            message: String::new(),
        }
    }
}
