//! What is broken on purpose, in what the drill sees and nowhere else.

use super::Seed;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How objects are damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// A bit is another.
    Bitflip,
    /// The end is missing.
    Truncate,
    /// All of it is missing.
    MissingObject,
    /// The storage refuses to read it.
    Unreadable,
}

/// Faults of a drill of storage damage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct DamageSpec {
    /// The kinds, in turn.
    pub faults: BTreeSet<FaultKind>,
    /// How many packs are damaged.
    pub packs: u32,
    /// Whether log entries and index objects are damaged, too, one of each.
    pub metadata: bool,
    /// What decides which.
    pub seed: Seed,
}

/// One of each that stored bytes suffer from, a dozen packs, and metadata.
impl Default for DamageSpec {
    fn default() -> Self {
        let faults = [FaultKind::Bitflip, FaultKind::Truncate, FaultKind::MissingObject].into();
        Self { faults, packs: 12, metadata: true, seed: Seed::Derived }
    }
}
