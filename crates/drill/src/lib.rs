//! Rehearsals of recovery: what to try, how to try it without touching what is stored, what to make of it, and the evidence.
//!
//! Invariants: a repository is read through a backend that cannot change it; a drill that looked at nothing is no pass; what was
//! done is told as it was done, whether it helps or not.

pub mod evidence;
pub mod plan;
pub mod record;
pub mod stats;
pub mod storage;
