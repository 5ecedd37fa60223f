//! The record of a drill: what reports print, evidence signs and everybody else reads.
//!
//! Spec: docs/drills.md, "The record". Whoever reads one passes over fields that it does not know. Invariant: a record says what it does not
//! prove; that of a pass names a check that looked at data.

mod method;
mod results;
mod verdict;

pub use method::{Cache, Denied, Fault, Level, Method, Mode, Selection, SelectionKind, Shard};
pub use results::{CheckResult, Coverage, Damage, Io, Phase, Results, Statistics};
pub use verdict::{Outcome, Status, Verdict};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a record calls its form.
pub const SCHEMA: &str = "lifeboat.drill-evidence/v1";

/// What a record tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A drill that came to its end.
    Run,
    /// A part of one on several machines.
    Shard,
    /// All parts together.
    Merged,
    /// A time at which one was due and none ran.
    Missed,
    /// One that was ended before its end.
    Aborted,
    /// A `verify` that read data.
    Verify,
    /// A `restore`.
    Restore,
}

/// What was to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanRef {
    /// The drill's name; `default` where there is no plan.
    pub drill: String,
    /// Its scenario: `restore-sample`, ...
    pub scenario: String,
    /// SHA-256 of the resolved drill, 64 hexadecimal digits.
    pub digest: String,
}

/// The program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// Its version.
    pub version: String,
    /// SHA-256 of its file, 64 hexadecimal digits; none where it cannot be read.
    pub sha256: Option<String>,
    /// Operating system and processor.
    pub platform: String,
}

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    /// The machine, by name.
    pub host: String,
    /// The user, by number.
    pub user: u32,
    /// What started it: `schedule`, `catch-up`, `manual`.
    pub trigger: String,
    /// With what.
    pub tool: Tool,
}

/// When.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct When {
    /// When it was to be done; none for a drill by hand.
    pub due: Option<Timestamp>,
    /// When it began.
    pub started: Timestamp,
    /// When it was over.
    pub finished: Timestamp,
    /// How long it took by a clock that never goes back, in milliseconds; at least one.
    pub monotonic_ms: u64,
    /// How many times it was due before and not done.
    pub missed: u64,
}

/// A snapshot that was drilled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrilledSnapshot {
    /// Its id.
    pub id: String,
    /// When its backup began.
    pub started: Timestamp,
    /// When it could be restored.
    pub finished: Timestamp,
    /// Whether nothing of its sources was left out.
    pub complete: bool,
    /// Whether there was none that is newer and complete.
    pub newest: bool,
}

/// How much of something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// Files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Packs.
    pub packs: u64,
}

/// What it was about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// Id of the repository.
    pub repository: String,
    /// Which copy of it was read: a name of the configuration, else `primary`.
    pub replica: String,
    /// Snapshots.
    pub snapshots: Vec<DrilledSnapshot>,
    /// What was looked at.
    pub selected: Amount,
    /// Of how much.
    pub population: Amount,
}

/// How an objective came out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Objective {
    /// `rto`, `rpo`, `snapshot-age`, `coverage`, `level`, `sample`, `cost`.
    pub name: String,
    /// What is to be reached: seconds, a share, a level.
    pub target: Value,
    /// What was reached; null where nobody can say.
    pub attained: Value,
    /// What is reached at least, in 95 of 100 cases; none where that was not extrapolated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lower: Option<f64>,
    /// The same at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upper: Option<f64>,
    /// What that rests on: `measured`, `extrapolated`, `bound`, `not-configured`, `insufficient`.
    pub basis: String,
    /// How it came out.
    pub verdict: Outcome,
    /// The cause, one line; empty where there is nothing to say.
    #[serde(default)]
    pub message: String,
}

/// What became of the place where files were written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SandboxRecord {
    /// What kept commands of checks apart: `none`, `user`.
    pub isolation: String,
    /// What of the network they had: `none`, `host`.
    pub network: String,
    /// `verified` when it is gone, `kept`, `failed`, `none` where there was none.
    pub cleanup: String,
}

/// Where a record stands among those of its writer and of others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chain {
    /// Who writes this chain, 32 hexadecimal digits.
    pub writer: String,
    /// Its number, from zero without gaps.
    pub seq: u64,
    /// SHA-256 of the envelope before, 64 hexadecimal digits; none for the first.
    pub prev: Option<String>,
    /// The newest envelopes of the other writers that were seen.
    pub others: Vec<ChainHead>,
    /// Heads of the log of the repository, 64 hexadecimal digits each.
    pub log_heads: Vec<String>,
}

/// The newest envelope of a writer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ChainHead {
    /// Whose.
    pub writer: String,
    /// Its number.
    pub seq: u64,
    /// SHA-256 of the envelope, 64 hexadecimal digits.
    pub sha256: String,
}

/// What is told of a drill, whoever keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// What it tells of.
    pub kind: Kind,
    /// 32 hexadecimal digits that no other record has.
    pub id: String,
    /// What was to be done.
    pub plan: PlanRef,
    /// By whom.
    pub who: Who,
    /// When.
    pub when: When,
    /// About what.
    pub scope: Scope,
    /// How.
    pub method: Method,
    /// What was found.
    pub results: Results,
    /// What was reached.
    pub objectives: Vec<Objective>,
    /// The judgement.
    pub verdict: Verdict,
    /// What is proved, one sentence each.
    pub proves: Vec<String>,
    /// What is not, one sentence each; never empty.
    pub does_not_prove: Vec<String>,
    /// The place where files were written.
    pub sandbox: SandboxRecord,
}

/// An account in its chain: what is signed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// [`SCHEMA`].
    pub schema: String,
    /// Where it stands.
    pub chain: Chain,
    /// What it tells.
    #[serde(flatten)]
    pub account: Account,
}
