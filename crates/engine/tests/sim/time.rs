//! Time and processes of a history: every operation takes some, and each host has a clock that may be far off.

use super::baton::Runner;
use lifeboat_engine::Timestamp;
use lifeboat_repository::{Clock, Process, Processes};
use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// When every history begins, in seconds since 1970: early in 2040.
pub(crate) const BEGIN: i64 = 2_209_000_000;

/// What has passed since the history began.
#[derive(Debug, Default)]
pub(crate) struct Time(Mutex<Duration>);

impl Time {
    pub(crate) fn pass(&self, duration: Duration) {
        *self.0.lock().unwrap() += duration;
    }

    pub(crate) fn elapsed(&self) -> Duration {
        *self.0.lock().unwrap()
    }

    /// By the clock of the storage.
    pub(crate) fn of_storage(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(BEGIN.unsigned_abs()) + self.elapsed()
    }
}

/// The clock of a host, as one actor sees it.
pub(crate) struct HostClock {
    pub(crate) time: Arc<Time>,
    /// Seconds by which it is ahead.
    pub(crate) ahead: Arc<AtomicI64>,
    /// Others go on while somebody sleeps.
    pub(crate) runner: Option<Arc<Runner>>,
}

impl Clock for HostClock {
    fn now(&self) -> Timestamp {
        let passed = self.time.elapsed();
        let seconds = BEGIN + self.ahead.load(Ordering::Relaxed) + passed.as_secs().cast_signed();
        Timestamp { seconds, nanoseconds: passed.subsec_nanos() }
    }

    fn elapsed(&self) -> Duration {
        self.time.elapsed()
    }

    fn sleep(&self, duration: Duration) {
        self.time.pass(duration);
        if let Some(runner) = &self.runner {
            runner.pass();
        }
    }
}

/// The processes that live, by host and number.
#[derive(Debug, Default)]
pub(crate) struct Population(Mutex<BTreeSet<(String, u32)>>);

impl Population {
    pub(crate) fn add(&self, process: &Process) {
        self.0.lock().unwrap().insert((process.host.clone(), process.pid));
    }

    pub(crate) fn remove(&self, process: &Process) {
        self.0.lock().unwrap().remove(&(process.host.clone(), process.pid));
    }
}

/// What a process knows of those of its host.
pub(crate) struct Neighbours {
    pub(crate) own: Process,
    pub(crate) population: Arc<Population>,
}

/// The moment at which the process of this number started.
pub(crate) fn start_of(pid: u32) -> u64 {
    u64::from(pid) * 10
}

impl Processes for Neighbours {
    fn this(&self) -> io::Result<Process> {
        Ok(self.own.clone())
    }

    fn started(&self, pid: u32) -> Option<u64> {
        let living = self.population.0.lock().unwrap();
        living.contains(&(self.own.host.clone(), pid)).then(|| start_of(pid))
    }
}
