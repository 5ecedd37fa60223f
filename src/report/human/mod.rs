//! Text for people.

mod copy;
mod drill;
mod evidence;
mod network;
mod repair;
mod retention;
mod sessions;
mod table;

use super::{
    Examined, KEEP_PASSWORD, KeyChange, PROGRAM, Report, Run, Status, Work, is_directory, mode,
    streams::Streams,
};
use crate::exit::Failure;
use crate::finding::Finding;
use crate::{amount, time};
use lifeboat_backend::Traffic;
use lifeboat_drill::evidence::{Chains, anchor};
use lifeboat_drill::record::Record;
use lifeboat_engine::{
    BackupReport, CopyReport, Exclusion, Fate, ForgetReport, Means, Node, Outcome, Problem, ProblemKind,
    PruneReport, RepairReport, RestoreReport, ScrubReport, SessionsReport, Snapshot, SnapshotId, TagReport,
    Undoable, Verified, VerifyReport, escaped,
};
use lifeboat_repository::{EvidenceName, SlotInfo, View};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// More warnings than anybody reads. Errors are all shown: what is damaged or missing is named, however much it is.
const WARNINGS_SHOWN: u64 = 200;

/// Words things for people.
pub(super) struct Human {
    streams: Streams,
    quiet: bool,
    warnings: AtomicU64,
}

impl Human {
    pub(super) fn new(quiet: bool) -> Self {
        Self { streams: Streams::new(), quiet, warnings: AtomicU64::new(0) }
    }

    /// A line that nobody misses who asked for quiet.
    fn line(&self, text: &str) {
        if !self.quiet {
            self.streams.line(text);
        }
    }

    fn path(&self, before: &str, path: &Path, is_directory: bool) {
        let slash = if is_directory { "/" } else { "" };
        self.streams.line(&format!("{before:<10} {}{slash}", escaped(path.as_os_str().as_bytes())));
    }
}

impl Report for Human {
    fn initialized(&self, id: &str, location: &str, _: bool) {
        self.line(&format!("created repository {id} at {}", one_line(location)));
        self.note(KEEP_PASSWORD);
    }

    fn snapshots(&self, snapshots: &[&Snapshot], view: &View) {
        for line in table::of_snapshots(snapshots, view) {
            self.streams.line(&line);
        }
    }

    fn listing(&self, snapshot: &Snapshot) {
        let paths: Vec<_> = snapshot.paths.iter().map(|path| escaped(&path.0)).collect();
        let (id, time) = (snapshot.id.short(), time::local(snapshot.start));
        let by = one_line(&format!("{}@{}", snapshot.user, snapshot.host));
        self.note(&format!("snapshot {id} of {} at {time} by {by}", paths.join(" ")));
    }

    fn node(&self, path: &[u8], node: &Node, long: bool) {
        let path = escaped(path);
        if !long {
            return self.streams.line(&path);
        }
        let link = node.link_target.as_deref().map_or_else(String::new, |to| format!(" -> {}", escaped(to)));
        let (mode, time) = (mode::letters(node), time::local(node.mtime));
        let Node { uid, gid, size, .. } = node;
        self.streams.line(&format!("{mode:<10} {uid:>5} {gid:>5} {size:>12} {time} {path}{link}"));
    }

    fn keys(&self, slots: &[SlotInfo]) {
        for line in table::of_keys(slots) {
            self.streams.line(&line);
        }
    }

    fn key(&self, change: &KeyChange<'_>) {
        match change {
            KeyChange::Added(slot) => {
                self.line(&format!("added key {}, a {}", table::short(slot), table::kind(slot.kind)));
            }
            KeyChange::Removed(id) => self.line(&format!("removed key {}", id.get(..8).unwrap_or(id))),
        }
    }

    fn doctor(&self, findings: &[Finding], examined: &Examined) {
        for line in table::of_findings(findings, examined) {
            self.streams.line(&line);
        }
    }

    fn version(&self) {
        let (system, machine) = (std::env::consts::OS, std::env::consts::ARCH);
        self.streams.line(&format!("{PROGRAM} ({system}, {machine})"));
    }

    fn evidence(&self, chains: &Chains) {
        for line in evidence::of_records(chains) {
            self.streams.line(&line);
        }
    }

    fn anchors(&self, heads: &[EvidenceName]) {
        heads.iter().for_each(|head| self.streams.line(&anchor(head)));
    }

    fn evidence_checked(&self, chains: &Chains, problems: usize) {
        self.line(&evidence::of_check(chains, problems));
    }

    fn evidence_exported(&self, directory: &Path, kept: usize, left_out: usize) {
        self.line(&evidence::of_export(directory, kept, left_out));
    }

    fn script(&self, script: &[u8]) {
        self.streams.data(script);
    }

    /// The bar on the terminal shows it.
    fn status(&self, _: &Status) {}

    fn saved(&self, path: &Path, node: &Node, fate: Fate) {
        let word = match fate {
            Fate::New => "new",
            Fate::Changed => "changed",
            Fate::Unmodified => "unmodified",
        };
        self.path(word, path, is_directory(node));
    }

    fn excluded(&self, path: &Path, why: &Exclusion) {
        let path = escaped(path.as_os_str().as_bytes());
        self.streams.line(&format!("{:<10} {path} ({why})", "excluded"));
    }

    fn restored(&self, path: &Path, node: &Node, outcome: Outcome, dry: bool) {
        let word = match (outcome, dry) {
            (Outcome::Restored, dry) => restored(dry),
            (Outcome::Updated, false) => "updated",
            (Outcome::Updated, true) => "would update",
            (Outcome::Unchanged, _) => "unchanged",
            (Outcome::Kept, _) => "kept",
        };
        self.path(word, path, is_directory(node));
    }

    fn problem(&self, problem: &Problem, work: Work) {
        let warns = is_warning(problem, work);
        if !warns || self.warnings.fetch_add(1, Ordering::Relaxed) < WARNINGS_SHOWN {
            self.streams.talk(&problem_line(problem, warns));
        }
    }

    fn note(&self, text: &str) {
        if !self.quiet {
            self.streams.talk(&one_line(text));
        }
    }

    fn backup(&self, report: &BackupReport, run: &Run) {
        for line in table::of_backup(report, run) {
            self.line(&line);
        }
    }

    fn restore(&self, report: &RestoreReport, run: &Run) {
        let done = restored(run.dry);
        let (files, directories) = (amount::of(report.files, "file"), directories(report.directories));
        let (bytes, duration) = (amount::bytes(report.bytes), amount::duration(run.duration));
        self.line(&format!("{done} {files} and {directories}, {bytes} in {duration}"));
        let skipped: Vec<_> = [("unchanged", report.files_unchanged), ("kept", report.files_kept)]
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .map(|(word, count)| format!("{word}: {}", amount::of(count, "file")))
            .collect();
        if !skipped.is_empty() {
            self.line(&skipped.join("; "));
        }
        if let Some(Verified { files, bytes }) = report.verified {
            let (files, bytes) = (amount::of(files, "file"), amount::bytes(bytes));
            self.line(&format!("read {files} again, {bytes}: as stored"));
        }
    }

    fn verify(&self, report: &VerifyReport, run: &Run) {
        let (snapshots, packs) = (amount::of(report.snapshots, "snapshot"), amount::of(report.packs, "pack"));
        let (read, bytes) = (amount::count(report.packs_read), amount::bytes(report.bytes_read));
        let (total, duration) = (amount::bytes(report.bytes), amount::duration(run.duration));
        self.line(&format!(
            "checked {snapshots} and {packs}; read the data of {read} of {packs}, {bytes} of {total}, in {duration}"
        ));
        if report.problems.is_empty() {
            self.line("no errors were found");
        }
    }

    fn scrub(&self, report: &ScrubReport, run: &Run) {
        for line in table::of_objects(report, run) {
            self.line(&line);
        }
        if report.problems.is_empty() {
            self.line("no errors were found");
        }
    }

    fn forget(&self, report: &ForgetReport, dry: bool) {
        for line in retention::of_forget(report, dry) {
            self.line(&line);
        }
    }

    fn undoable(&self, undoable: &[Undoable]) {
        for line in sessions::of_undoable(undoable) {
            self.streams.line(&line);
        }
    }

    fn undone(&self, snapshots: &[Snapshot]) {
        for line in sessions::of_undone(snapshots) {
            self.line(&line);
        }
    }

    fn tagged(&self, report: &TagReport) {
        for line in sessions::of_tagged(report) {
            self.line(&line);
        }
    }

    fn sessions(&self, report: &SessionsReport) {
        for line in sessions::of_sessions(report) {
            self.streams.line(&line);
        }
    }

    fn prune(&self, report: &PruneReport, run: &Run) {
        for line in retention::of_prune(report, run) {
            self.line(&line);
        }
    }

    fn mended(&self, object: &Path, means: &Means, dry: bool) {
        self.line(&repair::of_mended(object, means, dry));
    }

    fn quarantined(&self, object: &Path, dry: bool) {
        self.line(&repair::of_quarantined(object, dry));
    }

    fn repair(&self, report: &RepairReport, run: &Run) {
        for line in repair::of_repair(report, run) {
            self.line(&line);
        }
    }

    fn copied(&self, from: SnapshotId, snapshot: &Snapshot, dry: bool) {
        self.line(&copy::of_copied(from, snapshot, dry));
    }

    fn copy(&self, report: &CopyReport, target: &str, run: &Run) {
        for line in copy::of_copy(report, target, run) {
            self.line(&line);
        }
    }

    fn drill(&self, record: &Record) {
        for line in drill::of_drill(record) {
            self.line(&line);
        }
    }

    fn traffic(&self, traffic: &Traffic) {
        self.note(&network::of_traffic(traffic));
    }

    fn finish(&self) -> io::Result<()> {
        let unseen = self.warnings.swap(0, Ordering::Relaxed).saturating_sub(WARNINGS_SHOWN);
        if unseen > 0 {
            self.streams.talk(&format!("and {} more; --json names them all", amount::of(unseen, "warning")));
        }
        self.streams.finish()
    }

    fn failure(&self, failure: &Failure) {
        self.streams.talk(&format!("error: {}", one_line(&failure.message())));
        self.streams.talk(&format!("hint: {}", one_line(&failure.hint)));
    }
}

fn is_warning(problem: &Problem, work: Work) -> bool {
    match problem.kind {
        ProblemKind::Mendable => !work.looks_for_damage(),
        kind => matches!(kind, ProblemKind::Unsteady | ProblemKind::Unfiltered),
    }
}

/// The item and what is wrong with it, unless the cause names the item already.
fn problem_line(problem: &Problem, warns: bool) -> String {
    let severity = if warns { "warning" } else { "error" };
    let (path, cause) = (escaped(problem.path.as_os_str().as_bytes()), one_line(&problem.cause));
    let mendable = if problem.kind == ProblemKind::Mendable { " (mendable)" } else { "" };
    match cause.contains(&path) {
        true => format!("{severity}: {cause}{mendable}"),
        false => format!("{severity}: {path}: {cause}{mendable}"),
    }
}

fn restored(dry: bool) -> &'static str {
    if dry { "would restore" } else { "restored" }
}

fn directories(amount: u64) -> String {
    match amount {
        1 => "1 directory".to_owned(),
        _ => format!("{} directories", amount::count(amount)),
    }
}

/// Text that came from elsewhere without characters that break a line or steer a terminal.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        match character.is_control() {
            true => line.extend(character.escape_default()),
            false => line.push(character),
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::{Work, is_warning, problem_line};
    use lifeboat_engine::{Problem, ProblemKind};

    #[test]
    fn what_can_be_mended_says_so() {
        let problem = |kind| Problem { kind, path: "packs/ab".into(), cause: "damaged".into() };
        let line = |kind, work| problem_line(&problem(kind), is_warning(&problem(kind), work));
        assert_eq!(line(ProblemKind::Mendable, Work::Verify), "error: packs/ab: damaged (mendable)");
        assert_eq!(line(ProblemKind::Mendable, Work::Restore), "warning: packs/ab: damaged (mendable)");
        assert_eq!(line(ProblemKind::Damage, Work::Restore), "error: packs/ab: damaged");
    }
}
