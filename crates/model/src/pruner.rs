//! A pruner: it condemns what no snapshot needs, looks once more, and sweeps what still nobody needs.
//!
//! Invariants: the last reading begins when the Condemn is durable; objects are deleted when the Sweep is.

use crate::actor::End;
use crate::condense::Matters;
use crate::configuration::Prunes;
use crate::entry::{Entries, Entry, EntryId, Says};
use crate::invariant::Invariant;
use crate::mark::{Kept, Roots, last_places};
use crate::object::{Blobs, Content, Object, Objects, Session};
use crate::protocol::Protocol;
use crate::reading::{Progress, Reading};
use crate::rule::Rule;
use crate::view::View;
use crate::world::World;

/// A pruner.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Pruner {
    session: Session,
    /// Names that it has used.
    entries: u8,
    objects: u8,
    stage: Stage,
}

/// What it does next.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Stage {
    /// Reads before anything else.
    Read(Reading),
    /// Lists objects and marks.
    Mark(Entries),
    PutPack(Plan),
    PutIndex(Plan),
    Relocate(Plan),
    /// Reads at a moment when nobody should.
    ReadEarly(Plan),
    Condemn(Plan),
    /// Reads after its Condemn.
    ReadAgain(Reading, Plan),
    /// Lists objects and marks again.
    MarkAgain(Entries, Plan),
    Sweep(Plan),
    Ended(End),
}

/// What it has decided from its readings.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Plan {
    /// The last reading, and own entries since.
    seen: Entries,
    /// Blobs to be moved, and the packs that they can be read from.
    moved: Blobs,
    sources: Objects,
    /// Packs that the new index object shall name.
    packs: Objects,
    /// What it has stored and no entry names.
    unnamed: Objects,
    /// What it condemns; later what of that it sweeps.
    doomed: Objects,
    /// What earlier Sweeps list and is there.
    undead: Objects,
    /// A reading too early.
    early: Option<Entries>,
}

impl Pruner {
    pub(crate) const fn new(session: Session) -> Self {
        Self { session, entries: 0, objects: 0, stage: Stage::Read(Reading::first()) }
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
            Stage::Mark(_) => "marks",
            Stage::PutPack(_) => "puts a pack",
            Stage::PutIndex(_) => "puts an index object",
            Stage::Relocate(_) => "relocates",
            Stage::ReadEarly(_) => "reads before its Condemn",
            Stage::Condemn(_) => "condemns",
            Stage::ReadAgain(..) => "reads after its Condemn",
            Stage::MarkAgain(..) => "marks again",
            Stage::Sweep(_) => "sweeps",
            Stage::Ended(_) => "has ended",
        }
    }

    /// Whether its next step puts an entry.
    pub(crate) const fn puts_entry(&self) -> bool {
        matches!(self.stage, Stage::Relocate(_) | Stage::Condemn(_) | Stage::Sweep(_))
    }

    /// Whether its next step may be the one that reads trees.
    pub(crate) const fn marks(&self) -> bool {
        matches!(self.stage, Stage::Read(_) | Stage::Mark(_) | Stage::ReadAgain(..) | Stage::MarkAgain(..))
    }

    /// Takes a step; in `trouble` a PUT is lost, or a tree cannot be read.
    pub(crate) fn step(&mut self, world: &mut World, prunes: Prunes, trouble: bool, protocol: &Protocol) {
        let apart = protocol.configuration.pages > 1;
        self.stage = match self.stage.clone() {
            Stage::Read(mut reading) => match reading.step(world, protocol) {
                Progress::Unfinished => Stage::Read(reading),
                Progress::Refused => Stage::Ended(End::Refused),
                Progress::Read(reading) if apart => Stage::Mark(reading),
                Progress::Read(reading) => self.mark(world, prunes, reading, trouble, protocol),
            },
            Stage::Mark(reading) => self.mark(world, prunes, reading, trouble, protocol),
            Stage::PutPack(plan) => self.put_pack(world, plan),
            Stage::PutIndex(plan) => self.put_index(world, plan),
            Stage::Relocate(plan) => self.relocate(world, plan, trouble, protocol),
            Stage::ReadEarly(plan) => Stage::Condemn(Plan { early: Some(world.log.all()), ..plan }),
            Stage::Condemn(plan) => self.condemn(world, plan, trouble, protocol),
            Stage::ReadAgain(mut reading, plan) => match reading.step(world, protocol) {
                Progress::Unfinished => Stage::ReadAgain(reading, plan),
                Progress::Refused => Stage::Ended(End::Refused),
                Progress::Read(reading) if apart => Stage::MarkAgain(reading, plan),
                Progress::Read(reading) => self.mark_again(world, reading, plan, trouble, protocol),
            },
            Stage::MarkAgain(reading, plan) => self.mark_again(world, reading, plan, trouble, protocol),
            Stage::Sweep(plan) => self.sweep(world, plan, trouble, protocol),
            Stage::Ended(end) => Stage::Ended(end),
        };
        if self.end().is_some() {
            // Nobody looks at them any more, and states that differ in nothing else are one.
            (self.entries, self.objects) = (0, 0);
        }
    }

    fn mark(
        &mut self,
        world: &mut World,
        prunes: Prunes,
        reading: Entries,
        unreadable: bool,
        protocol: &Protocol,
    ) -> Stage {
        let view = View::of(&world.log, reading, protocol);
        let Some(roots) = Roots::of(&view, unreadable, protocol) else { return Stage::Ended(End::Refused) };
        let kept = Kept::of(roots, &view, world, prunes);
        let packs =
            if prunes.merges { kept.objects.common(world.store.packs().collect()) } else { Objects::EMPTY };
        let keeps = if prunes.merges { packs } else { kept.objects };
        let orphans = if prunes.takes_orphans { world.store.present() } else { Objects::EMPTY };
        let plan = Plan {
            seen: reading,
            moved: kept.moved,
            sources: kept.sources,
            packs,
            unnamed: Objects::EMPTY,
            doomed: view.named.and(orphans).without(view.swept).without(keeps),
            undead: world.store.present().common(view.swept),
            early: None,
        };
        if !roots.are_all(&view) {
            world.breaks(Invariant::AllTreesRead);
        }
        if plan.doomed.is_empty() {
            delete(world, plan)
        } else if !plan.moved.is_empty() {
            Stage::PutPack(plan)
        } else if !plan.packs.is_empty() {
            Stage::PutIndex(plan)
        } else {
            about_to_condemn(plan, protocol)
        }
    }

    /// Reads what is to be moved and puts it; what was swept meanwhile cannot be read, and another run will see why.
    fn put_pack(&mut self, world: &mut World, mut plan: Plan) -> Stage {
        if !world.blobs_of(plan.sources.common(world.store.present())).has_all(plan.moved) {
            return Stage::Ended(End::GaveUp);
        }
        let pack = Object::new(self.session, self.objects);
        self.objects += 1;
        world.put(pack, Content::Pack(plan.moved));
        plan.packs = plan.packs.with(pack);
        Stage::PutIndex(plan)
    }

    fn put_index(&mut self, world: &mut World, mut plan: Plan) -> Stage {
        let index = Object::new(self.session, self.objects);
        self.objects += 1;
        world.put(index, Content::Index(plan.packs));
        plan.unnamed = plan.packs.with(index);
        Stage::Relocate(plan)
    }

    fn relocate(&mut self, world: &mut World, mut plan: Plan, lost: bool, protocol: &Protocol) -> Stage {
        let id = self.put(world, plan.seen, Says::Relocate { adds: plan.unnamed }, lost);
        if lost {
            return Stage::Ended(End::Unknown);
        }
        plan.seen = plan.seen.with(id);
        plan.unnamed = Objects::EMPTY;
        about_to_condemn(plan, protocol)
    }

    fn condemn(&mut self, world: &mut World, mut plan: Plan, lost: bool, protocol: &Protocol) -> Stage {
        let id = self.put(world, plan.seen, Says::Condemn(plan.doomed), lost);
        if lost {
            return Stage::Ended(End::Unknown);
        }
        plan.seen = plan.seen.with(id);
        if !protocol.keeps(Rule::MarkAgain) {
            return Stage::Sweep(plan);
        }
        if !protocol.keeps(Rule::CondemnBeforeReading) {
            return Stage::MarkAgain(plan.early.unwrap_or(plan.seen).with(id), plan);
        }
        Stage::ReadAgain(Reading::after(plan.seen), plan)
    }

    fn mark_again(
        &mut self,
        world: &mut World,
        reading: Entries,
        mut plan: Plan,
        unreadable: bool,
        protocol: &Protocol,
    ) -> Stage {
        let mut view = View::of(&world.log, reading, protocol);
        if !protocol.keeps(Rule::CondemnedByAnybody) {
            view = view.only_condemned_by(self.session);
        }
        let Some(roots) = Roots::of(&view, unreadable, protocol) else { return Stage::Ended(End::Refused) };
        plan.doomed = plan.doomed.without(last_places(roots, &view, world, protocol));
        plan.seen = reading;
        if !roots.are_all(&view) {
            world.breaks(Invariant::AllTreesRead);
        }
        if plan.doomed.is_empty() {
            return delete(world, plan);
        }
        if !protocol.keeps(Rule::SweepBeforeDelete) {
            delete(world, plan);
        }
        Stage::Sweep(plan)
    }

    fn sweep(&mut self, world: &mut World, plan: Plan, lost: bool, protocol: &Protocol) -> Stage {
        let id = self.put(world, plan.seen, Says::Sweep(plan.doomed), lost);
        if lost {
            return Stage::Ended(End::Unknown);
        }
        if !protocol.keeps(Rule::OneCondemnASession) && id == EntryId::new(self.session, 1) {
            return Stage::Read(Reading::after(plan.seen.with(id)));
        }
        delete(world, plan)
    }

    /// Cuts off what no later step looks at.
    pub(crate) fn condense(&mut self, matters: &Matters) {
        match &mut self.stage {
            Stage::PutPack(plan) | Stage::PutIndex(plan) => plan.seen = Entries::EMPTY,
            Stage::Relocate(plan) => {
                *plan = Plan { unnamed: plan.unnamed, ..plan.condensed(Entries::EMPTY) };
            }
            Stage::Condemn(plan) => *plan = plan.condensed(Entries::EMPTY),
            Stage::ReadAgain(reading, plan) => {
                *reading = Reading::first();
                *plan = plan.condensed(Entries::EMPTY);
            }
            Stage::Sweep(plan) => *plan = plan.condensed(plan.seen.common(matters.for_sweeps())),
            _ => {}
        }
    }

    fn put(&mut self, world: &mut World, seen: Entries, says: Says, lost: bool) -> EntryId {
        let id = EntryId::new(self.session, self.entries);
        self.entries += 1;
        world.put_entry(Entry { id, seen, says }, lost);
        id
    }
}

impl Plan {
    /// What is left of it when everything that was to be moved is named.
    const fn condensed(self, seen: Entries) -> Self {
        let none = Objects::EMPTY;
        Self { seen, moved: Blobs::EMPTY, sources: none, packs: none, unnamed: none, ..self }
    }
}

fn about_to_condemn(plan: Plan, protocol: &Protocol) -> Stage {
    if protocol.keeps(Rule::CondemnBeforeReading) { Stage::Condemn(plan) } else { Stage::ReadEarly(plan) }
}

/// Asks for the deletes of all Sweeps it knows. To die before the first of them is the same as that none is carried out.
fn delete(world: &mut World, plan: Plan) -> Stage {
    world.store.ask_to_delete(plan.doomed.and(plan.undead));
    Stage::Ended(End::Done)
}
