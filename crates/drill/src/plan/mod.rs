//! What is to be rehearsed: plans as they are written, and drills as they are run.
//!
//! Spec: docs/drills.md, "The plan". [`Tables`] are what a file says; whoever reads the file names lines. [`Tables::resolve`] makes
//! [`ResolvedDrill`]s of them, in which nothing is left open. Invariant: what is not understood, or would be passed over, is refused.

mod budget;
mod capability;
mod check;
mod damage;
mod digest;
mod drill;
mod error;
mod finding;
mod glob;
mod key_source;
mod objectives;
mod path_text;
mod proof;
mod resolve;
mod sample;
mod sandbox;
mod scenario;
mod schedule;
mod seed;
mod setting;
mod share;
mod size;
mod snapshots;
mod span;
mod tables;

pub use budget::Budget;
pub use capability::{Capability, Means};
pub use check::{
    ArchiveCheck, BoundsCheck, CanaryCheck, CheckSpec, CommandCheck, ContentCheck, Limits, LiveCompareCheck,
    MetadataCheck, MetadataField, PathsCheck, PostgresCheck, PostgresMode, Query, SizeLimits, SqliteCheck,
    SqlitePragma,
};
pub use damage::{DamageSpec, FaultKind};
pub use drill::{Check, ResolvedDrill, Timing, USUAL};
pub use error::PlanError;
pub use finding::{Finding, Severity, validate};
pub use glob::Glob;
pub use key_source::{KeyKind, KeySource, KeyTable};
pub use objectives::{Objectives, ObjectivesTable};
pub use proof::{EvidenceSpec, NegativeControl};
pub use sample::{Confidence, Sample};
pub use sandbox::{Isolation, Network, SandboxSpec, SandboxTable};
pub use scenario::{RestoreMode, Scenario, ScenarioName};
pub use schedule::Schedule;
pub use seed::Seed;
pub use setting::Setting;
pub use share::Share;
pub use size::Size;
pub use snapshots::{Select, SnapshotChoice, SnapshotTable};
pub use span::Span;
pub use tables::{DrillTable, Tables};

/// Where a drill stands among those that are due, if nothing is said.
const CRITICALITY: u8 = 3;
