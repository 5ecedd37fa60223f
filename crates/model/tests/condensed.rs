//! States that are one because they differ in nothing that matters: no state is lost by it, and none is invented.

use crate::crew::each;
use lifeboat_model::{Configuration, Protocol, State, small};
use stateright::Model;
use std::collections::HashSet;

/// Worlds that have few enough states to be held whole.
const WORLDS: [&str; 5] = [
    "writer, pruner, forget; lost and repeated PUTs",
    "2 writers, one trusts parents, pruner, forget",
    "unforget, writer, pruner, forget",
    "unforget, 2 pruners, forget",
    "3 pruners, one moves",
];

#[test]
fn condensed_states_are_the_whole_ones_condensed() {
    let worlds: Vec<_> = small().into_iter().filter(|world| WORLDS.contains(&world.name)).collect();
    assert_eq!(worlds.len(), WORLDS.len());
    each(worlds, |world| {
        let name = world.name;
        let condensed = reachable(&Protocol::new(world.clone()));
        let whole = reachable(&Protocol::new(Configuration { whole: true, ..world }));
        println!("condensed: {name}: {} of {} states", condensed.len(), whole.len());
        assert!(whole.into_iter().map(Protocol::condensed).collect::<HashSet<_>>() == condensed, "{name}");
    });
}

fn reachable(protocol: &Protocol) -> HashSet<State> {
    let mut to_do = protocol.init_states();
    let mut reachable: HashSet<_> = to_do.iter().cloned().collect();
    while let Some(state) = to_do.pop() {
        let new = protocol.next_states(&state).into_iter().filter(|next| reachable.insert(next.clone()));
        to_do.extend(new);
    }
    reachable
}
