//! How much would have been lost, at the worst moment.
//!
//! Spec: docs/drills.md, "Recovery point". Invariant: only what could have been restored counts, from the moment at which it could.

use jiff::Timestamp;
use std::time::Duration;

/// A complete snapshot at one replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recoverable {
    /// When its backup began: what was written later may be missing.
    pub started: Timestamp,
    /// From when on it could be restored there.
    pub available: Timestamp,
}

/// The longest time of which everything would have been lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// When the last snapshot began that could have been restored.
    pub from: Timestamp,
    /// The moment before the next one could be; now, where none could be since.
    pub until: Timestamp,
}

impl Gap {
    /// How long it is.
    #[must_use]
    pub fn length(&self) -> Duration {
        // A snapshot that begins after now comes from a clock that was wrong, and loses nothing.
        Duration::try_from(self.until.duration_since(self.from)).unwrap_or_default()
    }
}

/// The worst gap that ends after `since`, that which is still open among them; none where there is no snapshot. A snapshot that is not complete is
/// none. Those that were forgotten meanwhile leave gaps: `since` lies within the time of which all are kept.
#[must_use]
pub fn worst_gap(snapshots: &[Recoverable], since: Timestamp, now: Timestamp) -> Option<Gap> {
    let mut snapshots: Vec<_> = snapshots.iter().filter(|snapshot| snapshot.available <= now).collect();
    snapshots.sort_by_key(|snapshot| (snapshot.available, snapshot.started));
    let mut newest: Option<Timestamp> = None;
    let mut worst: Option<Gap> = None;
    let mut look = |newest: Option<Timestamp>, until: Timestamp| {
        let gap = newest.map(|from| Gap { from, until }).filter(|gap| gap.until > since);
        worst = worst.into_iter().chain(gap).max_by_key(Gap::length);
    };
    for snapshot in snapshots {
        look(newest, snapshot.available);
        newest = newest.max(Some(snapshot.started));
    }
    look(newest, now);
    worst
}
