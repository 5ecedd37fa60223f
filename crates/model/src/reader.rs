//! A reader: it restores one snapshot blob by blob, puts nothing, and uses any place that is not swept.
//!
//! Invariant: it calls a live snapshot damaged only when a reading that began after it missed something has no news.

use crate::actor::End;
use crate::entry::{Entries, EntryId, Snapshot};
use crate::object::{Blob, Blobs, Objects};
use crate::protocol::Protocol;
use crate::reading::{Progress, Reading};
use crate::rule::Rule;
use crate::view::View;
use crate::world::World;

/// A reader.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Reader {
    /// Readings that it has made.
    readings: u8,
    stage: Stage,
}

/// What it does next.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Stage {
    /// Reads, the first time or because something was missing.
    Read(Reading, Option<Restore>),
    /// Chooses a snapshot.
    Choose(Entries),
    /// Lists and reads the index objects.
    Index(Restore),
    /// Fetches the next blob.
    Fetch(Restore),
    Ended(End),
}

/// How far it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Restore {
    reading: Entries,
    /// The Commit that it restores. A snapshot may have another one meanwhile, of other blobs.
    commit: EntryId,
    snapshot: Snapshot,
    left: Blobs,
    /// The packs of places that were not swept, of which the index object was there.
    packs: Objects,
}

impl Reader {
    pub(crate) const fn new() -> Self {
        Self { readings: 0, stage: Stage::Read(Reading::first(), None) }
    }

    pub(crate) const fn end(&self) -> Option<End> {
        match self.stage {
            Stage::Ended(end) => Some(end),
            _ => None,
        }
    }

    pub(crate) const fn does(&self) -> &'static str {
        match self.stage {
            Stage::Read(..) => "reads",
            Stage::Choose(_) => "chooses a snapshot",
            Stage::Index(_) => "reads the index",
            Stage::Fetch(_) => "fetches a blob",
            Stage::Ended(_) => "has ended",
        }
    }

    /// Among how many snapshots it may choose now.
    pub(crate) fn choices(&self, world: &World, protocol: &Protocol) -> usize {
        match self.stage {
            Stage::Choose(reading) => View::of(&world.log, reading, protocol).snapshots().count(),
            _ => 1,
        }
    }

    pub(crate) fn step(&mut self, world: &mut World, choice: u8, protocol: &Protocol) {
        self.stage = match self.stage.clone() {
            Stage::Read(mut reading, restore) => match reading.step(world, protocol) {
                Progress::Unfinished => Stage::Read(reading, restore),
                Progress::Refused => Stage::Ended(End::Refused),
                Progress::Read(reading) => {
                    self.readings += 1;
                    restore.map_or(Stage::Choose(reading), |restore| {
                        self.go_on(world, reading, restore, protocol)
                    })
                }
            },
            Stage::Choose(reading) => choose(world, reading, choice, protocol),
            Stage::Index(restore) => index(world, restore, protocol),
            Stage::Fetch(restore) => fetch(world, restore),
            Stage::Ended(end) => Stage::Ended(end),
        };
        if self.end().is_some() {
            // Nobody looks at them any more, and states that differ in nothing else are one.
            self.readings = 0;
        }
    }

    /// Cuts off what no later step looks at.
    pub(crate) const fn condense(&mut self) {
        if let Stage::Read(reading, _) = &mut self.stage {
            *reading = Reading::first();
        }
    }

    /// After something was missing: the snapshot may be gone, or there is news, or this is damage.
    fn go_on(&self, world: &World, reading: Entries, restore: Restore, protocol: &Protocol) -> Stage {
        let view = View::of(&world.log, reading, protocol);
        let by_id = !protocol.keeps(Rule::ReadersKnowTheCommit);
        let is_it = |commit, snapshot| commit == restore.commit || by_id && snapshot == restore.snapshot;
        let lives = view.live().any(|(commit, snapshot, _)| is_it(commit, snapshot));
        let may_go_on = protocol.keeps(Rule::ReadersReadAgain) || self.readings <= 2;
        if !lives {
            Stage::Ended(End::Gone)
        } else if reading == restore.reading || !may_go_on {
            Stage::Ended(End::Damaged)
        } else {
            Stage::Index(Restore { reading, ..restore })
        }
    }
}

fn choose(world: &World, reading: Entries, choice: u8, protocol: &Protocol) -> Stage {
    let view = View::of(&world.log, reading, protocol);
    view.snapshots().nth(usize::from(choice)).map_or(Stage::Ended(End::Done), |(commit, snapshot, needs)| {
        Stage::Index(Restore { reading, commit, snapshot, left: needs, packs: Objects::EMPTY })
    })
}

fn index(world: &World, restore: Restore, protocol: &Protocol) -> Stage {
    let view = View::of(&world.log, restore.reading, protocol);
    let indexes =
        world.store.indexes().filter(|(index, _)| view.named.has(*index) && !view.swept.has(*index));
    let packs = indexes.fold(Objects::EMPTY, |packs, (_, named)| packs.and(named));
    Stage::Fetch(Restore { packs: packs.without(view.swept), ..restore })
}

fn fetch(world: &World, restore: Restore) -> Stage {
    let Some(blob) = restore.left.iter().next() else { return Stage::Ended(End::Done) };
    let there = restore.packs.common(world.store.present());
    if !world.blobs_of(there).has(blob) {
        return Stage::Read(Reading::after(restore.reading), Some(restore));
    }
    let left = restore.left.without(only(blob));
    if left.is_empty() { Stage::Ended(End::Done) } else { Stage::Fetch(Restore { left, ..restore }) }
}

fn only(blob: Blob) -> Blobs {
    Blobs::EMPTY.with(blob)
}
