//! t
use lifeboat_model::*;
use stateright::{Checker, HasDiscoveries, Model};

#[test]
fn t() {
    let c = Configuration { name: "x", roles: vec![Role::writer(blobs("ab")), Role::pruner(), Role::Forgetter { any: false }], pages: 1, rounds: 3, faults: Faults::default(), alone: true };
    let now = std::time::Instant::now();
    let checker = Protocol::new(c).checker().finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    println!("{} {} {:?}", checker.unique_state_count(), checker.max_depth(), now.elapsed());
    for (name, path) in checker.discoveries() {
        println!("{name}\n{}", checker.model().tell(&path.into_vec()));
    }
}
