//! Where files are restored to, and how far their checks can reach.

use super::{Share, Size, path_text};
use crate::record::Cache;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What a plan says of the sandbox.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct SandboxTable {
    /// Below which directory it is made.
    pub dir: Option<PathBuf>,
    /// What keeps commands of checks apart.
    pub isolation: Option<Isolation>,
    /// What of the network they have.
    pub network: Option<Network>,
    /// Bytes in it, at most.
    pub max_bytes: Option<Size>,
    /// Files in it, at most.
    pub max_inodes: Option<u64>,
    /// What stays free of its file system.
    pub min_free: Option<Share>,
    /// Whether it stays when a drill fails.
    pub keep_on_fail: Option<bool>,
    /// What this machine may know before.
    pub cache: Option<Cache>,
}

/// Where files are restored to.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct SandboxSpec {
    /// Below which directory it is made; none for that of temporary files.
    #[serde(serialize_with = "path_text::of_some")]
    pub dir: Option<PathBuf>,
    /// What keeps commands of checks apart.
    pub isolation: Isolation,
    /// What of the network they have.
    pub network: Network,
    /// Bytes in it, at most; none where its file system alone decides.
    pub max_bytes: Option<Size>,
    /// Files in it, at most; none as above.
    pub max_inodes: Option<u64>,
    /// What stays free of its file system.
    pub min_free: Share,
    /// Whether it stays when a drill fails, so that somebody can look at it.
    pub keep_on_fail: bool,
    /// What this machine may know of the repository before.
    pub cache: Cache,
}

/// What keeps the commands of checks apart from the rest of the machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Isolation {
    /// Nothing but limits.
    None,
    /// They run as a user without rights where the drill runs as root.
    #[default]
    User,
}

/// What of the network the commands of checks have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Network {
    /// Nothing.
    #[default]
    None,
    /// All that the machine has.
    Host,
}

impl SandboxTable {
    /// What is said here, else what is said for all.
    pub(super) fn over(self, all: &Self) -> Self {
        Self {
            dir: self.dir.or_else(|| all.dir.clone()),
            isolation: self.isolation.or(all.isolation),
            network: self.network.or(all.network),
            max_bytes: self.max_bytes.or(all.max_bytes),
            max_inodes: self.max_inodes.or(all.max_inodes),
            min_free: self.min_free.or(all.min_free),
            keep_on_fail: self.keep_on_fail.or(all.keep_on_fail),
            cache: self.cache.or(all.cache),
        }
    }

    pub(super) fn seen_from(self, directory: &Path) -> Self {
        Self { dir: self.dir.map(|dir| directory.join(dir)), ..self }
    }
}

impl From<SandboxTable> for SandboxSpec {
    fn from(table: SandboxTable) -> Self {
        Self {
            dir: table.dir,
            isolation: table.isolation.unwrap_or_default(),
            network: table.network.unwrap_or_default(),
            max_bytes: table.max_bytes,
            max_inodes: table.max_inodes,
            min_free: table.min_free.or_else(|| Share::new(0.1)).expect("a tenth is a share"),
            keep_on_fail: table.keep_on_fail.unwrap_or_default(),
            cache: table.cache.unwrap_or(Cache::Cold),
        }
    }
}
