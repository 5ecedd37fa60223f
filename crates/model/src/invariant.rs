//! What holds in every state: I1 to I8 of `docs/log-protocol.md`, what readers may rely on, and that all can finish.

use crate::actor::{Actor, End};
use crate::finish::{cleans_up, finishes_alone};
use crate::protocol::{Protocol, State};
use crate::view::View;
use stateright::{Expectation, Property};

/// An invariant.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Invariant {
    /// I1: each blob of a live snapshot has a place that is not swept, and both its objects are there.
    Closure,
    /// I2: no entry lacks an ancestor.
    Ancestors,
    /// I3: an object is deleted only if a Sweep lists it.
    SweepBeforeDelete,
    /// I4: no name is used twice.
    Names,
    /// I5: what was reported is never void, and never missing.
    NeverVoid,
    /// I6: nobody goes on with less than they remember.
    Memory,
    /// I7: whoever condemns or sweeps has read every live tree of its view.
    AllTreesRead,
    /// I8: only pruners delete.
    OnlyPrunersDelete,
    /// A restore finds every blob, or the snapshot is no longer wanted.
    Readers,
    /// From every state each can finish with success, alone, whatever the others do not do any more.
    EverybodyCanFinish,
    /// When all have ended, one pruner leaves nothing but what is needed.
    NothingStays,
}

impl Invariant {
    /// Those that are looked at. Who takes entries away breaks all but one; without a rule something worse has to be found
    /// than that somebody does not finish.
    pub(crate) fn of(protocol: &Protocol) -> Vec<Self> {
        let configuration = &protocol.configuration;
        if configuration.faults.rollback {
            return vec![Self::Memory];
        }
        let mut all = vec![
            Self::Closure,
            Self::Ancestors,
            Self::SweepBeforeDelete,
            Self::Names,
            Self::NeverVoid,
            Self::Memory,
            Self::AllTreesRead,
            Self::OnlyPrunersDelete,
            Self::Readers,
        ];
        if protocol.left_out.is_none() {
            all.push(Self::NothingStays);
        }
        if configuration.alone && protocol.left_out.is_none() {
            all.push(Self::EverybodyCanFinish);
        }
        all
    }

    /// As the checker wants it.
    pub(crate) fn property(self) -> Property<Protocol> {
        Property { expectation: Expectation::Always, name: self.name(), condition: self.condition() }
    }

    /// Whether it holds in a state.
    pub(crate) fn holds(self, protocol: &Protocol, state: &State) -> bool {
        self.condition()(protocol, state)
    }

    fn condition(self) -> fn(&Protocol, &State) -> bool {
        match self {
            Self::Closure => closure,
            Self::Ancestors => |_, state| {
                let log = &state.world.log;
                log.all().has_all(log.ancestors(log.all()))
            },
            Self::SweepBeforeDelete => |_, state| state.world.broken != Some(Self::SweepBeforeDelete),
            Self::Names => |_, state| state.world.broken != Some(Self::Names),
            Self::NeverVoid => never_void,
            Self::Memory => |_, state| state.world.broken != Some(Self::Memory),
            Self::AllTreesRead => |_, state| state.world.broken != Some(Self::AllTreesRead),
            Self::OnlyPrunersDelete => |_, state| state.world.broken != Some(Self::OnlyPrunersDelete),
            Self::Readers => |_, state| !state.actors.iter().any(|actor| actor.end() == Some(End::Damaged)),
            Self::EverybodyCanFinish => |protocol, state| {
                let unfinished = |actor: &usize| state.actors[*actor].end().is_none();
                let mut actors = (0..state.actors.len()).filter(unfinished);
                actors.all(|actor| finishes_alone(protocol, state, actor))
            },
            Self::NothingStays => cleans_up,
        }
    }

    /// What it is called in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Closure => "I1 closure",
            Self::Ancestors => "I2 ancestors",
            Self::SweepBeforeDelete => "I3 sweep before delete",
            Self::Names => "I4 names",
            Self::NeverVoid => "I5 never void",
            Self::Memory => "I6 memory",
            Self::AllTreesRead => "I7 all trees read",
            Self::OnlyPrunersDelete => "I8 only pruners delete",
            Self::Readers => "readers",
            Self::EverybodyCanFinish => "everybody can finish",
            Self::NothingStays => "nothing stays",
        }
    }
}

fn closure(protocol: &Protocol, state: &State) -> bool {
    let (log, store) = (&state.world.log, &state.world.store);
    let view = View::of(log, log.all(), protocol);
    view.snapshots().all(|(_, _, needs)| needs.iter().all(|blob| view.places(blob, store).next().is_some()))
}

fn never_void(protocol: &Protocol, state: &State) -> bool {
    let log = &state.world.log;
    let view = View::of(log, log.all(), protocol);
    state.actors.iter().filter_map(Actor::end).all(|end| match end {
        End::Reported(id) => view.reading.has(id) && !view.void.has(id),
        _ => true,
    })
}
