//! Tests of this crate on real file systems, one binary.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "what the tests share fails and reports like the tests themselves"
)]
#![expect(clippy::disallowed_methods, reason = "tests make and look at real files")]

mod deep;
mod descent;
mod extents;
mod filter;
mod flags;
mod glob;
mod hostile;
mod marks;
mod metadata;
mod names;
mod owners;
mod patterns;
mod private_dir;
mod quiet;
mod source;
mod takeover;
mod target;
mod tree;
mod unprivileged;
mod world;
