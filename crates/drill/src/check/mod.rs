//! Checks: what looks at what a drill brought back, and says how much it looked at.
//!
//! Invariants: a check that looked at nothing does not pass; names of files stay out of what it says, because evidence lies open.

mod bounds;
mod content;
mod live;
mod metadata;
mod paths;

use crate::DrillError;
use crate::plan::{Check, CheckSpec};
use crate::record::{CheckResult, Outcome};
use lifeboat_engine::{CompareReport, Observer, RestoreReport, Selection, Snapshot, Workers};
use lifeboat_repository::{Repository, View};
use serde_json::Value;
use std::path::PathBuf;

/// A snapshot, and what came of it.
pub(crate) struct Trial {
    pub(crate) snapshot: Snapshot,
    /// The complete one of the same kind before it.
    pub(crate) before: Option<Snapshot>,
    /// What of it was wanted.
    pub(crate) selection: Selection,
    /// Where it was written to; none where it was put together and thrown away.
    pub(crate) tree: Option<PathBuf>,
    pub(crate) restored: RestoreReport,
    /// What was written, held against the snapshot, where a check asks for that.
    pub(crate) compared: Option<CompareReport>,
}

/// What a check may look at.
pub(crate) struct Ground<'a> {
    pub(crate) repository: &'a Repository,
    pub(crate) view: &'a View,
    pub(crate) workers: &'a Workers,
    pub(crate) observer: &'a dyn Observer,
    pub(crate) trials: &'a [Trial],
}

/// What a check found.
pub(crate) struct Finding {
    pub(crate) verdict: Outcome,
    pub(crate) subjects: u64,
    pub(crate) expected: Value,
    pub(crate) observed: Value,
    /// The cause, without names of files.
    pub(crate) message: String,
}

impl Finding {
    /// Of so many subjects: a pass unless something is wrong, or there was nothing to look at.
    pub(crate) fn of(subjects: u64, wrong: &[String], expected: Value, observed: Value) -> Self {
        let (verdict, message) = match wrong {
            [] if subjects == 0 => (Outcome::Fail, "there was nothing to look at".to_owned()),
            [] => (Outcome::Pass, String::new()),
            wrong => (Outcome::Fail, wrong.join("; ")),
        };
        Self { verdict, subjects, expected, observed, message }
    }

    /// Nobody can say.
    pub(crate) fn unknown(why: impl Into<String>) -> Self {
        let (expected, observed) = (Value::Null, Value::Null);
        Self { verdict: Outcome::Unknown, subjects: 0, expected, observed, message: why.into() }
    }
}

/// Whether any of the checks needs what was written to be held against the snapshot.
pub(crate) fn wants_comparison(checks: &[Check]) -> bool {
    checks.iter().any(|check| matches!(check.spec, CheckSpec::Content(_) | CheckSpec::Metadata(_)))
}

/// What records call a check of this kind, and whether it looks at data.
pub(crate) fn kind(spec: &CheckSpec) -> (&'static str, bool) {
    match spec {
        CheckSpec::Content(_) => ("content", true),
        CheckSpec::Metadata(_) => ("metadata", false),
        CheckSpec::LiveCompare(_) => ("live-compare", true),
        CheckSpec::Paths(_) => ("paths", false),
        CheckSpec::Bounds(_) => ("bounds", false),
        CheckSpec::Sqlite(_) => ("sqlite", true),
        CheckSpec::Postgres(_) => ("postgres", true),
        CheckSpec::Command(_) => ("command", true),
        CheckSpec::Canary(_) => ("canary", true),
        CheckSpec::Archive(_) => ("archive", true),
    }
}

/// Carries out a check; how long it takes is for the caller to measure.
pub(crate) fn carry_out(check: &Check, ground: &Ground<'_>) -> Result<CheckResult, DrillError> {
    let found = match &check.spec {
        CheckSpec::Content(_) => content::look(ground),
        CheckSpec::Metadata(spec) => metadata::look(spec, ground),
        CheckSpec::LiveCompare(spec) => live::look(spec, ground)?,
        CheckSpec::Paths(spec) => paths::look(&check.name, spec, ground)?,
        CheckSpec::Bounds(spec) => bounds::look(spec, ground)?,
        CheckSpec::Sqlite(_)
        | CheckSpec::Postgres(_)
        | CheckSpec::Command(_)
        | CheckSpec::Canary(_)
        | CheckSpec::Archive(_) => Finding::unknown("this version cannot carry out checks of this type"),
    };
    let (kind, data_proving) = kind(&check.spec);
    let Finding { verdict, subjects, expected, observed, message } = found;
    Ok(CheckResult {
        name: check.name.clone(),
        kind: kind.to_owned(),
        required: check.required,
        data_proving,
        verdict,
        subjects,
        expected,
        observed,
        message,
        ms: 0,
        last_negative_control: None,
    })
}

/// A count of things as people say it, unless there are none.
pub(crate) fn counted(count: u64, what: &str) -> Option<String> {
    (count > 0).then(|| format!("{what}: {count}"))
}
