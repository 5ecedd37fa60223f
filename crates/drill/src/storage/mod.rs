//! What a drill sees of storage: it can be read, and nothing that a drill does reaches it.

mod overlay;
mod watched;

pub use overlay::{Overlay, StorageFault};
pub use watched::{Limits, Watched};
