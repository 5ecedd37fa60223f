//! Every system call that touches files goes through here.
//!
//! The lowest floor of all: names and meanings are those of `rustix`, so that whoever knows the one knows the other. What
//! asks the system about a file, or changes one, is a function of [`fs`] or [`io`]; the rest is passed on as it is.
//!
//! Invariant: in ordinary builds every function here is the call and nothing else. With the feature `faults`, which only
//! tests ask for, each call first asks whoever watches its thread: it may fail, be cut short, or be the last thing that
//! the thread does (`faults`).

mod call;
#[cfg(feature = "faults")]
pub mod faults;
pub mod fs;
mod gate;
pub mod io;

pub use call::{Call, Kind};
pub use rustix::{buffer, event, fd, path, process, rand};
