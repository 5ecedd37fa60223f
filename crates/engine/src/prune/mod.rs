//! `prune`: space comes back that no snapshot needs, while backups keep running.
//!
//! `reading → mark → copy → condemn → reading → mark again → sweep → delete` (docs/log-protocol.md, "Pruners"). What is marked
//! and what goes is decided here, that the steps keep their order is a matter of the repository's types.
//!
//! Invariant: whatever cannot be read stops it before anything is condemned.

mod copy;
mod mark;
mod plan;
mod roots;

use crate::report::Teller;
use crate::select::faults_of;
use crate::{EngineError, Event, Observer, PruneReport, Workers, cause_of};
use lifeboat_format::{Compression, FormatError, ObjectList, PackId, VerifyWrites};
use lifeboat_repository::{Index, Pruner, Repository, RepositoryError, RunningHint, Sweeper, View};
use mark::mark;
use plan::Plan;
pub use plan::{PlanFigures, Unused};
use roots::Roots;
pub(crate) use roots::{RESUME, kept_until, later};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Times that it begins anew because others prune as well.
const TRIES: u32 = 8;

/// What may go, and how much work that is worth.
#[derive(Clone, Copy, Debug, Default)]
pub struct PruneOptions {
    /// How much that nobody needs may stay in packs of which something is needed.
    pub max_unused: Unused,
    /// Bytes of packs that are copied at most; all that is worth it where nothing is said.
    pub max_repack: Option<u64>,
    /// Snapshots that were forgotten a moment ago go, too, and what killed backups have left, if nobody else is at work.
    pub now: bool,
    /// Find out what would go, and leave everything as it is.
    pub dry_run: bool,
    /// How hard to compress copies.
    pub compression: Compression,
    /// How much of them is read back before it is stored.
    pub verify_writes: VerifyWrites,
}

/// Prunes.
///
/// # Errors
/// When anything cannot be read that says what is needed, the storage fails, or the observer wants to stop. What was copied by then
/// is unneeded, and goes the next time.
pub fn prune(
    repository: &Repository,
    options: &PruneOptions,
    workers: &Workers,
    observer: &dyn Observer,
) -> Result<PruneReport, EngineError> {
    let repository = if options.dry_run { &repository.rehearsal() } else { repository };
    let teller = Teller::new(PruneReport::default(), observer);
    let prune = Prune { repository, options, workers, teller: &teller };
    for tries in 1.. {
        let pruner = Pruner::start(repository)?;
        let view = pruner.view().clone();
        match prune.announced(pruner) {
            // What is missing may have been swept by another pruner meanwhile.
            Err(EngineError::Repository(error))
                if error.is_damage() && tries < TRIES && repository.has_swept_since(&view)? =>
            {
                teller.with(|report| *report = PruneReport::default());
            }
            ended => {
                ended?;
                break;
            }
        }
    }
    Ok(teller.into_report())
}

struct Prune<'a> {
    repository: &'a Repository,
    options: &'a PruneOptions,
    workers: &'a Workers,
    teller: &'a Teller<'a, PruneReport>,
}

impl Prune<'_> {
    /// One go, of which others are told.
    fn announced(&self, pruner: Pruner) -> Result<(), EngineError> {
        faults_of(pruner.forged()).iter().for_each(|problem| self.teller.tell(&Event::Problem(problem)));
        let hint = match self.options.dry_run {
            true => None,
            false => Some(pruner.announce("prune")?),
        };
        let ended = self.run(pruner);
        if let Some(Err(error)) = hint.map(RunningHint::remove) {
            let note = format!("a hint that prune runs stays, which harms nothing: {}", cause_of(&error));
            self.teller.tell(&Event::Note(&note));
        }
        ended
    }

    fn run(&self, pruner: Pruner) -> Result<(), EngineError> {
        let index = self.load(pruner.view())?;
        let roots = Roots::of(self.repository, pruner.view(), self.options.now)?;
        let reader = pruner.reader(Arc::clone(&index));
        let used = mark(self.teller, &reader, &index, &roots.snapshots)?.settle()?;
        let plan = Plan::of(&index, &used, &roots, self.options, self.repository.memory());
        self.tell(&plan, &roots, &index);
        if self.options.dry_run {
            return Ok(());
        }
        self.copy(&pruner, &reader, &used, &plan)?;
        let gone: BTreeSet<PackId> = plan.gone(&index);
        let reindexed = pruner.reindex(&gone, || self.teller.check())?;
        self.teller.with(|report| report.bytes_added += reindexed.bytes);
        let condemned = ObjectList {
            packs: gone.into_iter().chain(roots.unnamed.packs.iter().copied()).collect(),
            index: reindexed.old.iter().chain(&roots.unnamed.index).copied().collect(),
        };
        pruner.relocate(&ObjectList { index: reindexed.new, packs: Vec::new() })?;
        let left = ObjectList {
            index: pruner.view().swept().index.iter().copied().collect(),
            packs: pruner.view().swept().packs.iter().copied().collect(),
        };
        drop((reader, used));
        let swept = match condemned.is_empty() {
            true => ObjectList::default(),
            false => self.sweep(pruner.condemn(condemned)?)?,
        };
        for swept in [left, swept] {
            let deleted = self.repository.delete_swept(&swept, || self.teller.check())?;
            self.teller.with(|report| report.deleted += deleted);
        }
        Ok(())
    }

    /// Marks again, and sweeps what of the condemned is still not needed.
    fn sweep(&self, sweeper: Sweeper) -> Result<ObjectList, EngineError> {
        let index = self.load(sweeper.view())?;
        let roots = Roots::of(self.repository, sweeper.view(), self.options.now)?;
        let reader = sweeper.reader(Arc::clone(&index));
        let used = mark(self.teller, &reader, &index, &roots.snapshots)?.settle()?;
        let last = used.last_places().iter().map(|pack| index.pack(*pack).id);
        let stays: BTreeSet<PackId> = last.chain(roots.provided.iter().copied()).collect();
        // Where something stays that is condemned, so does whatever may name it.
        let is_any_left = stays.iter().any(|pack| sweeper.view().condemned().packs.contains(pack));
        let is_last_index = !used.last_places().is_empty();
        let index_stays = match is_any_left || is_last_index {
            true => sweeper.view().condemned().index.clone(),
            false => BTreeSet::new(),
        };
        Ok(sweeper.sweep(&stays, &index_stays)?)
    }

    /// The index, with all packs listed: what of it cannot be read stops everything.
    fn load(&self, view: &View) -> Result<Arc<Index>, EngineError> {
        self.repository.list_packs_again();
        let index = self.repository.load_index_checked(view, || self.teller.check())?;
        match index.faults().first() {
            None => Ok(Arc::new(index)),
            Some(fault) => {
                let source = FormatError::Unreadable("index object");
                Err(RepositoryError::reading(&format!("index/{}", fault.object), source).into())
            }
        }
    }

    fn tell(&self, plan: &Plan, roots: &Roots<'_>, index: &Index) {
        self.teller.with(|report| {
            report.snapshots = roots.snapshots.len() as u64;
            report.plan = plan.figures(index);
            report.orphans = roots.unnamed.packs.len() as u64;
            report.kept_for_undo = roots.kept_for_undo;
            report.provided = roots.provided.len() as u64;
        });
    }
}
