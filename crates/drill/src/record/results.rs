//! What a drill found.

use super::Outcome;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a check found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckResult {
    /// Its name in the plan.
    pub name: String,
    /// Its kind: `content`, `metadata`, `paths`, ...
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether the verdict hangs on it.
    pub required: bool,
    /// Whether it looks at data, not only at names and numbers.
    pub data_proving: bool,
    /// How it came out.
    pub verdict: Outcome,
    /// How many things it looked at.
    pub subjects: u64,
    /// What should have been.
    pub expected: Value,
    /// What was.
    pub observed: Value,
    /// The cause, one line; empty where there is nothing to say.
    pub message: String,
    /// How long it took, in milliseconds.
    pub ms: u64,
    /// When it was last seen to fail on its own fault.
    pub last_negative_control: Option<jiff::Timestamp>,
    /// What was spoilt on purpose and did not make it fail, one sentence each: anything makes what it says void.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub green_on: Vec<String>,
}

/// What is damaged, of what was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Damage {
    /// Packs.
    pub packs: u64,
    /// Files that lose by it.
    pub files: u64,
    /// Packs that were mended in memory, from parity or a replica.
    pub healed_packs: u64,
}

/// What a sample says of the whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// Draws, or units of a census.
    pub n: u64,
    /// How many of them were damaged.
    pub failures: u64,
    /// How sure the bound is, between 0 and 1.
    pub confidence: f64,
    /// The share of damaged bytes, at most.
    pub upper_bound_damaged_fraction: f64,
    /// What was drawn: `file`, `pack`.
    pub unit: String,
    /// By which formula: `pps-binomial`, `clopper-pearson`, `hypergeometric`, `stratified-lr`, `census`.
    pub method: String,
}

/// How much of the repository was read back how lately.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Coverage {
    /// Within how many days everything is to be read.
    pub window_days: u32,
    /// Share of stored bytes that were, between 0 and 1.
    pub bytes_share: f64,
    /// How long ago the oldest of what was read at all was read, in seconds.
    pub oldest_read_age_s: u64,
    /// Stored bytes that were never read.
    pub never_read_bytes: u64,
    /// When everything will have been read, at this pace; none where never.
    pub forecast_complete_by: Option<jiff::Timestamp>,
}

/// A part of the time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phase {
    /// `unlock`, `index`, `plan`, `restore`, `checks`, ...
    pub name: String,
    /// How long it took, in milliseconds.
    pub ms: u64,
}

/// What went in and out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Io {
    /// Bytes that were read from storage.
    pub bytes_read: u64,
    /// Bytes that were written to the sandbox.
    pub bytes_written: u64,
    /// Calls to storage.
    pub requests: u64,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// By each check.
    pub checks: Vec<CheckResult>,
    /// Of damage.
    pub damage: Damage,
    /// Of the whole, from a sample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statistics: Option<Statistics>,
    /// Of how much is read how often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage: Option<Coverage>,
    /// How long what took.
    pub phases: Vec<Phase>,
    /// How much was moved.
    pub io: Io,
}
