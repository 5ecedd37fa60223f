//! What is to be reached.

use super::{Setting, Share, Span};
use crate::record::Level;
use serde::{Deserialize, Serialize};

/// What a plan says of objectives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ObjectivesTable {
    /// How long a recovery may take.
    pub rto: Option<Setting<Span>>,
    /// How much may be lost.
    pub rpo: Option<Setting<Span>>,
    /// Over how long that is looked at.
    pub rpo_window: Option<Span>,
    /// How old the newest snapshot may be.
    pub max_snapshot_age: Option<Setting<Span>>,
    /// Within how many days all is to be read.
    pub coverage_days: Option<u32>,
    /// How much of it at least.
    pub min_coverage: Option<Share>,
    /// How deep the proof has to go.
    pub min_level: Option<Level>,
}

/// What is to be reached; none where nothing is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Objectives {
    /// How long a recovery may take, from its start until all required checks have passed.
    pub rto: Option<Span>,
    /// How much may be lost, in time, in the worst case within the window.
    pub rpo: Option<Span>,
    /// That window.
    pub rpo_window: Span,
    /// How old the newest complete snapshot may be.
    pub max_snapshot_age: Option<Span>,
    /// Within how many days every stored byte is to be read back; none where nobody asks.
    pub coverage_days: Option<u32>,
    /// The share of bytes for which that has to hold.
    pub min_coverage: Share,
    /// How deep the proof has to go.
    pub min_level: Option<Level>,
}

impl ObjectivesTable {
    /// What is said here, else what is said for all.
    pub(super) fn over(self, all: Self) -> Self {
        Self {
            rto: self.rto.or(all.rto),
            rpo: self.rpo.or(all.rpo),
            rpo_window: self.rpo_window.or(all.rpo_window),
            max_snapshot_age: self.max_snapshot_age.or(all.max_snapshot_age),
            coverage_days: self.coverage_days.or(all.coverage_days),
            min_coverage: self.min_coverage.or(all.min_coverage),
            min_level: self.min_level.or(all.min_level),
        }
    }
}

impl From<ObjectivesTable> for Objectives {
    fn from(table: ObjectivesTable) -> Self {
        Self {
            rto: table.rto.and_then(Setting::value),
            rpo: table.rpo.and_then(Setting::value),
            rpo_window: table.rpo_window.unwrap_or(Span::seconds(30 * 86_400)),
            max_snapshot_age: table.max_snapshot_age.and_then(Setting::value),
            coverage_days: table.coverage_days,
            min_coverage: table.min_coverage.or_else(|| Share::new(1.0)).expect("all of it is a share"),
            min_level: table.min_level,
        }
    }
}
