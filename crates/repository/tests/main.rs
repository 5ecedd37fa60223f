//! Tests of the repository on a backend in memory, one binary.
#![expect(clippy::unwrap_used, reason = "a failing step ends the test")]

mod adoption;
#[path = "../../../fuzz/alone.rs"]
#[expect(unreachable_pub, reason = "for the fuzz targets it is no module of a test")]
mod alone;
#[expect(clippy::disallowed_methods, reason = "a cache is files, which are damaged here")]
mod cache;
#[expect(clippy::disallowed_methods, reason = "a cache is files, which are damaged here")]
mod caches;
mod doubled_slots;
#[expect(clippy::disallowed_methods, reason = "what a machine remembers is a file, which is damaged here")]
mod evidence;
#[expect(clippy::disallowed_methods, reason = "what is remembered is files")]
mod heads;
mod histories;
mod init;
mod log;
mod memory;
mod mended;
mod odd;
mod one_view;
mod probe;
mod provide;
mod pruning;
mod running;
mod second_copies;
mod slots;
mod world;
mod writer;
