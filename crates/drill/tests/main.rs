//! Tests of rehearsals, one binary.
#![expect(clippy::unwrap_used, reason = "a failing step ends the test")]
#![expect(clippy::disallowed_methods, reason = "tests make and look at real files")]

mod check;
mod damage;
mod denied;
mod due;
mod evidence;
mod plan;
mod rehearse;
mod reports;
mod rpo;
mod rto;
mod sample;
mod stats;
mod storage;
mod world;
