//! How a drill ended, and how what it consists of did.

use serde::{Deserialize, Serialize};

/// How a check or an objective came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// As it should be.
    Pass,
    /// Odd, and nothing that it decides.
    Warn,
    /// Not as it should be.
    Fail,
    /// Nobody can say.
    Unknown,
    /// Not tried, and not required.
    Skipped,
    /// The plan asks for nothing of the kind.
    NotConfigured,
}

/// How a drill ended. Of several the greatest counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Recoverability is proved, as far as the record says.
    Pass,
    /// Data came back, but damage was healed for it, or an objective was missed.
    Degraded,
    /// What was done proves nothing either way.
    Unknown,
    /// A required check failed, or damage was met that nothing heals.
    Fail,
    /// A check stayed green on its own fault: what it said before is void.
    SelftestFailed,
    /// It could not be carried out, which says nothing of what is stored.
    Error,
}

/// The judgement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// How it ended.
    pub status: Status,
    /// Exit code of the program.
    pub exit_code: u8,
    /// Why it is not a pass, one sentence each; empty for one.
    pub reasons: Vec<String>,
}
