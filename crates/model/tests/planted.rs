//! Each rule left out: without those that are needed something is lost, and the model shows how.

use crate::crew::each;
use lifeboat_model::{Explored, Protocol, Rule, explore, planted};
use lifeboat_testkit::record;
use serde_json::json;

#[test]
fn without_a_rule_something_is_lost() {
    let found = each(Rule::ALL.to_vec(), |rule| (rule, without(rule)));
    for (rule, explored) in &found {
        let broken: Vec<_> = explored.broken.iter().map(|(invariant, _)| *invariant).collect();
        println!("planted {rule:?}: {broken:?} after {} states", explored.states);
    }
    let missed: Vec<_> = found.iter().filter(|(_, explored)| explored.broken.is_empty()).collect();
    println!("planted: {} of {} found", found.len() - missed.len(), found.len());
    record("model", json!({ "planted": { "found": found.len() - missed.len(), "of": found.len() } }));
    assert!(missed.is_empty(), "nothing is lost without {missed:?}");
}

/// These make others hold twice. When one is found to be needed after all, it belongs to the others.
#[test]
fn without_a_spare_rule_nothing_is_lost() {
    for (rule, explored) in each(Rule::SPARE.to_vec(), |rule| (rule, without(rule))) {
        println!("spare {rule:?}: {} states", explored.states);
        assert!(explored.broken.is_empty(), "without {rule:?}: {:?}", explored.broken);
    }
}

fn without(rule: Rule) -> Explored {
    explore(Protocol::without(planted(rule), rule))
}
