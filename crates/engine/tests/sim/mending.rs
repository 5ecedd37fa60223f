//! Repairs, and what is said of one in the end: it makes nothing worse, makes whole what can be, and names what is lost, and nothing
//! else.

use super::actor::{Actor, End};
use super::harm::Harm;
use super::history::{History, Judged};
use super::plan::{Repairing, Verb};
use super::vault::Vault;
use lifeboat_engine::{
    EngineError, Means, Problem, ProblemKind, RepairOptions, RepairReport, SnapshotId, Workers, repair,
};
use lifeboat_repository::Repository;
use std::collections::BTreeSet;
use std::path::Path;

impl Actor {
    pub(super) fn repair(
        &self,
        repository: &Repository,
        how: Repairing,
    ) -> Result<RepairReport, EngineError> {
        let Repairing { dry_run, trusts_content } = how;
        let options = RepairOptions { dry_run, trusts_content, ..RepairOptions::default() };
        repair(repository, &options, &Workers::inline(), &())
    }
}

impl History {
    /// What somebody says that he has put back lies there as it was, but for what was stored otherwise than it was put.
    pub(super) fn judge_repaired(&self, actor: &Actor, report: &RepairReport) -> Judged {
        let is_put_back = |means: &Means| {
            matches!(means, Means::Parity | Means::Replica(_) | Means::OtherCopy | Means::Kept)
        };
        let harmed = self.here.store.harmed();
        let is_harmed = |object: &Path| {
            let mut harmed = harmed.iter().filter(|name| !actor.handle.garbled().contains(name));
            harmed.any(|name| Path::new(name.as_str()) == object)
        };
        let is_dry = matches!(actor.act.verb, Verb::Repair(Repairing { dry_run: true, .. }));
        let mut put_back = report.mended.iter().filter(|(_, means)| is_put_back(means) && !is_dry);
        match put_back.find(|(object, _)| is_harmed(object)) {
            Some((object, means)) => {
                Err(format!("{} was mended by {means:?} and is harmed", object.display()))
            }
            None => Ok(()),
        }
    }

    /// Repairs what was harmed, with the replica if it can help; `before` is what came back whole, and what is given is what does now.
    pub(super) fn judge_mended(
        &mut self,
        before: BTreeSet<SnapshotId>,
    ) -> Result<BTreeSet<SnapshotId>, String> {
        let copies = self.copies_that_help()?;
        let actor = self.stranger_with(Verb::Repair(Repairing::default()), !copies.is_empty());
        let end = actor.run();
        self.bury(std::slice::from_ref(&actor), std::slice::from_ref(&end))?;
        let report = match end {
            End::Repaired(report) => report,
            _ if self.may_stop() => return Ok(before),
            end => return Err(format!("a last repair {}", end.line())),
        };
        let names_loss = report.problems.iter().any(|problem| problem.kind != ProblemKind::Mendable);
        if names_loss && self.is_of_index_alone() {
            return Err(format!("packs are sound, and a repair names {:?}", report.problems));
        }
        let is_sound = self.judge_verified(true)?;
        if !names_loss && !is_sound {
            return Err("a repair names no loss, and verify does".to_owned());
        }
        let Some((_, after)) = self.judge_snapshots(!names_loss)? else { return Ok(before) };
        let is_false = |problem: &&Problem| after.iter().any(|id| is_of(problem, id));
        if let Some(problem) = report.problems.iter().find(is_false) {
            return Err(format!("a repair names as lost what comes back: {problem:?}"));
        }
        match before.iter().chain(&copies).find(|id| !after.contains(id) && !self.here.dooms.has(**id)) {
            Some(id) if copies.contains(id) => {
                Err(format!("{} is in the replica and was not mended", id.short()))
            }
            Some(id) => Err(format!("a repair made it worse: {} was whole before", id.short())),
            None => Ok(after),
        }
    }
    /// What both list, if the other repository can help with everything that it lists.
    fn copies_that_help(&mut self) -> Result<BTreeSet<SnapshotId>, String> {
        let helps = |there: &Vault| there.is_harmless() && (there.is_alike || self.here.is_alike);
        if self.may_stop() || !self.there.as_ref().is_some_and(helps) {
            return Ok(BTreeSet::new());
        }
        let copies = self.elsewhere(Self::listed).transpose()?.unwrap_or_default();
        let own: BTreeSet<_> = self.listed()?.into_iter().map(|(id, _)| id).collect();
        Ok(copies.into_iter().map(|(id, _)| id).filter(|id| own.contains(id)).collect())
    }

    /// Whether all that was harmed are index objects, which packs can replace.
    fn is_of_index_alone(&self) -> bool {
        let is_one = |(harm, name): &(Harm, String)| *harm != Harm::Return && name.starts_with("index");
        self.here.harms.iter().all(is_one)
    }
}

/// Whether a problem is one of something in this snapshot.
fn is_of(problem: &Problem, id: &SnapshotId) -> bool {
    problem.path.to_string_lossy().starts_with(&format!("{}:", id.short()))
}
