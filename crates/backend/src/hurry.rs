//! Not waiting any longer for storage that does not answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Whether somebody wants to end. Requests that move go on to their end; one that stands still is given up on soon, and
/// nothing is sent again. All clones are one.
#[derive(Clone, Debug, Default)]
pub struct Hurry {
    asked: Arc<AtomicBool>,
    given_up: Arc<AtomicBool>,
}

impl Hurry {
    /// What says so when it is set, for whoever hands signals over.
    #[must_use]
    pub fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.asked)
    }

    pub(crate) fn is_on(&self) -> bool {
        self.asked.load(Relaxed) || self.given_up.load(Relaxed)
    }

    /// The storage was waited for in vain, or answers again: whoever tidies up after the first need not wait as long once more.
    pub(crate) fn give_up(&self, given_up: bool) {
        self.given_up.store(given_up, Relaxed);
    }
}
