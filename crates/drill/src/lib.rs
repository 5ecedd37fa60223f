//! Rehearsals of recovery: what to try, how to try it without touching what is stored, what to make of it, and the evidence.
//!
//! Invariants: a repository is read through a backend that cannot change it; a drill that looked at nothing is no pass; what was
//! done is told as it was done, whether it helps or not.

mod canary;
mod check;
mod draws;
pub mod due;
mod error;
pub mod evidence;
mod jail;
mod judge;
mod pace;
pub mod plan;
pub mod record;
mod rehearsal;
pub mod report;
pub mod rpo;
pub mod rto;
mod sandbox;
#[expect(
    clippy::disallowed_methods,
    reason = "copies in a sandbox, for programs of this machine: nobody simulates them"
)]
mod scratch;
mod selftest;
mod site;
pub mod stats;
mod stopwatch;
pub mod storage;

pub use canary::canary;
pub use draws::DrawSeed;
pub use error::DrillError;
pub use judge::judge;
pub use lifeboat_format::EvidenceHash;
pub use rehearsal::{Rehearsed, rehearse};
pub use sandbox::{Sandbox, SandboxError, Surroundings, ground};
pub use selftest::selftest;
pub use site::{Place, Site};
