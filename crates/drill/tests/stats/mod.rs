//! What samples prove: the figures of the specification, and other ways to the same numbers.

mod census;
mod hazard;
mod sample;
mod strata;
mod student;

/// Fails unless two numbers are the same to so many parts of the second one.
#[track_caller]
fn close(actual: f64, expected: f64, parts: f64) {
    let is_close = (actual - expected).abs() <= expected.abs() / parts;
    assert!(is_close, "{actual} is not {expected}");
}
