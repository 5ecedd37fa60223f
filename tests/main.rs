//! Tests of the whole, one binary.

#![expect(clippy::unwrap_used, reason = "a test ends where its world cannot be built")]
#![expect(
    clippy::disallowed_methods,
    reason = "tests touch the files and the clock of the machine they run on"
)]

mod beside;
mod cli;
mod docs;
mod durability;
mod every_kind;
mod faults;
mod figures;
mod file_systems;
mod golden;
mod kill;
mod manifests;
mod nodes;
mod program;
mod real_tree;
mod rules;
mod sources;
mod store;
mod tidy;
mod unprivileged;
