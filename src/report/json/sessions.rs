//! What `sessions`, `tag` and `forget --undo` say in JSON.

use super::snapshot::Line;
use crate::time;
use lifeboat_engine::{ProvidedPacks, RunningSession, SessionsReport, Snapshot, Undoable, Waiting};
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct Sessions {
    message_type: &'static str,
    running: Vec<RunningLine>,
    ended: Vec<RunningLine>,
    unread: Vec<String>,
    provided: Vec<ProvidedLine>,
    forgotten: Vec<UndoableLine>,
    condemned: WaitingLine,
    swept: WaitingLine,
}

impl Sessions {
    pub(super) fn of(report: &SessionsReport) -> Self {
        Self {
            message_type: "sessions",
            running: report.running.iter().map(RunningLine::of).collect(),
            ended: report.ended.iter().map(RunningLine::of).collect(),
            unread: report.unread.iter().map(|(name, _)| name.clone()).collect(),
            provided: report.provided.iter().map(ProvidedLine::of).collect(),
            forgotten: report.forgotten.iter().map(UndoableLine::of).collect(),
            condemned: WaitingLine::of(report.condemned),
            swept: WaitingLine::of(report.swept),
        }
    }
}

#[derive(Serialize)]
struct RunningLine {
    verb: String,
    host: String,
    pid: u32,
    since: String,
    here: bool,
}

impl RunningLine {
    fn of(session: &RunningSession) -> Self {
        let RunningSession { verb, host, pid, since, is_here } = session;
        Self {
            verb: verb.clone(),
            host: host.clone(),
            pid: *pid,
            since: time::rfc3339(*since),
            here: *is_here,
        }
    }
}

#[derive(Serialize)]
struct ProvidedLine {
    session: String,
    running: bool,
    packs: u64,
    bytes: u64,
    last_seen: String,
    kept_until: String,
}

impl ProvidedLine {
    fn of(provided: &ProvidedPacks) -> Self {
        Self {
            session: provided.session.to_string(),
            running: provided.is_running,
            packs: provided.packs,
            bytes: provided.bytes,
            last_seen: time::rfc3339(provided.spoke),
            kept_until: time::rfc3339(provided.kept_until),
        }
    }
}

/// A snapshot that can be had back.
#[derive(Serialize)]
pub(super) struct UndoableLine {
    #[serde(flatten)]
    snapshot: Line,
    forgotten: String,
    kept_until: String,
    reason: String,
}

impl UndoableLine {
    pub(super) fn of(undoable: &Undoable) -> Self {
        Self {
            snapshot: Line::of(&undoable.snapshot),
            forgotten: time::rfc3339(undoable.forgotten),
            kept_until: time::rfc3339(undoable.kept_until),
            reason: undoable.reason.clone(),
        }
    }
}

#[derive(Serialize)]
struct WaitingLine {
    packs: u64,
    index: u64,
    bytes: u64,
}

impl WaitingLine {
    fn of(Waiting { packs, index, bytes }: Waiting) -> Self {
        Self { packs, index, bytes }
    }
}

/// A snapshot that is called otherwise. Its id stays.
#[derive(Serialize)]
pub(super) struct Changed {
    message_type: &'static str,
    old_snapshot_id: String,
    new_snapshot_id: String,
    tags: Vec<String>,
    pinned: bool,
}

impl Changed {
    pub(super) fn of((snapshot, pinned): &(Snapshot, bool)) -> Self {
        Self {
            message_type: "changed",
            old_snapshot_id: snapshot.id.to_string(),
            new_snapshot_id: snapshot.id.to_string(),
            tags: snapshot.tags.clone(),
            pinned: *pinned,
        }
    }
}

#[derive(Serialize)]
pub(super) struct ChangedSummary {
    message_type: &'static str,
    changed_snapshots: usize,
}

impl ChangedSummary {
    pub(super) fn of(changed: usize) -> Self {
        Self { message_type: "summary", changed_snapshots: changed }
    }
}
