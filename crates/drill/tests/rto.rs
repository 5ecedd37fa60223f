//! Recovery time: foretold, bounded, refused.

use lifeboat_drill::record::Outcome;
use lifeboat_drill::rto::{Batch, Extrapolation, Refusal, Sampled, extrapolate};
use lifeboat_testkit::Random;
use std::f64::consts::TAU;

const BYTES: u64 = 64 << 20;
/// As few batches as are taken, and as much as may be foretold of them.
const BATCHES: usize = 40;
const FACTOR: usize = 20;

/// Between 0 and 1.
fn uniform(random: &mut Random) -> f64 {
    (random.below(1 << 53) as f64 + 0.5) / (1_u64 << 53) as f64
}

/// Of a normal distribution, by the rule of Box and Muller.
fn normal(random: &mut Random) -> f64 {
    (-2.0 * uniform(random).ln()).sqrt() * (TAU * uniform(random)).cos()
}

/// Times of batches around three seconds that differ by 30 %, each going with the one before by this correlation.
fn times(random: &mut Random, count: usize, correlation: f64, shape: fn(f64) -> f64) -> Vec<f64> {
    let mut state = normal(random);
    let mut next = |random: &mut Random| {
        let now = state;
        state = correlation * state + (1.0 - correlation * correlation).sqrt() * normal(random);
        3.0 * shape(now)
    };
    (0..count).map(|_| next(random)).collect()
}

fn even(noise: f64) -> f64 {
    (1.0 + 0.3 * noise).max(0.05)
}

fn skewed(noise: f64) -> f64 {
    (0.3 * noise).exp()
}

fn batches(times: &[f64]) -> Vec<Batch> {
    times.iter().map(|seconds| Batch { seconds: *seconds, bytes: BYTES }).collect()
}

fn sampled(batches: &[Batch]) -> Sampled<'_> {
    Sampled { batches, fixed: 0.0, cache_hits: 0, capped: false, has_largest: true }
}

/// How many of so many recoveries took no more than the upper bound and no less than the lower one, and of how many there was a bound at all.
fn held(seed: u64, runs: u32, correlation: f64, shape: fn(f64) -> f64) -> (u32, u32, u32) {
    let mut random = Random::new(seed);
    let (mut below, mut above, mut bounded) = (0, 0, 0);
    for _ in 0..runs {
        let times = times(&mut random, BATCHES * (FACTOR + 1), correlation, shape);
        let (sample, whole) = times.split_at(BATCHES);
        let truth: f64 = whole.iter().sum();
        match extrapolate(&sampled(&batches(sample)), BYTES * whole.len() as u64) {
            Ok(bound) => {
                bounded += 1;
                below += u32::from(truth <= bound.upper);
                above += u32::from(truth >= bound.lower);
            }
            Err(refusal) => assert_eq!(refusal, Refusal::Unsteady),
        }
    }
    (below, above, bounded)
}

#[test]
fn the_bound_holds_as_often_as_it_says() {
    for (correlation, seed) in [(0.0, 1), (0.3, 2), (0.6, 3)] {
        for (shape, name) in [(even as fn(f64) -> f64, "even"), (skewed, "skewed")] {
            let (below, above, bounded) = held(seed, 300, correlation, shape);
            assert!(bounded >= 270, "{name} {correlation}: {bounded} of 300 have a bound");
            assert!(
                f64::from(below) >= 0.93 * f64::from(bounded),
                "{name} {correlation}: {below} of {bounded}"
            );
            assert!(
                f64::from(above) >= 0.93 * f64::from(bounded),
                "{name} {correlation}: {above} of {bounded}"
            );
        }
    }
}

#[test]
fn many_more_runs_say_the_same() {
    for correlation in [0.0, 0.3, 0.6] {
        let (below, _, bounded) = held(7, 3000, correlation, even);
        let share = f64::from(below) / f64::from(bounded);
        assert!(share >= 0.95, "{correlation}: {share}");
    }
}

#[test]
fn a_bound_that_never_says_anything_would_be_none() {
    let times = times(&mut Random::new(5), BATCHES * (FACTOR + 1), 0.3, even);
    let bound =
        extrapolate(&sampled(&batches(&times[..BATCHES])), BYTES * (BATCHES * FACTOR) as u64).unwrap();
    assert_eq!(bound.factor, FACTOR as f64);
    assert!(bound.lower > 0.75 * bound.seconds && bound.upper < 1.25 * bound.seconds, "{bound:?}");
    // It is a pass or a failure only beyond the bounds.
    for (target, outcome) in [
        (bound.upper, Outcome::Pass),
        (bound.upper - 0.001, Outcome::Unknown),
        (bound.seconds, Outcome::Unknown),
        (bound.lower, Outcome::Unknown),
        (bound.lower - 0.001, Outcome::Fail),
    ] {
        assert_eq!(bound.verdict(target), outcome, "{target}");
    }
}

/// Without any difference there is nothing to be unsure of; what takes its time once is added once.
#[test]
fn a_steady_rate_is_carried_on() {
    let batches = batches(&[2.0; 40]);
    let bound = extrapolate(&Sampled { fixed: 7.0, ..sampled(&batches) }, BYTES * 100).unwrap();
    assert_eq!(bound, Extrapolation { seconds: 207.0, lower: 207.0, upper: 207.0, factor: 2.5 });
    let nothing = extrapolate(&sampled(&batches), 0).unwrap();
    assert_eq!((nothing.seconds, nothing.upper), (0.0, 0.0));
}

#[test]
fn what_would_flatter_is_refused() {
    let good = batches(&[2.0; 40]);
    let whole = BYTES * 40;
    let refused = |sampled: &Sampled<'_>, bytes: u64| extrapolate(sampled, bytes).unwrap_err();
    assert_eq!(refused(&Sampled { capped: true, ..sampled(&good) }, whole), Refusal::Capped);
    assert_eq!(refused(&Sampled { cache_hits: 3, ..sampled(&good) }, whole), Refusal::CacheHits(3));
    assert_eq!(refused(&Sampled { has_largest: false, ..sampled(&good) }, whole), Refusal::NoLargest);
    assert_eq!(refused(&sampled(&good[1..]), whole), Refusal::FewBatches(39));
    assert_eq!(refused(&sampled(&batches(&[1.4375; 40])), whole), Refusal::Brief(60.0 - 2.5));
    assert_eq!(refused(&sampled(&good), BYTES * 840), Refusal::Factor(21.0));
    assert!(extrapolate(&sampled(&good), BYTES * 800).is_ok());
    let empty = [Batch { seconds: 2.0, bytes: 0 }; 40];
    assert!(matches!(refused(&sampled(&empty), 1), Refusal::Factor(factor) if factor.is_infinite()));
    assert!(matches!(refused(&sampled(&empty), 0), Refusal::Factor(factor) if factor.is_nan()));
    // A slow half and a fast one are two values, not forty.
    let halves: Vec<f64> = (0..40).map(|at| if at < 20 { 1.0 } else { 4.0 }).collect();
    assert_eq!(refused(&sampled(&batches(&halves)), whole), Refusal::Unsteady);
    assert!(Refusal::Brief(56.0).to_string().contains("56 s, and takes 60 s"));
}
