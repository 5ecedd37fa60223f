//! What is said of one act: what came back is what was saved, or what is not is named; and where all was calm, all went well.

use super::actor::{Actor, End, Record};
use super::history::{History, Judged};
use super::plan::{Saving, Verb};
use super::tree::{Kind, Tree};
use lifeboat_backend::ObjectName;
use lifeboat_engine::{
    BackupReport, CopyReport, EngineError, Problem, ProblemKind, RepairReport, SnapshotId, VerifyReport,
};
use lifeboat_repository::RepositoryError;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How names begin that a restore gives until it has come to its end.
const INCOMPLETE: &str = ".lifeboat-restore-";

/// A backup that was begun.
pub(super) struct Run {
    pub(super) record: Arc<Record>,
    /// Its snapshot, if it was reported.
    pub(super) reported: Option<SnapshotId>,
}

impl End {
    /// What is told of it.
    pub(super) fn line(&self) -> String {
        match self {
            Self::Saved(report) => match report.snapshot {
                Some(id) => format!("saved {}, {} problems", id.short(), report.problems.len()),
                None => "saved nothing new".to_owned(),
            },
            Self::Restored(tag, _, problems) => format!("restored {tag}, {} problems", problems.len()),
            Self::Verified(report) => format!("verified, {} problems", report.problems.len()),
            Self::Forgotten(ids) => format!("forgot {}", ids.len()),
            Self::Regained(id) => format!("had back {}", id.short()),
            Self::Pruned(report) => format!("pruned {:?} by {:?}", report.deleted, report.plan),
            Self::Copied(report) => {
                format!("copied {}, {} problems", report.copied.len(), report.problems.len())
            }
            Self::Repaired(report) => format!(
                "mended {}, quarantined {}, {} problems",
                report.mended.len(),
                report.quarantined.len(),
                report.problems.len()
            ),
            Self::Failed(error) => format!("failed: {}", causes(error)),
            other => format!("{other:?}"),
        }
    }
}

impl History {
    /// Remembers what was reported.
    pub(super) fn note(&mut self, actor: &Actor, end: &End) {
        if let (End::Saved(report), Some(run)) = (end, self.runs.get_mut(&actor.tag)) {
            run.reported = report.snapshot;
            self.here.reported.extend(report.snapshot.map(|id| (id, actor.tag.clone())));
        }
    }

    /// Judges one act. Where all was calm everything had to go well.
    pub(super) fn judge(&self, actor: &Actor, end: &End, is_calm: bool) -> Judged {
        let verb = actor.act.verb;
        if verb == (Verb::Restore { over: true }) {
            self.judge_target(&actor.target)?;
        }
        match end {
            End::Restored(tag, tree, problems) if verb == (Verb::Restore { over: true }) => {
                self.judge_restored_over(tag, tree, problems, is_calm)
            }
            End::Restored(tag, tree, problems) => self.judge_restored(tag, tree, problems, is_calm),
            End::Saved(report) => self.judge_saved(actor, report, is_calm),
            End::Verified(VerifyReport { problems, .. })
            | End::Copied(CopyReport { problems, .. })
            | End::Repaired(RepairReport { problems, .. })
                if is_calm =>
            {
                match trouble(problems) {
                    Some(problem) => Err(format!("{problem:?} was found although nothing was harmed")),
                    None => Ok(()),
                }
            }
            End::Repaired(report) => self.judge_repaired(actor, report),
            End::Failed(EngineError::Interrupted) if stops(verb) => Ok(()),
            End::Failed(EngineError::Repository(RepositoryError::Slot(_))) if verb.changes_keys() => Ok(()),
            // Another was first to forget it, to have it back, or to sweep it.
            End::Failed(EngineError::NoSnapshot(_))
                if matches!(verb, Verb::Forget(_) | Verb::Regain | Verb::Copy(_)) =>
            {
                Ok(())
            }
            End::Failed(EngineError::NotForgotten(_) | EngineError::TooLate(_)) => Ok(()),
            End::Failed(error) if is_calm => {
                Err(format!("{} failed although all was calm: {}", actor.handle.name, causes(error)))
            }
            _ => Ok(()),
        }
    }

    /// A key that was reported opens, whatever became of its slot on the way to the storage.
    pub(super) fn judge_new_key(&mut self, actor: &Actor) -> Judged {
        let is_made = matches!(actor.act.verb, Verb::AddKey | Verb::ChangeKey);
        if !is_made || actor.handle.garbled().is_empty() || self.may_stop() {
            return Ok(());
        }
        for garbled in actor.handle.garbled() {
            let opener = self.calm(0, Verb::Verify);
            // Either copy has to open without the other.
            let opened = self.here.store.without(&other_copy(&garbled), || opener.open(actor.new_key));
            opened.map_err(|error| {
                format!("key {} was reported and does not open: {}", actor.new_key, causes(&error))
            })?;
        }
        Ok(())
    }

    /// However a restore ended: what has its name in the target is whole, be it new or from before.
    fn judge_target(&self, target: &Path) -> Judged {
        if !target.is_dir() {
            return Ok(());
        }
        let is_of = |run: &Run, path: &PathBuf, kind: &Kind| {
            let (versions, named) = (run.record.versions.lock().unwrap(), run.record.named.lock().unwrap());
            let has_it = |version: &Tree| version.0.get(path).is_some_and(|entry| entry.kind == *kind);
            versions.iter().any(has_it) || named.iter().any(|name| path.starts_with(name))
        };
        for (path, entry) in Tree::read(target).0 {
            let is_file = matches!(entry.kind, Kind::File(_)) && !is_incomplete(&path);
            if is_file && !self.runs.values().any(|run| is_of(run, &path, &entry.kind)) {
                return Err(format!("{} has its name in the target and was never so", path.display()));
            }
        }
        Ok(())
    }

    fn judge_saved(&self, actor: &Actor, report: &BackupReport, is_calm: bool) -> Judged {
        let is_steady = actor.record.versions.lock().unwrap().len() == 1;
        match trouble(&report.problems) {
            Some(problem) if is_calm && is_steady => {
                Err(format!("{} had trouble although all was calm: {problem:?}", actor.handle.name))
            }
            _ if report.skipped => self.judge_skipped(actor, report.parent),
            _ if report.snapshot.is_none() => Err(format!("{} made no snapshot", actor.handle.name)),
            _ => Ok(()),
        }
    }

    /// A backup that says that nothing has changed.
    fn judge_skipped(&self, actor: &Actor, parent: Option<SnapshotId>) -> Judged {
        let of_parent = self.runs.values().find(|run| run.reported.is_some() && run.reported == parent);
        let versions = actor.record.versions.lock().unwrap();
        match (of_parent, &versions[..]) {
            (Some(run), [now]) if !now.differences(&run.record.versions.lock().unwrap()).is_empty() => {
                Err(format!("{} took changed files for unchanged", actor.handle.name))
            }
            _ => Ok(()),
        }
    }

    /// What came back is what was saved, as far as it is not named.
    pub(super) fn judge_restored(
        &self,
        tag: &str,
        tree: &Tree,
        problems: &[Problem],
        is_calm: bool,
    ) -> Judged {
        let run = self.runs.get(tag).ok_or_else(|| format!("{tag} was never saved"))?;
        if let Some(problem) = trouble(problems).filter(|_| is_calm) {
            return Err(format!("restoring {tag}: {problem:?} although all was calm"));
        }
        let (unsaved, versions) = (run.record.named.lock().unwrap(), run.record.versions.lock().unwrap());
        let named: Vec<_> = unsaved.iter().chain(problems.iter().map(|problem| &problem.path)).collect();
        let is_below_named = |path: &PathBuf| named.iter().any(|name| path.starts_with(name));
        // What is wrong with a file is told once, whatever names it has.
        let is_named = |path: &&PathBuf| {
            let names = versions.iter().flat_map(|version| version.names(path));
            names.chain([*path]).any(is_below_named)
        };
        let lost = tree.differences(&versions);
        // What tells that a restore is under way is no part of what comes back, but whoever ended well leaves none.
        let is_lost = |path: &&PathBuf| !is_named(path) && (is_calm || !is_incomplete(path));
        match lost.iter().find(is_lost) {
            Some(path) => {
                let back = if tree.0.contains_key(path) { "otherwise" } else { "not" };
                let path = path.display();
                Err(format!("{path} of {tag} came back {back}, and all that is said is {problems:?}"))
            }
            None => Ok(()),
        }
    }

    /// The same where something else lay in the target: what is not in the snapshot may stay, and be in the way, but nothing
    /// that is incomplete.
    fn judge_restored_over(&self, tag: &str, tree: &Tree, problems: &[Problem], is_calm: bool) -> Judged {
        let run = self.runs.get(tag).ok_or_else(|| format!("{tag} was never saved"))?;
        let is_saved = {
            let (versions, unsaved) = (run.record.versions.lock().unwrap(), run.record.named.lock().unwrap());
            // What was there while files changed is not known for sure.
            let [saved] = &versions[..] else { return Ok(()) };
            let is_whole = |path: &PathBuf| !unsaved.iter().any(|name| path.starts_with(name));
            let is_visited = |path: &PathBuf| {
                path.parent().is_some_and(|up| up.parent().is_none() || saved.0.contains_key(up))
            };
            let is_left = |path: &&PathBuf| is_incomplete(path) && is_visited(path);
            if let Some(path) = tree.0.keys().filter(|_| is_calm && problems.is_empty()).find(is_left) {
                return Err(format!("{} stayed where {tag} was restored", path.display()));
            }
            let paths = saved.0.keys().filter(|path| is_whole(path));
            paths.cloned().collect::<std::collections::BTreeSet<_>>()
        };
        let entries = tree.0.iter().filter(|(path, _)| is_saved.contains(*path));
        let saved = Tree(entries.map(|(path, entry)| (path.clone(), entry.clone())).collect());
        self.judge_restored(tag, &saved, problems, false)
    }
}

/// Nobody takes anything that went wrong on the way for damage where there is none.
pub(super) fn judge_alarm(actor: &Actor, end: &End) -> Judged {
    let problems = match end {
        End::Saved(report) => &report.problems,
        End::Verified(report) => &report.problems,
        End::Copied(report) => &report.problems,
        End::Repaired(report) => &report.problems,
        End::Restored(_, _, problems) => problems,
        _ => return Ok(()),
    };
    let is_alarm = |problem: &&Problem| matches!(problem.kind, ProblemKind::Damage | ProblemKind::Tampering);
    match problems.iter().find(is_alarm) {
        Some(problem) if !actor.has_misread() => {
            Err(format!("what went wrong is taken for damage: {problem:?}"))
        }
        _ => Ok(()),
    }
}

/// Whether a restore that is under way has put it there.
fn is_incomplete(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(INCOMPLETE))
}

/// The other of the two copies that there may be of a key slot.
fn other_copy(name: &ObjectName) -> ObjectName {
    let (folder, rest) = name.as_str().split_once('/').unwrap_or_default();
    ObjectName::new(&format!("{}/{rest}", if folder == "keys" { "keys2" } else { "keys" })).unwrap()
}

fn stops(verb: Verb) -> bool {
    matches!(verb, Verb::Backup(Saving { stops_after: Some(_), .. }))
}

/// What is wrong besides.
pub(super) fn trouble(problems: &[Problem]) -> Option<&Problem> {
    problems.iter().find(|problem| !is_copy(problem))
}

/// Whether all that is wrong is that one of two copies is not there: its author died between the two.
pub(super) fn is_copy(problem: &Problem) -> bool {
    problem.kind == ProblemKind::Mendable && problem.cause.contains("missing")
}

/// An error and its causes on one line.
pub(super) fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
