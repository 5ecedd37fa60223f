//! Room for so many at once; whoever finds none waits.

use std::sync::{Condvar, Mutex, PoisonError};

/// A number of places.
#[derive(Debug)]
pub(crate) struct Room {
    limit: usize,
    taken: Mutex<usize>,
    changed: Condvar,
}

impl Room {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, taken: Mutex::default(), changed: Condvar::new() }
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// Takes a place, as soon as there is one.
    pub(crate) fn enter(&self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        while *taken >= self.limit {
            taken = self.changed.wait(taken).unwrap_or_else(PoisonError::into_inner);
        }
        *taken += 1;
    }

    /// Gives a place back.
    pub(crate) fn leave(&self) {
        *self.taken.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.changed.notify_all();
    }

    /// Waits until all places are free.
    pub(crate) fn wait_until_empty(&self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        while *taken > 0 {
            taken = self.changed.wait(taken).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
