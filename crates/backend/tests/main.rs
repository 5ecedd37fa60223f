//! Tests of this crate, one binary.
#![expect(clippy::disallowed_methods, reason = "tests make and look at real files")]

mod contract;
mod error;
mod local;
mod location;
mod name;
mod network;
mod remote;
