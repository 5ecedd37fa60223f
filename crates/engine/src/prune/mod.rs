//! `prune`: space comes back that no snapshot needs, while backups keep running.
//!
//! `reading → mark → copy → condemn → reading → mark again → sweep → delete` (docs/log-protocol.md, "Pruners"). What is marked
//! and what goes is decided here, that the steps keep their order is a matter of the repository's types.
//!
//! Invariant: whatever cannot be read stops it before anything is condemned.

mod copy;
mod mark;
mod plan;
mod prove;
mod roots;

use crate::report::Teller;
use crate::select::faults_of;
use crate::{EngineError, Event, Observer, PruneReport, Workers};
use lifeboat_format::{Bug, Compression, FormatError, ObjectList, PackId, VerifyWrites, planted};
use lifeboat_repository::{
    Index, ObjectSet, Pruner, Reindexed, Repository, RepositoryError, RunningHint, Sweeper, View,
};
use mark::mark;
use plan::Plan;
pub use plan::{PlanFigures, Unused};
use roots::Roots;
pub(crate) use roots::{RESUME, kept_until, later};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Times that it begins at most, because others prune as well.
const TRIES_MAX: u32 = 32;

/// What somebody is told for whom there is no room.
const NO_ROOM: &str =
    "no room for copies: what nobody needs of packs of which something is needed stays until there is";

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
    let (mut tries, mut has_freed) = (0, false);
    loop {
        let pruner = Pruner::start(repository)?;
        let view = pruner.view().clone();
        match prune.announced(pruner) {
            Ok(Rest::Nothing) => break,
            Ok(Rest::More) => {}
            // What was freed may be room enough.
            Ok(Rest::NoRoom { freed: true, .. }) if !has_freed => has_freed = true,
            Ok(Rest::NoRoom { freed, error }) => match freed || has_freed {
                true => {
                    teller.tell(&Event::Note(NO_ROOM));
                    break;
                }
                false => return Err(error.into()),
            },
            // What is missing may have been swept by another pruner meanwhile.
            Err(EngineError::Repository(error))
                if error.is_damage() && repository.has_swept_since(&view)? =>
            {
                tries += 1;
                if tries == TRIES_MAX {
                    return Err(RepositoryError::Overtaken.into());
                }
                teller.with(|report| {
                    *report = PruneReport { deleted: report.deleted, ..PruneReport::default() };
                });
            }
            Err(error) => return Err(error),
        }
    }
    Ok(teller.into_report())
}

/// What a go leaves to be done.
enum Rest {
    Nothing,
    /// There was more than one go may take away.
    More,
    /// There was no room for copies, or for index objects in the place of others; whether anything that takes none was freed.
    NoRoom {
        error: RepositoryError,
        freed: bool,
    },
}

struct Prune<'a> {
    repository: &'a Repository,
    options: &'a PruneOptions,
    workers: &'a Workers,
    teller: &'a Teller<'a, PruneReport>,
}

impl Prune<'_> {
    /// One go, of which others are told.
    fn announced(&self, pruner: Pruner) -> Result<Rest, EngineError> {
        faults_of(pruner.forged()).iter().for_each(|problem| self.teller.tell(&Event::Problem(problem)));
        let hint = pruner.announce("prune");
        let ended = self.run(pruner);
        self.teller.tell_hinted("prune", hint.and_then(RunningHint::remove));
        ended
    }

    fn run(&self, pruner: Pruner) -> Result<Rest, EngineError> {
        self.delete_left(pruner.view())?;
        let index = self.load(pruner.view())?;
        let roots = Roots::of(self.repository, pruner.view(), self.options.now)?;
        let reader = pruner.reader(Arc::clone(&index));
        let marked = mark(self.teller, &reader, &index, &roots)?;
        let kept_for_undo = marked.kept_for_undo;
        let mut used = marked.usage.settle()?;
        let mut plan = self.plan(&pruner.prover(Arc::clone(&index)), &mut used, &roots)?;
        self.tell(&plan, &roots, kept_for_undo, &index);
        if self.options.dry_run {
            return Ok(Rest::Nothing);
        }
        let no_room = self.copy(&pruner, &reader, &used, &plan)?;
        if no_room.is_some() {
            plan.copied.clear();
        }
        drop((reader, used));
        let Roots { unnamed, is_part, .. } = roots;
        plan.is_part |= is_part;
        self.take_away(pruner, &plan, &index, unnamed, no_room)
    }

    /// Condemns and sweeps what goes, and what was copied in vain.
    fn take_away(
        &self,
        pruner: Pruner,
        plan: &Plan,
        index: &Index,
        unnamed: ObjectList,
        no_room: Option<(RepositoryError, ObjectList)>,
    ) -> Result<Rest, EngineError> {
        let gone: BTreeSet<PackId> = plan.gone().iter().map(|pack| index.pack(*pack).id).collect();
        let (mut full, in_vain) = no_room.unzip();
        let reindexed = match pruner.reindex(&gone, || self.teller.check()) {
            // What is swept is no place, whatever names it.
            Err(EngineError::Repository(error)) if error.is_full() => {
                full.get_or_insert(error);
                Reindexed::default()
            }
            reindexed => reindexed?,
        };
        self.teller.with(|report| report.bytes_added += reindexed.bytes);
        pruner.relocate(&ObjectList { index: reindexed.new, packs: Vec::new() })?;
        let ObjectList { index: mut old, mut packs } = unnamed;
        old.extend(reindexed.old);
        packs.extend(gone);
        let freed = !old.is_empty() || !packs.is_empty();
        let in_vain = in_vain.unwrap_or_default();
        old.extend(in_vain.index);
        packs.extend(in_vain.packs);
        let condemned = ObjectList { index: old, packs };
        if !condemned.is_empty() {
            let swept = self.sweep(pruner.condemn(condemned)?)?;
            self.delete(&swept)?;
        }
        Ok(match full {
            Some(error) => Rest::NoRoom { error, freed },
            None if plan.is_part => Rest::More,
            None => Rest::Nothing,
        })
    }

    /// Deletes what others have swept and did not live to delete.
    fn delete_left(&self, view: &View) -> Result<(), EngineError> {
        let ObjectSet { index, packs } = view.swept();
        if self.options.dry_run || planted(Bug::LeftoversStay) {
            return Ok(());
        }
        self.delete(&ObjectList {
            index: index.iter().copied().collect(),
            packs: packs.iter().copied().collect(),
        })
    }

    fn delete(&self, swept: &ObjectList) -> Result<(), EngineError> {
        let deleted = self.repository.delete_swept(swept, || self.teller.check())?;
        self.teller.with(|report| report.deleted += deleted);
        Ok(())
    }

    /// Marks again, and sweeps what of the condemned is still not needed.
    fn sweep(&self, sweeper: Sweeper) -> Result<ObjectList, EngineError> {
        if planted(Bug::SweptUnmarked) {
            return Ok(sweeper.sweep(&BTreeSet::new(), &BTreeSet::new())?);
        }
        let index = self.load(sweeper.view())?;
        let roots = Roots::of(self.repository, sweeper.view(), self.options.now)?;
        let reader = sweeper.reader(Arc::clone(&index));
        let used = mark(self.teller, &reader, &index, &roots)?.usage.settle()?;
        let mut last = used.last_places().clone();
        if planted(Bug::LastPlaceSwept) {
            last.clear();
        }
        let last = last.iter().map(|pack| index.pack(*pack).id);
        let stays: BTreeSet<PackId> = last.chain(roots.provided.iter().copied()).collect();
        // Where something stays that nothing else names, so does what names it.
        let lonely = index.packs().filter(|pack| pack.is_lonely() && stays.contains(&pack.id));
        let index_stays = match planted(Bug::IndexSweptAlone) {
            true => BTreeSet::new(),
            false => sweeper.naming(&lonely.map(|pack| pack.id).collect())?,
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

    fn tell(&self, plan: &Plan, roots: &Roots<'_>, kept_for_undo: u64, index: &Index) {
        self.teller.with(|report| {
            report.snapshots = roots.wanted.len() as u64 + kept_for_undo;
            // What an earlier go has taken away is not there any more.
            report.plan += plan.figures(index);
            report.orphans += roots.unnamed.packs.len() as u64;
            report.kept_for_undo = kept_for_undo;
            report.provided = roots.provided.len() as u64;
        });
    }
}
