//! How things end when nothing goes wrong any more: each for itself, and with a pruner that comes last.
//!
//! Nobody waits for anybody, so what one can do alone it can do whoever else has died.

use crate::actor::{Actor, End};
use crate::configuration::{Prunes, Role};
use crate::object::{Objects, Session};
use crate::protocol::{Protocol, State};
use crate::view::View;

/// Steps within which everybody has finished alone.
const STEPS: usize = 100;

/// Whether somebody who has not ended does so with success when all others rest.
pub(crate) fn finishes_alone(protocol: &Protocol, state: &State, actor: usize) -> bool {
    let protocol = Protocol { finishing: true, ..protocol.clone() };
    succeeds(&protocol, &mut state.clone(), actor)
}

/// Lets everybody finish, one after the other; tells whether all do with success.
pub(crate) fn finish_all(protocol: &Protocol, state: &mut State) -> bool {
    let protocol = Protocol { finishing: true, ..protocol.clone() };
    (0..state.actors.len())
        .all(|actor| state.actors[actor].end().is_some() || succeeds(&protocol, state, actor))
}

fn succeeds(protocol: &Protocol, state: &mut State, actor: usize) -> bool {
    match (protocol.configuration.roles[actor], run(protocol, state, actor)) {
        (Role::Writer(_), Some(End::Reported(_) | End::Forgotten)) => true,
        // Where a place is swept before what is in it was moved, the next run does it.
        (Role::Pruner(_), Some(End::Done | End::GaveUp)) => true,
        (Role::Forgetter { .. }, Some(End::Done)) => true,
        (Role::Unforgetter, Some(End::Reported(_) | End::Refused)) => true,
        (Role::Reader, Some(End::Done | End::Gone)) => true,
        _ => false,
    }
}

/// Whether, if all have ended and nothing lands any more, a pruner that comes now leaves exactly what live snapshots need,
/// in places that count, and finds nothing more to do when it comes again.
pub(crate) fn cleans_up(protocol: &Protocol, state: &State) -> bool {
    if !state.actors.iter().all(|actor| actor.end().is_some()) {
        return true;
    }
    let (mut state, mut protocol) = (state.clone(), protocol.clone());
    let names = state.world.log.all();
    prune(&mut protocol, &mut state);
    let present = state.world.store.present();
    let grown = state.world.log.all().without(names);
    prune(&mut protocol, &mut state);
    let again = state.world.log.all().without(names).without(grown);
    again.is_empty() && state.world.store.present() == present && all_counts(&protocol, &state)
}

/// One more pruner, and its deletes.
fn prune(protocol: &mut Protocol, state: &mut State) {
    let role = Role::Pruner(Prunes::PLAIN);
    let session = Session(u8::try_from(state.actors.len() + 1).expect("actors are few"));
    protocol.configuration.roles.push(role);
    state.actors.push(Actor::new(role, session));
    run(protocol, state, state.actors.len() - 1);
    state.world.delete(state.world.store.deletes());
}

/// Whether everything that is there is part of a place that counts of a needed blob, and each needed blob has one.
fn all_counts(protocol: &Protocol, state: &State) -> bool {
    let (log, store) = (&state.world.log, &state.world.store);
    let view = View::of(log, log.all(), protocol);
    let mut used = Objects::EMPTY;
    for (_, _, needs) in view.live() {
        for blob in needs.iter() {
            let mut places = view.counting(blob, store).peekable();
            if places.peek().is_none() {
                return false;
            }
            used = places.fold(used, |used, place| used.with(place.pack).with(place.index));
        }
    }
    used == store.present()
}

fn run(protocol: &Protocol, state: &mut State, actor: usize) -> Option<End> {
    (0..STEPS).find_map(|_| {
        protocol.step(state, actor, 0);
        state.actors[actor].end()
    })
}
