//! Records of rehearsals in forms that others read: test results, metrics, a page.
//!
//! Invariants: what is unknown is never shown as if it were good, nor left out; text of a record stays text in whatever form.

mod html;
mod junit;
mod metrics;

pub use html::html;
pub use junit::junit;
pub use metrics::metrics;

use crate::evidence::{Published, Stored};
use crate::record::{Kind, Objective, Record};
use lifeboat_repository::EvidenceName;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A record to be reported.
#[derive(Clone, Copy, Debug)]
pub struct Reported<'a> {
    /// What it says.
    pub record: &'a Record,
    /// Its name in the repository; none where it was not stored.
    pub name: Option<EvidenceName>,
}

impl<'a> From<&'a Stored> for Reported<'a> {
    fn from(stored: &'a Stored) -> Self {
        Self { record: &stored.record, name: Some(stored.name) }
    }
}

impl<'a> From<&'a Published> for Reported<'a> {
    fn from(published: &'a Published) -> Self {
        Self { record: &published.record, name: Some(published.name) }
    }
}

impl<'a> Reported<'a> {
    /// Whether it tells how a whole drill ended, rather than of a part of one or of something else.
    fn is_run(&self) -> bool {
        matches!(self.record.account.kind, Kind::Run | Kind::Merged | Kind::Aborted)
    }

    fn objective(&self, name: &str) -> Option<&'a Objective> {
        self.record.account.objectives.iter().find(|objective| objective.name == name)
    }

    /// What was reached of an objective, in its unit; none where nobody can say.
    fn attained(&self, name: &str) -> Option<f64> {
        self.objective(name)?.attained.as_f64()
    }

    /// What it lies between; none where it was not extrapolated.
    fn bounds(&self, name: &str) -> Option<(f64, f64)> {
        let objective = self.objective(name)?;
        objective.lower.zip(objective.upper)
    }
}

/// The runs of each drill, the oldest first.
fn runs<'a>(records: &[Reported<'a>]) -> BTreeMap<&'a str, Vec<Reported<'a>>> {
    let mut runs: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for reported in records.iter().filter(|reported| reported.is_run()) {
        runs.entry(reported.record.account.plan.drill.as_str()).or_default().push(*reported);
    }
    runs.values_mut().for_each(|runs| runs.sort_by_key(|reported| reported.record.account.when.finished));
    runs
}

/// The word by which a record calls a kind, a verdict, a status or a level; empty for what it does not call by one word.
#[must_use]
pub fn word(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        _ => String::new(),
    }
}

/// A value of a record as text: texts as they are, nothing for what nobody can say.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "unknown".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
