//! What samples and censuses prove: pure functions of numbers.
//!
//! Spec: docs/drills.md, "Statistics". Shares and confidences lie strictly between 0 and 1. Every bound is an upper one that is missed in at
//! most `1 - confidence` of all cases, if damage strikes each unit by itself: what is aimed at is found by a census alone. Invariant:
//! where numbers are too few to say anything, the bound is 1 or infinite, never small.

mod census;
mod hazard;
mod root;
mod sample;
mod series;
mod strata;
mod student;

pub use census::{draws_without_return, most_damaged};
pub use hazard::{damage_rate, events};
pub use sample::{damaged_share, draws_for};
pub use strata::{Stratum, damaged_share_of_strata};
pub use student::quantile;
