//! Where the benches work: a repository on any backend, with a cheap password and a clock an hour ahead.

use lifeboat_backend::Backend;
use lifeboat_engine::{KdfParams, Timestamp};
use lifeboat_repository::{
    Clock, Credential, Environment, InitOptions, Process, Processes, Random, Repository, init,
};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A new repository with the usual sizes.
pub(crate) fn repository(backend: Arc<dyn Backend>) -> Repository {
    let kdf = KdfParams { memory_kib: 8, passes: 1, lanes: 1 };
    let environment = Environment {
        clock: Arc::new(HourAhead),
        random: Arc::new(SystemRandom),
        processes: Arc::new(Bench),
    };
    let credential = Credential::password(b"secret".to_vec());
    let options = InitOptions { kdf, ..InitOptions::default() };
    init(backend, &credential, &options, environment).expect("an empty place").0
}

/// Randomness of the operating system.
pub(crate) struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, out: &mut [u8]) {
        getrandom::fill(out).expect("a system without randomness can encrypt nothing");
    }
}

/// The only process there is.
struct Bench;

impl Processes for Bench {
    fn this(&self) -> std::io::Result<Process> {
        Ok(Process::default())
    }

    fn started(&self, _: u32) -> Option<u64> {
        Some(0)
    }
}

/// An hour ahead of the system's clock: what was just written is old enough to be taken for unchanged.
struct HourAhead;

impl Clock for HourAhead {
    #[expect(clippy::disallowed_methods, reason = "a bench is a program of its own, and this is its clock")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
        let seconds = i64::try_from(since.as_secs()).expect("a clock before the end of time");
        Timestamp { seconds: seconds + 3600, nanoseconds: since.subsec_nanos() }
    }

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }

    fn sleep(&self, _: Duration) {}
}
