//! Streams that are saved as a file: standard input, or what a command prints.
//!
//! Invariants: a stream ends well only when whoever makes it has ended well. No read waits for long, so that a quiet
//! stream can be stopped: an error of the kind `WouldBlock` says that nothing has come yet. No command outlives its
//! stream.

use crate::cli::Globals;
use crate::exit::Failure;
use crate::source_path;
use clap::Args;
use lifeboat_engine::{escaped, read_within};
use lifeboat_repository::Clock;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, IsTerminal as _, Read};
use std::os::fd::AsFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// How long a read waits.
const PATIENCE: Duration = Duration::from_millis(100);
/// How long it takes until a command that prints nothing more is asked again whether it has ended.
const NAP: Duration = Duration::from_millis(10);
const COMMAND_HINT: &str = "put it last: lifeboat backup --stdin-from-command -- COMMAND [ARGUMENT]...";

/// Options that save a stream.
#[derive(Args, Debug)]
pub(crate) struct StreamOptions {
    /// Save standard input as a file
    #[arg(long, group = "stream", conflicts_with = "paths")]
    stdin: bool,

    /// Run a command and save what it prints as a file; nothing is saved unless it ends with 0
    #[arg(long, group = "stream")]
    stdin_from_command: bool,

    /// Path of the file that a stream becomes
    #[arg(long, value_name = "NAME", requires = "stream", default_value = "stdin")]
    stdin_filename: OsString,
}

/// A stream that was asked for.
#[derive(Debug)]
pub(crate) struct Asked {
    /// Where the snapshot shows it.
    pub(crate) path: PathBuf,
    command: Option<Vec<OsString>>,
}

impl StreamOptions {
    /// The stream that is asked for, if one is. `arguments` are those that are no options.
    ///
    /// # Errors
    /// When it cannot be meant.
    pub(crate) fn asked(&self, arguments: &[OsString], globals: &Globals) -> Result<Option<Asked>, Failure> {
        if self.stdin {
            refuse_terminal()?;
            refuse_password_in_stream(globals)?;
        }
        match (self.stdin || self.stdin_from_command, arguments) {
            (false, _) => Ok(None),
            (true, []) if self.stdin_from_command => Err(Failure::usage("no command is given", COMMAND_HINT)),
            (true, _) => {
                let path = source_path::shown_as(&Path::new("/").join(&self.stdin_filename))?;
                if path.file_name().is_none() {
                    let hint = "name a file: --stdin-filename NAME";
                    return Err(Failure::usage("a stream cannot be shown as /", hint));
                }
                Ok(Some(Asked { path, command: self.stdin_from_command.then(|| arguments.to_vec()) }))
            }
        }
    }
}

impl Asked {
    /// Starts the command, if it is one.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(crate) fn open(&self, clock: Arc<dyn Clock>) -> io::Result<Box<dyn Read>> {
        match self.command.as_deref() {
            Some([program, arguments @ ..]) => Ok(Box::new(Output::of(program, arguments, clock)?)),
            _ => Ok(Box::new(StandardInput)),
        }
    }
}

/// Nobody types a backup.
fn refuse_terminal() -> Result<(), Failure> {
    match io::stdin().is_terminal() {
        true => Err(Failure::usage(
            "standard input is a terminal",
            "send something in: COMMAND | lifeboat backup --stdin, or use --stdin-from-command",
        )),
        false => Ok(()),
    }
}

/// Whoever reads the password first would leave nothing, or half, for the backup.
fn refuse_password_in_stream(globals: &Globals) -> Result<(), Failure> {
    let identity = |file: &std::fs::Metadata| (file.dev(), file.ino());
    let input = io::stdin().as_fd().try_clone_to_owned().and_then(|input| File::from(input).metadata());
    let password = globals.password_file.as_ref().map(std::fs::metadata);
    match (input, password) {
        (Ok(input), Some(Ok(password))) if identity(&input) == identity(&password) => Err(Failure::usage(
            "the password and the data cannot both come from standard input",
            "give the password by --password-command COMMAND or another --password-file FILE",
        )),
        _ => Ok(()),
    }
}

/// What others send to this process.
struct StandardInput;

impl Read for StandardInput {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        read_within(io::stdin(), buffer, PATIENCE)
            .map_err(|error| explained("cannot read standard input", error))
    }
}

/// What a command prints.
struct Output {
    child: Child,
    /// Until it is closed.
    printed: Option<ChildStdout>,
    name: String,
    clock: Arc<dyn Clock>,
}

impl Output {
    /// What goes wrong is told by the command itself: its standard error is ours.
    fn of(program: &OsStr, arguments: &[OsString], clock: Arc<dyn Clock>) -> io::Result<Self> {
        let name = format!("\"{}\"", escaped(program.as_bytes()));
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
        // What it prints may come from anywhere in its environment, and is read by whoever may read the file.
        for secret in ["LIFEBOAT_PASSWORD", "LIFEBOAT_PASSWORD_COMMAND"] {
            command.env_remove(secret);
        }
        let spawned = command.spawn();
        let mut child =
            spawned.map_err(|error| explained(&format!("cannot run the command {name}"), error))?;
        let printed = child.stdout.take();
        Ok(Self { child, printed, name, clock })
    }

    /// The end of the stream, once the command has ended with success.
    fn end(&mut self) -> io::Result<usize> {
        match self.child.try_wait()? {
            None => {
                self.clock.sleep(NAP);
                Err(io::ErrorKind::WouldBlock.into())
            }
            Some(status) if status.success() => Ok(0),
            Some(status) => Err(io::Error::other(format!("the command {} ended with {status}", self.name))),
        }
    }
}

impl Read for Output {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(printed) = &self.printed else { return self.end() };
        match read_within(printed, buffer, PATIENCE) {
            Ok(0) => {
                self.printed = None;
                self.end()
            }
            Ok(count) => Ok(count),
            Err(error) => Err(explained(&format!("cannot read from the command {}", self.name), error)),
        }
    }
}

impl Drop for Output {
    /// A command whose output nobody wants any more is ended. One that belongs to somebody else cannot be, but the pipe
    /// is closed and it will notice.
    fn drop(&mut self) {
        self.printed = None;
        if self.child.kill().is_ok() {
            // It is gone in any case; how it ended interests nobody.
            self.child.wait().ok();
        }
    }
}

/// Says what failed, and keeps the kind.
fn explained(action: &str, error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::WouldBlock => error,
        kind => io::Error::new(kind, format!("{action}: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::Output;
    use crate::environment;
    use std::ffi::{OsStr, OsString};
    use std::io::{ErrorKind, Read as _};
    use std::path::Path;

    fn shell(script: &str) -> Output {
        let arguments = ["-c", script].map(OsString::from);
        Output::of(OsStr::new("sh"), &arguments, environment::of_this_machine().clock).unwrap()
    }

    /// Reads to the end, as patiently as a backup does.
    fn read(output: &mut Output) -> Result<Vec<u8>, String> {
        let (mut all, mut buffer) = (Vec::new(), [0; 16]);
        loop {
            match output.read(&mut buffer) {
                Ok(0) => return Ok(all),
                Ok(count) => all.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.to_string()),
            }
        }
    }

    #[test]
    fn output_ends_as_the_command_does() {
        assert_eq!(read(&mut shell("printf 'more than sixteen bytes'")).unwrap(), b"more than sixteen bytes");
        assert_eq!(read(&mut shell("exec >&-; sleep 0.2")).unwrap(), b"");
        let failing = read(&mut shell("echo x; exec >&-; sleep 0.2; exit 3"));
        assert_eq!(failing.unwrap_err(), "the command \"sh\" ended with exit status: 3");
        assert!(read(&mut shell("kill -9 $$")).unwrap_err().contains("signal: 9"));
    }

    #[test]
    fn a_quiet_command_is_ended_with_its_stream() {
        let mut output = shell("exec sleep 600");
        assert_eq!(output.read(&mut [0; 16]).unwrap_err().kind(), ErrorKind::WouldBlock);
        let process = format!("/proc/{}", output.child.id());
        assert!(Path::new(&process).exists());
        drop(output);
        assert!(!Path::new(&process).exists(), "neither it nor its remains");
    }
}
