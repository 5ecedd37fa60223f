//! What looks at what a drill brought back.
//!
//! A check is described once, in a table of its own, and named by every drill that wants it. Invariant: what would look at nothing whatever
//! is there is refused when the plan is read.

mod application;
mod files;

pub use application::{CommandCheck, PostgresCheck, PostgresMode, Query, SqliteCheck, SqlitePragma};
pub use files::{
    ArchiveCheck, BoundsCheck, CanaryCheck, Limits, LiveCompareCheck, MetadataCheck, MetadataField,
    PathsCheck, SizeLimits,
};

use serde::{Deserialize, Serialize};
use std::path::Path;

/// What a check looks at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum CheckSpec {
    /// Restored bytes are those that were saved.
    Content(ContentCheck),
    /// So are modes, owners, times and the rest.
    Metadata(MetadataCheck),
    /// Files that have not changed since look as they did.
    LiveCompare(LiveCompareCheck),
    /// What has to be there is there.
    Paths(PathsCheck),
    /// There is about as much as there was.
    Bounds(BoundsCheck),
    /// Databases in files are whole and answer.
    Sqlite(SqliteCheck),
    /// A database server starts with what was restored, and answers.
    Postgres(PostgresCheck),
    /// A command likes what it sees.
    Command(CommandCheck),
    /// A file that every backup renews is as new as the snapshot.
    Canary(CanaryCheck),
    /// Archives are whole.
    Archive(ArchiveCheck),
}

/// Restored bytes against what was recorded when they were saved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContentCheck {}

impl CheckSpec {
    /// The check that goes by the name of its type where no table describes it: one that has nothing to describe.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        match name {
            "content" => Some(Self::Content(ContentCheck::default())),
            "metadata" => Some(Self::Metadata(MetadataCheck::default())),
            "live-compare" => Some(Self::LiveCompare(LiveCompareCheck::default())),
            _ => None,
        }
    }

    /// Names that need no table.
    pub const BUILT_IN: [&str; 3] = ["content", "metadata", "live-compare"];

    /// Its type, as it stands in plans and records.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Content(_) => "content",
            Self::Metadata(_) => "metadata",
            Self::LiveCompare(_) => "live-compare",
            Self::Paths(_) => "paths",
            Self::Bounds(_) => "bounds",
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgres",
            Self::Command(_) => "command",
            Self::Canary(_) => "canary",
            Self::Archive(_) => "archive",
        }
    }

    /// Whether it looks at data, not only at names and numbers: without one of these a drill proves nothing.
    #[must_use]
    pub const fn proves_data(&self) -> bool {
        match self {
            Self::Content(_)
            | Self::LiveCompare(_)
            | Self::Sqlite(_)
            | Self::Postgres(_)
            | Self::Command(_)
            | Self::Canary(_)
            | Self::Archive(_) => true,
            Self::Metadata(_) | Self::Paths(_) | Self::Bounds(_) => false,
        }
    }

    /// Whether it can only look at files that were written.
    #[must_use]
    pub const fn needs_files(&self) -> bool {
        match self {
            Self::Metadata(_) | Self::Sqlite(_) | Self::Postgres(_) | Self::Command(_) | Self::Archive(_) => {
                true
            }
            Self::Content(_) | Self::LiveCompare(_) | Self::Paths(_) | Self::Bounds(_) | Self::Canary(_) => {
                false
            }
        }
    }

    /// Whether it has programs look at files.
    pub(crate) const fn runs_programs(&self) -> bool {
        matches!(self, Self::Postgres(_) | Self::Command(_) | Self::Archive(_))
    }

    /// The same with programs of this machine seen from a directory.
    pub(super) fn seen_from(self, directory: &Path) -> Self {
        match self {
            Self::Postgres(check) => {
                let bin = check.bin.map(|bin| directory.join(bin));
                Self::Postgres(PostgresCheck { bin, ..check })
            }
            other => other,
        }
    }

    /// What is wrong with it, with its key: it would look at nothing.
    pub(super) fn look(&self) -> Result<(), (&'static str, &'static str)> {
        match self {
            Self::Paths(check) if check.must_exist.is_empty() && check.must_not_exist.is_empty() => {
                Err(("must-exist", "write what has to be there, or what must not"))
            }
            Self::Bounds(check) if check.is_empty() => {
                Err(("files", "write a bound: files, bytes or newest-mtime-age"))
            }
            Self::Metadata(check) if check.fields.is_empty() => {
                Err(("fields", "write at least one field, or leave it out"))
            }
            Self::Sqlite(check) => check.look(),
            Self::Postgres(check) => check.look(),
            Self::Command(check) if check.argv.first().is_none_or(String::is_empty) => {
                Err(("argv", "write the program and its arguments"))
            }
            Self::Archive(check) if check.min_matches == 0 => Err(("min-matches", "write at least 1")),
            _ => Ok(()),
        }
    }
}
