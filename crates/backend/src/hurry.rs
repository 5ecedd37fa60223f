//! Not waiting any longer for storage that does not answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Whether somebody wants to end. Requests that move go on to their end; one that stands still is given up on soon, and
/// nothing is sent again. All clones are one.
#[derive(Clone, Debug, Default)]
pub struct Hurry(Arc<AtomicBool>);

impl Hurry {
    /// What says so when it is set, for whoever hands signals over.
    #[must_use]
    pub fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0)
    }

    pub(crate) fn is_on(&self) -> bool {
        self.0.load(Relaxed)
    }
}
