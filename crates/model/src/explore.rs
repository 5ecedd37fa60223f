//! Every path through a small world, breadth first: what breaks is found on a shortest path.
//!
//! States are told apart by 64 bits of a hash, so of some millions one could be taken for another with a chance of about one
//! in a million.

use crate::protocol::Protocol;
use stateright::{Checker, HasDiscoveries, Model};

/// What was found.
#[derive(Clone, Debug)]
pub struct Explored {
    /// The states that can be reached; or that were, until something broke.
    pub states: usize,
    /// The most steps from the first state to one of them.
    pub depth: usize,
    /// The invariants that did not hold, each with the steps that lead there.
    pub broken: Vec<(&'static str, String)>,
}

/// Takes every path, or all until something breaks.
#[must_use]
pub fn explore(protocol: Protocol) -> Explored {
    let checker = protocol.checker().finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    let mut broken: Vec<_> = checker
        .discoveries()
        .into_iter()
        .map(|(name, path)| (name, checker.model().tell(&path.into_actions())))
        .collect();
    broken.sort_unstable();
    Explored { states: checker.unique_state_count(), depth: checker.max_depth(), broken }
}
