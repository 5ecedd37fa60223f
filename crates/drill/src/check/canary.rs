//! `canary`: a file that every backup renews was renewed shortly before this one.

use super::{Fault, Finding, Ground, Look, Trial};
use crate::canary::Canary;
use crate::plan::CanaryCheck;
use crate::{DrillError, scratch};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Bytes of a canary, at most.
const LENGTH_MAX: u64 = 4 << 10;

impl Look for CanaryCheck {
    fn look(&self, ground: &Ground<'_>) -> Result<Finding, DrillError> {
        let (mut wrong, mut subjects, mut observed) = (Vec::new(), 0, Vec::new());
        let most = i128::from(self.max_age_at_snapshot.duration().as_secs());
        for trial in ground.trials {
            let place = scratch::within(&self.tree(trial, ground)?, &self.path);
            if !scratch::is_file(&place) {
                wrong.push("it is not in the snapshot".to_owned());
                continue;
            }
            subjects += 1;
            let Some(canary) = Canary::read(ground.repository, &scratch::head(&place, LENGTH_MAX)?) else {
                wrong.push("nobody with the keys of the repository has issued it".to_owned());
                continue;
            };
            let age = i128::from(trial.snapshot.start.seconds) - i128::from(canary.issued_at.as_second());
            observed.push(json!({ "age_s": i64::try_from(age).ok() }));
            if age > most {
                wrong.push("it is older than it may be: the backup did not renew it".to_owned());
            } else if age < 0 {
                wrong.push("it was issued after the backup began".to_owned());
            }
        }
        let expected = json!({ "max_age_s": self.max_age_at_snapshot.duration().as_secs() });
        Ok(Finding::of(subjects, &wrong, expected, Value::Array(observed)))
    }

    fn spoil(&self, ground: &Ground<'_>, fault: &mut Fault<'_>) -> Result<(), DrillError> {
        let Some(trial) = ground.trials.first() else { return Ok(()) };
        let spoilt = |change: &dyn Fn(&mut Trial)| {
            let mut trial = trial.clone();
            change(&mut trial);
            [trial]
        };
        let room = ground.scratch.with_copy(&self.tree(trial, ground)?, &self.path)?;
        let copy = scratch::within(&room, &self.path);
        // Somewhere in what proves the rest.
        scratch::flip(&copy, scratch::length(&copy)?.saturating_sub(10), 1)?;
        fault("it was altered", &ground.with(&spoilt(&|trial| trial.tree = Some(room.clone()))))?;
        let later = i64::try_from(self.max_age_at_snapshot.duration().as_secs())
            .unwrap_or(i64::MAX)
            .saturating_add(1);
        fault(
            "it is old",
            &ground.with(&spoilt(&|trial| {
                trial.snapshot.start.seconds = trial.snapshot.start.seconds.saturating_add(later);
            })),
        )
    }
}

impl CanaryCheck {
    /// Where it was restored to: with the rest, or by itself where the drill did not write it.
    fn tree(&self, trial: &Trial, ground: &Ground<'_>) -> Result<PathBuf, DrillError> {
        match &trial.tree {
            Some(tree) if scratch::is_file(&scratch::within(tree, &self.path)) => Ok(tree.clone()),
            _ => ground.restored_again(trial, &[&self.path]),
        }
    }
}
