//! Tables for people.

use super::super::{Examined, Run};
use super::one_line;
use crate::finding::{self, Finding};
use crate::{amount, time};
use lifeboat_engine::{BackupReport, ObjectKind, ScrubReport, Snapshot, VerifyWrites, escaped};
use lifeboat_repository::{SlotInfo, SlotKind, View};
use std::time::Duration;

const HEADER: [&str; 7] = ["ID", "Time", "Host", "Tags", "State", "Size", "Paths"];
const KEY_HEADER: [&str; 7] = ["", "ID", "Kind", "Created", "Host", "User", "Label"];
const OBJECT_HEADER: [&str; 3] = ["Kind", "Objects", "Size"];
const FINDING_HEADER: [&str; 3] = ["Result", "Check", "Finding"];
const GAP: &str = "  ";

/// One row per snapshot, and how many there are.
pub(super) fn of_snapshots(snapshots: &[&Snapshot], view: &View) -> Vec<String> {
    let rows = snapshots.iter().map(|snapshot| row(snapshot, view.is_pinned(snapshot.id)));
    let mut lines = of_rows(HEADER, rows);
    lines.push(amount::of(snapshots.len() as u64, "snapshot"));
    lines
}

/// One row per key slot, and how many there are.
pub(super) fn of_keys(slots: &[SlotInfo]) -> Vec<String> {
    let rows = slots.iter().map(|slot| {
        [
            if slot.current { "*" } else { "" }.to_owned(),
            short(slot),
            kind(slot.kind).to_owned(),
            time::local(slot.created),
            one_line(&slot.about.host),
            one_line(&slot.about.user),
            one_line(slot.about.label.as_deref().unwrap_or_default()),
        ]
    });
    let mut lines = of_rows(KEY_HEADER, rows);
    lines.push(amount::of(slots.len() as u64, "key"));
    lines
}

/// One row per thing that was looked at.
pub(super) fn of_findings(findings: &[Finding], examined: &Examined) -> Vec<String> {
    let rows = findings.iter().map(|finding| {
        [finding::verdict(finding.verdict).to_owned(), finding.title.to_owned(), one_line(&finding.text)]
    });
    let mut lines = of_rows(FINDING_HEADER, rows);
    let answered = |after: Duration| format!("the storage answered after {} ms", after.as_millis());
    lines.extend(examined.first_byte.map(answered));
    lines
}

/// One row per kind of object that was checked, and all of them together.
pub(super) fn of_objects(report: &ScrubReport, run: &Run) -> Vec<String> {
    let rows = report.checked.iter().map(|(kind, checked)| {
        let kind = match kind {
            ObjectKind::Config => "config",
            ObjectKind::KeySlot => "key slots",
            ObjectKind::Key => "keyring",
            ObjectKind::LogEntry => "log entries",
            ObjectKind::Index => "index objects",
            ObjectKind::Pack => "packs",
            ObjectKind::Evidence => "evidence",
        };
        [kind.to_owned(), amount::count(checked.objects), amount::bytes(checked.bytes)]
    });
    let mut lines = of_rows(OBJECT_HEADER, rows);
    let total = report.total();
    let (objects, bytes) = (amount::of(total.objects, "object"), amount::bytes(total.bytes));
    lines.push(format!("checked {objects}, {bytes}, in {}", amount::duration(run.duration)));
    lines
}

/// The form for people of the name of a key slot.
pub(super) fn short(slot: &SlotInfo) -> String {
    slot.id.to_string()[..8].to_owned()
}

/// What a key slot opens with.
pub(super) fn kind(kind: SlotKind) -> &'static str {
    match kind {
        SlotKind::Password => "password",
        SlotKind::KeyFile => "key file",
        SlotKind::RecoverySheet => "recovery sheet",
    }
}

pub(super) fn of_rows<const COLUMNS: usize>(
    header: [&str; COLUMNS],
    rows: impl Iterator<Item = [String; COLUMNS]>,
) -> Vec<String> {
    let rows: Vec<_> = [header.map(str::to_owned)].into_iter().chain(rows).collect();
    let widths: [usize; COLUMNS] =
        std::array::from_fn(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0));
    let mut lines: Vec<String> = rows.iter().map(|row| aligned(row, &widths)).collect();
    let rule = "-".repeat(lines.iter().map(|line| line.chars().count()).max().unwrap_or(0));
    lines.insert(1, rule.clone());
    lines.push(rule);
    lines
}

fn row(snapshot: &Snapshot, is_pinned: bool) -> [String; HEADER.len()] {
    let paths: Vec<_> = snapshot.paths.iter().map(|path| escaped(&path.0)).collect();
    let state = if snapshot.is_partial() { "partial" } else { "complete" };
    let pinned = if is_pinned { ", pinned" } else { "" };
    let unread = match snapshot.verify_writes {
        VerifyWrites::All => "",
        VerifyWrites::Sample => ", read back in part",
        VerifyWrites::Off => ", not read back",
    };
    [
        snapshot.id.short(),
        time::local(snapshot.start),
        one_line(&snapshot.host),
        one_line(&snapshot.tags.join(",")),
        format!("{state}{pinned}{unread}"),
        amount::bytes(snapshot.summary.total_bytes_processed),
        paths.join(" "),
    ]
}

fn aligned<const COLUMNS: usize>(row: &[String; COLUMNS], widths: &[usize; COLUMNS]) -> String {
    let cells: Vec<_> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
    cells.join(GAP).trim_end().to_owned()
}

/// What a backup did.
pub(super) fn of_backup(report: &BackupReport, run: &Run) -> Vec<String> {
    let counted = &report.summary;
    let fates = |new, changed, unmodified| {
        let [new, changed, unmodified] = [new, changed, unmodified].map(amount::count);
        format!("{new:>9} new, {changed:>9} changed, {unmodified:>9} unmodified")
    };
    let files = fates(counted.files_new, counted.files_changed, counted.files_unmodified);
    let dirs = fates(counted.dirs_new, counted.dirs_changed, counted.dirs_unmodified);
    let (added, packed) = (amount::bytes(counted.data_added), amount::bytes(counted.data_added_packed));
    let (total, bytes) =
        (amount::of(counted.total_files_processed, "file"), amount::bytes(counted.total_bytes_processed));
    let (read, duration) = (amount::bytes(counted.bytes_read), amount::duration(run.duration));
    let added_label = if run.dry { "Would be added" } else { "Added" };
    let saved = match report.snapshot {
        Some(id) if counted.unread > 0 => format!("snapshot {} saved, but it is partial", id.short()),
        Some(id) => format!("snapshot {} saved", id.short()),
        None if report.skipped => {
            "nothing of what was to be saved has changed: no snapshot was made".to_owned()
        }
        None => "dry run: nothing was saved".to_owned(),
    };
    let mut lines = vec![
        format!("Files: {files}"),
        format!("Dirs:  {dirs}"),
        format!("{added_label} to the repository: {added} ({packed} stored)"),
        format!("processed {total}, {bytes} in {duration}; read {read}"),
    ];
    if report.excluded > 0 {
        lines.push(format!("left out {}", amount::of(report.excluded, "item")));
    }
    lines.push(saved);
    lines
}
