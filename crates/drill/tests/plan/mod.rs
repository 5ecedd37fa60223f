//! Plans: what is understood, what is refused, what becomes of it.

mod digest;
mod findings;
mod resolve;
mod schedule;
mod values;

use lifeboat_drill::plan::{ResolvedDrill, Tables};
use serde_json::Value;

/// A plan, in another spelling than that of files.
fn tables(plan: Value) -> Tables {
    serde_json::from_value(plan).unwrap()
}

/// The one drill of a plan.
fn only(plan: Value) -> ResolvedDrill {
    let drills = tables(plan).resolve().unwrap();
    assert_eq!(drills.len(), 1);
    drills.into_values().next().unwrap()
}

/// Why a plan is not understood.
fn refused(plan: Value) -> String {
    match serde_json::from_value::<Tables>(plan) {
        Ok(tables) => tables.resolve().unwrap_err().to_string(),
        Err(error) => error.to_string(),
    }
}
