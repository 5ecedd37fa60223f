//! Tests of the calls, watched and not, one binary.
#![expect(clippy::unwrap_used, reason = "a failing step ends the test")]

mod calls;
mod faults;
