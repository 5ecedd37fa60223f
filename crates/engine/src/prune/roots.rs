//! What has to stay whatever anybody marks, and what nobody will ever miss.

use super::plan::GONE_MAX;
use crate::EngineError;
use lifeboat_format::{Bug, ObjectHash, ObjectList, PackId, Snapshot, Timestamp, planted};
use lifeboat_repository::{Forgotten, Repository, Running, View};
use std::collections::{BTreeMap, BTreeSet};

/// Seconds for which a forgotten snapshot can be had back: a day, in which restores that were under way come to their end.
const UNDO: i64 = 24 * 60 * 60;
/// Seconds for which what an interrupted backup has stored waits for the next one: fourteen days.
pub(crate) const RESUME: u64 = 14 * 24 * 60 * 60;
/// Seconds after which what no entry names is nobody's: a day.
const ORPHANED: i64 = 24 * 60 * 60;

/// Where marking begins.
#[derive(Debug, Default)]
pub(super) struct Roots<'v> {
    /// Every state of every snapshot that is wanted.
    pub(super) wanted: Vec<&'v Snapshot>,
    /// Those of snapshots that are forgotten and can be had back, as far as nobody has swept what they need.
    pub(super) for_undo: Vec<&'v Snapshot>,
    /// Packs of backups that run, or were interrupted not long ago.
    pub(super) provided: BTreeSet<PackId>,
    /// What no entry names and nobody is about to name.
    pub(super) unnamed: ObjectList,
    /// Whether there is more of that than goes at once.
    pub(super) is_part: bool,
}

impl<'v> Roots<'v> {
    /// Those of a view; `now` leaves no time to have anything back.
    pub(super) fn of(repository: &Repository, view: &'v View, now: bool) -> Result<Self, EngineError> {
        let clock = repository.environment().clock.now();
        let stored = match view.forgotten().next().is_some() && !now {
            true if !planted(Bug::UndoneByClaim) => repository.entry_times()?,
            _ => BTreeMap::new(),
        };
        let stays = |wishes: &[Forgotten]| !now && clock.seconds < kept_until(wishes, &stored).seconds;
        let (for_undo, wanted) = view.roots(stays).partition(|snapshot| view.is_forgotten(snapshot.id));
        let (hints, this) = (repository.running()?, repository.environment().processes.this().ok());
        let is_own = |running: &Running| this.as_ref() == Some(&running.process);
        let is_alone = hints.unread.is_empty() && hints.alive.iter().all(is_own);
        let is_resumed = |at: Timestamp| clock.seconds.abs_diff(at.seconds) < RESUME;
        let provided = view.provided().values().filter(|provided| is_resumed(provided.at));
        let provided = provided.flat_map(|provided| provided.packs.iter().copied()).collect();
        let age = if now && is_alone { None } else { Some(ORPHANED) };
        let mut unnamed = repository.unnamed(view, age)?;
        let is_part = unnamed.packs.len() > GONE_MAX || unnamed.index.len() > GONE_MAX;
        unnamed.packs.truncate(GONE_MAX);
        unnamed.index.truncate(GONE_MAX);
        Ok(Self { wanted, for_undo, provided, unnamed, is_part })
    }
}

/// Until when a snapshot stays that is forgotten by these wishes, unless somebody prunes with `now`: a day from the last of them, by the
/// later of its own time and that of the storage.
pub(crate) fn kept_until(wishes: &[Forgotten], stored: &BTreeMap<ObjectHash, Timestamp>) -> Timestamp {
    let at = wishes.iter().map(|wish| wish.at.max(stored.get(&wish.entry).copied().unwrap_or(wish.at)));
    later(at.max().unwrap_or_default(), UNDO)
}

/// So many seconds later.
pub(crate) fn later(time: Timestamp, seconds: i64) -> Timestamp {
    Timestamp { seconds: time.seconds.saturating_add(seconds), ..time }
}
