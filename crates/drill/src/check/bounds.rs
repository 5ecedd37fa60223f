//! `bounds`: a snapshot has about as much as it should, and something in it is fresh.

use super::{Finding, Ground, Trial};
use crate::DrillError;
use crate::plan::{BoundsCheck, Share};
use lifeboat_engine::{ListOptions, list};
use serde_json::{Value, json};

pub(super) fn look(spec: &BoundsCheck, ground: &Ground<'_>) -> Result<Finding, DrillError> {
    let (mut wrong, mut subjects, mut observed) = (Vec::new(), 0, Vec::new());
    for trial in ground.trials {
        let now = trial.snapshot.root.totals.unwrap_or_default();
        let before = trial.before.as_ref().and_then(|before| before.root.totals);
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
    let options = ListOptions { path: None, recursive: true };
    list(ground.repository, ground.view, &trial.snapshot, &options, &mut |_, node| {
        newest = newest.max(node.totals.is_none().then_some(node.mtime.seconds));
    })?;
    let start = trial.snapshot.start.seconds;
    Ok(newest.map(|newest| u64::try_from(start.saturating_sub(newest)).unwrap_or_default()))
}
