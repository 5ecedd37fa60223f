//! Somebody who wants the first snapshot back. It is a writer of an entry that needs what the snapshot needs.

use crate::actor::End;
use crate::condense::Matters;
use crate::entry::{Entries, Entry, EntryId, Says, Snapshot};
use crate::object::Session;
use crate::protocol::Protocol;
use crate::reading::{Progress, Reading};
use crate::rule::Rule;
use crate::view::View;
use crate::world::World;

/// An unforgetter.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Unforgetter {
    session: Session,
    /// Entries that it has put.
    entries: u8,
    stage: Stage,
}

/// What it does next.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Stage {
    Read(Reading),
    /// Lists objects and looks up what the snapshot needs.
    LookUp(Entries),
    Unforget {
        seen: Entries,
    },
    ReadAgain(Reading, Entries),
    Ended(End),
}

impl Unforgetter {
    /// The snapshot that it wants back.
    const WANTED: Snapshot = Snapshot(Session(0));

    pub(crate) const fn new(session: Session) -> Self {
        Self { session, entries: 0, stage: Stage::Read(Reading::first()) }
    }

    pub(crate) const fn end(&self) -> Option<End> {
        match self.stage {
            Stage::Ended(end) => Some(end),
            _ => None,
        }
    }

    pub(crate) const fn does(&self) -> &'static str {
        match self.stage {
            Stage::Read(_) => "reads",
            Stage::LookUp(_) => "looks up what the snapshot needs",
            Stage::Unforget { .. } => "unforgets",
            Stage::ReadAgain(..) => "reads after its Unforget",
            Stage::Ended(_) => "has ended",
        }
    }

    /// Whether its next step puts an entry.
    pub(crate) const fn puts_entry(&self) -> bool {
        matches!(self.stage, Stage::Unforget { .. })
    }

    pub(crate) fn step(&mut self, world: &mut World, lost: bool, protocol: &Protocol) {
        let apart = protocol.configuration.pages > 1;
        self.stage = match self.stage.clone() {
            Stage::Read(mut reading) => match reading.step(world, protocol) {
                Progress::Unfinished => Stage::Read(reading),
                Progress::Refused => Stage::Ended(End::Refused),
                Progress::Read(reading) if apart => Stage::LookUp(reading),
                Progress::Read(reading) => self.look_up(world, reading, protocol),
            },
            Stage::LookUp(reading) => self.look_up(world, reading, protocol),
            Stage::Unforget { seen } => self.unforget(world, seen, lost, protocol),
            Stage::ReadAgain(mut reading, seen) => match reading.step(world, protocol) {
                Progress::Unfinished => Stage::ReadAgain(reading, seen),
                Progress::Refused => Stage::Ended(End::Refused),
                Progress::Read(reading) => self.judge(world, reading, seen, protocol),
            },
            Stage::Ended(end) => Stage::Ended(end),
        };
        if self.end().is_some() {
            // Nobody looks at them any more, and states that differ in nothing else are one.
            self.entries = 0;
        }
    }

    /// Cuts off what no later step looks at.
    pub(crate) fn condense(&mut self, matters: &Matters) {
        match &mut self.stage {
            Stage::Unforget { seen } => *seen = seen.common(matters.for_unforgetters()),
            Stage::ReadAgain(reading, seen) => {
                *reading = Reading::first();
                *seen = seen.common(matters.for_writers());
            }
            _ => {}
        }
    }

    /// Refuses unless there is something to be undone, and a place that counts for each blob. Refused in a later round
    /// it leaves an entry that may be in force, and says so.
    fn look_up(&self, world: &World, reading: Entries, protocol: &Protocol) -> Stage {
        let view = View::of(&world.log, reading, protocol);
        let wanted = self.entries > 0 || view.is_forgotten(Self::WANTED);
        let has_place = |blob| {
            let mut counting = view.counting(blob, &world.store);
            counting.next().is_some() || !protocol.keeps(Rule::UnforgetWhatCounts)
        };
        if wanted && view.needs_of(Self::WANTED).iter().all(has_place) {
            Stage::Unforget { seen: reading }
        } else {
            Stage::Ended(End::Refused)
        }
    }

    fn unforget(&mut self, world: &mut World, seen: Entries, lost: bool, protocol: &Protocol) -> Stage {
        let id = EntryId::new(self.session, self.entries);
        self.entries += 1;
        world.put_entry(Entry { id, seen, says: Says::Unforget(Self::WANTED) }, lost);
        if lost {
            Stage::Ended(End::Unknown)
        } else if protocol.keeps(Rule::ReadAfterUnforget) {
            Stage::ReadAgain(Reading::after(seen.with(id)), seen)
        } else {
            Stage::Ended(End::Reported(id))
        }
    }

    fn judge(&self, world: &World, reading: Entries, seen: Entries, protocol: &Protocol) -> Stage {
        let id = EntryId::new(self.session, self.entries - 1);
        if View::of(&world.log, reading, protocol).confirms(id, seen) {
            Stage::Ended(End::Reported(id))
        } else if self.entries >= protocol.rounds() {
            Stage::Ended(End::GaveUp)
        } else if protocol.configuration.pages > 1 {
            Stage::LookUp(reading)
        } else {
            self.look_up(world, reading, protocol)
        }
    }
}
