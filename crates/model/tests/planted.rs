//! Each rule left out: without those that are needed something is lost, and the model shows how.

use crate::crew::each;
use lifeboat_model::{Explored, Protocol, Rule, Walk, everybody, explore, planted, walk};
use lifeboat_testkit::record;
use serde_json::json;

/// What takes so many steps to notice that walks are sooner there than every path.
const BY_WALKS: [Rule; 1] = [Rule::TwoListings];
/// Walks within which it is noticed.
const NOTICED_WITHIN: u64 = 200_000;
/// So many rules are noticed at least within so many walks with everybody.
const NOTICED_BY_EVERYBODY: (usize, u64) = (25, 5_000);

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

/// Walks with everybody are no match for every path, but they see most of it.
#[test]
fn walks_notice_when_a_rule_is_missing() {
    let noticed = each(Rule::ALL.to_vec(), |rule| {
        let protocol = Protocol::without(everybody(), rule);
        (0..NOTICED_BY_EVERYBODY.1).find(|seed| walk(&protocol, *seed).broken.is_some())
    });
    let noticed = noticed.into_iter().flatten().count();
    println!("planted: {noticed} of {} noticed by {} walks", Rule::ALL.len(), NOTICED_BY_EVERYBODY.1);
    assert!(noticed >= NOTICED_BY_EVERYBODY.0, "{noticed}");
}

fn without(rule: Rule) -> Explored {
    let protocol = Protocol::without(planted(rule), rule);
    if BY_WALKS.contains(&rule) { walk_until_broken(&protocol) } else { explore(protocol) }
}

/// Tells the same of walks as of all paths; their steps stand for the states.
fn walk_until_broken(protocol: &Protocol) -> Explored {
    let mut explored = Explored { states: 0, depth: 0, broken: Vec::new() };
    for seed in 0..NOTICED_WITHIN {
        let Walk { steps, broken } = walk(protocol, seed);
        explored.states += steps;
        explored.depth = explored.depth.max(steps);
        explored.broken.extend(broken);
        if !explored.broken.is_empty() {
            break;
        }
    }
    explored
}
