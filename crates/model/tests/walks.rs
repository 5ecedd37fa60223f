//! Walks through a world with everybody.

use crate::crew::{all, each};
use lifeboat_model::{Protocol, everybody, walk};
use lifeboat_testkit::record;
use serde_json::json;

/// How many walks there are, and when everything is to be looked at.
const WALKS: (u64, u64) = (60_000, 2_000_000);
/// Walks that one thread takes at a time.
const BATCH: u64 = 1_000;

#[test]
fn walks_with_everybody_are_safe_and_come_to_an_end() {
    let walks = if all() { WALKS.1 } else { WALKS.0 };
    let protocol = Protocol::new(everybody());
    let batches = (0..walks / BATCH).collect();
    let steps: usize = each(batches, |batch| {
        (batch * BATCH..(batch + 1) * BATCH).map(|seed| steps_of(&protocol, seed)).sum::<usize>()
    })
    .into_iter()
    .sum();
    println!("walks: {walks}, {steps} steps");
    record("model", json!({ "walks": walks, "steps of walks": steps }));
}

fn steps_of(protocol: &Protocol, seed: u64) -> usize {
    let walk = walk(protocol, seed);
    if let Some((invariant, steps)) = walk.broken {
        panic!("walk {seed}: {invariant} does not hold after\n{steps}");
    }
    walk.steps
}
