//! What is reported as saved is on the disk, and what cannot be saved is not reported: the built program on disks that
//! are full, that fail, and that go away.

#![expect(
    clippy::panic,
    reason = "a run that ends in an unexpected way ends the test, with all that it said"
)]

mod full;
mod gone;
mod held;
mod injected;
mod no_room;
mod order;
mod pruned;
mod swept;
mod trace;
mod world;
