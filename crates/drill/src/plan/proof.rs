//! What drills have to prove of themselves, and where what they found is kept.

use super::Span;
use serde::{Deserialize, Serialize};

/// How often each check has to be seen failing on its own fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct NegativeControl {
    /// At least so often.
    pub every: Span,
    /// And whenever the drill has become another.
    pub on_plan_change: bool,
}

/// Once in 30 days.
impl Default for NegativeControl {
    fn default() -> Self {
        Self { every: Span::seconds(30 * 86_400), on_plan_change: true }
    }
}

/// Where evidence is kept. It names no files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct EvidenceSpec {
    /// Names of repositories that keep it, beside the one that is drilled.
    pub store: Vec<String>,
}
