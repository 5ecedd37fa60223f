//! What actors do to be rid of snapshots and of what nobody needs, and what is known of who wants which snapshot.

use super::actor::{Actor, End, Record};
use super::crew::Host;
use super::history::{History, Judged};
use super::judge::causes;
use super::plan::{Forgetting, Pruning, Verb};
use super::time::BEGIN;
use crate::prune::Timeless;
use lifeboat_engine::{
    Count, EngineError, ForgetOptions, Policy, PruneOptions, PruneReport, Snapshot, SnapshotFilter,
    SnapshotId, SnapshotList, Unused, Workers, forget, prune, snapshots, undo, undoable,
};
use lifeboat_repository::{Repository, View};
use lifeboat_testkit::Random;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Seconds for which what was forgotten can be had back.
const DAY: i64 = 24 * 60 * 60;

/// Snapshots of which somebody is about to say that nobody wants them.
#[derive(Clone, Debug)]
pub(crate) enum Doomed {
    These(Vec<SnapshotId>),
    /// That is for a policy to say.
    Any,
}

/// What is known of a snapshot that somebody wants to be rid of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Doom {
    /// Whether it was reported as forgotten; else whoever wanted that did not live to tell.
    is_sure: bool,
    /// What had passed since the history began when it was forgotten, at least.
    since: Duration,
    /// Whether anybody has pruned who may have taken something of it.
    may_be_gone: bool,
}

/// Snapshots that somebody wanted to be rid of.
#[derive(Debug, Default)]
pub(super) struct Dooms(BTreeMap<SnapshotId, Doom>);

impl Actor {
    pub(super) fn forget(&self, repository: &Repository, what: Forgetting) -> Result<End, EngineError> {
        let mut options = ForgetOptions { reason: self.tag.clone(), ..ForgetOptions::default() };
        let doomed = match what {
            Forgetting::AllBut(count) => {
                options.policy = Policy { last: Count::Some(count), ..Policy::default() };
                Doomed::Any
            }
            Forgetting::Some(count) => {
                let mut all = snapshots(repository, &SnapshotFilter::default())?.snapshots;
                Random::new(self.act.seed).shuffle(&mut all);
                let these: Vec<_> = all.iter().take(count).map(|snapshot| snapshot.id).collect();
                options.named = these.iter().map(ToString::to_string).collect();
                Doomed::These(these)
            }
        };
        *self.record.doomed.lock().unwrap() = Some(doomed);
        let report = forget(repository, &options, &Timeless)?;
        Ok(End::Forgotten(report.forgotten().into_iter().collect()))
    }

    pub(super) fn regain(&self, repository: &Repository) -> Result<End, EngineError> {
        let all = undoable(repository, &())?;
        if all.is_empty() {
            return Ok(End::NothingToDo);
        }
        let id = Random::new(self.act.seed).pick(&all).snapshot.id;
        *self.record.regained.lock().unwrap() = Some(id);
        undo(repository, &[id.to_string()], &())?;
        Ok(End::Regained(id))
    }

    pub(super) fn prune(&self, repository: &Repository, how: Pruning) -> Result<PruneReport, EngineError> {
        let options = PruneOptions {
            now: how.now,
            max_unused: how.max_unused.map_or(Unused::Unlimited, Unused::Bytes),
            max_repack: how.max_repack,
            ..PruneOptions::default()
        };
        prune(repository, &options, &Workers::inline(), &())
    }
}

impl Record {
    /// Whether its actor wanted to be rid of a snapshot, as far as that can be known.
    fn has_doomed(&self, id: SnapshotId) -> bool {
        self.doomed.lock().unwrap().as_ref().is_some_and(|doomed| match doomed {
            Doomed::These(ids) => ids.contains(&id),
            Doomed::Any => true,
        })
    }
}

impl History {
    /// Remembers who wanted to be rid of what, and what prunes may have taken; acts began at that time.
    pub(super) fn note_dooms(&mut self, done: &[(&Actor, &End)], began: Duration) {
        for (actor, end) in done {
            let doomed = match (end, actor.record.doomed.lock().unwrap().clone()) {
                (End::Forgotten(ids), _) => ids.clone(),
                (_, Some(Doomed::These(ids))) => ids,
                (_, Some(Doomed::Any)) => self.here.reported.keys().copied().collect(),
                (_, None) => Vec::new(),
            };
            let is_sure = matches!(end, End::Forgotten(_));
            self.here.dooms.add(doomed, is_sure, began);
        }
        for (actor, end) in done {
            let is_doomed = |id| done.iter().any(|(other, _)| other.record.has_doomed(id));
            match (*actor.record.regained.lock().unwrap(), end) {
                (Some(id), End::Regained(_)) if !is_doomed(id) => drop(self.here.dooms.0.remove(&id)),
                // Nobody knows, or who was first.
                (Some(id), _) => {
                    self.here.dooms.add(vec![id], false, began);
                    self.here.dooms.0.get_mut(&id).expect("just added").is_sure = false;
                }
                (None, _) => {}
            }
        }
        for (actor, _) in done {
            if let Verb::Prune(Pruning { now, .. }) = actor.act.verb {
                let clock = self.clock_of(&self.hosts[actor.act.host]);
                self.here.dooms.0.values_mut().for_each(|doom| {
                    let since = BEGIN + doom.since.as_secs().cast_signed();
                    doom.may_be_gone |= now || clock - since >= DAY;
                });
            }
        }
    }

    /// Who was told that a snapshot is forgotten does not find it, and it comes back whole while it has to be there.
    pub(super) fn judge_dooms(&self, actor: &Actor, repository: &Repository, list: &SnapshotList) -> Judged {
        let listed = |id: &SnapshotId| list.snapshots.iter().any(|snapshot| snapshot.id == *id);
        let mut sure = self.here.dooms.0.iter().filter(|(_, doom)| doom.is_sure);
        if let Some((id, _)) = sure.find(|(id, _)| listed(id)) {
            return Err(format!("{} was reported as forgotten and is listed", id.short()));
        }
        for (snapshot, _) in list.view.forgotten() {
            if self.here.dooms.0.get(&snapshot.id).is_some_and(|doom| doom.may_be_gone) {
                continue;
            }
            self.judge_whole(actor, repository, &list.view, snapshot)?;
        }
        Ok(())
    }

    /// Restores a snapshot of which everything has to come back.
    pub(super) fn judge_whole(
        &self,
        actor: &Actor,
        repository: &Repository,
        view: &View,
        snapshot: &Snapshot,
    ) -> Judged {
        let tag = &snapshot.user;
        match actor.restore_one(repository, view, snapshot) {
            Ok(End::Restored(_, tree, problems)) => self.judge_restored(tag, &tree, &problems, true),
            Ok(end) => Err(format!("a restore ended with {end:?}")),
            Err(error) => Err(format!("{tag} has to be there: {}", causes(&error))),
        }
    }

    /// Seconds since 1970 by the clock of a host.
    fn clock_of(&self, host: &Host) -> i64 {
        BEGIN + host.ahead.load(Ordering::Relaxed) + self.time.elapsed().as_secs().cast_signed()
    }
}

impl Dooms {
    /// Whether a snapshot may be missed by nobody.
    pub(super) fn has(&self, id: SnapshotId) -> bool {
        self.0.contains_key(&id)
    }

    /// Whether nothing that is forgotten has to be there.
    pub(super) fn may_all_be_gone(&self) -> bool {
        self.0.values().all(|doom| doom.may_be_gone)
    }

    fn add(&mut self, ids: Vec<SnapshotId>, is_sure: bool, since: Duration) {
        for id in ids {
            let doom = Doom { is_sure: false, since, may_be_gone: false };
            self.0.entry(id).or_insert(doom).is_sure |= is_sure;
        }
    }
}
