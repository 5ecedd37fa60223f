//! Tests of the verbs on real files, one binary.
#![expect(clippy::unwrap_used, reason = "a failing step ends the test")]
#![expect(clippy::disallowed_methods, reason = "tests make and look at real files")]

mod ahead;
mod beside;
mod ceilings;
mod compare;
mod copy;
mod craft;
mod crash;
mod damage;
mod deep;
mod elsewhere;
mod far;
mod filter;
mod forget;
mod growth;
mod hooked;
mod hostile;
mod killed;
mod matrix;
mod metadata;
mod names;
mod on_disk;
mod parity;
mod prune;
mod recorded;
mod repair;
mod restore_into;
mod round_trip;
mod scrub;
mod second_mark;
mod sim;
mod stop;
mod undo;
mod unsettled;
mod unsteady;
mod verify;
mod without_delete;
mod world;
