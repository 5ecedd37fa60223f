//! `live-compare`: files of this machine that look as they did when they were saved, against what was saved.
//!
//! A file of the same size, inode and times with other content has gone bad, here or in the repository, or somebody hides a change. What
//! looks changed is only counted.

use super::{Finding, Ground, counted};
use crate::DrillError;
use crate::plan::LiveCompareCheck;
use lifeboat_engine::{CompareOptions, Selection, What, compare};
use serde_json::json;
use std::path::PathBuf;

pub(super) fn look(spec: &LiveCompareCheck, ground: &Ground<'_>) -> Result<Finding, DrillError> {
    let (mut subjects, mut rotten, mut changed, mut missing, mut unread) = (0, 0, 0, 0, 0);
    let mut left = spec.sample.unwrap_or(u64::MAX);
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
    let mut finding = Finding::of(subjects + rotten, &wrong, json!("same look, same content"), observed);
    if subjects + rotten == 0 {
        // Where everything has changed since, nobody can say.
        finding = Finding::unknown("no file looks as it did when it was saved");
    }
    Ok(finding)
}
