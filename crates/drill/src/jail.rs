//! Programs that checks run: apart from the machine, and with an end.
//!
//! A program gets a space of processes of its own, which ends with it, with its time and with the drill, whatever it has started; no network
//! and no rights unless the plan says so. Programs of util-linux and coreutils that stand before it see to all that. Invariants: there is
//! no shell; nothing of our environment reaches it; what cannot be had on this machine is said, never left out.

use crate::DrillError;
use crate::plan::{Isolation, Network, SandboxSpec};
use crate::scratch::leads_to_file;
use lifeboat_engine::{EngineError, Observer};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::Permissions;
use std::io::{self, Read};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

/// Number of the user and of the group without rights.
pub(crate) const NOBODY: u32 = 65_534;
/// Where programs are looked for.
pub(crate) const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// How long it may take to see whether a program could run.
const PROBE: Duration = Duration::from_secs(30);
/// How often somebody looks whether the drill is to end.
const LOOK: Duration = Duration::from_millis(100);

/// How programs are kept apart.
#[derive(Debug)]
pub(crate) struct Jail {
    is_root: bool,
    isolation: Isolation,
    network: Network,
    max_file: Option<u64>,
    was_used: AtomicBool,
    gave_rights: AtomicBool,
}

/// What is to be run.
pub(crate) struct Errand<'a> {
    /// The program and its arguments.
    pub(crate) argv: Vec<OsString>,
    /// All variables of its environment, but for the path of programs, which is there anyway.
    pub(crate) env: &'a BTreeMap<String, String>,
    /// Where it starts.
    pub(crate) dir: &'a Path,
    /// How long it may take.
    pub(crate) timeout: Duration,
    /// How many bytes it may print, to each of its outputs.
    pub(crate) max_output: u64,
    /// Whether it would not run with all rights, whatever the plan says.
    pub(crate) refuses_rights: bool,
}

/// How it ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// By itself, with this code; what it printed, and the last line of its complaints.
    Exited { code: i32, stdout: Vec<u8>, complaint: String },
    /// By a signal.
    Signalled(i32),
    /// By us, or by whoever else kills: its time was over.
    Late,
    /// By us: it printed more than it may.
    Loud,
    /// It never began: what it was to have cannot be had here.
    Unable(String),
}

impl Jail {
    pub(crate) fn new(spec: &SandboxSpec, user: u32) -> Self {
        Self {
            is_root: user == 0,
            isolation: spec.isolation,
            network: spec.network,
            max_file: spec.max_bytes.map(|size| size.bytes()),
            was_used: AtomicBool::new(false),
            gave_rights: AtomicBool::new(false),
        }
    }

    /// What programs really had, isolation and network as records call them; `none` and `none` where there were none.
    pub(crate) fn used(&self) -> (&'static str, &'static str) {
        let isolation = if self.gave_rights.load(Ordering::Relaxed) { "none" } else { "user" };
        match (self.was_used.load(Ordering::Relaxed), self.network) {
            (false, _) => ("none", "none"),
            (true, Network::None) => (isolation, "none"),
            (true, Network::Host) => (isolation, "host"),
        }
    }

    /// Lets programs into a directory that only we may enter, and into nothing beside it.
    pub(crate) fn admit(&self, dir: &Path) -> io::Result<()> {
        if self.is_root {
            chown(dir, None, Some(NOBODY))?;
            std::fs::set_permissions(dir, Permissions::from_mode(0o750))?;
        }
        Ok(())
    }

    /// Lets them have all in a directory.
    pub(crate) fn give(&self, dir: &Path) -> io::Result<()> {
        if !self.is_root {
            return Ok(());
        }
        let owner = format!("{NOBODY}:{NOBODY}");
        let mut chown = Command::new("chown");
        chown.args(["-R", "-h", &owner]).arg(dir).env_clear().env("PATH", PATH);
        match chown.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()?.success() {
            true => Ok(()),
            false => Err(io::Error::other("it cannot be given to a user without rights")),
        }
    }

    /// Runs a program to its end.
    ///
    /// # Errors
    /// When the observer wants to stop; the program is ended before.
    pub(crate) fn run(&self, errand: &Errand<'_>, observer: &dyn Observer) -> Result<Ended, DrillError> {
        let probe =
            Errand { argv: vec!["test".into(), "-x".into(), errand.dir.into()], timeout: PROBE, ..*errand };
        match self.run_unseen(&probe, observer)? {
            Ended::Exited { code: 0, .. } => {
                self.was_used.store(true, Ordering::Relaxed);
                self.gave_rights.fetch_or(!self.takes_rights(errand), Ordering::Relaxed);
                self.run_unseen(errand, observer)
            }
            Ended::Exited { complaint, .. } if complaint.is_empty() => {
                Ok(Ended::Unable("the user that it runs as cannot enter the sandbox".to_owned()))
            }
            Ended::Exited { complaint, .. } => Ok(Ended::Unable(complaint)),
            Ended::Unable(why) => Ok(Ended::Unable(why)),
            _ => Ok(Ended::Unable("no program can be run here".to_owned())),
        }
    }

    fn run_unseen(&self, errand: &Errand<'_>, observer: &dyn Observer) -> Result<Ended, DrillError> {
        let mut argv = self.before(errand);
        argv.extend(errand.argv.iter().cloned());
        let (program, arguments) = argv.split_first().expect("there are programs before it");
        let mut command = Command::new(program);
        command.args(arguments).env_clear().env("PATH", PATH).envs(errand.env).current_dir(errand.dir);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        match command.spawn() {
            Ok(child) => watch(child, errand.max_output, observer),
            Err(error) => Ok(Ended::Unable(format!("setpriv cannot be run: {error}"))),
        }
    }

    /// What stands before a program: who ends it in time, what keeps it apart, what takes its rights away. Each dies with the one before.
    fn before(&self, errand: &Errand<'_>) -> Vec<OsString> {
        let seconds = errand.timeout.as_secs().max(1).to_string();
        let mut words = vec!["setpriv", "--pdeathsig", "KILL", "timeout", "--signal=KILL", &seconds];
        words.extend(["setpriv", "--pdeathsig", "KILL", "unshare", "--pid", "--fork", "--kill-child"]);
        if self.network == Network::None {
            words.push("--net");
        }
        if !self.is_root {
            // Who is not root may have spaces of its own within one in which it is nobody else.
            words.extend(["--user", "--map-current-user"]);
        }
        words.extend(["setpriv", "--pdeathsig", "KILL"]);
        let nobody = NOBODY.to_string();
        if self.takes_rights(errand) {
            words.push("--no-new-privs");
        }
        if self.is_root && self.takes_rights(errand) {
            words.extend(["--reuid", &nobody, "--regid", &nobody, "--clear-groups"]);
        }
        // What was restored is not for dumps of memory.
        words.extend(["prlimit", "--core=0"]);
        let limit = self.max_file.map(|bytes| format!("--fsize={bytes}"));
        words.extend(limit.as_deref());
        words.into_iter().map(OsString::from).collect()
    }

    fn takes_rights(&self, errand: &Errand<'_>) -> bool {
        errand.refuses_rights || self.isolation == Isolation::User
    }
}

/// Where a program of this machine is; none where it is not.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    PATH.split(':').map(|dir| Path::new(dir).join(name)).find(|path| leads_to_file(path))
}

/// What one of the outputs came to.
enum Drained {
    AtEnd,
    TooMuch,
}

/// Waits for a program, and ends it when it has to.
fn watch(mut child: Child, max: u64, observer: &dyn Observer) -> Result<Ended, DrillError> {
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let (tell, told) = channel();
    let (mut is_loud, mut is_stopped) = (false, false);
    let (stdout, stderr) = thread::scope(|scope| {
        let tell_too = tell.clone();
        let out = scope.spawn(move || drain(out, max, &tell));
        let err = scope.spawn(move || drain(err, max, &tell_too));
        loop {
            match told.recv_timeout(LOOK) {
                Ok(Drained::AtEnd) => {}
                Ok(Drained::TooMuch) => is_loud = true,
                Err(RecvTimeoutError::Timeout) if observer.should_stop() => is_stopped = true,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if is_loud || is_stopped {
                // All that depends on it goes with it, which closes its outputs. One that has ended by now needs no end.
                child.kill().ok();
            }
        }
        (out.join().unwrap_or_default(), err.join().unwrap_or_default())
    });
    let status = child.wait();
    match status {
        _ if is_stopped => Err(EngineError::Interrupted.into()),
        _ if is_loud => Ok(Ended::Loud),
        Ok(status) => Ok(ended(status, stdout, &stderr)),
        Err(error) => Ok(Ended::Unable(error.to_string())),
    }
}

fn ended(status: ExitStatus, stdout: Vec<u8>, stderr: &[u8]) -> Ended {
    const SIGKILL: i32 = 9;
    match (status.code(), status.signal()) {
        (Some(code), _) => Ended::Exited { code, stdout, complaint: last_line(stderr) },
        (None, Some(SIGKILL)) => Ended::Late,
        (None, signal) => Ended::Signalled(signal.unwrap_or_default()),
    }
}

/// Reads an output up to its end, or to more than is allowed.
fn drain(output: Option<impl Read>, max: u64, tell: &Sender<Drained>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let Some(output) = output else { return bytes };
    // An output that cannot be read any more has ended.
    output.take(max.saturating_add(1)).read_to_end(&mut bytes).ok();
    let drained = if bytes.len() as u64 > max { Drained::TooMuch } else { Drained::AtEnd };
    // Nobody listens any more when the program was ended.
    tell.send(drained).ok();
    bytes
}

/// What stands in the last line that says something.
fn last_line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let line = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    line.trim().chars().filter(|letter| !letter.is_control()).take(300).collect()
}
