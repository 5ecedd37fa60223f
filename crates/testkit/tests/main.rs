//! Tests of this crate, one binary.

#![expect(clippy::unwrap_used, reason = "a test ends where its world cannot be built")]

mod change;
mod compare;
mod comparison;
mod every_kind;
mod random;
mod real;
mod record;
mod s3_place;
mod tree;
