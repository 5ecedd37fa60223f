//! Where a function that only falls comes down to a value.

/// As often as halving an interval makes a difference to a number of 64 bits.
const HALVINGS: u32 = 200;

/// The least argument between `low` and `high`, both positive, at which a falling function is no more than `level`: `high` where it is none
/// before. Halves by the geometric mean, so that small results are as exact as large ones.
pub(super) fn falls_to(level: f64, low: f64, high: f64, falling: impl Fn(f64) -> f64) -> f64 {
    let (mut above, mut below) = (low, high);
    for _ in 0..HALVINGS {
        let middle = above.sqrt() * below.sqrt();
        if middle <= above || middle >= below {
            break;
        }
        match falling(middle) > level {
            true => above = middle,
            false => below = middle,
        }
    }
    // The upper end: a bound errs on the safe side.
    below
}
