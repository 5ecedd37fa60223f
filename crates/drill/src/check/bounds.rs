//! `bounds`: a snapshot has about as much as it should, and something in it is fresh.

use super::ground::seconds_between;
use super::{Fault, Finding, Ground, Look, Trial};
use crate::DrillError;
use crate::plan::{BoundsCheck, Share};
use lifeboat_format::Totals;
use serde_json::{Value, json};

/// A loss that is shown to bounds that do not allow it, as a part of the whole.
const LOSS: f64 = 0.6;

impl Look for BoundsCheck {
    fn look(&self, ground: &Ground<'_>) -> Result<Finding, DrillError> {
        judge(self, ground)
    }

    fn spoil(&self, ground: &Ground<'_>, fault: &mut Fault<'_>) -> Result<(), DrillError> {
        let with = |change: &dyn Fn(&mut Trial)| {
            let mut trials = ground.trials.to_vec();
            trials.iter_mut().for_each(change);
            trials
        };
        let nothing = with(&|trial| trial.totals = Totals::default());
        fault("there is nothing", &Ground { hidden: &|_| true, ..ground.with(&nothing) })?;
        let is_usual = |share: Option<Share>| share.is_none_or(|share| share.value() >= LOSS);
        if !(is_usual(self.files.max_change) && is_usual(self.bytes.max_change)) {
            let less = with(&|trial| {
                trial.totals = most_lost(*trial.before.get_or_insert(trial.totals));
            });
            fault("more than half is gone", &ground.with(&less))?;
        }
        if let Some(most) = self.newest_mtime_age {
            let later = i64::try_from(most.duration().as_secs()).unwrap_or(i64::MAX).saturating_add(1);
            let old = with(&|trial| {
                let start = &mut trial.snapshot.start.seconds;
                *start = start.saturating_add(later);
            });
            fault("nothing is fresh", &ground.with(&old))?;
        }
        Ok(())
    }
}

fn judge(spec: &BoundsCheck, ground: &Ground<'_>) -> Result<Finding, DrillError> {
    let (mut wrong, mut subjects, mut observed) = (Vec::new(), 0, Vec::new());
    for trial in ground.trials {
        let (now, before) = (trial.totals, trial.before);
        subjects += now.files;
        let (files, bytes) = (spec.files, spec.bytes);
        wrong.extend(outside("files", now.files, files.min, files.max));
        wrong.extend(outside(
            "bytes",
            now.bytes,
            bytes.min.map(|size| size.bytes()),
            bytes.max.map(|size| size.bytes()),
        ));
        wrong.extend(changed("files", now.files, before.map(|before| before.files), files.max_change));
        wrong.extend(changed("bytes", now.bytes, before.map(|before| before.bytes), bytes.max_change));
        let age = newest_age(spec, trial, ground)?;
        if let (Some(age), Some(most)) = (age, spec.newest_mtime_age)
            && age > most.duration().as_secs()
        {
            wrong.push(format!("the newest file was {age} s old when the backup began"));
        }
        observed.push(json!({ "files": now.files, "bytes": now.bytes, "newest_age_s": age }));
    }
    let expected = serde_json::to_value(spec).unwrap_or(Value::Null);
    Ok(Finding::of(subjects, &wrong, expected, Value::Array(observed)))
}

/// Four tenths of it.
const fn most_lost(totals: Totals) -> Totals {
    Totals { files: totals.files / 5 * 2, bytes: totals.bytes / 5 * 2, ..totals }
}

fn outside(what: &str, now: u64, min: Option<u64>, max: Option<u64>) -> Option<String> {
    let is_inside = min.is_none_or(|min| now >= min) && max.is_none_or(|max| now <= max);
    (!is_inside).then(|| format!("{what}: {now}, outside of what is allowed"))
}

/// What changed by more than a share of what was there before.
#[expect(clippy::cast_precision_loss, reason = "a share of a size")]
fn changed(what: &str, now: u64, before: Option<u64>, most: Option<Share>) -> Option<String> {
    let (before, most) = before.zip(most)?;
    let share = now.abs_diff(before) as f64 / before.max(1) as f64;
    (share > most.value()).then(|| format!("{what}: {now} after {before} in the snapshot before"))
}

/// How old the file that was modified last was when the backup began, in seconds; none where nobody asks, or there is no file.
fn newest_age(spec: &BoundsCheck, trial: &Trial, ground: &Ground<'_>) -> Result<Option<u64>, DrillError> {
    if spec.newest_mtime_age.is_none() {
        return Ok(None);
    }
    let mut newest = None;
    ground.list(trial, &mut |_, node| {
        if node.totals.is_none() {
            newest = newest.max(Some(node.mtime));
        }
    })?;
    // What was modified after the backup began is as fresh as can be.
    Ok(newest.map(|newest| seconds_between(newest, trial.snapshot.start).unwrap_or_default()))
}
