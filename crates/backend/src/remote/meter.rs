//! What goes over the network, counted; and whether anything moves at all.
//!
//! Invariant: every attempt is counted before it is sent. Whoever repeats a request that has failed is known by the
//! request, because object stores repeat them out of our sight.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::kind::{KINDS, Kind};
use super::pulse::millis;
use crate::{Requests, Traffic, Waiting};

/// A standstill that is not worth a word.
const USUAL: Duration = Duration::from_secs(3);

/// Counters that all requests of a store share.
#[derive(Debug)]
pub(super) struct Meter {
    start: Instant,
    requests: [AtomicU64; KINDS],
    retries: AtomicU64,
    sent: AtomicU64,
    received: AtomicU64,
    /// Operations that somebody waits for.
    under_way: AtomicUsize,
    /// Pieces that a limit holds back.
    held: AtomicUsize,
    /// When there was progress last, in milliseconds from the start.
    progress: AtomicU64,
    /// Whether something has failed since.
    troubled: AtomicBool,
    answered: AtomicBool,
    trouble: Mutex<Trouble>,
}

#[derive(Debug, Default)]
struct Trouble {
    /// Requests that failed and were not sent again yet, and how often each.
    failed: HashMap<String, u64>,
    /// The last failure.
    cause: Option<String>,
    /// When the first request was sent.
    first: Option<Instant>,
    /// The server that was asked last.
    server: String,
}

impl Meter {
    /// Nothing has been sent.
    pub(super) fn new() -> Self {
        Self {
            start: Instant::now(),
            requests: Default::default(),
            retries: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            received: AtomicU64::new(0),
            under_way: AtomicUsize::new(0),
            held: AtomicUsize::new(0),
            progress: AtomicU64::new(0),
            troubled: AtomicBool::new(false),
            answered: AtomicBool::new(false),
            trouble: Mutex::default(),
        }
    }

    /// Somebody waits for an operation as long as the guard lives.
    pub(super) fn begin(&self) -> Guard<'_> {
        if self.under_way.fetch_add(1, Relaxed) == 0 {
            self.touch();
        }
        Guard(&self.under_way)
    }

    /// A limit holds back a piece, until [`Meter::let_go`].
    pub(super) fn hold(&self) {
        self.held.fetch_add(1, Relaxed);
    }

    /// A piece that was held back goes on.
    pub(super) fn let_go(&self) {
        self.held.fetch_sub(1, Relaxed);
        self.touch();
    }

    /// Time since the beginning.
    pub(super) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// Whether a request has failed and was not sent again yet.
    pub(super) fn has_failed(&self, text: &str) -> bool {
        self.trouble().failed.contains_key(text)
    }

    /// A request is sent to `server`; `text` tells it from others.
    pub(super) fn attempt(&self, kind: Kind, server: &str, text: &str) {
        self.requests[kind as usize].fetch_add(1, Relaxed);
        let mut trouble = self.trouble();
        trouble.first.get_or_insert_with(Instant::now);
        if trouble.server != server {
            server.clone_into(&mut trouble.server);
        }
        if let Entry::Occupied(mut failed) = trouble.failed.entry(text.to_owned()) {
            self.retries.fetch_add(1, Relaxed);
            *failed.get_mut() -= 1;
            if *failed.get() == 0 {
                failed.remove();
            }
        }
    }

    /// A request has failed.
    pub(super) fn failed(&self, text: &str, cause: String) {
        let mut trouble = self.trouble();
        *trouble.failed.entry(text.to_owned()).or_default() += 1;
        trouble.cause = Some(cause);
        self.troubled.store(true, Relaxed);
    }

    /// A server has answered, be it with a refusal.
    pub(super) fn answered(&self) {
        self.answered.store(true, Relaxed);
    }

    /// Whether no server has answered for so long since the first request.
    pub(super) fn never_answered(&self, patience: Duration) -> bool {
        let first = self.trouble().first.unwrap_or(self.start);
        !self.answered.load(Relaxed) && first.elapsed() > patience
    }

    /// A request is done with, or its answer comes in.
    pub(super) fn progress(&self) {
        self.touch();
        if self.troubled.swap(false, Relaxed) {
            self.trouble().cause = None;
        }
    }

    /// How long ago there was progress.
    pub(super) fn still(&self) -> Duration {
        self.start.elapsed().saturating_sub(Duration::from_millis(self.progress.load(Relaxed)))
    }

    /// So many bytes of a body were sent. After a failure that proves nothing.
    pub(super) fn sent(&self, bytes: usize) {
        self.sent.fetch_add(bytes as u64, Relaxed);
        if !self.troubled.load(Relaxed) {
            self.touch();
        }
    }

    /// So many bytes of a body were received.
    pub(super) fn received(&self, bytes: usize) {
        self.received.fetch_add(bytes as u64, Relaxed);
    }

    /// Everything up to now.
    pub(super) fn traffic(&self) -> Traffic {
        let of = |kind: Kind| self.requests[kind as usize].load(Relaxed);
        Traffic {
            requests: Requests {
                put: of(Kind::Put),
                get: of(Kind::Get),
                head: of(Kind::Head),
                list: of(Kind::List),
                delete: of(Kind::Delete),
                other: of(Kind::Other),
            },
            retries: self.retries.load(Relaxed),
            bytes_sent: self.sent.load(Relaxed),
            bytes_received: self.received.load(Relaxed),
            waiting: self.waiting(),
        }
    }

    fn waiting(&self) -> Option<Waiting> {
        let since = self.still();
        let idle = self.under_way.load(Relaxed) == 0 || self.held.load(Relaxed) > 0;
        if idle || since < USUAL {
            return None;
        }
        let trouble = self.trouble();
        let cause = trouble.cause.clone().unwrap_or_else(|| format!("no answer from {}", trouble.server));
        Some(Waiting { since, cause })
    }

    fn touch(&self) {
        self.progress.store(millis(self.start.elapsed()), Relaxed);
    }

    fn trouble(&self) -> MutexGuard<'_, Trouble> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts down when it is dropped.
#[derive(Debug)]
pub(super) struct Guard<'a>(&'a AtomicUsize);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}
