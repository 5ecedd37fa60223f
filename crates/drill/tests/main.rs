//! Tests of rehearsals, one binary.
#![expect(clippy::unwrap_used, reason = "a failing step ends the test")]

mod stats;
mod storage;
