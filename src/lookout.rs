//! Watches storage that lies behind a network: what it cost, and whether anybody waits for it in vain.
//!
//! A thread looks once a second while a verb runs, from the first request on. A person at a terminal hears of a
//! standstill soon, a log of one that lasts.

use crate::report::Report;
use lifeboat_backend::{Backend, Traffic, Waiting};
use std::io::{IsTerminal as _, stderr};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

const LOOK: Duration = Duration::from_secs(1);
const SOON_ENOUGH_FOR_PEOPLE: Duration = Duration::from_secs(3);
const SOON_ENOUGH_FOR_LOGS: Duration = Duration::from_secs(30);
const AGAIN: Duration = Duration::from_secs(180);

/// What is known of the storage of a run.
#[derive(Debug, Default)]
pub(crate) struct Lookout {
    /// Each with its location.
    storage: Mutex<Vec<(String, Arc<dyn Backend>)>>,
    /// Whether somebody else shows standstills.
    relieved: AtomicBool,
}

impl Lookout {
    /// The storage at `location` if it is watched already.
    pub(crate) fn watched(&self, location: &str) -> Option<Arc<dyn Backend>> {
        let storage = self.storage();
        let known = storage.iter().find(|(known, _)| known == location);
        known.map(|(_, backend)| Arc::clone(backend))
    }

    /// From now on this storage is watched too, at `location`, if it lies behind a network.
    pub(crate) fn watch(&self, location: &str, backend: &Arc<dyn Backend>) {
        if backend.is_remote() {
            self.storage().push((location.to_owned(), Arc::clone(backend)));
        }
    }

    /// What has gone over the network.
    pub(crate) fn traffic(&self) -> Option<Traffic> {
        self.storage().iter().filter_map(|(_, backend)| backend.traffic()).reduce(|one, other| one + other)
    }

    /// What is waited for, in words, and the same for programs.
    pub(crate) fn waiting(&self) -> Option<(String, Waiting)> {
        self.storage().iter().find_map(|(location, backend)| {
            let waiting = backend.traffic()?.waiting?;
            let text = format!("waiting on {location}: {} ({} s)", waiting.cause, waiting.since.as_secs());
            Some((text, waiting))
        })
    }

    /// Somebody else shows standstills, or does so no more.
    pub(crate) fn relieve(&self, relieved: bool) {
        self.relieved.store(relieved, Relaxed);
    }

    /// Does what `verb` does and tells of standstills meanwhile.
    pub(crate) fn during<T>(&self, report: &dyn Report, verb: impl FnOnce() -> T) -> T {
        let (stop, stopped) = channel::<()>();
        std::thread::scope(|scope| {
            scope.spawn(move || self.tell_until(&stopped, report));
            let done = verb();
            drop(stop);
            done
        })
    }

    fn tell_until(&self, stopped: &Receiver<()>, report: &dyn Report) {
        let first = if stderr().is_terminal() { SOON_ENOUGH_FOR_PEOPLE } else { SOON_ENOUGH_FOR_LOGS };
        let mut news = News { first, next: first };
        while stopped.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
            let waiting = self.waiting().filter(|_| !self.relieved.load(Relaxed));
            let is_due = news.is_due(waiting.as_ref().map(|(_, waiting)| waiting.since));
            if let Some((text, _)) = waiting.filter(|_| is_due) {
                report.note(&text);
            }
        }
    }

    fn storage(&self) -> MutexGuard<'_, Vec<(String, Arc<dyn Backend>)>> {
        self.storage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When to tell of a standstill.
struct News {
    first: Duration,
    next: Duration,
}

impl News {
    /// Whether one that has lasted so long by now is to be told.
    fn is_due(&mut self, since: Option<Duration>) -> bool {
        let Some(since) = since else {
            self.next = self.first;
            return false;
        };
        let is_due = since >= self.next;
        if is_due {
            self.next = since + AGAIN;
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standstill_is_told_once_and_again_after_minutes() {
        let first = SOON_ENOUGH_FOR_LOGS;
        let mut news = News { first, next: first };
        let told: Vec<_> =
            (0..300).filter(|seconds| news.is_due(Some(Duration::from_secs(*seconds)))).collect();
        assert_eq!(told, [30, 210]);
        assert!(!news.is_due(None));
        assert!(news.is_due(Some(first)), "the next one is news");
    }
}
