//! The end of a history: everything that nobody needs goes, and nothing else does.
//!
//! Where nothing was harmed, two prunes leave only packs and index objects that a restore of everything reads. Where something was, they leave
//! whole what was whole before, whether they come to their end or not.

use super::actor::{Actor, End};
use super::history::{History, Judged};
use super::judge::causes;
use super::plan::{Pruning, Verb};
use super::verdict::first_copy;
use lifeboat_engine::{EngineError, SnapshotFilter, SnapshotId, snapshots};
use lifeboat_repository::{RepositoryError, pack_object};
use std::collections::BTreeSet;
use std::time::Duration;

/// So long that nobody waits for anything any more, whatever clock they go by.
const LONG: Duration = Duration::from_secs(500 * 24 * 60 * 60);
/// The first finishes what others have begun, the second finds nothing of its own.
const PRUNES: u32 = 2;

impl History {
    /// Prunes, and judges what is left; `before` is what came back whole.
    pub(super) fn clean_up(&mut self, before: Option<BTreeSet<SnapshotId>>) -> Judged {
        let is_harmed = !self.is_harmless();
        if !is_harmed {
            self.judge_forgotten()?;
        }
        self.time.pass(LONG);
        for _ in 0..PRUNES {
            let actor = self.calm(0, Verb::Prune(Pruning::THOROUGH));
            let end = actor.run();
            self.bury(std::slice::from_ref(&actor), std::slice::from_ref(&end))?;
            if !is_harmed && !matches!(end, End::Pruned(_)) {
                return Err(format!("a last prune {}", end.line()));
            }
        }
        let is_sound = self.judge_verified(false)?;
        let after = self.judge_snapshots(is_sound)?;
        let Some((actor, after)) = after else { return Ok(()) };
        if !is_harmed {
            return self.judge_left(&actor);
        }
        // Of one that was forgotten not everybody may be able to read that.
        let mut lost = before.into_iter().flatten().filter(|id| !after.contains(id));
        match lost.find(|id| !self.here.dooms.has(*id)) {
            Some(id) => Err(format!("a prune made it worse: {} was whole before", id.short())),
            None => Ok(()),
        }
    }

    /// What is forgotten and has to be there is.
    pub(super) fn judge_forgotten(&mut self) -> Judged {
        if self.here.dooms.may_all_be_gone() {
            return Ok(());
        }
        let actor = self.stranger(Verb::Restore { over: false });
        let listed = actor.open(actor.key).map_err(EngineError::from).and_then(|repository| {
            snapshots(&repository, &SnapshotFilter::default()).map(|list| (repository, list))
        });
        let (repository, list) = listed.map_err(|error| causes(&error))?;
        self.judge_dooms(&actor, &repository, &list)
    }

    /// Nothing is left but what was read by somebody who restored everything.
    fn judge_left(&self, actor: &Actor) -> Judged {
        self.judge_doubles(actor)?;
        let read: BTreeSet<String> =
            actor.handle.read().iter().map(|name| first_copy(name.as_str())).collect();
        let left = ["packs/", "index/", "index2/"].iter().flat_map(|folder| self.here.store.list(folder));
        if let Some(name) =
            left.map(|object| object.name).find(|name| !read.contains(&first_copy(name.as_str())))
        {
            return Err(format!("{name} is left and nobody needs it"));
        }
        match self.named(actor).map_err(|error| causes(&error))?.into_iter().find(|pack| !read.contains(pack))
        {
            Some(pack) => Err(format!("{pack} is in the index and nobody needs it")),
            None => Ok(()),
        }
    }

    /// Restores every state of snapshots that were committed several times.
    fn judge_doubles(&self, actor: &Actor) -> Judged {
        let opened = actor.open(actor.key).map_err(|error| causes(&error))?;
        let list = snapshots(&opened, &SnapshotFilter::default()).map_err(|error| causes(&error))?;
        for state in list.snapshots.iter().flat_map(|snapshot| list.view.states(snapshot.id).skip(1)) {
            self.judge_whole(actor, &opened, &list.view, state)?;
        }
        Ok(())
    }

    /// The packs that any index object names.
    fn named(&self, actor: &Actor) -> Result<Vec<String>, RepositoryError> {
        let repository = actor.open(actor.key)?;
        let index = repository.load_index(&repository.view(&repository.read_log()?)?)?;
        Ok(index.numbered().map(|(_, pack)| pack_object(pack.id)).collect())
    }
}
