//! What `sessions`, `tag` and `forget --undo` tell people.

use super::one_line;
use super::table::of_rows;
use crate::{amount, time};
use lifeboat_engine::{
    ProvidedPacks, RunningSession, SessionsReport, Snapshot, TagReport, Undoable, Waiting,
};

const RUNNING: [&str; 5] = ["Verb", "Host", "Process", "Since", "State"];
const PROVIDED: [&str; 6] = ["Session", "State", "Packs", "Size", "Last seen", "Kept at least until"];
const FORGOTTEN: [&str; 6] = ["ID", "Time", "Host", "Forgotten", "Kept at least until", "Why"];

/// Who is at work, and what waits.
pub(super) fn of_sessions(report: &SessionsReport) -> Vec<String> {
    let mut lines = Vec::new();
    if !report.running.is_empty() || !report.ended.is_empty() {
        let alive = report.running.iter().map(|session| running(session, here(session)));
        let ended = report.ended.iter().map(|session| running(session, "ended without a word"));
        lines.extend(of_rows(RUNNING, alive.chain(ended)));
    }
    if !report.provided.is_empty() {
        lines.push("stored by backups of which no snapshot is there yet; the next ones use it:".to_owned());
        lines.extend(of_rows(PROVIDED, report.provided.iter().map(provided)));
    }
    if !report.forgotten.is_empty() {
        lines.extend(of_undoable(&report.forgotten));
    }
    for (waiting, what) in [
        (&report.condemned, "nobody relies on it any more, and prune sweeps what of it is not needed"),
        (&report.swept, "swept, and the next prune deletes it"),
    ] {
        lines.extend((!waiting.is_empty()).then(|| format!("{what}: {}", size(waiting))));
    }
    if lines.is_empty() {
        lines.push("nobody is at work, and nothing waits".to_owned());
    }
    lines
}

/// Snapshots that can be had back.
pub(super) fn of_undoable(undoable: &[Undoable]) -> Vec<String> {
    if undoable.is_empty() {
        return vec!["no snapshot is forgotten and still whole".to_owned()];
    }
    let rows = undoable.iter().map(|undoable| {
        [
            undoable.snapshot.id.short(),
            time::local(undoable.snapshot.start),
            one_line(&undoable.snapshot.host),
            time::local(undoable.forgotten),
            time::local(undoable.kept_until),
            one_line(&undoable.reason),
        ]
    });
    let mut lines = vec!["forgotten, and to be had back with lifeboat forget --undo ID:".to_owned()];
    lines.extend(of_rows(FORGOTTEN, rows));
    lines
}

/// Snapshots that are wanted again.
pub(super) fn of_undone(snapshots: &[Snapshot]) -> Vec<String> {
    let line = |snapshot: &Snapshot| {
        format!("{}  {}  is wanted again", snapshot.id.short(), time::local(snapshot.start))
    };
    snapshots.iter().map(line).collect()
}

/// What snapshots are called now.
pub(super) fn of_tagged(report: &TagReport) -> Vec<String> {
    let line = |(snapshot, is_pinned): &(Snapshot, bool)| {
        let tags = one_line(&snapshot.tags.join(","));
        let tags = if tags.is_empty() { "no tags" } else { &tags };
        let pinned = if *is_pinned { ", pinned" } else { "" };
        format!("{}  {}  {tags}{pinned}", snapshot.id.short(), time::local(snapshot.start))
    };
    let mut lines: Vec<String> = report.changed.iter().map(line).collect();
    lines.push(match report.changed.len() as u64 {
        0 => "nothing had to be changed".to_owned(),
        count => format!("changed {}", amount::of(count, "snapshot")),
    });
    lines
}

fn here(session: &RunningSession) -> &'static str {
    if session.is_here { "runs on this machine" } else { "may run elsewhere" }
}

fn running(session: &RunningSession, state: &str) -> [String; RUNNING.len()] {
    let (verb, host) = (one_line(&session.verb), one_line(&session.host));
    [verb, host, session.pid.to_string(), time::local(session.since), state.to_owned()]
}

fn provided(provided: &ProvidedPacks) -> [String; PROVIDED.len()] {
    [
        provided.session.to_string()[..8].to_owned(),
        if provided.is_running { "running" } else { "interrupted" }.to_owned(),
        amount::count(provided.packs),
        amount::bytes(provided.bytes),
        time::local(provided.spoke),
        time::local(provided.kept_until),
    ]
}

fn size(waiting: &Waiting) -> String {
    let (packs, index) = (amount::of(waiting.packs, "pack"), amount::of(waiting.index, "index object"));
    format!("{packs} and {index}, {}", amount::bytes(waiting.bytes))
}
