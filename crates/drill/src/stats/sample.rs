//! Samples drawn with replacement, each unit as likely as it is large.
//!
//! The chance to draw damage is then the share of damaged bytes, so what is bounded is that share.

use super::root;
use super::series::ln_sum;

/// The least share that is looked for: no repository has so many bytes.
const LEAST: f64 = 1e-24;

/// How many draws without a failure prove, at this confidence, that less than `share` is damaged; at least one.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    reason = "the draws are rounded, and there are fewer than 64 bits count"
)]
pub fn draws_for(confidence: f64, share: f64) -> u64 {
    ((1.0 - confidence).ln() / (-share).ln_1p()).ceil().max(1.0) as u64
}

/// The share of bytes that is damaged, at most, when of `draws` draws `failures` met damage: the upper bound of Clopper and Pearson (1934).
/// 1 where nothing was drawn, or nothing was sound.
#[must_use]
pub fn damaged_share(draws: u64, failures: u64, confidence: f64) -> f64 {
    let missed = 1.0 - confidence;
    match failures {
        _ if failures >= draws => 1.0,
        0 => -(missed.ln() / draws as f64).exp_m1(),
        _ => root::falls_to(missed.ln(), LEAST, 1.0, |share| ln_at_most(failures, draws, share)),
    }
}

/// Logarithm of the chance that of `draws` draws at most `failures` meet a share.
fn ln_at_most(failures: u64, draws: u64, share: f64) -> f64 {
    let odds = share.ln() - (-share).ln_1p();
    let ratio = |met: u64| ((draws - met) as f64 / (met + 1) as f64).ln() + odds;
    ln_sum(draws as f64 * (-share).ln_1p(), (0..failures).map(ratio))
}
