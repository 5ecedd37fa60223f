//! What a plan says, table by table, before it is known whether it makes sense.
//!
//! Invariant: a key that is not known is refused; values have their meaning already.

use super::{
    Budget, Capability, CheckSpec, DamageSpec, EvidenceSpec, Glob, KeyTable, Means, NegativeControl,
    ObjectivesTable, RestoreMode, Sample, SandboxTable, ScenarioName, Schedule, SnapshotTable, Span,
};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// All tables that have to do with drills.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Tables {
    /// `[drill.NAME]`.
    pub drill: BTreeMap<String, DrillTable>,
    /// `[check.NAME]`.
    pub check: BTreeMap<String, CheckSpec>,
    /// `[objectives]`, for all drills.
    pub objectives: ObjectivesTable,
    /// `[budget]`, for all drills.
    pub budget: Budget,
    /// `[sandbox]`, for all drills.
    pub sandbox: SandboxTable,
    /// `[negative-control]`, for all drills.
    pub negative_control: NegativeControl,
    /// `[evidence]`, for all drills.
    pub evidence: EvidenceSpec,
}

/// What a plan says of a drill.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DrillTable {
    /// What is rehearsed.
    pub scenario: ScenarioName,
    /// When.
    pub schedule: Option<Schedule>,
    /// Name of the time zone of those fields; none for that of this machine.
    pub zone: Option<String>,
    /// Over how long the starts of many machines are spread.
    pub jitter: Option<Span>,
    /// How late it may still be done.
    pub max_lateness: Option<Span>,
    /// How soon it comes among those that are due; 1 is first.
    pub criticality: Option<u8>,
    /// Name of the repository; none for that of the run.
    pub repository: Option<String>,
    /// Name of the copy of it that is read.
    pub replica: Option<String>,
    /// Which snapshots.
    #[serde(default)]
    pub snapshot: SnapshotTable,
    /// Which files of them.
    #[serde(default)]
    pub paths: Vec<Glob>,
    /// How many of those files.
    pub pick: Option<u32>,
    /// How many are drawn.
    pub sample: Option<Sample>,
    /// What becomes of what is restored.
    pub mode: Option<RestoreMode>,
    /// What it has to do without.
    #[serde(default)]
    pub deny: Vec<Capability>,
    /// What is broken.
    pub damage: Option<DamageSpec>,
    /// What may heal it.
    pub heal_from: Option<Vec<Means>>,
    /// What has to open the repository alone.
    pub keys: Option<Vec<KeyTable>>,
    /// What decides.
    pub checks: Option<Vec<String>>,
    /// What is only told.
    #[serde(default)]
    pub advisory: Vec<String>,
    /// What is to be reached, where it is not what all have to.
    #[serde(default)]
    pub objectives: ObjectivesTable,
    /// What it may cost, where it is not what all may.
    #[serde(default)]
    pub budget: Budget,
    /// Where it restores to, where it is not where all do.
    #[serde(default)]
    pub sandbox: SandboxTable,
}

impl Tables {
    /// The same with all paths of this machine seen from a directory.
    #[must_use]
    pub fn seen_from(self, directory: &Path) -> Self {
        let drill = self.drill.into_iter().map(|(name, table)| (name, table.seen_from(directory))).collect();
        let check = self.check.into_iter().map(|(name, check)| (name, check.seen_from(directory))).collect();
        Self { drill, check, sandbox: self.sandbox.seen_from(directory), ..self }
    }
}

impl DrillTable {
    fn seen_from(self, directory: &Path) -> Self {
        let keys = self.keys.map(|keys| keys.into_iter().map(|key| key.seen_from(directory)).collect());
        Self { keys, sandbox: self.sandbox.seen_from(directory), ..self }
    }
}
