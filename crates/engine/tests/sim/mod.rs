//! Histories of real backups, restores, verifications and prunes by several hosts on a storage where much goes wrong, each drawn
//! from one seed and judged by one sentence: every snapshot that was ever reported comes back, or what is lost is named.
//!
//! `just sim replay 7` tells one history step by step, `just sim run 0..100000` lets many happen.

mod actor;
mod baton;
mod cleaning;
mod copying;
mod crew;
mod extras;
mod faults;
mod handle;
mod harm;
mod history;
mod judge;
mod keys;
mod mending;
mod plan;
mod retention;
mod shrink;
mod source;
mod store;
mod tally;
mod time;
mod tree;
mod vault;
mod verdict;

use history::{Outcome, happen};
use lifeboat_format::Bug;
use lifeboat_testkit::{json, record};
use plan::Plan;
use std::collections::BTreeMap;
use std::env;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Names the seed of the history that is to be told.
const REPLAY: &str = "LIFEBOAT_SIM_REPLAY";
/// The same of those that shall happen, from one to before another.
const RUN: &str = "LIFEBOAT_SIM_RUN";
/// Histories where everything is tried, and elsewhere.
const SEEDS: (u64, u64) = (5_000, 500);
/// Histories within which a planted bug is found.
const FOUND_WITHIN: u64 = 2_000;
/// Histories that happen twice.
const SAME: u64 = 50;

#[test]
fn what_was_reported_comes_back_whatever_goes_wrong() {
    if let Ok(seed) = env::var(REPLAY) {
        return println!("{}", tell(seed.parse().unwrap()));
    }
    let seeds = match env::var(RUN) {
        Ok(range) => {
            let (from, to) = range.split_once("..").unwrap();
            from.parse().unwrap()..to.parse().unwrap()
        }
        Err(_) => 0..if env::var_os("CI").is_some() { SEEDS.0 } else { SEEDS.1 },
    };
    let (happened, failure) = run(seeds.clone());
    println!("seeds: {}", seeds.end - seeds.start);
    happened.iter().for_each(|(what, count)| println!("{what}: {count}"));
    let range = format!("{}..{}", seeds.start, seeds.end);
    let histories = failure.map_or(seeds.end, |seed| seed + 1) - seeds.start;
    let failures = u8::from(failure.is_some());
    record(
        "simulation",
        json!({ range: { "histories": histories, "failures": failures, "happened": happened } }),
    );
    if let Some(seed) = failure {
        panic!("{}", explain(seed));
    }
}

#[test]
fn a_seed_is_the_same_history_every_time() {
    for seed in 0..SAME {
        let hashes = [(); 2].map(|()| happen(&Plan::of(seed), false).tally.hash());
        assert_eq!(hashes[0], hashes[1], "seed {seed}");
    }
}

/// What others got wrong is wrong on purpose, one thing after the other, and has to be found.
#[test]
fn every_planted_bug_is_found() {
    let (next, found) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().unwrap().get() {
            scope.spawn(|| {
                while let Some(bug) = Bug::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let fails = |seed: &u64| {
                        happen(&Plan { bug: Some(*bug), ..Plan::of(*seed) }, false).failure.is_some()
                    };
                    let seed = (0..FOUND_WITHIN).find(fails);
                    println!("planted {bug:?}: seed {seed:?}");
                    found.lock().unwrap().insert(format!("{bug:?}"), seed);
                }
            });
        }
    });
    let found = found.into_inner().unwrap();
    record("planted_bugs", json!({ "of": Bug::ALL.len(), "within": FOUND_WITHIN, "first_seeds": found }));
    assert!(found.values().all(Option::is_some), "{found:?}");
}

/// Lets histories happen on all processors; gives how often things went wrong, and the first seed that failed.
fn run(seeds: Range<u64>) -> (BTreeMap<String, u64>, Option<u64>) {
    let (next, counts, failure) =
        (AtomicU64::new(seeds.start), Mutex::new(BTreeMap::new()), Mutex::new(None));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().unwrap().get() {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end || failure.lock().unwrap().is_some() {
                        return;
                    }
                    let outcome = happen(&Plan::of(seed), false);
                    let mut counts = counts.lock().unwrap();
                    for (what, count) in outcome.tally.counts {
                        *counts.entry(what).or_insert(0) += count;
                    }
                    if outcome.failure.is_some() {
                        failure.lock().unwrap().get_or_insert(seed);
                    }
                }
            });
        }
    });
    (counts.into_inner().unwrap(), failure.into_inner().unwrap())
}

/// What happened in a history.
fn tell(seed: u64) -> String {
    let plan = Plan::of(seed);
    format!("{plan}{}", told(&happen(&plan, true)))
}

fn told(outcome: &Outcome) -> String {
    let ended = outcome.failure.as_deref().unwrap_or("everything that was reported came back");
    format!("{}\n{ended}; trace {:016x}", outcome.tally.lines().join("\n"), outcome.tally.hash())
}

/// The shortest way to see a seed fail.
fn explain(seed: u64) -> String {
    let plan = Plan::of(seed);
    let outcome = happen(&plan, false);
    let Some(failure) = outcome.failure else {
        return format!("seed {seed} failed once and not again: just sim replay {seed}");
    };
    let shortest = shrink::shrink(plan);
    let told = told(&happen(&shortest, true));
    format!("{failure}\njust sim replay {seed}\nthe shortest history that fails:\n{shortest}{told}")
}
