//! What is rehearsed.

use super::{DamageSpec, Glob, KeySource, Means, Sample};
use serde::{Deserialize, Serialize};

/// The scenarios by name, those that are still to come among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScenarioName {
    /// All of the repository is read, a part in each drill.
    ReadRotation,
    /// Files that are needed in a hurry.
    RestoreFile,
    /// Files that are drawn.
    RestoreSample,
    /// Everything.
    RestoreFull,
    /// Everything, from a replica alone.
    LostPrimary,
    /// Stored bytes are not what they were.
    StorageDamage,
    /// One key opens the repository, the others are gone.
    LostKey,
    /// What older versions have written.
    VersionSkew,
    /// Not yet: another machine, with the recovery kit alone.
    LostHost,
    /// Not yet: the newest snapshots are not to be trusted.
    Ransomware,
    /// Not yet: what is stored resists being changed.
    TamperResistance,
    /// Not yet: a writer's key is stolen.
    RogueWriter,
    /// Not yet: people, with a runbook.
    Tabletop,
}

impl ScenarioName {
    /// As it stands in plans.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::ReadRotation => "read-rotation",
            Self::RestoreFile => "restore-file",
            Self::RestoreSample => "restore-sample",
            Self::RestoreFull => "restore-full",
            Self::LostPrimary => "lost-primary",
            Self::StorageDamage => "storage-damage",
            Self::LostKey => "lost-key",
            Self::VersionSkew => "version-skew",
            Self::LostHost => "lost-host",
            Self::Ransomware => "ransomware",
            Self::TamperResistance => "tamper-resistance",
            Self::RogueWriter => "rogue-writer",
            Self::Tabletop => "tabletop",
        }
    }
}

/// What becomes of everything that is restored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RestoreMode {
    /// It is put together and thrown away, which takes no space.
    Stream,
    /// It is written to the sandbox.
    #[default]
    Materialise,
}

/// What is rehearsed, with what only that needs to know.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scenario {
    /// All of the repository is read within [`super::Objectives::coverage_days`], a part in each drill.
    ReadRotation,
    /// Some files of those that fit are restored.
    RestoreFile {
        /// The patterns; at least one.
        paths: Vec<Glob>,
        /// How many files, at most.
        pick: u32,
    },
    /// Files that are drawn are restored.
    RestoreSample(Sample),
    /// Everything is restored.
    RestoreFull {
        /// What becomes of it.
        mode: RestoreMode,
    },
    /// Everything is restored from the replica alone.
    LostPrimary {
        /// What becomes of it.
        mode: RestoreMode,
    },
    /// Faults have to be noticed, and healed where there is anything to heal from.
    StorageDamage {
        /// The faults.
        damage: DamageSpec,
        /// What may heal them; where it is empty, being noticed is enough.
        heal_from: Vec<Means>,
    },
    /// A sample is restored with each of these keys alone.
    LostKey {
        /// The keys; none for that which opened the repository.
        keys: Vec<KeySource>,
        /// What is restored.
        sample: Sample,
    },
    /// What older versions have written is read.
    VersionSkew,
}

impl Scenario {
    /// Its name.
    #[must_use]
    pub const fn name(&self) -> ScenarioName {
        match self {
            Self::ReadRotation => ScenarioName::ReadRotation,
            Self::RestoreFile { .. } => ScenarioName::RestoreFile,
            Self::RestoreSample(_) => ScenarioName::RestoreSample,
            Self::RestoreFull { .. } => ScenarioName::RestoreFull,
            Self::LostPrimary { .. } => ScenarioName::LostPrimary,
            Self::StorageDamage { .. } => ScenarioName::StorageDamage,
            Self::LostKey { .. } => ScenarioName::LostKey,
            Self::VersionSkew => ScenarioName::VersionSkew,
        }
    }

    /// Whether files are written, so that what needs files can look at them.
    #[must_use]
    pub const fn writes_files(&self) -> bool {
        match self {
            Self::ReadRotation | Self::StorageDamage { .. } | Self::VersionSkew => false,
            Self::RestoreFull { mode } | Self::LostPrimary { mode } => {
                matches!(mode, RestoreMode::Materialise)
            }
            Self::RestoreFile { .. } | Self::RestoreSample(_) | Self::LostKey { .. } => true,
        }
    }

    /// Whether whole files are restored, written or not: only that can take too long.
    #[must_use]
    pub const fn restores(&self) -> bool {
        !matches!(self, Self::ReadRotation | Self::StorageDamage { .. } | Self::VersionSkew)
    }
}
