//! Time, randomness and who runs, as arguments: with a manual clock and a seed a whole history can be replayed.

use lifeboat_format::{Process, Random, Timestamp};
use std::fmt;
use std::io;
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

/// Knows the processes of this machine. What it says is told to people and decides about hints, never about data.
pub trait Processes: Send + Sync {
    /// The process that runs.
    ///
    /// # Errors
    /// When the system does not tell.
    fn this(&self) -> io::Result<Process>;
    /// When the process of this number was started, in clock ticks since the machine was; none where there is none.
    fn started(&self, pid: u32) -> Option<u64>;
}

/// What a run takes from its machine.
#[derive(Clone)]
pub struct Environment {
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Gives keys, salts and ids.
    pub random: Arc<dyn Random>,
    /// Tells who it is.
    pub processes: Arc<dyn Processes>,
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Environment")
    }
}
