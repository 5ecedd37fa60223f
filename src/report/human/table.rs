//! Tables for people.

use super::super::Run;
use super::one_line;
use crate::{amount, time};
use lifeboat_engine::{BackupReport, Snapshot, escaped};

const HEADER: [&str; 7] = ["ID", "Time", "Host", "Tags", "State", "Size", "Paths"];
const GAP: &str = "  ";

/// One row per snapshot, and how many there are.
pub(super) fn of_snapshots(snapshots: &[&Snapshot]) -> Vec<String> {
    let mut rows = vec![HEADER.map(str::to_owned)];
    rows.extend(snapshots.iter().map(|snapshot| row(snapshot)));
    let widths: [usize; HEADER.len()] =
        std::array::from_fn(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0));
    let mut lines: Vec<String> = rows.iter().map(|row| aligned(row, &widths)).collect();
    let rule = "-".repeat(lines.iter().map(|line| line.chars().count()).max().unwrap_or(0));
    lines.insert(1, rule.clone());
    lines.push(rule);
    lines.push(amount::of(snapshots.len() as u64, "snapshot"));
    lines
}

fn row(snapshot: &Snapshot) -> [String; HEADER.len()] {
    let paths: Vec<_> = snapshot.paths.iter().map(|path| escaped(&path.0)).collect();
    let state = if snapshot.is_partial() { "partial" } else { "complete" };
    [
        snapshot.id.short(),
        time::local(snapshot.start),
        one_line(&snapshot.host),
        one_line(&snapshot.tags.join(",")),
        state.to_owned(),
        amount::bytes(snapshot.summary.total_bytes_processed),
        paths.join(" "),
    ]
}

fn aligned(row: &[String; HEADER.len()], widths: &[usize; HEADER.len()]) -> String {
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
        None => "dry run: nothing was saved".to_owned(),
    };
    vec![
        format!("Files: {files}"),
        format!("Dirs:  {dirs}"),
        format!("{added_label} to the repository: {added} ({packed} stored)"),
        format!("processed {total}, {bytes} in {duration}; read {read}"),
        saved,
    ]
}
