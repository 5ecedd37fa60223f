//! A walk: one path through a world that is too large for every path, drawn from a seed.
//!
//! Each walk has habits of its own, also drawn from the seed: how long one actor is left alone, how often things go wrong,
//! and after how many steps nothing goes wrong any more. Then everybody is run to the end, and a pruner comes last.

use crate::finish::{cleans_up, finish_all};
use crate::invariant::Invariant;
use crate::protocol::{Action, Protocol, State};
use stateright::Model;

/// The most steps of a walk before everything is run to the end.
const LONGEST: usize = 160;

/// How a walk ended.
#[derive(Clone, Debug)]
pub struct Walk {
    /// The steps that were drawn.
    pub steps: usize,
    /// The invariant that did not hold, and the steps that led there.
    pub broken: Option<(&'static str, String)>,
}

/// What a walk is inclined to do.
struct Habits {
    draws: Draws,
    /// Of four steps so many are of whoever took the one before.
    stays: u64,
    /// Of sixteen faults that might happen so many do.
    troubles: u64,
    steps: usize,
}

/// Walks.
#[must_use]
pub fn walk(protocol: &Protocol, seed: u64) -> Walk {
    let mut habits = Habits::of(seed);
    let mut state = protocol.init_states().remove(0);
    let invariants = Invariant::of(protocol);
    let (mut taken, mut possible, mut broken) = (Vec::new(), Vec::new(), None);
    while broken.is_none() && taken.len() < habits.steps {
        possible.clear();
        protocol.actions(&state, &mut possible);
        let Some(action) = habits.choose(&possible, taken.last()) else { break };
        taken.push(action);
        state = protocol.next_state(&state, action).expect("every action leads somewhere");
        broken = invariants.iter().find(|invariant| !invariant.holds(protocol, &state)).copied();
    }
    let broken = broken.or_else(|| end(protocol, &mut state, &invariants));
    Walk { steps: taken.len(), broken: broken.map(|broken| (broken.name(), protocol.tell(&taken))) }
}

/// Lets faults stop and everybody finish.
fn end(protocol: &Protocol, state: &mut State, invariants: &[Invariant]) -> Option<Invariant> {
    if protocol.left_out.is_some() {
        return None;
    }
    if !finish_all(protocol, state) {
        return Some(Invariant::EverybodyCanFinish);
    }
    let broken = invariants.iter().find(|invariant| !invariant.holds(protocol, state));
    broken.copied().or_else(|| (!cleans_up(protocol, state)).then_some(Invariant::NothingStays))
}

impl Habits {
    fn of(seed: u64) -> Self {
        let mut draws = Draws(seed);
        let (stays, troubles, steps) = (draws.below(4), draws.below(8), draws.index(LONGEST));
        Self { draws, stays, troubles, steps }
    }

    /// The next step, if there is any. What goes wrong is drawn again now and then, so that it is not all that happens.
    fn choose(&mut self, actions: &[Action], last: Option<&Action>) -> Option<Action> {
        if actions.is_empty() {
            return None;
        }
        let same = |action: &Action| match (action, last) {
            (Action::Step { actor, .. }, Some(Action::Step { actor: before, .. })) => actor == before,
            _ => false,
        };
        if self.draws.below(4) < self.stays {
            let going_on: Vec<_> = actions.iter().copied().filter(same).collect();
            if !going_on.is_empty() {
                return self.draw(&going_on);
            }
        }
        self.draw(actions)
    }

    fn draw(&mut self, actions: &[Action]) -> Option<Action> {
        let harmless = |action: &&Action| !matches!(action, Action::Step { choice: 1.., .. });
        let careful: Vec<_> = actions.iter().filter(harmless).copied().collect();
        let reckless = self.draws.below(16) < self.troubles;
        let from = if reckless || careful.is_empty() { actions } else { &careful };
        from.get(self.draws.index(from.len())).copied()
    }
}

/// SplitMix64: the same seed gives the same walk on every machine.
struct Draws(u64);

impl Draws {
    const fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % n
    }

    fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).expect("it is below a usize")
    }
}
