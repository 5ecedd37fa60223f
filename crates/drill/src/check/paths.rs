//! `paths`: what has to be in a snapshot is there, and what must not be is not.

use super::ground::filter;
use super::{Fault, Finding, Ground, Look};
use crate::DrillError;
use crate::plan::{Glob, PathsCheck};
use lifeboat_engine::{Filter, NodeKind};
use serde_json::{Value, json};

impl Look for PathsCheck {
    fn look(&self, ground: &Ground<'_>) -> Result<Finding, DrillError> {
        let (mut wrong, mut subjects, mut observed) = (Vec::new(), 0, Vec::new());
        let wanted = filters(&self.must_exist)?;
        let unwanted = filters(&self.must_not_exist)?;
        for trial in ground.trials {
            let mut counts = vec![0_u64; wanted.len() + unwanted.len()];
            ground.list(trial, &mut |path, node| {
                subjects += 1;
                for (filter, count) in wanted.iter().chain(&unwanted).zip(&mut counts) {
                    let fits = filter.by_path(path, node.kind == NodeKind::Directory).is_some();
                    *count += u64::from(fits);
                }
            })?;
            let (found, foreign) = counts.split_at(wanted.len());
            for (glob, count) in self.must_exist.iter().zip(found) {
                let too_many = self.max_matches.is_some_and(|most| *count > most);
                if *count < self.min_matches || too_many {
                    wrong.push(format!("{} fits {count} paths", glob.text()));
                }
            }
            for (glob, count) in self.must_not_exist.iter().zip(foreign).filter(|(_, count)| **count > 0) {
                wrong.push(format!("{} fits {count} paths and should fit none", glob.text()));
            }
            observed.push(json!({ "wanted": found, "unwanted": foreign }));
        }
        let expected = json!({ "min": self.min_matches, "max": self.max_matches, "unwanted": 0 });
        Ok(Finding::of(subjects, &wrong, expected, Value::Array(observed)))
    }

    fn spoil(&self, ground: &Ground<'_>, fault: &mut Fault<'_>) -> Result<(), DrillError> {
        for filter in filters(&self.must_exist)? {
            // What a pattern fits may be a directory or not: neither is to be seen.
            let hidden = |path: &std::path::Path| {
                [true, false].iter().any(|is_directory| filter.by_path(path, *is_directory).is_some())
            };
            fault("what has to be there is not", &Ground { hidden: &hidden, ..*ground })?;
        }
        fault("the list is empty", &Ground { hidden: &|_| true, ..*ground })
    }
}

/// One filter for each pattern, so that each is counted by itself.
fn filters(globs: &[Glob]) -> Result<Vec<Filter>, DrillError> {
    globs.iter().map(filter).collect()
}
