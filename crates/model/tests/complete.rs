//! Every state of small worlds.

use crate::crew::{all, each};
use lifeboat_model::{Protocol, explore, large, small};
use lifeboat_testkit::record;
use serde_json::{Map, json};

#[test]
fn every_state_of_small_worlds_is_safe() {
    let mut worlds = small();
    if all() {
        worlds.extend(large());
    }
    let explored = each(worlds, |world| {
        let (name, explored) = (world.name, explore(Protocol::new(world)));
        println!("complete: {name}: {} states, {} steps", explored.states, explored.depth);
        (name, explored)
    });
    let states: usize = explored.iter().map(|(_, explored)| explored.states).sum();
    println!("complete: {} worlds, {states} states", explored.len());
    for (name, explored) in &explored {
        if let Some((invariant, steps)) = explored.broken.first() {
            panic!("{name}: {invariant} does not hold after\n{steps}");
        }
    }
    let each: Map<_, _> =
        explored.iter().map(|(name, explored)| ((*name).to_owned(), json!(explored.states))).collect();
    record("model", json!({ "states": states, "states of each world": each }));
}
