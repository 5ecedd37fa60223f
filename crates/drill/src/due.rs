//! Whether a drill is due: by its schedule, and by when it was done.
//!
//! Invariant: what was missed is caught up on once, and the rest of it becomes a number that somebody can see.

use crate::DrawSeed;
use crate::plan::{Span, Timing};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Whether it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// It is not.
    NotYet {
        /// When it will be; none where that is beyond the calendar.
        next: Option<Timestamp>,
    },
    /// It is to be done now.
    Now {
        /// Since when.
        at: Timestamp,
        /// How many times it was due before and not done.
        missed: u64,
    },
    /// It was, and it is too late for that.
    Missed {
        /// When it was due last.
        at: Timestamp,
        /// How many times it was due and not done, the last one included.
        missed: u64,
    },
}

/// Whether a drill of this name is due on a machine of this name, where it was done last when `done` says, in whatever way it ended; one that
/// was never done is due since its schedule said so last. `zone` is that of [`Timing::zone`].
#[must_use]
pub fn due(
    timing: &Timing,
    zone: &TimeZone,
    who: Spread<'_>,
    now: Timestamp,
    done: Option<Timestamp>,
) -> Due {
    let later = who.later(timing.jitter);
    let next = || Due::NotYet {
        next: timing.schedule.next(before(now, later), zone).and_then(|next| after(next, later)),
    };
    let Some(last) = timing.schedule.last(before(now, later), zone) else { return next() };
    let at = after(last, later).unwrap_or(now);
    if done.is_some_and(|done| done >= at) {
        return next();
    }
    let outstanding = done.map_or(1, |done| timing.schedule.count(before(done, later), last, zone));
    let is_too_late = timing.max_lateness.is_some_and(|most| now.duration_since(at) > signed(most));
    match (is_too_late, done) {
        (false, _) => Due::Now { at, missed: outstanding.saturating_sub(1) },
        // Nobody has missed what nobody knew of.
        (true, None) => next(),
        (true, Some(_)) => Due::Missed { at, missed: outstanding },
    }
}

/// By what the starts of many machines are spread.
#[derive(Clone, Copy, Debug)]
pub struct Spread<'a> {
    /// Name of the machine.
    pub host: &'a str,
    /// Name of the drill.
    pub drill: &'a str,
}

impl Spread<'_> {
    /// How much later than its schedule says this machine does this drill: always the same, up to that much.
    #[must_use]
    pub fn later(&self, jitter: Option<Span>) -> SignedDuration {
        let seconds = jitter.map_or(0, |jitter| jitter.duration().as_secs());
        let seed = DrawSeed::of(&[self.host.as_bytes(), b"\0", self.drill.as_bytes()]);
        let later = seed.choose(0, seconds.saturating_add(1));
        SignedDuration::from_secs(i64::try_from(later).unwrap_or(i64::MAX))
    }
}

fn signed(span: Span) -> SignedDuration {
    SignedDuration::try_from(span.duration()).unwrap_or(SignedDuration::MAX)
}

/// So much earlier, or the beginning of the calendar.
fn before(moment: Timestamp, by: SignedDuration) -> Timestamp {
    moment.checked_sub(by).unwrap_or(Timestamp::MIN)
}

fn after(moment: Timestamp, by: SignedDuration) -> Option<Timestamp> {
    moment.checked_add(by).ok()
}
