//! How long a recovery takes.

/// A part of a restore.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Batch {
    /// How long it took.
    pub seconds: f64,
    /// How many bytes were written.
    pub bytes: u64,
}
