//! A process of somebody, which somebody else may kill.

use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

/// The process that somebody runs now, if there is one.
#[derive(Default)]
pub(super) struct Running(Mutex<Option<Child>>);

/// How a process ended.
pub(super) struct Ended {
    status: ExitStatus,
    pub(super) out: String,
    pub(super) err: String,
}

impl Running {
    /// Runs a command to its end, or until somebody kills it. What it says goes to files in `folder`, so that nobody has to take it.
    pub(super) fn run(&self, mut command: Command, folder: &Path) -> Ended {
        let [out, err] = ["out", "err"].map(|name| folder.join(name));
        command.stdin(Stdio::null()).stdout(File::create(&out).unwrap()).stderr(File::create(&err).unwrap());
        *self.0.lock().unwrap() = Some(command.spawn().unwrap());
        let status = loop {
            if let Some(status) = self.0.lock().unwrap().as_mut().unwrap().try_wait().unwrap() {
                break status;
            }
            thread::sleep(Duration::from_millis(2));
        };
        *self.0.lock().unwrap() = None;
        let [out, err] = [out, err].map(|path| fs::read_to_string(path).unwrap());
        Ended { status, out, err }
    }

    /// Kills the process, if there is one.
    pub(super) fn kill(&self) {
        if let Some(child) = &mut *self.0.lock().unwrap() {
            child.kill().unwrap();
        }
    }
}

impl Ended {
    pub(super) fn is_killed(&self) -> bool {
        self.status.signal() == Some(9)
    }

    pub(super) fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// The same, which was not killed and has to have succeeded.
    pub(super) fn succeeds(self) -> Self {
        assert!(self.status.success(), "{}:\n{}{}", self.status, self.out, self.err);
        self
    }
}
