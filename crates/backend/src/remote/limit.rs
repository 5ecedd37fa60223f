//! How many bytes may pass in a second: one bucket of tokens for all requests that share it.
//!
//! Time is an argument. Bytes are let through in the order in which they ask, each as soon as those before it have had
//! their time, so that there are no bursts longer than [`CREDIT`].

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Time that nobody used and that may be made up for.
const CREDIT: Duration = Duration::from_millis(100);
/// The most bytes that ask at once.
const LARGEST_PIECE: u64 = 64 << 10;
/// The fewest, unless there are no more.
const SMALLEST_PIECE: u64 = 1 << 10;
/// Pieces that pass in a second when the limit is low.
const PIECES: u64 = 4;

/// A limit, or none.
#[derive(Debug)]
pub(super) struct Limit {
    /// Bytes per second.
    rate: Option<u64>,
    /// When the next byte may pass.
    free: Mutex<Duration>,
}

impl Limit {
    /// So many bytes per second, any number when none.
    pub(super) fn new(rate: Option<u64>) -> Self {
        Self { rate: rate.map(|rate| rate.max(1)), free: Mutex::default() }
    }

    /// How many bytes should ask at once.
    pub(super) fn piece(&self) -> usize {
        let piece =
            self.rate.map_or(LARGEST_PIECE, |rate| (rate / PIECES).clamp(SMALLEST_PIECE, LARGEST_PIECE));
        usize::try_from(piece).expect("a piece is small")
    }

    /// How long `bytes` that ask at the moment `now` have to wait.
    pub(super) fn wait(&self, now: Duration, bytes: usize) -> Duration {
        let Some(rate) = self.rate else { return Duration::ZERO };
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let start = (*free).max(now.saturating_sub(CREDIT));
        *free = start + Duration::from_secs(bytes as u64).div_f64(rate as f64);
        start.saturating_sub(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLISECOND: Duration = Duration::from_millis(1);

    #[test]
    fn without_a_limit_nobody_waits() {
        let limit = Limit::new(None);
        assert_eq!(limit.wait(Duration::ZERO, usize::MAX), Duration::ZERO);
        assert_eq!(limit.wait(Duration::ZERO, 1), Duration::ZERO);
        assert_eq!(limit.piece(), 64 << 10);
    }

    #[test]
    fn bytes_pass_at_the_rate_whoever_asks() {
        let limit = Limit::new(Some(1000));
        let now = Duration::from_secs(9);
        let waits: Vec<_> = (0..5).map(|_| limit.wait(now, 500)).collect();
        // The first uses the credit: it has waited before it asked.
        let expected = [0, 400, 900, 1400, 1900].map(|millis| MILLISECOND * millis);
        assert_eq!(waits, expected);
        assert_eq!(limit.wait(now + MILLISECOND * 1900, 500), MILLISECOND * 500);
    }

    #[test]
    fn idle_time_is_no_licence_for_a_burst() {
        let limit = Limit::new(Some(1000));
        assert_eq!(limit.wait(Duration::ZERO, 100), Duration::ZERO);
        let later = Duration::from_secs(3600);
        let passed = (0..).take_while(|_| limit.wait(later, 10).is_zero()).count();
        assert_eq!(passed, 11, "the credit of 100 ms and the piece that begins after it");
    }

    #[test]
    fn pieces_of_a_low_limit_are_small() {
        assert_eq!(Limit::new(Some(0)).piece(), 1 << 10);
        assert_eq!(Limit::new(Some(40 << 10)).piece(), 10 << 10);
        assert_eq!(Limit::new(Some(u64::MAX)).piece(), 64 << 10);
    }
}
