//! Student's distribution: what a mean of few values may be off.

use std::f64::consts::FRAC_PI_2;

/// Into how many pieces the distribution is cut; even.
const PIECES: u32 = 4096;
/// Beyond so many degrees of freedom the quantiles stay what they are, a thousandth above those of a normal distribution.
const DEGREES_MAX: f64 = 1000.0;

/// The number of standard errors that is exceeded, to one side, with a chance of `1 - confidence`, which is below a half; infinite below one
/// degree of freedom, which says nothing.
#[must_use]
pub fn quantile(confidence: f64, degrees: f64) -> f64 {
    if degrees.is_nan() || degrees < 1.0 {
        return f64::INFINITY;
    }
    let degrees = degrees.min(DEGREES_MAX);
    // Of the angle whose tangent is the value, in units of the root of the degrees, the density is a power of the cosine: finite, and zero at
    // the end. Simpson's rule, two pieces at a time, up to the share that is looked for.
    let width = FRAC_PI_2 / f64::from(PIECES);
    let density = |piece: f64| (piece * width).cos().max(0.0).powf(degrees - 1.0);
    let pair = |first: u32| {
        let first = f64::from(first);
        density(first) + 4.0 * density(first + 1.0) + density(first + 2.0)
    };
    let whole: f64 = (0..PIECES).step_by(2).map(pair).sum();
    let wanted = (2.0 * confidence - 1.0) * whole;
    let (mut sum, mut first) = (0.0, 0);
    while first + 2 < PIECES && sum + pair(first) < wanted {
        sum += pair(first);
        first += 2;
    }
    // What is missing lies in the next two pieces: at most their part of it, then by the density in the middle of that part.
    let missing = wanted - sum;
    let part = missing / pair(first);
    let part = missing / (6.0 * density(f64::from(first) + part));
    ((f64::from(first) + 2.0 * part) * width).tan() * degrees.sqrt()
}
