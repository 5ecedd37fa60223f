//! The oracle: every snapshot that was ever reported is listed and comes back as it was, or what is lost is named.
//!
//! Where nothing was harmed nothing is lost and nothing is named. A snapshot that nobody lived to report is whole, too.

use super::actor::{Actor, End, Record};
use super::history::History;
use super::keys::{Lot, changes_keys};
use super::plan::Verb;
use super::tree::Tree;
use lifeboat_engine::{
    EngineError, Problem, ProblemKind, ReadData, Snapshot, SnapshotFilter, SnapshotId, VerifyOptions,
    Workers, snapshots, verify,
};
use lifeboat_repository::{Repository, RepositoryError, pack_object};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A backup that was begun.
pub(super) struct Run {
    pub(super) record: Arc<Record>,
    /// Its snapshot, if it was reported.
    pub(super) reported: Option<SnapshotId>,
}

type Judged = Result<(), String>;

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
        }
    }

    /// Judges one act. Where all was calm everything had to go well.
    pub(super) fn judge(&self, actor: &Actor, end: &End, is_calm: bool) -> Judged {
        let wrong = |what: String| Err(format!("{}: {what}", actor.handle.name));
        match end {
            End::Restored(tag, tree, problems) => self.judge_restored(tag, tree, problems, is_calm),
            End::Saved(report) => {
                let changed = actor.record.versions.lock().unwrap().len() > 1;
                match trouble(&report.problems).filter(|_| is_calm && !changed) {
                    Some(problem) => wrong(format!("had trouble although all was calm: {problem:?}")),
                    None if report.skipped => self.judge_skipped(actor, report.parent),
                    None if report.snapshot.is_none() => wrong("made no snapshot".to_owned()),
                    None => Ok(()),
                }
            }
            End::Verified(report) if is_calm => match trouble(&report.problems) {
                Some(problem) => wrong(format!("found {problem:?} although nothing was harmed")),
                None => Ok(()),
            },
            End::Failed(EngineError::Interrupted) if stops(actor.act.verb) => Ok(()),
            End::Failed(EngineError::Repository(RepositoryError::Slot(_)))
                if changes_keys(actor.act.verb) =>
            {
                Ok(())
            }
            End::Failed(error) if is_calm => {
                wrong(format!("failed although all was calm: {}", causes(error)))
            }
            _ => Ok(()),
        }
    }

    /// What came back is what was saved, as far as it is not named.
    fn judge_restored(&self, tag: &str, tree: &Tree, problems: &[Problem], is_calm: bool) -> Judged {
        let run = self.runs.get(tag).ok_or_else(|| format!("{tag} was never saved"))?;
        if let Some(problem) = trouble(problems).filter(|_| is_calm) {
            return Err(format!("restoring {tag}: {problem:?} although all was calm"));
        }
        let unsaved = run.record.named.lock().unwrap();
        let lost = tree.differences(&run.record.versions.lock().unwrap());
        let is_named = |path: &&PathBuf| {
            let mut names = unsaved.iter().chain(problems.iter().map(|problem| &problem.path));
            names.any(|name| path.starts_with(name))
        };
        match lost.iter().find(|path| !is_named(path)) {
            Some(path) => {
                let (path, back) =
                    (path.display(), if tree.0.contains_key(path) { "otherwise" } else { "not" });
                Err(format!("{path} of {tag} came back {back}, and all that is said is {problems:?}"))
            }
            None => Ok(()),
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

    /// Judges the history when nothing goes wrong any more.
    pub(super) fn judge_all(&mut self) -> Judged {
        let is_harmed = !self.harmed.is_empty();
        self.judge_keys()?;
        if !is_harmed {
            self.judge_verified(true)?;
        }
        for host in 0..self.hosts.len() {
            let verb = Verb::Backup {
                force: false,
                skip_if_unchanged: false,
                samples: false,
                changes_at: None,
                stops_after: None,
            };
            let actor = self.calm(host, verb);
            let end = self.end_of(&actor)?;
            self.note(&actor, &end);
            if !self.may_stop() && !matches!(end, End::Saved(_)) {
                return Err(format!("a last backup: {}", end.line()));
            }
            self.judge(&actor, &end, !is_harmed)?;
        }
        let sound = self.judge_verified(false)?;
        self.judge_snapshots(sound)?;
        let mut hints = self.store.list("running/").into_iter().map(|hint| hint.name);
        // Whoever makes a repository leaves a claim, not a hint.
        match hints.find(|name| !is_harmed && !name.as_str().contains("init")) {
            Some(hint) => Err(format!("{hint} stayed")),
            None => Ok(()),
        }
    }

    /// Runs somebody for whom nothing goes wrong.
    fn end_of(&self, actor: &Actor) -> Result<End, String> {
        let end = actor.run(None);
        self.bury(std::slice::from_ref(actor), std::slice::from_ref(&end))?;
        Ok(end)
    }

    /// Whether what was harmed may stop everybody, who then says so.
    fn may_stop(&self) -> bool {
        ["log", "keys", "keyring", "config"].iter().any(|folder| self.harmed.contains(*folder))
    }

    /// Who was told that a key opens can open, who was told that it does not cannot, and somebody can.
    fn judge_keys(&mut self) -> Judged {
        if self.may_stop() {
            return Ok(());
        }
        let mut opens = Vec::new();
        for (key, lot) in self.keys.0.clone() {
            let actor = self.calm(0, Verb::Verify);
            match (actor.open(key), lot) {
                (Err(error), Lot::Opens) => {
                    return Err(format!("key {key} does not open: {}", causes(&error)));
                }
                (Ok(_), Lot::Removed) => return Err(format!("key {key} was removed and opens")),
                (Ok(_), _) => opens.push(key),
                (Err(_), _) => {}
            }
        }
        if opens.is_empty() {
            return Err("nobody can open the repository".to_owned());
        }
        self.keys.0.retain(|key, _| opens.contains(key));
        Ok(())
    }

    /// Verifies. Whether everything has to come back.
    fn judge_verified(&mut self, may_lack_copies: bool) -> Result<bool, String> {
        let actor = self.calm(0, Verb::Verify);
        let (report, repository) = match self.verified(&actor) {
            Ok(found) => found,
            Err(error) if self.may_stop() => {
                self.store.lock().tally.count("stopped by what was harmed");
                self.store.lock().tally.say(format_args!("verify: {}", causes(&error)));
                return Ok(false);
            }
            Err(error) => return Err(format!("verify failed: {}", causes(&error))),
        };
        let problems = &report.problems;
        if self.harmed.is_empty() {
            let is_fine = |problem: &&Problem| is_copy(problem) && (may_lack_copies || is_of_key(problem));
            return match problems.iter().find(|problem| !is_fine(problem)) {
                Some(problem) => Err(format!("verify found {problem:?} although nothing was harmed")),
                None => Ok(true),
            };
        }
        self.judge_found(problems, &repository)?;
        Ok(problems.iter().all(|problem| problem.kind == ProblemKind::Mendable))
    }

    fn verified(&self, actor: &Actor) -> Result<(lifeboat_engine::VerifyReport, Repository), EngineError> {
        let repository = actor.open(actor.key)?;
        let options = VerifyOptions { read_data: ReadData::All };
        let report = verify(&repository, &options, &Workers::inline(), &())?;
        Ok((report, repository))
    }

    /// Every object that is harmed and that anything relies on is named.
    fn judge_found(&self, problems: &[Problem], repository: &Repository) -> Judged {
        let Ok(reading) = repository.read_log() else { return Ok(()) };
        let Ok(view) = repository.view(&reading) else { return Ok(()) };
        let mut needed: BTreeSet<String> = view.index().iter().map(|hash| format!("index/{hash}")).collect();
        needed.extend(view.packs().iter().map(|pack| pack_object(*pack)));
        let named = |name: &str| {
            problems.iter().any(|problem| {
                problem.path == Path::new(name) || problem.path == Path::new(&first_copy(name))
            })
        };
        // Whoever lost part of the index cannot know what was in it.
        let knows_all = !problems
            .iter()
            .any(|problem| problem.path.starts_with("index") || problem.path.starts_with("log"));
        for name in self.store.harmed() {
            let name = name.as_str();
            let is_needed = match name.split('/').next().unwrap_or_default() {
                "packs" => knows_all && needed.contains(name),
                "index" | "index2" => needed.contains(&first_copy(name)),
                "log" | "log2" | "keyring" | "keyring2" | "config" | "config2" => true,
                // Not every byte of a slot is proved without its password.
                _ => false,
            };
            if is_needed && !named(name) {
                return Err(format!("verify does not name {name}, which is harmed: {problems:?}"));
            }
        }
        Ok(())
    }

    /// Lists and restores everything.
    fn judge_snapshots(&mut self, is_sound: bool) -> Judged {
        let actor = self.calm(0, Verb::Restore);
        let listed = actor.open(actor.key).map_err(EngineError::from).and_then(|repository| {
            snapshots(&repository, &SnapshotFilter::default()).map(|list| (repository, list))
        });
        let (repository, list) = match listed {
            Ok(found) => found,
            Err(_) if self.may_stop() => return Ok(()),
            Err(error) => return Err(format!("snapshots cannot be listed: {}", causes(&error))),
        };
        let is_listed = |id| list.snapshots.iter().any(|snapshot: &Snapshot| snapshot.id == id);
        for (tag, run) in &self.runs {
            if run.reported.is_some_and(|id| !is_listed(id)) && list.faults.is_empty() {
                return Err(format!("{tag} was reported and is not listed, and nobody says so"));
            }
        }
        for snapshot in &list.snapshots {
            match actor.restore_one(&repository, snapshot.id) {
                Ok(End::Restored(tag, tree, problems)) => {
                    let is_whole = problems.iter().all(|problem| problem.kind == ProblemKind::Mendable);
                    if is_sound && !is_whole {
                        return Err(format!("verify found nothing lost, and {tag} has {problems:?}"));
                    }
                    self.judge_restored(&tag, &tree, &problems, self.harmed.is_empty())?;
                }
                Ok(end) => return Err(format!("a restore ended with {end:?}")),
                Err(error) if self.harmed.is_empty() || is_sound => {
                    return Err(format!("{} cannot be restored: {}", snapshot.id.short(), causes(&error)));
                }
                Err(_) => {}
            }
        }
        Ok(())
    }
}

fn stops(verb: Verb) -> bool {
    matches!(verb, Verb::Backup { stops_after: Some(_), .. })
}

/// What is wrong besides.
fn trouble(problems: &[Problem]) -> Option<&Problem> {
    problems.iter().find(|problem| !is_copy(problem))
}

/// Whether all that is wrong is that one of two copies is not there: its author died between the two.
fn is_copy(problem: &Problem) -> bool {
    problem.kind == ProblemKind::Mendable && problem.cause.contains("missing")
}

/// Whether it is an object that no backup completes.
fn is_of_key(problem: &Problem) -> bool {
    ["keys", "keys2", "config"].iter().any(|folder| problem.path.starts_with(folder))
}

/// The name of the first copy of an object.
fn first_copy(name: &str) -> String {
    match name.split_once('/') {
        Some((folder, rest)) => format!("{}/{rest}", folder.trim_end_matches('2')),
        None => name.trim_end_matches('2').to_owned(),
    }
}

/// An error and its causes on one line.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
