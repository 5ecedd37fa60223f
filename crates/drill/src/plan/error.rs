//! Why a plan makes no sense.

use thiserror::Error;

/// What is wrong with a plan. Each names the table.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PlanError {
    /// The scenario is not built yet.
    #[error("[drill.{drill}]: scenario: {scenario} is not there yet")]
    NotYet {
        /// The drill.
        drill: String,
        /// Its scenario.
        scenario: &'static str,
    },
    /// A key that its scenario has no use for.
    #[error("[drill.{drill}]: {key}: the scenario {scenario} has no use for it")]
    Useless {
        /// The drill.
        drill: String,
        /// The key.
        key: &'static str,
        /// Its scenario.
        scenario: &'static str,
    },
    /// A key that its scenario cannot do without is missing.
    #[error("[drill.{drill}]: {key}: the scenario {scenario} needs it")]
    Missing {
        /// The drill.
        drill: String,
        /// The key.
        key: &'static str,
        /// Its scenario.
        scenario: &'static str,
    },
    /// A check that no table describes.
    #[error("[drill.{drill}]: checks: there is no [check.{check}]")]
    NoCheck {
        /// The drill.
        drill: String,
        /// What it names.
        check: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// A value that means nothing beside the others.
    #[error("[{table}]: {key}: {why}")]
    Wrong {
        /// The table: `drill.NAME`, `check.NAME`.
        table: String,
        /// The key.
        key: &'static str,
        /// What to write.
        why: String,
    },
}
