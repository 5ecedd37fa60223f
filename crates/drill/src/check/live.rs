//! `live-compare`: files of this machine that look as they did when they were saved, against what was saved.
//!
//! A file of the same size, inode and times with other content has gone bad, here or in the repository, or somebody hides a change. What
//! looks changed is only counted.

use super::{Fault, Finding, Ground, Look, counted};
use crate::DrillError;
use crate::plan::LiveCompareCheck;
use lifeboat_engine::{CompareOptions, CompareReport, Difference, Selection, What, compare};
use serde_json::json;
use std::path::PathBuf;

impl Look for LiveCompareCheck {
    fn look(&self, ground: &Ground<'_>) -> Result<Finding, DrillError> {
        match ground.live {
            Some(said) => Ok(judge(said)),
            None => Ok(judge(&compared(self, ground)?)),
        }
    }

    /// No file can be given other content and the inode and the times that it had, so what is said of one that was equal is spoilt.
    fn spoil(&self, ground: &Ground<'_>, fault: &mut Fault<'_>) -> Result<(), DrillError> {
        let mut said = compared(self, ground)?;
        if let Some(report) = said.iter_mut().find(|report| report.files > 0) {
            report.files -= 1;
            let (path, what) = (PathBuf::new(), What::Content);
            report.differences.push(Difference { path, what, looks_the_same: true });
            fault("a file looks as it did and has other content", &Ground { live: Some(&said), ..*ground })?;
        }
        Ok(())
    }
}

/// The files of this machine, held against each of the snapshots.
fn compared(spec: &LiveCompareCheck, ground: &Ground<'_>) -> Result<Vec<CompareReport>, DrillError> {
    let mut left = spec.sample.unwrap_or(u64::MAX);
    let mut reports = Vec::new();
    for trial in ground.trials {
        let selection = match &trial.selection {
            Selection::Only(paths) => {
                let few = paths.iter().take(usize::try_from(left).unwrap_or(usize::MAX));
                Selection::Only(few.cloned().collect())
            }
            all => all.clone(),
        };
        let options = CompareOptions { with: PathBuf::from("/"), path: None, selection };
        let found = compare(
            ground.repository,
            ground.view,
            &trial.snapshot,
            &options,
            ground.workers,
            ground.observer,
        )?;
        left = left.saturating_sub(found.files);
        reports.push(found);
    }
    Ok(reports)
}

fn judge(reports: &[CompareReport]) -> Finding {
    let (mut subjects, mut rotten, mut changed, mut missing, mut unread) = (0, 0, 0, 0, 0);
    for found in reports {
        subjects += found.files;
        unread += found.problems.len() as u64;
        for difference in &found.differences {
            match (&difference.what, difference.looks_the_same) {
                (What::Content, true) => rotten += 1,
                (What::Missing, _) => missing += 1,
                _ => changed += 1,
            }
        }
    }
    let wrong: Vec<String> =
        counted(rotten, "files that look as they did and have other content").into_iter().collect();
    let observed = json!({
        "equal": subjects, "changed": changed, "missing": missing, "same_look_other_content": rotten, "unread": unread
    });
    match subjects + rotten {
        // Where everything has changed since, nobody can say.
        0 => Finding::unknown("no file looks as it did when it was saved"),
        looked_at => Finding::of(looked_at, &wrong, json!("same look, same content"), observed),
    }
}
