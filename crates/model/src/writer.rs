//! A writer: it saves one snapshot, in as many rounds as it takes until no sweep can have passed it by unseen.
//!
//! Invariants: what a Commit has seen is the reading against which everything it relies on was checked, and own entries
//! of the same round; a writer deletes nothing.

use crate::actor::End;
use crate::condense::Matters;
use crate::configuration::Saves;
use crate::entry::{Entries, Entry, EntryId, Says, Snapshot};
use crate::object::{Blobs, Content, Object, Objects, Session};
use crate::protocol::Protocol;
use crate::reading::{Progress, Reading};
use crate::rule::Rule;
use crate::view::View;
use crate::world::World;

/// A writer.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Writer {
    session: Session,
    /// Rounds that it has begun.
    rounds: u8,
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
    /// Lists objects and looks up what it needs.
    LookUp {
        reading: Entries,
    },
    PutPack(Plan),
    PutIndex(Plan),
    Provide(Plan),
    /// Reads at a moment when nobody should.
    ReadEarly(Plan),
    Commit(Plan),
    /// Puts a pack when it is too late.
    PutLate(Plan),
    /// Reads after its Commit.
    ReadAgain(Reading, Plan),
    /// Lists objects and sees whether its Commit holds.
    Judge {
        reading: Entries,
        plan: Plan,
    },
    Ended(End),
}

/// What it has decided from a reading.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Plan {
    /// The reading, and own entries since.
    seen: Entries,
    needs: Blobs,
    /// Packs it relies on, own ones too.
    relied: Objects,
    /// What it relies on without having looked.
    unseen: Blobs,
    /// What it has to upload.
    fresh: Blobs,
    /// Packs that its next index object shall name.
    packs: Objects,
    /// What it has stored and no entry names.
    unnamed: Objects,
    /// A reading too early.
    early: Option<Entries>,
}

impl Writer {
    pub(crate) const fn new(session: Session) -> Self {
        Self { session, rounds: 0, entries: 0, objects: 0, stage: Stage::Read(Reading::first()) }
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
            Stage::LookUp { .. } => "looks up what it needs",
            Stage::PutPack(_) => "puts a pack",
            Stage::PutIndex(_) => "puts an index object",
            Stage::Provide(_) => "provides",
            Stage::ReadEarly(_) => "reads before its Commit",
            Stage::Commit(_) => "commits",
            Stage::PutLate(_) => "puts a pack after its Commit",
            Stage::ReadAgain(..) => "reads after its Commit",
            Stage::Judge { .. } => "judges its Commit",
            Stage::Ended(_) => "has ended",
        }
    }

    /// Whether its next step puts an entry.
    pub(crate) const fn puts_entry(&self) -> bool {
        matches!(self.stage, Stage::Provide(_) | Stage::Commit(_))
    }

    pub(crate) fn step(&mut self, world: &mut World, saves: Saves, lost: bool, protocol: &Protocol) {
        let apart = protocol.configuration.pages > 1;
        self.stage = match self.stage.clone() {
            Stage::Read(mut reading) => match reading.step(world, protocol) {
                Progress::Unfinished => Stage::Read(reading),
                Progress::Refused => Stage::Ended(End::Refused),
                Progress::Read(reading) if apart => Stage::LookUp { reading },
                Progress::Read(reading) => self.look_up(world, saves, reading, protocol),
            },
            Stage::LookUp { reading } => self.look_up(world, saves, reading, protocol),
            Stage::PutPack(plan) => self.put_pack(world, plan, protocol),
            Stage::PutIndex(plan) => self.put_index(world, saves, plan, protocol),
            Stage::Provide(plan) => self.provide(world, plan, lost, protocol),
            Stage::ReadEarly(plan) => Stage::Commit(Plan { early: Some(world.log.all()), ..plan }),
            Stage::Commit(plan) => self.commit(world, plan, lost, protocol),
            Stage::PutLate(plan) => {
                let pack = Object::new(self.session, self.objects - 2);
                world.put(pack, Content::Pack(plan.fresh));
                Stage::ReadAgain(Reading::after(plan.seen), plan)
            }
            Stage::ReadAgain(mut reading, plan) => match reading.step(world, protocol) {
                Progress::Unfinished => Stage::ReadAgain(reading, plan),
                Progress::Refused => Stage::Ended(End::Refused),
                Progress::Read(reading) if apart => Stage::Judge { reading, plan },
                Progress::Read(reading) => self.judge(world, saves, reading, plan, protocol),
            },
            Stage::Judge { reading, plan } => self.judge(world, saves, reading, plan, protocol),
            Stage::Ended(end) => Stage::Ended(end),
        };
        if self.end().is_some() {
            // Nobody looks at them any more, and states that differ in nothing else are one.
            (self.rounds, self.entries, self.objects) = (0, 0, 0);
        }
    }

    /// Begins a round: each blob needs a place that counts, or it is uploaded.
    fn look_up(&mut self, world: &World, saves: Saves, reading: Entries, protocol: &Protocol) -> Stage {
        let view = View::of(&world.log, reading, protocol);
        let needs = if self.rounds == 0 { saves.needs } else { saves.needs_later };
        self.rounds += 1;
        let packs = if saves.takes_over { nameless_packs(world, &view, protocol) } else { Objects::EMPTY };
        let unseen = if saves.trusts_parents { taken_unseen(&view, protocol) } else { Blobs::EMPTY };
        let (mut relied, mut fresh) = (packs, Blobs::EMPTY);
        for blob in needs.without(world.blobs_of(packs)).without(unseen).iter() {
            let place = if protocol.keeps(Rule::RelyOnWhatCounts) {
                view.counting(blob, &world.store).next()
            } else {
                view.places(blob, &world.store).next()
            };
            match place {
                Some(place) => relied = relied.with(place.pack),
                None => fresh = fresh.with(blob),
            }
        }
        let unseen = unseen.common(needs);
        let unnamed = Objects::EMPTY;
        let plan = Plan { seen: reading, needs, relied, unseen, fresh, packs, unnamed, early: None };
        if !fresh.is_empty() {
            Stage::PutPack(plan)
        } else if !packs.is_empty() {
            Stage::PutIndex(plan)
        } else {
            about_to_commit(plan, protocol)
        }
    }

    fn put_pack(&mut self, world: &mut World, mut plan: Plan, protocol: &Protocol) -> Stage {
        let mut pack = Object::new(self.session, self.objects);
        self.objects += 1;
        if !protocol.keeps(Rule::NamesAreUsedOnce) {
            pack = world.store.pack_of(plan.fresh).unwrap_or(pack);
        }
        if protocol.keeps(Rule::CommitLast) {
            world.put(pack, Content::Pack(plan.fresh));
        }
        plan.packs = plan.packs.with(pack);
        plan.relied = plan.relied.with(pack);
        Stage::PutIndex(plan)
    }

    fn put_index(&mut self, world: &mut World, saves: Saves, mut plan: Plan, protocol: &Protocol) -> Stage {
        let index = Object::new(self.session, self.objects);
        self.objects += 1;
        world.put(index, Content::Index(plan.packs));
        plan.unnamed = plan.packs.with(index);
        if saves.provides { Stage::Provide(plan) } else { about_to_commit(plan, protocol) }
    }

    fn provide(&mut self, world: &mut World, mut plan: Plan, lost: bool, protocol: &Protocol) -> Stage {
        let id = self.put(world, plan.seen, Says::Provide { adds: plan.unnamed }, lost);
        if lost && protocol.keeps(Rule::EndWhenUnknown) {
            return Stage::Ended(End::Unknown);
        }
        plan.seen = plan.seen.with(id);
        plan.unnamed = Objects::EMPTY;
        about_to_commit(plan, protocol)
    }

    fn commit(&mut self, world: &mut World, mut plan: Plan, lost: bool, protocol: &Protocol) -> Stage {
        if !protocol.keeps(Rule::SeenWasChecked) {
            plan.seen = plan.early.unwrap_or(plan.seen);
        }
        let says = Says::Commit { snapshot: Snapshot(self.session), needs: plan.needs, adds: plan.unnamed };
        let id = self.put(world, plan.seen, says, lost);
        if lost {
            return Stage::Ended(End::Unknown);
        }
        if !protocol.keeps(Rule::ReadAfterCommit) {
            return Stage::Ended(End::Reported(id));
        }
        if !protocol.keeps(Rule::CommitBeforeReading) {
            return Stage::Judge { reading: plan.early.unwrap_or(plan.seen).with(id), plan };
        }
        if !protocol.keeps(Rule::CommitLast) && !plan.fresh.is_empty() {
            return Stage::PutLate(plan);
        }
        Stage::ReadAgain(Reading::after(plan.seen.with(id)), plan)
    }

    /// Reports, if no sweep can have passed the Commit by; else begins another round from this reading, which is the same
    /// Commit again where all it relies on still counts.
    fn judge(
        &mut self,
        world: &World,
        saves: Saves,
        reading: Entries,
        plan: Plan,
        protocol: &Protocol,
    ) -> Stage {
        let view = View::of(&world.log, reading, protocol);
        let commit = EntryId::new(self.session, self.entries - 1);
        if view.is_forgotten(Snapshot(self.session)) {
            return Stage::Ended(End::Forgotten);
        }
        if view.confirms(commit, plan.seen) {
            return Stage::Ended(End::Reported(commit));
        }
        if self.rounds >= protocol.rounds() {
            return Stage::Ended(End::GaveUp);
        }
        let holds =
            plan.unseen.is_empty() && plan.relied.iter().all(|pack| view.pack_counts(pack, &world.store));
        if holds || !protocol.keeps(Rule::CheckBeforeAgain) {
            self.rounds += 1;
            return about_to_commit(Plan { seen: reading, unnamed: Objects::EMPTY, ..plan }, protocol);
        }
        self.look_up(world, saves, reading, protocol)
    }

    /// Cuts off what no later step looks at.
    pub(crate) fn condense(&mut self, matters: &Matters) {
        match &mut self.stage {
            Stage::PutPack(plan) | Stage::PutIndex(plan) => {
                plan.seen = plan.seen.common(matters.for_writers());
            }
            Stage::Provide(plan) | Stage::Commit(plan) => {
                let seen = plan.seen.common(matters.for_writers());
                *plan = Plan { seen, fresh: Blobs::EMPTY, packs: Objects::EMPTY, ..*plan };
            }
            Stage::ReadAgain(reading, plan) => {
                *reading = Reading::first();
                let (seen, none) = (plan.seen.common(matters.for_writers()), Objects::EMPTY);
                *plan = Plan { seen, fresh: Blobs::EMPTY, packs: none, unnamed: none, ..*plan };
            }
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

fn about_to_commit(plan: Plan, protocol: &Protocol) -> Stage {
    let reads_now = !protocol.keeps(Rule::SeenWasChecked) || !protocol.keeps(Rule::CommitBeforeReading);
    if reads_now { Stage::ReadEarly(plan) } else { Stage::Commit(plan) }
}

/// Packs in the listing that nobody has named. What somebody has condemned or swept is left alone, whoever put it there
/// again.
fn nameless_packs(world: &World, view: &View<'_>, protocol: &Protocol) -> Objects {
    let named = world.store.indexes().filter(|(index, _)| view.named.has(*index));
    let named = named.fold(view.named, |named, (_, packs)| named.and(packs));
    let packs = world
        .store
        .packs()
        .filter(|pack| view.may_be_relied_on(*pack) || !protocol.keeps(Rule::TakeOverWhatCounts));
    packs.collect::<Objects>().without(named)
}

/// Blobs of live snapshots of others, which a writer takes over with whole directories. While something is condemned and
/// not swept it must not.
fn taken_unseen(view: &View<'_>, protocol: &Protocol) -> Blobs {
    if !view.nothing_is_pending() && protocol.keeps(Rule::LookUpTheParents) {
        return Blobs::EMPTY;
    }
    view.live().fold(Blobs::EMPTY, |blobs: Blobs, (_, _, needs)| blobs.and(needs))
}
