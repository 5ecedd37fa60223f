//! How often damage strikes, from reading everything again and again.

use super::root;
use super::series::ln_sum;

/// How many events are to be expected, at most, where `seen` were: the upper bound of a Poisson distribution, which is half a quantile of the
/// chi-squared one with `2 seen + 2` degrees of freedom.
#[must_use]
pub fn events(seen: u64, confidence: f64) -> f64 {
    let missed = 1.0 - confidence;
    if seen == 0 {
        return -missed.ln();
    }
    // Twice what was seen, and ten times what nothing seen would mean, is beyond the bound by that of Chernoff.
    let high = 2.0 * (seen as f64 + 1.0) - 10.0 * missed.ln();
    root::falls_to(missed.ln(), f64::MIN_POSITIVE, high, |expected| ln_at_most(seen, expected))
}

/// How often a unit is damaged per unit of time, at most, when so many damaged ones were found in an `exposure` of units times time between
/// two readings of each. Infinite without exposure.
#[must_use]
pub fn damage_rate(found: u64, exposure: f64, confidence: f64) -> f64 {
    events(found, confidence) / exposure
}

/// Logarithm of the chance that at most `seen` events happen where `expected` are.
fn ln_at_most(seen: u64, expected: f64) -> f64 {
    ln_sum(-expected, (1..=seen).map(|number| (expected / number as f64).ln()))
}
