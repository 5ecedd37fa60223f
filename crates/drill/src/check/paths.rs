//! `paths`: what has to be in a snapshot is there, and what must not be is not.

use super::{Finding, Ground};
use crate::DrillError;
use crate::plan::{Glob, PathsCheck};
use lifeboat_engine::{EngineError, Filter, FilterOptions, ListOptions, NodeKind, list};
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

pub(super) fn look(name: &str, spec: &PathsCheck, ground: &Ground<'_>) -> Result<Finding, DrillError> {
    let (mut wrong, mut subjects, mut observed) = (Vec::new(), 0, Vec::new());
    let wanted = filters(&spec.must_exist, name)?;
    let unwanted = filters(&spec.must_not_exist, name)?;
    for trial in ground.trials {
        let mut counts = vec![0_u64; wanted.len() + unwanted.len()];
        let options = ListOptions { path: None, recursive: true };
        list(ground.repository, ground.view, &trial.snapshot, &options, &mut |path, node| {
            subjects += 1;
            for (filter, count) in wanted.iter().chain(&unwanted).zip(&mut counts) {
                let path = Path::new(OsStr::from_bytes(path));
                let fits = filter.by_path(path, node.kind == NodeKind::Directory).is_some();
                *count += u64::from(fits);
            }
        })?;
        let (found, foreign) = counts.split_at(wanted.len());
        for (glob, count) in spec.must_exist.iter().zip(found) {
            let too_many = spec.max_matches.is_some_and(|most| *count > most);
            if *count < spec.min_matches || too_many {
                wrong.push(format!("{} fits {count} paths", glob.text()));
            }
        }
        for (glob, count) in spec.must_not_exist.iter().zip(foreign).filter(|(_, count)| **count > 0) {
            wrong.push(format!("{} fits {count} paths and should fit none", glob.text()));
        }
        observed.push(json!({ "wanted": found, "unwanted": foreign }));
    }
    let expected = json!({ "min": spec.min_matches, "max": spec.max_matches, "unwanted": 0 });
    Ok(Finding::of(subjects, &wrong, expected, Value::Array(observed)))
}

/// One filter for each pattern, so that each is counted by itself.
fn filters(globs: &[Glob], origin: &str) -> Result<Vec<Filter>, DrillError> {
    let filter = |glob: &Glob| {
        let options = FilterOptions { patterns: vec![glob.pattern(origin)], ..FilterOptions::default() };
        Filter::new(options).map_err(|error| EngineError::Source(error.to_string()).into())
    };
    globs.iter().map(filter).collect()
}
