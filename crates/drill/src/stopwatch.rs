//! How long what took, by a clock that never goes back.

use crate::record::Phase;
use lifeboat_repository::Clock;
use std::sync::Arc;
use std::time::Duration;

/// Runs from when it was started.
pub(crate) struct Stopwatch {
    clock: Arc<dyn Clock>,
    start: Duration,
    lap: Duration,
    phases: Vec<Phase>,
}

impl Stopwatch {
    pub(crate) fn start(clock: Arc<dyn Clock>) -> Self {
        let start = clock.elapsed();
        Self { clock, start, lap: start, phases: Vec::new() }
    }

    /// Ends a phase.
    pub(crate) fn lap(&mut self, name: &str) {
        let now = self.clock.elapsed();
        self.phases.push(Phase { name: name.to_owned(), ms: at_least_one(now.saturating_sub(self.lap)) });
        self.lap = now;
    }

    /// Since the start.
    pub(crate) fn elapsed(&self) -> Duration {
        self.clock.elapsed().saturating_sub(self.start)
    }

    /// How long a part of a phase takes, in milliseconds.
    pub(crate) fn of<T>(&self, act: impl FnOnce() -> T) -> (T, u64) {
        let before = self.clock.elapsed();
        let done = act();
        (done, at_least_one(self.clock.elapsed().saturating_sub(before)))
    }

    /// All of it in milliseconds, and the phases.
    pub(crate) fn stop(self) -> (u64, Vec<Phase>) {
        (at_least_one(self.elapsed()), self.phases)
    }
}

/// What was done took some time.
fn at_least_one(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1)
}
