//! A process that is alone in its world: its key, a clock that stands, and randomness that is the same each time.

use lifeboat_format::{Credential, Key, Timestamp};
use lifeboat_repository::{Clock, Environment, Process, Processes, Random};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A key that costs nothing to try.
pub fn credential() -> Credential {
    Credential::KeyFile(Key::new([7; 32]))
}

/// What a process has around it; its randomness begins with `byte`.
pub fn environment(byte: u8) -> Environment {
    let random = Arc::new(Counted(u64::from(byte).into()));
    Environment { clock: Arc::new(Still), random, processes: Arc::new(Nobody) }
}

/// Other bytes each time, and always the same.
struct Counted(AtomicU64);

impl Random for Counted {
    fn fill(&self, out: &mut [u8]) {
        for byte in out {
            let count = self.0.fetch_add(1, Ordering::Relaxed);
            *byte = count.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes()[6];
        }
    }
}

/// A clock that stands.
struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp { seconds: 1_000_000_000, nanoseconds: 0 }
    }

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }

    fn sleep(&self, _: Duration) {}
}

/// A machine on which no other process lives.
struct Nobody;

impl Processes for Nobody {
    fn this(&self) -> std::io::Result<Process> {
        Ok(Process::default())
    }

    fn started(&self, _: u32) -> Option<u64> {
        None
    }
}
