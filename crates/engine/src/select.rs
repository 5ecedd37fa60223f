//! Which snapshot is meant, and which path within it.

use crate::{EngineError, Problem, ProblemKind, trees};
use lifeboat_format::{FormatError, Node, NodeKind, ObjectHash, Snapshot};
use lifeboat_fs::escaped;
use lifeboat_repository::{BlobReader, Reading, Repository, RepositoryError, View};
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

/// Which snapshots to look at; empty lists let all pass.
#[derive(Clone, Debug, Default)]
pub struct SnapshotFilter {
    /// Any of these hosts.
    pub hosts: Vec<String>,
    /// All tags of any of these lists.
    pub tags: Vec<Vec<String>>,
    /// All of these paths.
    pub paths: Vec<PathBuf>,
    /// Whether `latest` may be a partial one; it changes nothing else.
    pub partial: bool,
}

impl SnapshotFilter {
    pub(crate) fn passes(&self, snapshot: &Snapshot) -> bool {
        let has = |path: &PathBuf| snapshot.paths.iter().any(|saved| saved.0 == path.as_os_str().as_bytes());
        let has_all = |tags: &Vec<String>| tags.iter().all(|tag| snapshot.tags.contains(tag));
        (self.hosts.is_empty() || self.hosts.contains(&snapshot.host))
            && (self.tags.is_empty() || self.tags.iter().any(has_all))
            && self.paths.iter().all(has)
    }
}

/// Snapshots, and what of the log could not be understood.
#[derive(Clone, Debug, Default)]
pub struct SnapshotList {
    /// Oldest first.
    pub snapshots: Vec<Snapshot>,
    /// All that the log said.
    pub view: View,
    /// Entries and snapshots that are damaged or forged.
    pub faults: Vec<Problem>,
    /// Whether `latest` may be a partial one.
    pub partial: bool,
    /// The newest entries of that log.
    pub heads: Vec<ObjectHash>,
}

/// The snapshots of a repository.
///
/// # Errors
/// When the log cannot be read or trusted.
pub fn snapshots(repository: &Repository, filter: &SnapshotFilter) -> Result<SnapshotList, EngineError> {
    let reading = repository.read_log()?;
    let view = repository.view(&reading)?;
    let snapshots =
        view.snapshots().into_iter().filter(|snapshot| filter.passes(snapshot)).cloned().collect();
    let faults = log_faults(&reading, &view);
    Ok(SnapshotList { snapshots, view, faults, partial: filter.partial, heads: reading.heads() })
}

/// What is wrong with the log itself.
pub(crate) fn log_faults(reading: &Reading, view: &View) -> Vec<Problem> {
    let snapshots = view.unreadable().iter().map(|(id, error)| {
        let path = format!("snapshot {}", id.short());
        Problem { kind: ProblemKind::Damage, path: path.into(), cause: error.to_string() }
    });
    faults_of(reading.faults()).into_iter().chain(snapshots).collect()
}

/// What lies in the log and is no entry.
pub(crate) fn faults_of(faults: &[(String, FormatError)]) -> Vec<Problem> {
    let problem = |(object, error): &(String, FormatError)| {
        // What does not hash to its name was damaged by the storage; what does was put there by somebody.
        let kind = if error.is_accident() { ProblemKind::Damage } else { ProblemKind::Tampering };
        Problem { kind, path: object.into(), cause: error.to_string() }
    };
    faults.iter().map(problem).collect()
}

impl SnapshotList {
    /// The snapshot that is meant by `latest`, `latest~N` or the beginning of an id.
    ///
    /// # Errors
    /// When none fits, or more than one.
    pub fn find(&self, reference: &str) -> Result<&Snapshot, EngineError> {
        let all: Vec<&Snapshot> = self.snapshots.iter().collect();
        find_among(&all, reference, self.partial).map_err(|error| match error {
            // It may have been in what cannot be read.
            EngineError::NoSnapshot(_) if !self.faults.is_empty() => {
                RepositoryError::Missing(format!("snapshot {reference}, in a damaged log,")).into()
            }
            error => error,
        })
    }
}

/// The snapshot of these, oldest first, that is meant by a reference; `partial` says whether `latest` may be such a one.
pub(crate) fn find_among<'s>(
    snapshots: &[&'s Snapshot],
    reference: &str,
    partial: bool,
) -> Result<&'s Snapshot, EngineError> {
    let unknown = || EngineError::NoSnapshot(reference.to_owned());
    if let Some(back) = reference.strip_prefix("latest") {
        let back = match back.strip_prefix('~') {
            Some(number) => number.parse().map_err(|_| unknown())?,
            None if back.is_empty() => 0,
            None => return Err(unknown()),
        };
        let mut counting = snapshots.iter().rev().filter(|snapshot| partial || !snapshot.is_partial());
        return counting.nth(back).copied().ok_or_else(unknown);
    }
    if reference.is_empty() {
        return Err(unknown());
    }
    let fits = |snapshot: &&&Snapshot| snapshot.id.to_string().starts_with(reference);
    let fitting: Vec<&Snapshot> = snapshots.iter().filter(fits).copied().collect();
    match fitting[..] {
        [] => Err(unknown()),
        [one] => Ok(one),
        _ => Err(EngineError::AmbiguousSnapshot { reference: reference.to_owned(), count: fitting.len() }),
    }
}

/// Splits `SNAP:/sub/path` into the reference and the path.
#[must_use]
pub fn split_reference(text: &[u8]) -> (String, Option<Vec<u8>>) {
    let (reference, path) = match text.iter().position(|byte| *byte == b':') {
        Some(colon) => (&text[..colon], Some(text[colon + 1..].to_vec())),
        None => (text, None),
    };
    (String::from_utf8_lossy(reference).into_owned(), path)
}

/// Names on the way to a path, without empty ones and `.`.
pub(crate) fn components(path: &[u8]) -> Vec<&[u8]> {
    path.split(|byte| *byte == b'/').filter(|name| !name.is_empty() && *name != b".").collect()
}

/// The node at a path of a snapshot, and its path written in the usual way.
pub(crate) fn node_at(
    reader: &BlobReader,
    snapshot: &Snapshot,
    path: &[u8],
) -> Result<(Node, Vec<u8>), EngineError> {
    let mut node = snapshot.root.clone();
    let mut full = Vec::new();
    for name in components(path) {
        let below = match node.kind {
            NodeKind::Directory => trees::find(reader, &node, name)?,
            _ => None,
        };
        node = below.ok_or_else(|| EngineError::NoPath(escaped(path)))?;
        full.push(b'/');
        full.extend_from_slice(name);
    }
    Ok((node, full))
}
