//! The built program, run as people and scripts run it: words, exit codes, streams, JSON.
//!
//! What the verbs do to bytes is tested where the verbs are; here is what only shows at the surface.

#![expect(
    clippy::panic,
    reason = "a run that ends in an unexpected way ends the test, with all that it said"
)]

#[path = "../../fuzz/alone.rs"]
#[expect(
    dead_code,
    unreachable_pub,
    reason = "it is shared with fuzz targets, for which it is no module of a test"
)]
mod alone;
mod arguments;
mod backup;
mod bucket;
mod cache;
mod change_detection;
mod config;
mod copy;
mod damage;
mod deep;
mod doctor;
mod drill;
mod drill_plans;
mod evidence;
mod file_lists;
mod filters;
mod init;
mod json;
mod key;
mod ls;
mod memory;
mod nonsense;
mod options;
mod parity;
mod password;
mod plans;
mod prune;
mod repair;
mod restore;
mod restore_into;
mod restore_options;
mod rollback;
#[path = "../../crates/drill/tests/sample.rs"]
mod sample;
mod scrub;
mod second_copies;
mod selection;
mod sizes;
mod snapshots;
mod sources;
mod terminal;
mod verify;
mod wishes;
pub(crate) mod world;
