//! Tests of this crate, one binary.

#![expect(clippy::unwrap_used, reason = "a test ends where its world cannot be built")]

mod change;
mod compare;
mod random;
mod real;
mod tree;
