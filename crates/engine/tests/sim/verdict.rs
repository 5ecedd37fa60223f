//! What is said of a whole history, once nothing goes wrong any more: every snapshot that was ever reported is listed and comes
//! back as it was, or what is lost is named.
//!
//! Where nothing was harmed nothing is lost, and nothing is named. A snapshot that nobody lived to report is whole, too. What
//! is harmed and needed is named by verify, and nothing else is.

use super::actor::{Actor, End};
use super::harm::Harm;
use super::history::{History, Judged};
use super::judge::{causes, is_copy};
use super::keys::Lot;
use super::plan::{Saving, Verb};
use lifeboat_engine::{
    EngineError, Problem, ProblemKind, Snapshot, SnapshotFilter, SnapshotId, VerifyReport, snapshots,
};
use lifeboat_repository::{Repository, View, pack_object};
use std::collections::BTreeSet;
use std::path::Path;

/// Folders of objects, without those of their second copies.
const FOLDERS: [&str; 6] = ["packs", "index", "log", "keys", "keyring", "config"];
/// Those of which harm may stop everybody, who then says so.
const VITAL: [&str; 4] = ["log", "keys", "keyring", "config"];

impl History {
    /// Judges the history when nothing goes wrong any more.
    pub(super) fn judge_all(&mut self) -> Judged {
        let is_harmed = !self.is_harmless();
        self.judge_keys()?;
        if !is_harmed {
            self.judge_verified(true)?;
        }
        self.back_up_all()?;
        let is_sound = self.judge_verified(false)?;
        if !is_sound && self.is_mendable() {
            return Err(format!("parity does not mend {:?}", self.here.harms));
        }
        let before = if is_harmed { self.judge_snapshots(is_sound)? } else { None };
        let mut before = before.map(|(_, whole)| whole);
        if let Some(whole) = before.take_if(|_| self.plan.is_mended) {
            before = Some(self.judge_mended(whole)?);
        }
        self.clean_up(before)?;
        let mut hints = self.here.store.list("running/").into_iter().map(|hint| hint.name);
        // Whoever makes a repository leaves a claim, not a hint.
        match hints.find(|name| !is_harmed && !name.as_str().contains("init")) {
            Some(hint) => Err(format!("{hint} stayed")),
            None => Ok(()),
        }
    }

    /// What nobody may ever do: put another content under a name.
    pub(super) fn judge_puts(&mut self) -> Judged {
        self.everywhere(|history| history.here.store.lock().offence.clone().map_or(Ok(()), Err))
    }

    /// Every host saves its files once more.
    fn back_up_all(&mut self) -> Judged {
        for host in 0..self.hosts.len() {
            let actor = self.calm(host, Verb::Backup(Saving::default()));
            let end = actor.run();
            self.bury(std::slice::from_ref(&actor), std::slice::from_ref(&end))?;
            self.note(&actor, &end);
            if !self.may_stop() && !matches!(end, End::Saved(_)) {
                return Err(format!("a last backup {}", end.line()));
            }
            self.judge(&actor, &end, self.is_harmless())?;
            self.here.fresh.insert(actor.tag.clone());
        }
        Ok(())
    }

    /// Who was told that a key opens can open, who was told that it does not cannot, and somebody can.
    fn judge_keys(&mut self) -> Judged {
        if self.may_stop() {
            return Ok(());
        }
        let mut opening = Vec::new();
        for (key, lot) in self.here.keys.0.clone() {
            match (self.calm(0, Verb::Verify).open(key), lot) {
                (Err(error), Lot::Opens) => {
                    return Err(format!("key {key} does not open: {}", causes(&error)));
                }
                (Ok(_), Lot::Removed) => return Err(format!("key {key} was removed and opens")),
                (Ok(_), _) => opening.push(key),
                (Err(_), _) => {}
            }
        }
        if opening.is_empty() {
            return Err("nobody can open the repository".to_owned());
        }
        self.here.keys.0.retain(|key, _| opening.contains(key));
        Ok(())
    }

    /// Verifies; whether everything has to come back. Before the last backups copies may be missing whose authors died.
    pub(super) fn judge_verified(&mut self, may_lack_copies: bool) -> Result<bool, String> {
        let actor = self.stranger(Verb::Verify);
        let opened = actor.open(actor.key).map_err(EngineError::from);
        let found = opened.and_then(|repository| Ok((actor.verify(&repository)?, repository)));
        let (VerifyReport { problems, notes, .. }, repository) = match found {
            Ok(found) => found,
            Err(error) if self.may_stop() => {
                self.here.store.tally().count("what was harmed keeps everybody out");
                self.say(format_args!("verify failed: {}", causes(&error)));
                return Ok(false);
            }
            Err(error) => return Err(format!("verify failed: {}", causes(&error))),
        };
        if self.here.harms.is_empty() {
            // Nobody completes a key slot that somebody may be about to remove.
            let is_slot = |problem: &Problem| is_below(&problem.path, "keys");
            let is_fine = |problem: &&Problem| is_copy(problem) && (may_lack_copies || is_slot(problem));
            return match problems.iter().find(|problem| !is_fine(problem)) {
                Some(problem) => Err(format!("verify found {problem:?} although nothing was harmed")),
                None => Ok(true),
            };
        }
        self.judge_found(&problems, &notes, &repository)?;
        Ok(problems.iter().all(|problem| problem.kind == ProblemKind::Mendable))
    }

    /// Every object that is harmed and that anything relies on is named, and no other.
    fn judge_found(&self, problems: &[Problem], notes: &[String], repository: &Repository) -> Judged {
        let Ok(reading) = repository.read_log() else { return Ok(()) };
        let Ok(view) = repository.view(&reading) else { return Ok(()) };
        // On what is under quarantine nobody relies any more.
        let quarantined = view.damaged();
        let index = view.index().iter().filter(|hash| !quarantined.index.contains(hash));
        let packs = view.packs().iter().filter(|pack| !quarantined.packs.contains(pack));
        let mut needed: BTreeSet<String> = index.map(|hash| format!("index/{hash}")).collect();
        needed.extend(packs.map(|pack| pack_object(*pack)));
        let harmed = self.here.store.harmed();
        let same = |path: &Path, name: &str| first_copy(&path.to_string_lossy()) == first_copy(name);
        // Whoever lost part of the index or of the log cannot know what was in it.
        let mut of_lists = problems
            .iter()
            .filter(|problem| ["index", "log"].iter().any(|folder| is_below(&problem.path, folder)));
        let knows_all = of_lists.next().is_none();
        for name in harmed.iter().map(lifeboat_backend::ObjectName::as_str) {
            let is_needed = match first_copy(name).split('/').next().unwrap_or_default() {
                "packs" => knows_all && needed.contains(name),
                "index" => needed.contains(&first_copy(name)),
                "log" | "keyring" | "config" => true,
                // A slot of which nothing is left was removed, or is missed by whoever wants to open it.
                "keys" => {
                    self.here.store.list("keys").iter().any(|slot| same(Path::new(slot.name.as_str()), name))
                }
                _ => false,
            };
            // What looks newer is no damage, and not passed over either.
            let is_noted = notes.iter().any(|note| note.starts_with(name) && note.contains("newer"));
            if is_needed && !is_noted && !problems.iter().any(|problem| same(&problem.path, name)) {
                return Err(format!("verify does not name {name}, which is harmed: {problems:?}"));
            }
        }
        let is_object = |problem: &&Problem| FOLDERS.iter().any(|folder| is_below(&problem.path, folder));
        // What swept it may stand in an entry of the log that cannot be read.
        let knows_log = !harmed.iter().any(|name| is_below(Path::new(name.as_str()), "log"));
        let may_be_swept = |problem: &Problem| !knows_log && problem.cause == "missing";
        let is_sound = |problem: &&Problem| {
            !is_copy(problem)
                && !may_be_swept(problem)
                && !self.here.harms.iter().any(|(_, name)| same(&problem.path, name))
        };
        match problems.iter().filter(is_object).find(is_sound) {
            Some(problem) => Err(format!("verify names what is not harmed: {problem:?}")),
            None => Ok(()),
        }
    }

    /// Lists and restores everything; gives who did that and what came back whole, unless nobody can list anything.
    pub(super) fn judge_snapshots(
        &mut self,
        is_sound: bool,
    ) -> Result<Option<(Actor, BTreeSet<SnapshotId>)>, String> {
        let actor = self.stranger(Verb::Restore { over: false });
        let listed = actor.open(actor.key).map_err(EngineError::from).and_then(|repository| {
            snapshots(&repository, &SnapshotFilter::default()).map(|list| (repository, list))
        });
        let (repository, list) = match listed {
            Ok(found) => found,
            Err(_) if self.may_stop() => return Ok(None),
            Err(error) => return Err(format!("snapshots cannot be listed: {}", causes(&error))),
        };
        let is_listed = |id| list.snapshots.iter().any(|snapshot: &Snapshot| snapshot.id == id);
        let is_missed = |id| !is_listed(id) && !self.here.dooms.has(id);
        if let Some((_, tag)) = self.here.reported.iter().find(|(id, _)| is_missed(**id))
            && list.faults.is_empty()
        {
            return Err(format!("{tag} was reported and is not listed, and nobody says so"));
        }
        let mut whole = BTreeSet::new();
        for snapshot in &list.snapshots {
            if self.judge_snapshot(&actor, &repository, &list.view, snapshot, is_sound)? {
                whole.insert(snapshot.id);
            }
        }
        Ok(Some((actor, whole)))
    }

    /// Restores a snapshot; gives whether it came back whole.
    fn judge_snapshot(
        &self,
        actor: &Actor,
        repository: &Repository,
        view: &View,
        snapshot: &Snapshot,
        is_sound: bool,
    ) -> Result<bool, String> {
        let tag = &snapshot.user;
        match actor.restore_one(repository, view, snapshot) {
            Ok(End::Restored(_, tree, problems)) => {
                let is_whole = problems.iter().all(|problem| problem.kind == ProblemKind::Mendable);
                if is_sound && !is_whole {
                    return Err(format!("verify found nothing lost, and {tag} has {problems:?}"));
                }
                if !is_whole && self.here.fresh.contains(tag) && self.is_seen_at_once() {
                    return Err(format!("{tag} relied on what was lost before: {problems:?}"));
                }
                self.judge_restored(tag, &tree, &problems, self.here.harms.is_empty())?;
                Ok(is_whole)
            }
            Ok(end) => Err(format!("a restore ended with {end:?}")),
            Err(error) if self.here.harms.is_empty() || is_sound => {
                Err(format!("{tag} cannot be restored: {}", causes(&error)))
            }
            // It is named as a whole.
            Err(_) => Ok(false),
        }
    }

    /// Whether what was harmed may stop everybody, who then says so.
    pub(super) fn may_stop(&self) -> bool {
        self.here.contended
            || self
                .here
                .harms
                .iter()
                .any(|(_, name)| VITAL.iter().any(|folder| is_below(Path::new(name), folder)))
    }

    /// Whether all harm is such that parity mends it.
    fn is_mendable(&self) -> bool {
        if self.here.harms.is_empty() {
            return false;
        }
        let packs: BTreeSet<_> = self.here.harms.iter().map(|(_, name)| name).collect();
        let is_one_bit = |(harm, name): &(Harm, String)| *harm == Harm::Flip && name.starts_with("packs/");
        // Packs that are taken over by name have the parity that they were made with.
        let others = self.there.as_ref().filter(|there| there.is_alike || self.here.is_alike);
        self.here.shape.parity > 0
            && others.is_none_or(|there| there.shape.parity > 0)
            && packs.len() == self.here.harms.len()
            && self.here.harms.iter().all(is_one_bit)
    }

    /// Whether all harm is such that a listing shows it, so that no backup may rely on what is lost.
    fn is_seen_at_once(&self) -> bool {
        let is_listed_pack = |name: &str| !self.here.shape.is_far && name.starts_with("packs/");
        self.here.harms.iter().all(|(harm, name)| match harm {
            Harm::Vanish | Harm::Unlist => name.starts_with("index") || is_listed_pack(name),
            Harm::Cut | Harm::Empty => is_listed_pack(name),
            _ => false,
        })
    }
}

/// Whether it is an object of this folder, or the second copy of one.
fn is_below(path: &Path, folder: &str) -> bool {
    let first = path.iter().next().map(|name| name.to_string_lossy());
    first.is_some_and(|first| first.trim_end_matches('2') == folder)
}

/// The name of the first copy of an object.
pub(super) fn first_copy(name: &str) -> String {
    match name.split_once('/') {
        Some((folder, rest)) => format!("{}/{rest}", folder.trim_end_matches('2')),
        None => name.trim_end_matches('2').to_owned(),
    }
}
