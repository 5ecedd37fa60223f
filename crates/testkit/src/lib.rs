//! Support for lifeboat's tests: worlds from a seed, real parts of this machine, comparison.
//!
//! Used from tests only, and it knows no crate of lifeboat, so that it cannot share a mistake with what it checks.
//! Everything random follows from one `u64` seed. Nothing here returns an error: a world that cannot be built ends
//! the test with a panic that names the path.

#![expect(clippy::panic, reason = "a broken test world ends the test, and the message says why")]

mod age;
mod births;
mod change;
mod compare;
mod comparison;
mod corpus;
mod cursor;
mod difference;
mod every_kind;
mod extents;
mod flags;
mod inode;
mod mounted;
mod must;
mod needs;
mod odd;
mod origin;
mod random;
mod real;
mod record;
mod s3_place;
mod s3_server;
mod scratch;
mod totals;
mod tree;
mod walk;
mod without_root;

pub use births::birth_times;
pub use change::{Changes, change_tree};
pub use compare::{rsync_differences, rsync_differences_except};
pub use comparison::tree_differences;
pub use corpus::{Samples, replay_corpus};
pub use difference::{Aspect, Difference};
pub use every_kind::{EveryKindSpec, change_every_kind, make_deep, make_every_kind};
pub use flags::chattr;
pub use mounted::Mounted;
pub use needs::{needs, needs_root, skip};
pub use random::Random;
pub use real::{copy_real_tree, copy_tree};
pub use record::{record, record_in};
pub use s3_place::S3Place;
pub use scratch::Scratch;
pub use totals::{Totals, totals};
pub use tree::{TreeSpec, make_tree};
pub use without_root::{NOBODY, without_root};

/// Makes the figures that are recorded.
pub use serde_json::json;
