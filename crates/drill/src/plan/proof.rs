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

/// Where evidence is kept, and what it says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct EvidenceSpec {
    /// Names of repositories that keep it, beside the one that is drilled.
    pub store: Vec<String>,
    /// What it says of the names of files.
    pub paths: PathPrivacy,
}

/// What evidence says of the names of files, which anybody who sees the repository can read there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PathPrivacy {
    /// Hashes with a key, by which whoever has the key can look for names.
    #[default]
    Hashed,
    /// The names.
    Plain,
    /// Nothing.
    None,
}
