//! The protocol as a graph: its states, and the steps that lead from each to others.
//!
//! A run is one path. That somebody dies is a path on which they take no step any more, so every prefix of every path
//! has to be safe.

use crate::actor::Actor;
use crate::condense;
use crate::configuration::{Configuration, Role};
use crate::entry::EntryId;
use crate::invariant::Invariant;
use crate::object::{Object, Objects, Session};
use crate::rule::Rule;
use crate::world::World;
use stateright::{Model, Property};

/// The protocol among those who take part, with all its rules or without one.
#[derive(Clone, Debug)]
pub struct Protocol {
    /// Who takes part.
    pub configuration: Configuration,
    /// The rule that nobody keeps.
    pub left_out: Option<Rule>,
    /// Whether nobody gives up any more.
    pub(crate) finishing: bool,
}

/// A state: the repository, and how far everybody is.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct State {
    pub(crate) world: World,
    pub(crate) actors: Vec<Actor>,
}

/// A step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// Somebody takes their next step, in one of several ways.
    Step {
        /// Who.
        actor: u8,
        /// Which way, 0 being that nothing goes wrong.
        choice: u8,
    },
    /// An entry lands whose author has not heard of it.
    Land(EntryId),
    /// Objects are deleted.
    Delete(Objects),
    /// A PUT arrives for the second time.
    Repeat(Object),
    /// An attacker takes an entry away.
    TakeAway(EntryId),
}

impl Protocol {
    /// The protocol with all its rules.
    #[must_use]
    pub const fn new(configuration: Configuration) -> Self {
        Self { configuration, left_out: None, finishing: false }
    }

    /// The protocol without a rule.
    #[must_use]
    pub const fn without(configuration: Configuration, rule: Rule) -> Self {
        Self { configuration, left_out: Some(rule), finishing: false }
    }

    pub(crate) fn keeps(&self, rule: Rule) -> bool {
        self.left_out != Some(rule)
    }

    /// How often a writer commits before it gives up.
    pub(crate) const fn rounds(&self) -> u8 {
        if self.finishing { u8::MAX } else { self.configuration.rounds }
    }

    /// Lets somebody take a step.
    pub(crate) fn step(&self, state: &mut State, actor: usize, choice: u8) {
        let role = self.configuration.roles[actor];
        let objects = (state.world.store.present(), state.world.store.deletes());
        state.actors[actor].step(&mut state.world, role, choice, self);
        let kept = state.world.store.present().has_all(objects.0) && state.world.store.deletes() == objects.1;
        if !matches!(role, Role::Pruner(_)) && !kept {
            state.world.breaks(Invariant::OnlyPrunersDelete);
        }
    }

    /// The one of all states that differ in nothing that matters.
    #[must_use]
    pub fn condensed(mut state: State) -> State {
        condense::condense(&mut state);
        state
    }

    /// The steps from the first state on, in words.
    #[must_use]
    pub fn tell(&self, actions: &[Action]) -> String {
        let mut state = self.init_states().remove(0);
        let mut lines = Vec::new();
        for action in actions {
            lines.push(self.tell_step(&state, *action));
            state = self.next_state(&state, *action).unwrap_or(state);
        }
        lines.join("\n")
    }

    fn tell_step(&self, state: &State, action: Action) -> String {
        match action {
            Action::Step { actor, choice } => {
                let does = state.actors[usize::from(actor)].does();
                let way = if choice == 0 { String::new() } else { format!(" ({choice})") };
                let name = match self.configuration.roles[usize::from(actor)] {
                    Role::Writer(_) => "writer",
                    Role::Pruner(_) => "pruner",
                    Role::Forgetter { .. } => "forgetter",
                    Role::Unforgetter => "unforgetter",
                    Role::Reader => "reader",
                };
                format!("{name} {} {does}{way}", actor + 1)
            }
            other => format!("{other:?}"),
        }
    }
}

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let roles = self.configuration.roles.iter().zip(1..);
        let actors = roles.map(|(role, session)| Actor::new(*role, Session(session))).collect();
        let mut state = State { world: World::new(self.configuration.forgotten), actors };
        if condense::applies(self) {
            condense::condense(&mut state);
        }
        vec![state]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        let faults = self.configuration.faults;
        for ((actor, role), index) in state.actors.iter().zip(&self.configuration.roles).zip(0..) {
            if actor.end().is_none() {
                let ways = (0..).take(actor.choices(&state.world, *role, self));
                actions.extend(ways.map(|choice| Action::Step { actor: index, choice }));
            }
        }
        actions.extend(state.world.log.in_flight().map(Action::Land));
        let deletes = state.world.store.deletes();
        if faults.deletes_apart {
            actions.extend(deletes.iter().map(|object| Action::Delete(Objects::EMPTY.with(object))));
        } else if !deletes.is_empty() {
            actions.push(Action::Delete(deletes));
        }
        if faults.repeated_puts {
            actions.extend(state.world.store.repeatable().iter().map(Action::Repeat));
        }
        if faults.rollback {
            let newest = state.world.log.newest().filter(|id| id.session() != Session(0));
            actions.extend(newest.map(Action::TakeAway));
        }
    }

    fn next_state(&self, last_state: &State, action: Action) -> Option<State> {
        let mut state = last_state.clone();
        match action {
            Action::Step { actor, choice } => self.step(&mut state, usize::from(actor), choice),
            Action::Land(id) => state.world.log.land(id),
            Action::Delete(objects) => state.world.delete(objects),
            Action::Repeat(object) => state.world.store.repeat(object),
            Action::TakeAway(id) => state.world.log.take_away(id),
        }
        if condense::applies(self) {
            condense::condense(&mut state);
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        Invariant::of(self).into_iter().map(Invariant::property).collect()
    }
}
