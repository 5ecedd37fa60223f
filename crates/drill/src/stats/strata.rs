//! Samples that are drawn from each part of the whole by itself.

use super::root;

/// A part of the whole, of which nothing that was drawn was damaged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stratum {
    /// Its share of all bytes; those of all strata sum up to 1.
    pub weight: f64,
    /// How many draws were made in it, with replacement, each unit as likely as it is large.
    pub draws: u64,
}

/// The share of all bytes that is damaged, at most, when no draw in any stratum met damage: the worst distribution of damage that would have
/// stayed unseen with a chance of `1 - confidence`. Draws in proportion to weights give the bound of as many draws from the whole; all
/// others a weaker one, and a stratum without draws may be damaged altogether.
#[must_use]
pub fn damaged_share_of_strata(strata: &[Stratum], confidence: f64) -> f64 {
    // In the worst case the sound share of a stratum is its draws per weight, times a number that is the same for all, or all of it.
    let sound = |stratum: &Stratum, of_all: f64| (of_all * stratum.draws as f64 / stratum.weight).min(1.0);
    let ln_unseen = |of_all: f64| -> f64 {
        let drawn = strata.iter().filter(|stratum| stratum.draws > 0 && stratum.weight > 0.0);
        drawn.map(|stratum| stratum.draws as f64 * sound(stratum, of_all).ln()).sum()
    };
    // The search is for a number at which something falls, so it goes by the reciprocal.
    let missed = (1.0 - confidence).ln();
    let worst = root::falls_to(missed, f64::MIN_POSITIVE, f64::MAX, |reciprocal| ln_unseen(1.0 / reciprocal));
    let weighty = strata.iter().filter(|stratum| stratum.weight > 0.0);
    let all_sound: f64 = weighty.map(|stratum| stratum.weight * sound(stratum, 1.0 / worst)).sum();
    (1.0 - all_sound).clamp(0.0, 1.0)
}
