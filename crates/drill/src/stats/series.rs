//! Sums of numbers that may be far too small to be written.

/// Logarithm of a sum: of its first term, given by its logarithm, and of those behind it, each given by the logarithm of how many times the one
/// before it is.
pub(super) fn ln_sum(first: f64, ratios: impl Iterator<Item = f64>) -> f64 {
    // Relative to the greatest term so far, so that nothing is lost to zero.
    let (mut term, mut greatest, mut sum) = (first, first, 1.0);
    for ratio in ratios {
        term += ratio;
        match term > greatest {
            true => (greatest, sum) = (term, 1.0 + sum * (greatest - term).exp()),
            false => sum += (term - greatest).exp(),
        }
    }
    greatest + sum.ln()
}
