//! Checks: what looks at what a drill brought back, and says how much it looked at.
//!
//! Each check also knows how to spoil what it looks at: a look that stays green at that is none. Invariants: a check that looked at nothing
//! does not pass; names of files stay out of what it says, because evidence lies open.

mod answer;
mod archive;
mod bounds;
mod canary;
mod command;
mod content;
mod control;
mod ground;
mod live;
mod metadata;
mod paths;
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

pub(crate) use control::control;
pub(crate) use ground::{Ground, Trial};

use crate::DrillError;
use crate::plan::{Check, CheckSpec};
use crate::record::{CheckResult, Outcome};
use lifeboat_format::{Bug, planted};
use serde_json::Value;

/// What a check of one kind does.
trait Look {
    /// Looks at what a drill brought back.
    fn look(&self, ground: &Ground<'_>) -> Result<Finding, DrillError>;

    /// Hands on what was spoilt on purpose, one fault after the other, with its name. The look has to be a failure at each.
    fn spoil(&self, ground: &Ground<'_>, fault: &mut Fault<'_>) -> Result<(), DrillError>;
}

/// What is done with ground that has a fault.
type Fault<'f> = dyn FnMut(&'static str, &Ground<'_>) -> Result<(), DrillError> + 'f;

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

/// Who does what a check asks for.
fn looker(spec: &CheckSpec) -> Option<&dyn Look> {
    match spec {
        CheckSpec::Content(check) => Some(check),
        CheckSpec::Metadata(check) => Some(check),
        CheckSpec::LiveCompare(check) => Some(check),
        CheckSpec::Paths(check) => Some(check),
        CheckSpec::Bounds(check) => Some(check),
        CheckSpec::Command(check) => Some(check),
        CheckSpec::Archive(check) => Some(check),
        #[cfg(feature = "sqlite")]
        CheckSpec::Sqlite(check) => Some(check),
        #[cfg(not(feature = "sqlite"))]
        CheckSpec::Sqlite(_) => None,
        CheckSpec::Postgres(check) => Some(check),
        CheckSpec::Canary(check) => Some(check),
    }
}

/// Looks as a check says, unless its look is edited for tests to like whatever it sees.
fn look(looker: &dyn Look, ground: &Ground<'_>) -> Result<Finding, DrillError> {
    let found = looker.look(ground)?;
    match planted(Bug::AlwaysGreen) {
        true => Ok(Finding { verdict: Outcome::Pass, subjects: found.subjects.max(1), ..found }),
        false => Ok(found),
    }
}

/// Carries out a check; how long it takes is for the caller to measure.
pub(crate) fn carry_out(check: &Check, ground: &Ground<'_>) -> Result<CheckResult, DrillError> {
    let found = match looker(&check.spec) {
        Some(looker) => look(looker, ground)?,
        None => Finding::unknown("this version cannot carry out checks of this type"),
    };
    let Finding { verdict, subjects, expected, observed, message } = found;
    Ok(CheckResult {
        name: check.name.clone(),
        kind: check.spec.kind().to_owned(),
        required: check.required,
        data_proving: check.spec.proves_data(),
        verdict,
        subjects,
        expected,
        observed,
        message,
        ms: 0,
        last_negative_control: None,
        green_on: Vec::new(),
    })
}

/// A count of things as people say it, unless there are none.
pub(crate) fn counted(count: u64, what: &str) -> Option<String> {
    (count > 0).then(|| format!("{what}: {count}"))
}
