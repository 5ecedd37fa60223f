//! Damage over time.

use super::close;
use lifeboat_drill::stats::{damage_rate, events};

#[test]
fn bounds_are_those_of_the_tables() {
    // Half the quantiles of the chi-squared distribution with 2, 4, 6, 12 and 202 degrees of freedom.
    for (seen, expected) in [(0, 2.9957), (1, 4.7439), (2, 6.2958), (5, 10.5130), (100, 118.079)] {
        close(events(seen, 0.95), expected, 2e4);
    }
    close(events(0, 0.99), 4.60517, 1e5);
    close(events(3, 0.99), 10.0451, 1e4);
    close(damage_rate(0, 1e6, 0.95), 2.9957e-6, 2e4);
    assert!(damage_rate(0, 0.0, 0.95).is_infinite());
}

#[test]
fn the_bound_is_where_so_few_are_that_rare() {
    for seen in 0..60 {
        for confidence in [0.5, 0.95, 0.9999] {
            let expected = events(seen, confidence);
            let chance = |number: u32| {
                (1..=number).fold((-expected).exp(), |chance, one| chance * expected / f64::from(one))
            };
            let at_most: f64 = (0..=u32::try_from(seen).unwrap()).map(chance).sum();
            close(at_most, 1.0 - confidence, 1e6);
        }
    }
}

#[test]
fn a_clean_month_says_less_than_a_clean_year() {
    // 20 000 packs, each read once in 30 days: the ages of the last readings sum up to half of that for each.
    let expected_now = |days: f64| damage_rate(0, 20_000.0 * days, 0.95) * 20_000.0 * 15.0;
    close(expected_now(30.0), 1.5, 100.0);
    close(expected_now(365.0), 0.12, 25.0);
    let at_least_one = |days: f64| 1.0 - (-expected_now(days)).exp();
    close(at_least_one(30.0), 0.78, 100.0);
    close(at_least_one(365.0), 0.12, 25.0);
}
