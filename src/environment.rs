//! What the program takes from the machine it runs on: time, randomness, variables, processes, the names of machine and
//! user.

use crate::exit::Failure;
use lifeboat_engine::{Owners, Timestamp};
use lifeboat_repository::{Clock, Environment, Process, Processes, Random, SlotAbout};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Clock, randomness and processes of the operating system.
pub(crate) fn of_this_machine() -> Environment {
    Environment {
        clock: Arc::new(SystemClock::start()),
        random: Arc::new(OsRandom),
        processes: Arc::new(ProcFs),
    }
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

/// The processes that `/proc` shows.
struct ProcFs;

impl Processes for ProcFs {
    fn this(&self) -> io::Result<Process> {
        let pid = std::process::id();
        let namespace = fs::read_link("/proc/self/ns/pid")?;
        Ok(Process {
            host: host_name()?,
            boot: fs::read_to_string("/proc/sys/kernel/random/boot_id")?.trim().to_owned(),
            pid_namespace: number_in(&namespace.to_string_lossy()).ok_or(io::ErrorKind::InvalidData)?,
            pid,
            start: self.started(pid).ok_or(io::ErrorKind::NotFound)?,
        })
    }

    fn started(&self, pid: u32) -> Option<u64> {
        start_in(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }
}

/// The number in a name such as `pid:[4026531836]`.
fn number_in(namespace: &str) -> Option<u64> {
    namespace.strip_prefix("pid:[")?.strip_suffix(']')?.parse().ok()
}

/// The 22nd field of `/proc/PID/stat`. The second is the name of the program, in which anything may stand.
fn start_in(stat: &str) -> Option<u64> {
    let (_, behind_name) = stat.rsplit_once(')')?;
    behind_name.split_whitespace().nth(19)?.parse().ok()
}

/// A variable of the environment, which may be set and empty.
#[expect(clippy::disallowed_methods, reason = "the command line is the one place that reads the environment")]
pub(crate) fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// The variables whose names begin like one of these, as far as they are text.
pub(crate) fn variables(prefixes: &[&str]) -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| prefixes.iter().any(|prefix| name.starts_with(prefix)))
        .collect()
}

/// Where temporary files may be large: on a disk, unless the user says otherwise.
pub(crate) fn temporary() -> PathBuf {
    variable("TMPDIR").filter(|path| !path.is_empty()).map_or_else(|| "/var/tmp".into(), PathBuf::from)
}

/// The name of this machine.
///
/// # Errors
/// When the kernel tells none.
pub(crate) fn host() -> Result<String, Failure> {
    host_name().map_err(|error| {
        Failure::system("cannot tell the name of this machine", error, "name it: --host NAME")
    })
}

fn host_name() -> io::Result<String> {
    let name =
        fs::read_to_string("/proc/sys/kernel/hostname").or_else(|_| fs::read_to_string("/etc/hostname"));
    name.map(|name| name.trim().to_owned())
}

/// The name of the user who runs this process; where the system knows none, the number.
///
/// # Errors
/// When `/proc` is not mounted.
pub(crate) fn user() -> Result<String, Failure> {
    let process = process()?;
    let mut owners = Owners::default();
    let name = owners.user(process.uid()).map(|name| String::from_utf8_lossy(name).into_owned());
    Ok(name.unwrap_or_else(|| process.uid().to_string()))
}

/// The number of the user who runs this process.
///
/// # Errors
/// As [`user`].
pub(crate) fn user_id() -> Result<u32, Failure> {
    Ok(process()?.uid())
}

fn process() -> Result<fs::Metadata, Failure> {
    fs::metadata("/proc/self")
        .map_err(|error| Failure::system("cannot read /proc/self", error, "mount -t proc proc /proc"))
}

/// The bytes of this program; none where they cannot be read.
#[expect(clippy::disallowed_methods, reason = "the file is the program itself, not a source of data")]
pub(crate) fn program() -> Option<Vec<u8>> {
    fs::read("/proc/self/exe").ok()
}

/// Where the files of this program of some kind lie, as the XDG base directory specification has it; nowhere for those who have no
/// home.
pub(crate) fn base_directory(name: &str, below_home: &str) -> Option<PathBuf> {
    let absolute = |name| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute(name).or_else(|| Some(absolute("HOME")?.join(below_home)));
    Some(base?.join("lifeboat"))
}

/// Who makes a key slot. What the machine does not tell stays empty: it is only there to be recognised by.
pub(crate) fn maker() -> SlotAbout {
    SlotAbout { host: host().unwrap_or_default(), user: user().unwrap_or_default(), label: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_found_among_the_living() {
        let this = ProcFs.this().unwrap();
        assert_eq!(ProcFs.started(this.pid), Some(this.start));
        // No kernel gives this number to anybody.
        assert_eq!(ProcFs.started(u32::MAX), None);
    }

    #[test]
    fn the_start_of_a_process_is_found_behind_any_name() {
        let stat = "7 (a) b) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 19 20\n";
        assert_eq!(start_in(stat), Some(4711));
        assert_eq!(start_in("7 (a) S 1"), None);
        assert_eq!(number_in("pid:[4026531836]"), Some(4_026_531_836));
        assert_eq!(number_in("net:[4026531836]"), None);
    }
}
