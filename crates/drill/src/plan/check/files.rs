//! Checks of files, by what was recorded of them.

use crate::plan::{Glob, Share, Size, Span};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// What metadata a check compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MetadataField {
    /// Permissions.
    Mode,
    /// User and group, by number.
    Owner,
    /// When it was modified.
    Mtime,
    /// Extended attributes, ACLs among them.
    Xattr,
    /// Where symbolic links lead.
    Symlink,
    /// Which names are one file.
    Hardlink,
}

/// Restored metadata against what was saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct MetadataCheck {
    /// What is compared.
    pub fields: BTreeSet<MetadataField>,
}

/// All of it.
impl Default for MetadataCheck {
    fn default() -> Self {
        use MetadataField::{Hardlink, Mode, Mtime, Owner, Symlink, Xattr};
        Self { fields: [Mode, Owner, Mtime, Xattr, Symlink, Hardlink].into() }
    }
}

/// Saved files against those that are there now; those that look changed are only counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct LiveCompareCheck {
    /// How many files are looked at, at most; none for all that were restored.
    pub sample: Option<u64>,
}

/// Paths in the snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct PathsCheck {
    /// Each has to fit something.
    pub must_exist: Vec<Glob>,
    /// None may fit anything.
    pub must_not_exist: Vec<Glob>,
    /// How many paths each of the first has to fit, at least.
    pub min_matches: u64,
    /// And at most; none for any number.
    pub max_matches: Option<u64>,
}

impl Default for PathsCheck {
    fn default() -> Self {
        Self { must_exist: Vec::new(), must_not_exist: Vec::new(), min_matches: 1, max_matches: None }
    }
}

/// Bounds of a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Limits {
    /// At least.
    pub min: Option<u64>,
    /// At most.
    pub max: Option<u64>,
    /// How much more or less than in the snapshot before, as a part of that.
    pub max_change: Option<Share>,
}

/// Bounds of a size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct SizeLimits {
    /// At least.
    pub min: Option<Size>,
    /// At most.
    pub max: Option<Size>,
    /// How much more or less than in the snapshot before, as a part of that.
    pub max_change: Option<Share>,
}

/// How much a snapshot has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct BoundsCheck {
    /// How many files.
    pub files: Limits,
    /// How many bytes.
    pub bytes: SizeLimits,
    /// How old the file that was modified last may be when the snapshot began.
    pub newest_mtime_age: Option<Span>,
}

impl BoundsCheck {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A file that every backup renews.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CanaryCheck {
    /// The file, as it was saved.
    pub path: PathBuf,
    /// How old what it says may be when the snapshot began.
    pub max_age_at_snapshot: Span,
}

/// Archives: zip, gzip, tar, zstd, by what they contain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ArchiveCheck {
    /// Which files.
    pub glob: Glob,
    /// How many there have to be, at least.
    #[serde(default = "one")]
    pub min_matches: u64,
}

/// A check without anything to look at is none.
pub(super) const fn one() -> u64 {
    1
}
