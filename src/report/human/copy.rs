//! What `copy` tells people.

use super::super::Run;
use super::one_line;
use crate::{amount, time};
use lifeboat_engine::{CopyReport, Snapshot, SnapshotId, escaped};

/// A snapshot that was copied, or would be.
pub(super) fn of_copied(from: SnapshotId, snapshot: &Snapshot, dry: bool) -> String {
    let paths: Vec<_> = snapshot.paths.iter().map(|path| escaped(&path.0)).collect();
    let (host, time) = (one_line(&snapshot.host), time::local(snapshot.start));
    let done = if dry { "would copy" } else { "copied" };
    let named = if snapshot.id == from { String::new() } else { format!(" as {}", snapshot.id.short()) };
    format!("{done} {}{named}  {time}  {host}  {}", from.short(), paths.join(" "))
}

/// What it comes to.
pub(super) fn of_copy(report: &CopyReport, target: &str, run: &Run) -> Vec<String> {
    let (target, duration) = (one_line(target), amount::duration(run.duration));
    let mut there = vec![amount::of(report.present, "snapshot") + " there already"];
    if report.forgotten > 0 {
        there.push(format!("{} forgotten there and left alone", amount::count(report.forgotten)));
    }
    let (copied, stored) =
        (amount::of(report.copied.len() as u64, "snapshot"), amount::bytes(report.stored_bytes));
    let packs = match report.packs {
        0 => String::new(),
        packs => format!(", {} as they are", amount::of(packs, "pack")),
    };
    vec![
        there.join(", "),
        match run.dry {
            true => format!("would copy {copied} to {target}: about {stored}{packs}"),
            false => format!("copied {copied} to {target}: {stored} stored{packs}, in {duration}"),
        },
    ]
}
