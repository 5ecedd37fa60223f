//! The last line of `backup`, `restore`, `verify` and `prune`, and of `verify --scrub`.

use super::super::Run;
use super::network::Network;
use super::snapshot::Counted;
use crate::time;
use lifeboat_engine::{BackupReport, ObjectKind, PruneReport, RestoreReport, ScrubReport, VerifyReport};
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct Backup {
    message_type: &'static str,
    dry_run: bool,
    #[serde(flatten)]
    counted: Counted,
    excluded: u64,
    errors: usize,
    #[serde(flatten)]
    network: Option<Network>,
    notes: Vec<String>,
    total_duration: f64,
    backup_start: String,
    backup_end: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    snapshot_id: Option<String>,
}

pub(super) fn of_backup(report: &BackupReport, run: &Run) -> Backup {
    Backup {
        message_type: "summary",
        dry_run: run.dry,
        counted: Counted::of(&report.summary),
        excluded: report.excluded,
        errors: report.problems.len(),
        network: run.traffic.as_ref().map(Network::of),
        notes: report.notes.clone(),
        total_duration: run.duration.as_secs_f64(),
        backup_start: time::rfc3339(run.start),
        backup_end: time::rfc3339(run.end),
        parent: report.parent.map(|id| id.to_string()),
        snapshot_id: report.snapshot.map(|id| id.to_string()),
    }
}

#[derive(Serialize)]
pub(super) struct Restore {
    message_type: &'static str,
    dry_run: bool,
    seconds_elapsed: f64,
    total_files: u64,
    files_restored: u64,
    files_skipped: u64,
    files_kept: u64,
    directories_restored: u64,
    total_bytes: u64,
    bytes_restored: u64,
    bytes_skipped: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    files_verified: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes_verified: Option<u64>,
    errors: usize,
    #[serde(flatten)]
    network: Option<Network>,
    notes: Vec<String>,
}

pub(super) fn of_restore(report: &RestoreReport, run: &Run) -> Restore {
    let done = u64::from(!run.dry);
    Restore {
        message_type: "summary",
        dry_run: run.dry,
        seconds_elapsed: run.duration.as_secs_f64(),
        total_files: run.expected_files,
        files_restored: report.files * done,
        files_skipped: report.files_unchanged + report.files_kept,
        files_kept: report.files_kept,
        directories_restored: report.directories * done,
        total_bytes: run.expected_bytes,
        bytes_restored: report.bytes * done,
        bytes_skipped: report.bytes_skipped,
        files_verified: report.verified.map(|verified| verified.files),
        bytes_verified: report.verified.map(|verified| verified.bytes),
        errors: report.problems.len(),
        network: run.traffic.as_ref().map(Network::of),
        notes: report.notes.clone(),
    }
}

#[derive(Serialize)]
pub(super) struct Verify {
    message_type: &'static str,
    num_errors: usize,
    snapshots: u64,
    packs: u64,
    bytes: u64,
    packs_read: u64,
    bytes_read: u64,
    seconds_elapsed: f64,
    #[serde(flatten)]
    network: Option<Network>,
    notes: Vec<String>,
}

pub(super) fn of_verify(report: &VerifyReport, run: &Run) -> Verify {
    Verify {
        message_type: "summary",
        num_errors: report.problems.len(),
        snapshots: report.snapshots,
        packs: report.packs,
        bytes: report.bytes,
        packs_read: report.packs_read,
        bytes_read: report.bytes_read,
        seconds_elapsed: run.duration.as_secs_f64(),
        network: run.traffic.as_ref().map(Network::of),
        notes: report.notes.clone(),
    }
}

#[derive(Serialize)]
pub(super) struct Scrub {
    message_type: &'static str,
    num_errors: usize,
    checked: Vec<OfKind>,
    objects: u64,
    bytes: u64,
    seconds_elapsed: f64,
    #[serde(flatten)]
    network: Option<Network>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct OfKind {
    kind: &'static str,
    objects: u64,
    bytes: u64,
}

pub(super) fn of_scrub(report: &ScrubReport, run: &Run) -> Scrub {
    let total = report.total();
    let checked = report.checked.iter().map(|(kind, checked)| OfKind {
        kind: match kind {
            ObjectKind::Config => "config",
            ObjectKind::KeySlot => "key_slot",
            ObjectKind::Key => "key",
            ObjectKind::LogEntry => "log_entry",
            ObjectKind::Index => "index",
            ObjectKind::Pack => "pack",
            ObjectKind::Evidence => "evidence",
        },
        objects: checked.objects,
        bytes: checked.bytes,
    });
    Scrub {
        message_type: "summary",
        num_errors: report.problems.len(),
        checked: checked.collect(),
        objects: total.objects,
        bytes: total.bytes,
        seconds_elapsed: run.duration.as_secs_f64(),
        network: run.traffic.as_ref().map(Network::of),
        notes: report.notes.clone(),
    }
}

#[derive(Serialize)]
pub(super) struct Prune {
    message_type: &'static str,
    dry_run: bool,
    seconds_elapsed: f64,
    snapshots: u64,
    snapshots_kept_for_undo: u64,
    packs_kept_for_backups: u64,
    packs_removed: u64,
    bytes_removed: u64,
    packs_copied: u64,
    bytes_copied: u64,
    bytes_used: u64,
    bytes_unused: u64,
    packs_unnamed: u64,
    bytes_added: u64,
    packs_deleted: u64,
    index_deleted: u64,
    bytes_deleted: u64,
    errors: usize,
    #[serde(flatten)]
    network: Option<Network>,
    notes: Vec<String>,
}

pub(super) fn of_prune(report: &PruneReport, run: &Run) -> Prune {
    let PruneReport { plan, deleted, .. } = report;
    Prune {
        message_type: "summary",
        dry_run: run.dry,
        seconds_elapsed: run.duration.as_secs_f64(),
        snapshots: report.snapshots,
        snapshots_kept_for_undo: report.kept_for_undo,
        packs_kept_for_backups: report.provided,
        packs_removed: plan.removed,
        bytes_removed: plan.removed_bytes,
        packs_copied: plan.copied,
        bytes_copied: plan.copied_bytes,
        bytes_used: plan.used,
        bytes_unused: plan.unused,
        packs_unnamed: report.orphans,
        bytes_added: report.bytes_added,
        packs_deleted: deleted.packs,
        index_deleted: deleted.index,
        bytes_deleted: deleted.bytes,
        errors: report.problems.len(),
        network: run.traffic.as_ref().map(Network::of),
        notes: report.notes.clone(),
    }
}
