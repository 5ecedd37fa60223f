//! A drill as it is run: nothing about it is left open.

use super::{
    Budget, Capability, CheckSpec, EvidenceSpec, Glob, NegativeControl, Objectives, ObjectivesTable, Sample,
    SandboxSpec, SandboxTable, Scenario, Schedule, SnapshotChoice, Span,
};
use serde::Serialize;

/// What a drill is called that no plan describes.
pub const USUAL: &str = "default";

/// A drill with its defaults filled in and its checks in place.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ResolvedDrill {
    /// Its name; [`USUAL`] where there is no plan.
    pub name: String,
    /// What is rehearsed.
    pub scenario: Scenario,
    /// Name or place of the repository; none for that of the run.
    pub repository: Option<String>,
    /// Name or place of the copy of it that is read; none for the repository itself.
    pub replica: Option<String>,
    /// Which snapshots it is about.
    pub snapshots: SnapshotChoice,
    /// Which files of them; all where this is empty.
    pub paths: Vec<Glob>,
    /// What it has to do without, and to prove that it has.
    pub deny: Vec<Capability>,
    /// What looks at the outcome, in this order.
    pub checks: Vec<Check>,
    /// What is to be reached.
    pub objectives: Objectives,
    /// What it may cost.
    pub budget: Budget,
    /// Where it restores to.
    pub sandbox: SandboxSpec,
    /// How often its checks have to be seen failing.
    pub negative_control: NegativeControl,
    /// Where what it finds is kept.
    pub evidence: EvidenceSpec,
    /// When it is due; none for a drill by hand.
    pub timing: Option<Timing>,
    /// How soon it comes among those that are due; 1 is first.
    pub criticality: u8,
}

/// A check as a drill has it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Check {
    /// Its name.
    pub name: String,
    /// Whether the verdict hangs on it; what it finds is told all the same.
    pub required: bool,
    /// What it looks at.
    pub spec: CheckSpec,
}

/// When a drill is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Timing {
    /// At which moments.
    pub schedule: Schedule,
    /// Name of the time zone of those fields; none for that of this machine.
    pub zone: Option<String>,
    /// Over how long the starts of many machines are spread; none for not at all.
    pub jitter: Option<Span>,
    /// How late it may still be done; none for however late.
    pub max_lateness: Option<Span>,
}

impl ResolvedDrill {
    /// The drill that no plan has to describe: a sample of the latest snapshot, content and metadata, 95 of 100 sure that less than one
    /// percent is damaged.
    #[must_use]
    pub fn usual() -> Self {
        Self {
            name: USUAL.to_owned(),
            scenario: Scenario::RestoreSample(Sample::default()),
            repository: None,
            replica: None,
            snapshots: SnapshotChoice::default(),
            paths: Vec::new(),
            deny: Vec::new(),
            checks: ["content", "metadata"].into_iter().filter_map(Check::built_in).collect(),
            objectives: ObjectivesTable::default().into(),
            budget: Budget::default(),
            sandbox: SandboxTable::default().into(),
            negative_control: NegativeControl::default(),
            evidence: EvidenceSpec::default(),
            timing: None,
            criticality: super::CRITICALITY,
        }
    }
}

impl Check {
    /// The required check that needs no table.
    fn built_in(name: &str) -> Option<Self> {
        Some(Self { name: name.to_owned(), required: true, spec: CheckSpec::by_name(name)? })
    }
}
