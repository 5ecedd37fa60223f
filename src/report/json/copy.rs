//! What `copy --json` says: a line for each snapshot that was copied, then the summary of each target.

use super::super::Run;
use super::network::Network;
use crate::time;
use lifeboat_engine::{CopyReport, Snapshot, SnapshotId};
use serde::Serialize;

/// A snapshot that was copied, or would be.
#[derive(Serialize)]
pub(super) struct Copied {
    message_type: &'static str,
    snapshot_id: String,
    from_id: String,
    time: String,
}

impl Copied {
    pub(super) fn of(from: SnapshotId, snapshot: &Snapshot) -> Self {
        Self {
            message_type: "copied",
            snapshot_id: snapshot.id.to_string(),
            from_id: from.to_string(),
            time: time::rfc3339(snapshot.start),
        }
    }
}

#[derive(Serialize)]
pub(super) struct Copy<'a> {
    message_type: &'static str,
    to: &'a str,
    dry_run: bool,
    seconds_elapsed: f64,
    snapshots_copied: usize,
    snapshots_present: u64,
    snapshots_forgotten: u64,
    snapshots_damaged: u64,
    packs_copied: u64,
    data_blobs: u64,
    tree_blobs: u64,
    data_added: u64,
    bytes_read: u64,
    bytes_added: u64,
    errors: usize,
    #[serde(flatten)]
    network: Option<Network>,
    notes: Vec<String>,
}

pub(super) fn of_copy<'a>(report: &CopyReport, to: &'a str, run: &Run) -> Copy<'a> {
    Copy {
        message_type: "summary",
        to,
        dry_run: run.dry,
        seconds_elapsed: run.duration.as_secs_f64(),
        snapshots_copied: report.copied.len(),
        snapshots_present: report.present,
        snapshots_forgotten: report.forgotten,
        snapshots_damaged: report.damaged,
        packs_copied: report.packs,
        data_blobs: report.data_blobs,
        tree_blobs: report.tree_blobs,
        data_added: report.bytes_added,
        bytes_read: report.bytes_read,
        bytes_added: report.stored_bytes,
        errors: report.problems.len(),
        network: run.traffic.as_ref().map(Network::of),
        notes: report.notes.clone(),
    }
}
