//! What `forget` and `prune` tell people.

use super::super::Run;
use super::one_line;
use crate::{amount, time};
use lifeboat_engine::{ForgetReport, Group, PruneReport, Snapshot, escaped};

/// A line for each snapshot, under what those have in common that were looked at together, and what it comes to.
pub(super) fn of_forget(report: &ForgetReport, dry: bool) -> Vec<String> {
    let mut lines: Vec<String> = report.groups.iter().flat_map(of_group).collect();
    lines.extend(report.named.iter().map(|snapshot| of_snapshot("forget", snapshot, "named")));
    let forgotten = amount::of(report.forgotten().len() as u64, "snapshot");
    lines.push(match (report.forgotten().is_empty(), dry) {
        (true, _) => "there is nothing to forget".to_owned(),
        (false, true) => format!("would forget {forgotten}"),
        (false, false) => format!("forgot {forgotten}; their space comes back with: lifeboat prune"),
    });
    lines
}

fn of_group(group: &Group) -> Vec<String> {
    let mut common = Vec::new();
    if !group.key.host.is_empty() {
        common.push(format!("host {}", one_line(&group.key.host)));
    }
    if !group.key.paths.is_empty() {
        let paths: Vec<_> = group.key.paths.iter().map(|path| escaped(&path.0)).collect();
        common.push(paths.join(" "));
    }
    if !group.key.tags.is_empty() {
        common.push(format!("tags {}", one_line(&group.key.tags.join(","))));
    }
    if common.is_empty() {
        common.push("all".to_owned());
    }
    let (kept, all) = (group.kept.len(), group.kept.len() + group.forgotten.len());
    let mut lines =
        vec![format!("{}: {kept} of {} stay", common.join(", "), amount::of(all as u64, "snapshot"))];
    let kept = group.kept.iter().map(|(snapshot, reasons)| {
        let reasons: Vec<String> = reasons.iter().map(|reason| one_line(&reason.to_string())).collect();
        (snapshot, "keep", reasons.join(", "))
    });
    let forgotten = group.forgotten.iter().map(|snapshot| (snapshot, "forget", String::new()));
    let mut rows: Vec<_> = kept.chain(forgotten).collect();
    rows.sort_by_key(|(snapshot, ..)| (snapshot.start, snapshot.id));
    lines.extend(rows.iter().map(|(snapshot, what, why)| of_snapshot(what, snapshot, why)));
    lines
}

fn of_snapshot(what: &str, snapshot: &Snapshot, why: &str) -> String {
    let partial = if snapshot.is_partial() { "partial " } else { "" };
    let line = format!("{what:<6}  {}  {}  {partial}{why}", snapshot.id.short(), time::local(snapshot.start));
    line.trim_end().to_owned()
}

/// What went, what stays though nobody needs it, and why.
pub(super) fn of_prune(report: &PruneReport, run: &Run) -> Vec<String> {
    let PruneReport { plan, deleted, .. } = report;
    let packs = |count, bytes| format!("{}, {}", amount::of(count, "pack"), amount::bytes(bytes));
    let mut lines = vec![
        format!("needed by {}: {}", amount::of(report.snapshots, "snapshot"), amount::bytes(plan.used)),
        format!("not needed: {}", packs(plan.removed, plan.removed_bytes)),
    ];
    if plan.copied > 0 {
        let copied = packs(plan.copied, plan.copied_bytes);
        lines.push(format!("worth copying what is needed: {copied}"));
    }
    if plan.unused > 0 {
        lines.push(format!("stays in vain: {}", amount::bytes(plan.unused)));
    }
    if report.orphans > 0 {
        lines.push(format!("left by killed backups: {}", amount::of(report.orphans, "pack")));
    }
    if report.provided > 0 {
        let packs = amount::of(report.provided, "pack");
        lines.push(format!("kept for backups that run or were interrupted: {packs}"));
    }
    if report.kept_for_undo > 0 {
        let snapshots = amount::of(report.kept_for_undo, "snapshot");
        lines.push(format!("forgotten less than a day ago, and kept: {snapshots}; --now takes them, too"));
    }
    let duration = amount::duration(run.duration);
    lines.push(match run.dry {
        true => "nothing was changed".to_owned(),
        false => {
            let freed = amount::bytes(deleted.bytes.saturating_sub(report.bytes_added));
            format!("freed {freed} in {duration}")
        }
    });
    lines
}
