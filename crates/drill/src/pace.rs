//! How fast something went, measured in batches while it went.
//!
//! Spec: docs/drills.md, "Recovery time". A batch lasts a second or holds 64 MiB, whichever takes longer, so that a bound can be made of how much
//! they differ.

use crate::rto::Batch;
use lifeboat_engine::{Event, Observer};
use lifeboat_repository::Clock;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A batch has at least so many bytes,
const BATCH_BYTES: u64 = 64 << 20;
/// and lasts at least so long.
const BATCH_TIME: Duration = Duration::from_secs(1);

/// Passes events on and measures what was written.
pub(crate) struct Pace<'a> {
    inner: &'a dyn Observer,
    clock: &'a dyn Clock,
    /// When the whole has to end.
    deadline: Option<Duration>,
    state: Mutex<State>,
}

struct State {
    since: Duration,
    bytes: u64,
    total: u64,
    batches: Vec<Batch>,
}

impl<'a> Pace<'a> {
    pub(crate) fn new(inner: &'a dyn Observer, clock: &'a dyn Clock, deadline: Option<Duration>) -> Self {
        let state = State { since: clock.elapsed(), bytes: 0, total: 0, batches: Vec::new() };
        Self { inner, clock, deadline, state: Mutex::new(state) }
    }

    /// Whether it went on until the time was over.
    pub(crate) fn is_late(&self) -> bool {
        self.deadline.is_some_and(|deadline| self.clock.elapsed() >= deadline)
    }

    /// Bytes that were written, and the batches; what is left over is the last one.
    pub(crate) fn into_batches(self) -> (u64, Vec<Batch>) {
        let mut state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.elapsed();
        if state.bytes > 0 {
            state.cut(now);
        }
        (state.total, state.batches)
    }
}

impl State {
    fn cut(&mut self, now: Duration) {
        let seconds = now.saturating_sub(self.since).as_secs_f64();
        self.batches.push(Batch { seconds, bytes: self.bytes });
        (self.since, self.bytes) = (now, 0);
    }
}

impl Observer for Pace<'_> {
    fn event(&self, event: &Event<'_>) {
        if let Event::Written(bytes) = event {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.bytes += bytes;
            state.total += bytes;
            if state.bytes >= BATCH_BYTES {
                let now = self.clock.elapsed();
                if now.saturating_sub(state.since) >= BATCH_TIME {
                    state.cut(now);
                }
            }
        }
        self.inner.event(event);
    }

    fn should_stop(&self) -> bool {
        self.inner.should_stop() || self.is_late()
    }
}
