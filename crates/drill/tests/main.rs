//! Tests of rehearsals, one binary.
#![expect(clippy::unwrap_used, reason = "a failing step ends the test")]
#![expect(clippy::disallowed_methods, reason = "tests make and damage files of their own")]

mod evidence;
mod plan;
mod sample;
mod stats;
mod storage;
