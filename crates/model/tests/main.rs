//! Tests of the log protocol itself, one binary.
//!
//! `LIFEBOAT_MODEL=all` (`just model`) takes every path of larger worlds, too, and goes for more walks.
#![expect(clippy::unwrap_used, reason = "a failing step ends the test")]
#![expect(clippy::panic, reason = "a counterexample ends the test, and the message is the way there")]
#![expect(clippy::disallowed_methods, reason = "whoever runs the tests says how long they may take")]

mod complete;
mod condensed;
mod crew;
mod planted;
mod walks;
