//! Whether anything moves in an attempt at a request.
//!
//! An attempt is ended when nothing does, be it while sending or while waiting for the answer. What a bandwidth limit
//! holds back is no standstill. What this machine's own buffers still hold when all has been handed over is seen by
//! nobody: the answer is waited for as much longer as sending took, up to [`MAX_GRACE`] times the usual.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::{Hurry, Patience};

/// How soon a hurry is noticed.
pub(super) const LOOK: Duration = Duration::from_millis(500);

/// How often the usual time is granted in addition.
const MAX_GRACE: u32 = 4;

/// The life of one attempt.
#[derive(Debug)]
pub(super) struct Pulse {
    start: Instant,
    patience: Patience,
    hurry: Hurry,
    /// When something moved last, in milliseconds from the start.
    beat: AtomicU64,
    /// Milliseconds that are granted in addition.
    grace: AtomicU64,
    held: AtomicBool,
}

impl Pulse {
    /// The pulse of an attempt that starts now.
    pub(super) fn new(patience: Patience, hurry: Hurry) -> Self {
        Self {
            start: Instant::now(),
            patience,
            hurry,
            beat: AtomicU64::new(0),
            grace: AtomicU64::new(0),
            held: AtomicBool::new(false),
        }
    }

    /// Something has moved.
    pub(super) fn beat(&self) {
        self.beat.store(millis(self.start.elapsed()), Relaxed);
    }

    /// How long it may stand still now.
    pub(super) fn stall(&self) -> Duration {
        match self.hurry.is_on() {
            true => self.patience.stall.min(self.patience.hurried),
            false => self.patience.stall + Duration::from_millis(self.grace.load(Relaxed)),
        }
    }

    /// All has been handed over to the system.
    pub(super) fn all_sent(&self) {
        self.beat();
        let grace = self.start.elapsed().min(self.patience.stall * MAX_GRACE);
        self.grace.store(millis(grace), Relaxed);
    }

    /// A limit holds something back, or does so no more.
    pub(super) fn hold(&self, held: bool) {
        self.held.store(held, Relaxed);
        self.beat();
    }

    /// Ends when nothing has moved for too long.
    pub(super) async fn stops(&self) {
        loop {
            let patience = self.stall();
            let still = match self.held.load(Relaxed) {
                true => Duration::ZERO,
                false => self.start.elapsed().saturating_sub(Duration::from_millis(self.beat.load(Relaxed))),
            };
            if still >= patience {
                return;
            }
            sleep(LOOK.min(patience - still)).await;
        }
    }
}

/// Whole milliseconds.
pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
