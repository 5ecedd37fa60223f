//! JSON lines for programs: those of restic, as docs/json.md says.

mod bytes;
mod copy;
mod evidence;
mod finding;
mod forget;
mod key;
mod message;
mod network;
mod node;
mod progress;
mod repair;
mod sessions;
mod snapshot;
mod summary;

use super::{Examined, KeyChange, Report, Run, Status, Work, streams::Streams};
use crate::exit::Failure;
use crate::finding::Finding;
use lifeboat_backend::Traffic;
use lifeboat_drill::evidence::Chains;
use lifeboat_drill::record::Record;
use lifeboat_engine::{
    BackupReport, CopyReport, Exclusion, Fate, ForgetReport, Means, Node, Outcome, Problem, PruneReport,
    RepairReport, RestoreReport, ScrubReport, SessionsReport, Snapshot, SnapshotId, TagReport, Undoable,
    VerifyReport,
};
use lifeboat_repository::{EvidenceName, SlotInfo, View};
use serde::Serialize;
use std::io;
use std::path::Path;

/// Makes lines of things.
pub(super) struct Json {
    streams: Streams,
    quiet: bool,
}

impl Json {
    pub(super) fn new(quiet: bool) -> Self {
        Self { streams: Streams::new(), quiet }
    }

    fn data(&self, line: &impl Serialize) {
        self.streams.line(&text(line));
    }

    /// A line that somebody waits for.
    fn live(&self, line: &impl Serialize) {
        self.data(line);
        self.streams.flush();
    }

    fn talk(&self, line: &impl Serialize) {
        self.streams.talk(&text(line));
    }
}

impl Report for Json {
    fn initialized(&self, id: &str, location: &str, exclusive: bool) {
        self.data(&message::Initialized::of(id, location, exclusive));
    }

    fn snapshots(&self, snapshots: &[&Snapshot], view: &View) {
        let line = |snapshot: &&Snapshot| snapshot::Line::of(snapshot).pinned(view.is_pinned(snapshot.id));
        let lines: Vec<_> = snapshots.iter().map(line).collect();
        self.data(&lines);
    }

    fn listing(&self, snapshot: &Snapshot) {
        self.data(&snapshot::Line::of(snapshot).into_message());
    }

    fn node(&self, path: &[u8], node: &Node, _: bool) {
        self.data(&node::Line::of(path, node));
    }

    fn keys(&self, slots: &[SlotInfo]) {
        self.data(&slots.iter().map(key::Line::of).collect::<Vec<_>>());
    }

    fn key(&self, change: &KeyChange<'_>) {
        self.data(&key::Change::of(change));
    }

    fn doctor(&self, findings: &[Finding], examined: &Examined) {
        findings.iter().for_each(|finding| self.data(&finding::Line::of(finding)));
        self.data(&finding::Summary::of(findings, examined));
    }

    fn version(&self) {
        self.data(&message::Version::of_this_program());
    }

    fn evidence(&self, chains: &Chains) {
        self.data(&chains.records().map(evidence::Line::of).collect::<Vec<_>>());
    }

    fn anchors(&self, heads: &[EvidenceName]) {
        self.data(&heads.iter().map(evidence::Head::of).collect::<Vec<_>>());
    }

    fn evidence_checked(&self, chains: &Chains, problems: usize) {
        self.data(&evidence::Summary::of(chains, problems));
    }

    fn evidence_exported(&self, directory: &Path, kept: usize, left_out: usize) {
        self.data(&evidence::Exported::of(directory, kept, left_out));
    }

    fn script(&self, script: &[u8]) {
        self.streams.data(script);
    }

    fn status(&self, status: &Status) {
        if !self.quiet {
            self.live(&progress::StatusLine::of(status));
        }
    }

    fn saved(&self, path: &Path, node: &Node, fate: Fate) {
        let action = match fate {
            Fate::New => "new",
            Fate::Changed => "modified",
            Fate::Unmodified => "unchanged",
        };
        self.live(&progress::VerboseLine::of(action, path, node));
    }

    fn excluded(&self, path: &Path, why: &Exclusion) {
        self.live(&message::Excluded::of(path, why));
    }

    fn restored(&self, path: &Path, node: &Node, outcome: Outcome, _: bool) {
        let action = match outcome {
            Outcome::Restored => "restored",
            Outcome::Updated => "updated",
            Outcome::Unchanged | Outcome::Kept => "unchanged",
        };
        let line = progress::VerboseLine::of(action, path, node);
        self.live(&line.kept(outcome == Outcome::Kept));
    }

    fn problem(&self, problem: &Problem, work: Work) {
        self.talk(&message::Error::of(problem, work));
    }

    fn note(&self, text: &str) {
        if !self.quiet {
            self.talk(&message::Note::of(text));
        }
    }

    fn backup(&self, report: &BackupReport, run: &Run) {
        self.data(&summary::of_backup(report, run));
    }

    fn restore(&self, report: &RestoreReport, run: &Run) {
        self.data(&summary::of_restore(report, run));
    }

    fn verify(&self, report: &VerifyReport, run: &Run) {
        self.data(&summary::of_verify(report, run));
    }

    fn scrub(&self, report: &ScrubReport, run: &Run) {
        self.data(&summary::of_scrub(report, run));
    }

    fn forget(&self, report: &ForgetReport, _: bool) {
        self.data(&forget::of_groups(report));
    }

    fn undoable(&self, undoable: &[Undoable]) {
        self.data(&undoable.iter().map(sessions::UndoableLine::of).collect::<Vec<_>>());
    }

    fn undone(&self, snapshots: &[Snapshot]) {
        self.data(&snapshots.iter().map(snapshot::Line::of).collect::<Vec<_>>());
    }

    fn tagged(&self, report: &TagReport) {
        report.changed.iter().for_each(|changed| self.data(&sessions::Changed::of(changed)));
        self.data(&sessions::ChangedSummary::of(report.changed.len()));
    }

    fn sessions(&self, report: &SessionsReport) {
        self.data(&sessions::Sessions::of(report));
    }

    fn prune(&self, report: &PruneReport, run: &Run) {
        self.data(&summary::of_prune(report, run));
    }

    fn mended(&self, object: &Path, means: &Means, _: bool) {
        self.data(&repair::Mended::of(object, means));
    }

    fn quarantined(&self, object: &Path, _: bool) {
        self.data(&repair::Quarantined::of(object));
    }

    fn repair(&self, report: &RepairReport, run: &Run) {
        self.data(&repair::of_repair(report, run));
    }

    fn copied(&self, from: SnapshotId, snapshot: &Snapshot, _: bool) {
        self.live(&copy::Copied::of(from, snapshot));
    }

    fn copy(&self, report: &CopyReport, target: &str, run: &Run) {
        self.data(&copy::of_copy(report, target, run));
    }

    fn drill(&self, record: &Record) {
        self.data(&message::Drill { message_type: "summary", record });
    }

    /// Summaries have it.
    fn traffic(&self, _: &Traffic) {}

    fn finish(&self) -> io::Result<()> {
        self.streams.finish()
    }

    fn failure(&self, failure: &Failure) {
        self.talk(&message::ExitError::of(failure));
    }
}

fn text(line: &impl Serialize) -> String {
    serde_json::to_string(line).expect("lines are maps with text as keys")
}
