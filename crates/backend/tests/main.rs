//! Tests of this crate, one binary.

mod contract;
mod error;
mod local;
mod location;
mod name;
mod network;
mod remote;
