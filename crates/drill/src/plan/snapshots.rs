//! Which snapshots a drill is about.

use super::Span;
use lifeboat_engine::SnapshotFilter;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What a plan says of snapshots.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct SnapshotTable {
    /// `latest`, `random`, or a reference: `latest~1`, an id.
    pub select: Option<String>,
    /// How far back random ones lie, at most.
    pub window: Option<Span>,
    /// How many random ones are taken.
    pub count: Option<u32>,
    /// Whether the latest one is taken with them.
    pub latest: Option<bool>,
    /// Only of this host.
    pub host: Option<String>,
    /// Only with these tags.
    pub tags: Vec<String>,
    /// Only of these saved paths.
    pub paths: Vec<PathBuf>,
}

/// Which snapshots are drilled.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SnapshotChoice {
    /// Only of this host; none for all.
    pub host: Option<String>,
    /// Only with all of these tags.
    pub tags: Vec<String>,
    /// Only with all of these saved paths.
    pub paths: Vec<PathBuf>,
    /// Which of those.
    pub select: Select,
}

/// Which of the snapshots that pass.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Select {
    /// The newest complete one.
    #[default]
    Latest,
    /// Some that are drawn.
    Random {
        /// How far back they lie, at most; none for all.
        window: Option<Span>,
        /// How many.
        count: u32,
        /// Whether the latest one is taken with them.
        latest: bool,
    },
    /// The one that is meant by this reference, even if there is a newer one, which is then a failure.
    Reference(String),
}

impl SnapshotChoice {
    /// The part that the engine knows how to choose.
    #[must_use]
    pub fn filter(&self) -> SnapshotFilter {
        SnapshotFilter {
            hosts: self.host.iter().cloned().collect(),
            tags: if self.tags.is_empty() { Vec::new() } else { vec![self.tags.clone()] },
            paths: self.paths.clone(),
            partial: false,
        }
    }
}

impl TryFrom<&SnapshotTable> for SnapshotChoice {
    /// What is wrong, with its key.
    type Error = (&'static str, &'static str);

    fn try_from(table: &SnapshotTable) -> Result<Self, Self::Error> {
        let random = || Select::Random {
            window: table.window,
            count: table.count.unwrap_or(1),
            latest: table.latest.unwrap_or_default(),
        };
        let select = match table.select.as_deref() {
            Some("random") if table.count == Some(0) => return Err(("snapshot.count", "write at least 1")),
            Some("random") => random(),
            _ if table.window.is_some() || table.count.is_some() || table.latest.is_some() => {
                return Err(("snapshot.select", "window, count and latest go with select = \"random\""));
            }
            None | Some("latest") => Select::Latest,
            Some("") => return Err(("snapshot.select", "write latest, random, or the id of a snapshot")),
            Some(reference) => Select::Reference(reference.to_owned()),
        };
        let (host, tags, paths) = (table.host.clone(), table.tags.clone(), table.paths.clone());
        Ok(Self { host, tags, paths, select })
    }
}
