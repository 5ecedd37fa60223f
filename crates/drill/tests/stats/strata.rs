//! Draws from each part by itself.

use super::close;
use lifeboat_drill::stats::{Stratum, damaged_share, damaged_share_of_strata};

fn strata<const N: usize>(weights: [f64; N], draws: [u64; N]) -> [Stratum; N] {
    std::array::from_fn(|at| Stratum { weight: weights[at], draws: draws[at] })
}

#[test]
fn uneven_draws_prove_less() {
    let bound = |draws| damaged_share_of_strata(&strata([0.6, 0.3, 0.1], draws), 0.95);
    close(bound([180, 90, 30]), 0.009_936, 1e3);
    close(bound([180, 90, 30]), damaged_share(300, 0, 0.95), 1e9);
    close(bound([100, 100, 100]), 0.0177, 300.0);
    close(bound([20, 20, 260]), 0.083, 100.0);
}

#[test]
fn what_was_not_looked_at_may_be_damaged() {
    let bound = |weights, draws| damaged_share_of_strata(&strata(weights, draws), 0.95);
    assert_eq!(bound([0.5, 0.5], [0, 0]), 1.0);
    close(bound([0.75, 0.25], [1_000_000_000, 0]), 0.25, 1e6);
    close(bound([1.0, 0.0], [299, 0]), damaged_share(299, 0, 0.95), 1e9);
    assert_eq!(damaged_share_of_strata(&[], 0.95), 1.0);
    // What is missing of the whole was not looked at either.
    assert!(bound([0.25, 0.25], [1000, 1000]) > 0.5);
}

/// No distribution of damage over two strata that stays unseen one time in twenty damages more: they are tried one after the other.
#[test]
fn the_bound_is_the_worst_case() {
    for (weights, draws) in [([0.6, 0.4], [30_u64, 50]), ([0.9, 0.1], [10, 200]), ([0.5, 0.5], [1, 40])] {
        let bound = damaged_share_of_strata(&strata(weights, draws), 0.95);
        let of_first = |step: u32| {
            let damaged = f64::from(step) / 200_000.0;
            let unseen = 0.05 / (1.0 - damaged).powf(draws[0] as f64);
            let other = if unseen > 1.0 { return 0.0 } else { 1.0 - unseen.powf(1.0 / draws[1] as f64) };
            weights[0] * damaged + weights[1] * other
        };
        let worst = (0..200_000).map(of_first).fold(0.0, f64::max);
        close(bound, worst, 1e4);
    }
}
