//! Copies to a replica and back, and what is said of the replica in the end: what was reported as copied comes back from there whatever became of
//! the original, and a replica that is rolled back is noticed.

use super::actor::{Actor, End, Watcher};
use super::history::{History, Judged};
use super::judge::{causes, trouble};
use super::plan::{Copying, Verb};
use lifeboat_engine::{
    CopyOptions, CopyReport, EngineError, SnapshotFilter, SnapshotId, Workers, copy, snapshots,
};
use lifeboat_repository::{Repository, RepositoryError};
use lifeboat_testkit::Random;
use std::collections::BTreeSet;

impl Actor {
    /// How often something went wrong, wherever it was at work.
    pub(super) fn struck(&self) -> u64 {
        self.handle.struck() + self.other.as_ref().map_or(0, |other| other.handle.struck())
    }

    /// Whether it read anything otherwise than it is.
    pub(super) fn has_misread(&self) -> bool {
        self.handle.has_misread() || self.other.as_ref().is_some_and(|other| other.handle.has_misread())
    }

    /// Whether anything is stored otherwise than it put it.
    pub(super) fn has_garbled(&self) -> bool {
        let has_garbled = |handle: &super::handle::Handle| !handle.garbled().is_empty();
        has_garbled(&self.handle) || self.other.as_ref().is_some_and(|other| has_garbled(&other.handle))
    }

    /// Opens the repository, with the other one as its replica if it has help.
    pub(super) fn open_helped(&self) -> Result<Repository, RepositoryError> {
        let repository = self.open(self.key)?;
        let Some(other) = self.other.as_ref().filter(|_| self.act.is_helped) else { return Ok(repository) };
        match self.open_at(&other.handle, other.key) {
            Ok(replica) => repository.with_replicas(vec![replica]),
            // It is no help.
            Err(_) => Ok(repository),
        }
    }

    pub(super) fn copy(&self, repository: &Repository, how: Copying) -> Result<End, EngineError> {
        let Some(other) = &self.other else { return Ok(End::NothingToDo) };
        let other = &self.open_at(&other.handle, other.key)?;
        let (source, target) = if how.pulls { (other, repository) } else { (repository, other) };
        let mut options = CopyOptions::default();
        if let Some(count) = how.named {
            let mut all = snapshots(source, &SnapshotFilter::default())?.snapshots;
            Random::new(self.act.seed).shuffle(&mut all);
            options.named = all.iter().take(count).map(|snapshot| snapshot.id.to_string()).collect();
        }
        let watcher = Watcher::new(&self.source.root, &self.record, None);
        Ok(End::Copied(copy(source, target, &options, &Workers::inline(), &watcher)?))
    }
}

impl History {
    /// Makes the replica, for which nothing goes wrong.
    pub(super) fn make_replica(&mut self) -> Judged {
        let verb = if self.here.is_alike { Verb::MakeAlike } else { Verb::Make };
        match self.calm(0, verb).run() {
            End::Made => Ok(()),
            end => Err(format!("a replica cannot be made: {end:?}")),
        }
    }

    /// Remembers what was reported as copied, be it by somebody who died then.
    pub(super) fn note_copied(&mut self, actor: &Actor) {
        let pulls = matches!(actor.act.verb, Verb::Copy(Copying { pulls: true, .. }));
        let copied = std::mem::take(&mut *actor.record.copied.lock().unwrap());
        copied.iter().for_each(|_| self.here.store.tally().count("a snapshot is copied"));
        let target = if pulls { Some(&mut self.here) } else { self.there.as_mut() };
        target.into_iter().for_each(|target| target.reported.extend(copied.iter().cloned()));
    }

    /// Copies once more, and judges the replica as a repository of its own.
    pub(super) fn judge_replica(&mut self) -> Judged {
        let Some(there) = &self.there else { return Ok(()) };
        let before = there.store.lock().objects.clone();
        let is_harmless = self.is_harmless() && there.is_harmless();
        let report = self.copy_all(is_harmless)?;
        if is_harmless {
            self.judge_copied()?;
        }
        self.there(Self::judge_all)?;
        let remembers = |report: &CopyReport| !report.copied.is_empty() && report.notes.is_empty();
        if !is_harmless || !report.is_some_and(|report| remembers(&report)) {
            return Ok(());
        }
        self.there(|history| {
            history.here.store.lock().objects = before;
            history.here.store.tally().count("a replica is rolled back");
            Ok(())
        })?;
        let actor = self.stranger(Verb::Copy(Copying::default()));
        match actor.run() {
            End::Failed(EngineError::Repository(RepositoryError::Tampered(_))) => Ok(()),
            end => Err(format!("the replica was rolled back, and a copy {}", end.line())),
        }
    }

    /// What a last copy reports.
    fn copy_all(&mut self, is_harmless: bool) -> Result<Option<CopyReport>, String> {
        let actor = self.stranger(Verb::Copy(Copying::default()));
        let end = actor.run();
        self.bury(std::slice::from_ref(&actor), std::slice::from_ref(&end))?;
        let labels: Vec<_> =
            actor.record.copied.lock().unwrap().iter().map(|(_, label)| label.clone()).collect();
        self.there.iter_mut().for_each(|there| there.fresh.extend(labels.iter().cloned()));
        self.note_copied(&actor);
        match end {
            End::Copied(report) => match trouble(&report.problems).filter(|_| is_harmless) {
                Some(problem) => Err(format!("a last copy found {problem:?} although nothing was harmed")),
                None => Ok(Some(report)),
            },
            end if is_harmless => Err(format!("a last copy {}", end.line())),
            _ => Ok(None),
        }
    }

    /// Whatever the one lists the other one lists, too, but for what was forgotten there.
    fn judge_copied(&mut self) -> Judged {
        let originals = self.listed()?;
        let copies = self.elsewhere(Self::listed).transpose()?.unwrap_or_default();
        let copies: BTreeSet<_> = copies.into_iter().map(|(_, label)| label).collect();
        let there = self.there.as_ref().expect("it was copied to");
        let is_doomed =
            |label: &str| there.reported.iter().any(|(id, of)| of == label && there.dooms.has(*id));
        let mut missing = originals.iter().filter(|(_, label)| !copies.contains(label) && !is_doomed(label));
        match missing.find(|(id, _)| !there.dooms.has(*id)) {
            Some((_, label)) => Err(format!("{label} was not copied, and nobody says so")),
            None => Ok(()),
        }
    }

    /// The snapshots that are listed, and their labels.
    pub(super) fn listed(&mut self) -> Result<Vec<(SnapshotId, String)>, String> {
        let actor = self.stranger(Verb::Restore { over: false });
        let listed = actor.open(actor.key).map_err(EngineError::from);
        let listed = listed.and_then(|opened| snapshots(&opened, &SnapshotFilter::default()));
        let list = listed.map_err(|error| causes(&error))?.snapshots;
        Ok(list.into_iter().map(|snapshot| (snapshot.id, snapshot.user)).collect())
    }
}
