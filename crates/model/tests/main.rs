//! The one test binary of this crate.
//!
//! `LIFEBOAT_MODEL=all` (`just model`) takes every path of larger worlds, too, and goes for longer walks.

mod complete;
mod condensed;
mod crew;
mod planted;
mod walks;
