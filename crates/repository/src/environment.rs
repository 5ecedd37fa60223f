//! Time and randomness, as arguments: with a manual clock and a seed a whole history can be replayed.

use lifeboat_format::{Random, Timestamp};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Wall-clock time. Recorded, and never trusted for safety.
    fn now(&self) -> Timestamp;
    /// Time since some fixed moment, which never goes backwards.
    fn elapsed(&self) -> Duration;
    /// Waits.
    fn sleep(&self, duration: Duration);
}

/// Clock and randomness of a run.
#[derive(Clone)]
pub struct Environment {
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Gives keys, salts and ids.
    pub random: Arc<dyn Random>,
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Environment")
    }
}
