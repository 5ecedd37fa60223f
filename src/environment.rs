//! What the program takes from the machine it runs on: time, randomness, variables, the names of machine and user.

use crate::exit::Failure;
use lifeboat_engine::{Owners, Timestamp};
use lifeboat_repository::{Clock, Environment, Random, SlotAbout};
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Clock and randomness of the operating system.
pub(crate) fn of_this_machine() -> Environment {
    Environment { clock: Arc::new(SystemClock::start()), random: Arc::new(OsRandom) }
}

/// The clock of the operating system; its fixed moment is the start of the program.
struct SystemClock {
    start: Instant,
}

#[expect(clippy::disallowed_methods, reason = "this is the clock that everything else is handed")]
impl SystemClock {
    fn start() -> Self {
        Self { start: Instant::now() }
    }

    fn time() -> SystemTime {
        SystemTime::now()
    }

    fn wait(duration: Duration) {
        std::thread::sleep(duration);
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let whole = |duration: Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
        match Self::time().duration_since(UNIX_EPOCH) {
            Ok(since) => Timestamp { seconds: whole(since), nanoseconds: since.subsec_nanos() },
            Err(before) => {
                // Nanoseconds count upwards from the second before.
                let nanoseconds = before.duration().subsec_nanos();
                let borrowed = i64::from(nanoseconds > 0);
                let rest = (1_000_000_000 - nanoseconds) % 1_000_000_000;
                Timestamp { seconds: -whole(before.duration()) - borrowed, nanoseconds: rest }
            }
        }
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    fn sleep(&self, duration: Duration) {
        Self::wait(duration);
    }
}

/// Randomness of the operating system.
struct OsRandom;

impl Random for OsRandom {
    fn fill(&self, out: &mut [u8]) {
        getrandom::fill(out).expect("a system without randomness can encrypt nothing");
    }
}

/// A variable of the environment, which may be set and empty.
#[expect(clippy::disallowed_methods, reason = "the command line is the one place that reads the environment")]
pub(crate) fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// The name of this machine.
///
/// # Errors
/// When the kernel tells none.
pub(crate) fn host() -> Result<String, Failure> {
    let name =
        fs::read_to_string("/proc/sys/kernel/hostname").or_else(|_| fs::read_to_string("/etc/hostname"));
    let name = name.map_err(|error| {
        Failure::system("cannot tell the name of this machine", error, "name it: --host NAME")
    })?;
    Ok(name.trim().to_owned())
}

/// The name of the user who runs this process; where the system knows none, the number.
///
/// # Errors
/// When `/proc` is not mounted.
pub(crate) fn user() -> Result<String, Failure> {
    let process = fs::metadata("/proc/self");
    let process = process
        .map_err(|error| Failure::system("cannot read /proc/self", error, "mount -t proc proc /proc"))?;
    let mut owners = Owners::default();
    let name = owners.user(process.uid()).map(|name| String::from_utf8_lossy(name).into_owned());
    Ok(name.unwrap_or_else(|| process.uid().to_string()))
}

/// Who makes a key slot. What the machine does not tell stays empty: it is only there to be recognised by.
pub(crate) fn maker() -> SlotAbout {
    SlotAbout { host: host().unwrap_or_default(), user: user().unwrap_or_default(), label: None }
}
