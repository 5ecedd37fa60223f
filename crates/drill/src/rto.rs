//! How long a full recovery would take, from how long a part of it took.
//!
//! Spec: docs/drills.md, "Recovery time"; decision 13. Invariant: what could have made the part faster than the whole is refused, not bounded.

use crate::record::Outcome;
use crate::stats;
use thiserror::Error;

/// Fewer batches say too little of how much they differ.
const BATCHES_MIN: usize = 40;
/// Shorter samples, in seconds, never meet what slows a recovery down.
const SECONDS_MIN: f64 = 60.0;
/// So many times as much as was measured may be foretold.
const FACTOR_MAX: f64 = 20.0;
/// How sure each of the two bounds is.
const CONFIDENCE: f64 = 0.95;
/// Batches that go together more than this are one.
const CORRELATION_MAX: f64 = 0.99;

/// A part of a restore that was timed by itself: 64 MiB or a second, whichever takes longer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Batch {
    /// How long it took.
    pub seconds: f64,
    /// How much it was.
    pub bytes: u64,
}

/// A part of a recovery, in the order in which it went.
#[derive(Clone, Copy, Debug)]
pub struct Sampled<'a> {
    /// What was restored.
    pub batches: &'a [Batch],
    /// What takes its time once, however much is restored, in seconds: unlocking, reading the index, checks.
    pub fixed: f64,
    /// How many calls a cache has answered.
    pub cache_hits: u64,
    /// Whether a limit of bandwidth or a budget held it back.
    pub capped: bool,
    /// Whether the largest file of the whole is part of it: what large files cost, others do not show.
    pub has_largest: bool,
}

/// What a full recovery would take, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extrapolation {
    /// Most likely.
    pub seconds: f64,
    /// At least, in 95 of 100 cases.
    pub lower: f64,
    /// At most, in 95 of 100 cases.
    pub upper: f64,
    /// How many times as much the whole is.
    pub factor: f64,
}

/// Why nobody can say.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
pub enum Refusal {
    /// Too few batches.
    #[error("it was measured in {0} parts, and takes {BATCHES_MIN}")]
    FewBatches(usize),
    /// Too short.
    #[error("it was measured for {0:.0} s, and takes {SECONDS_MIN:.0} s")]
    Brief(f64),
    /// Too much is to be told from too little.
    #[error("the whole is {0:.0} times what was measured, and may be {FACTOR_MAX:.0} times as much")]
    Factor(f64),
    /// Caches answered.
    #[error("caches answered {0} times, which they would not after a disaster")]
    CacheHits(u64),
    /// Something held it back.
    #[error("a limit of bandwidth or a budget held it back")]
    Capped,
    /// The largest file was left out.
    #[error("the largest file was not restored")]
    NoLargest,
    /// The speed changed so slowly that the batches are no more than one or two.
    #[error("the speed changed too slowly to tell what it will be")]
    Unsteady,
}

impl Extrapolation {
    /// Whether a recovery takes no more than `target` seconds.
    #[must_use]
    pub fn verdict(&self, target: f64) -> Outcome {
        match target {
            _ if self.upper <= target => Outcome::Pass,
            _ if self.lower > target => Outcome::Fail,
            _ => Outcome::Unknown,
        }
    }
}

/// What restoring `bytes` would take, at this hour and on this way.
///
/// # Errors
/// When the part does not say.
pub fn extrapolate(sampled: &Sampled<'_>, bytes: u64) -> Result<Extrapolation, Refusal> {
    let batches = sampled.batches;
    let count = batches.len() as f64;
    let seconds: f64 = batches.iter().map(|batch| batch.seconds).sum();
    let measured: f64 = batches.iter().map(|batch| batch.bytes as f64).sum();
    let factor = bytes as f64 / measured;
    if let Some(refusal) = refusal(sampled, seconds, factor) {
        return Err(refusal);
    }
    let rate = seconds / measured;
    let errors: Vec<f64> = batches.iter().map(|batch| batch.seconds - rate * batch.bytes as f64).collect();
    let spread = Spread::of(&errors);
    // The error of the rate, and that of as many batches as are still to come.
    let variance = spread.variance * count * factor * (factor + 1.0);
    let off = stats::quantile(CONFIDENCE, spread.independent - 1.0) * variance.sqrt();
    if !off.is_finite() {
        return Err(Refusal::Unsteady);
    }
    let likely = sampled.fixed + rate * bytes as f64;
    Ok(Extrapolation {
        seconds: likely,
        lower: (likely - off).max(sampled.fixed),
        upper: likely + off,
        factor,
    })
}

fn refusal(sampled: &Sampled<'_>, seconds: f64, factor: f64) -> Option<Refusal> {
    match sampled {
        Sampled { capped: true, .. } => Some(Refusal::Capped),
        Sampled { cache_hits: hits @ 1.., .. } => Some(Refusal::CacheHits(*hits)),
        Sampled { has_largest: false, .. } => Some(Refusal::NoLargest),
        _ if sampled.batches.len() < BATCHES_MIN => Some(Refusal::FewBatches(sampled.batches.len())),
        _ if seconds < SECONDS_MIN => Some(Refusal::Brief(seconds)),
        // Infinite where nothing was read.
        _ if factor > FACTOR_MAX || factor.is_nan() => Some(Refusal::Factor(factor)),
        _ => None,
    }
}

/// How much batches differ, in the long run.
struct Spread {
    /// Of one batch, as if they came one by one without regard to each other.
    variance: f64,
    /// How many there would be then.
    independent: f64,
}

impl Spread {
    /// Of the differences from what was to be expected. Slow batches follow slow ones, so a sum of them differs more than by chance: by
    /// the correlation of neighbours, of which a short series shows less than there is, so it is corrected and a standard error added.
    fn of(errors: &[f64]) -> Self {
        let count = errors.len() as f64;
        let squares: f64 = errors.iter().map(|error| error * error).sum();
        if squares == 0.0 {
            return Self { variance: 0.0, independent: count };
        }
        let neighbours: f64 = errors.windows(2).map(|pair| pair[0] * pair[1]).sum();
        let seen = neighbours / squares;
        let corrected = (seen + (1.0 + 4.0 * seen) / count).clamp(0.0, CORRELATION_MAX);
        let standard_error = ((1.0 - corrected * corrected) / count).sqrt();
        let correlation = (corrected + standard_error).min(CORRELATION_MAX);
        let inflation = (1.0 + correlation) / (1.0 - correlation);
        let independent = count / inflation;
        // Their own mean is nearer to batches that go together than the true one is.
        Self { variance: inflation * squares / (count - inflation).max(1.0), independent }
    }
}
