//! Passwords: from a file, from a command, or typed.
//!
//! Invariant: no source is read without bound.

use crate::exit::{Code, Failure};
use crate::{list_file, terminal};
use std::io::{self, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use zeroize::Zeroizing;

/// Longest password or key that a file or a command may give, in bytes.
const LONGEST: usize = 64 << 10;

/// The password in a file.
///
/// # Errors
/// When the file cannot be read, is empty or endless.
pub(crate) fn of_file(path: &Path, option: &str, options: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut bytes = content("password file", path, option)?;
    strip_newline(&mut bytes);
    not_empty(bytes, options)
}

/// The password that a command prints. The command may hold secrets itself: no message shows it.
///
/// # Errors
/// When the command fails, or prints nothing or without end.
pub(crate) fn of_command(command: &str, option: &str, options: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let hint = format!("run the command of {option} by hand, and look for its mistake");
    let failed = |error| Failure::system("cannot run the password command", error, hint.clone());
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = shell.spawn().map_err(failed)?;
    // Once the pipe is read it is closed: whoever goes on writing to it ends.
    let password = limited(child.stdout.take().expect("standard output is a pipe"), option, failed);
    if password.is_err() {
        child.kill().map_err(failed)?;
    }
    let status = child.wait().map_err(failed)?;
    let mut password = password?;
    if !status.success() {
        let cause = anyhow::anyhow!("the password command ended with {status}");
        return Err(Failure::new(Code::Failed, cause, hint));
    }
    strip_newline(&mut password);
    not_empty(password, options)
}

/// A password that a person types once.
///
/// # Errors
/// When there is no person, or the password is empty.
pub(crate) fn typed(prompt: &str, options: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
    if !terminal::is_there() {
        return Err(Failure::usage(
            "no password is given, and there is no terminal to ask for it",
            give(options),
        ));
    }
    not_empty(terminal::secret(prompt)?, options)
}

/// The same password once more: a slip of the hand would lock for ever.
///
/// # Errors
/// When the two differ.
pub(crate) fn confirm(password: &[u8], prompt: &str) -> Result<(), Failure> {
    match *terminal::secret(prompt)? == password {
        true => Ok(()),
        false => Err(Failure::usage("the two passwords differ", "type the same password twice")),
    }
}

/// Refuses a password of nothing.
pub(crate) fn not_empty(bytes: Zeroizing<Vec<u8>>, options: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
    match bytes.is_empty() {
        true => Err(Failure::usage("the password is empty", give(options))),
        false => Ok(bytes),
    }
}

/// All bytes of a small file that holds a secret.
///
/// # Errors
/// When it cannot be read or is endless.
#[expect(
    clippy::disallowed_methods,
    reason = "the file is an option of the command line, not a source of data"
)]
pub(crate) fn content(what: &str, path: &Path, option: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let failed = |error| {
        let action = format!("cannot read the {what} {}", path.display());
        Failure::system(action, error, format!("name a file that can be read: {option} FILE"))
    };
    list_file::refuse_stdin(option, path)?;
    limited(std::fs::File::open(path).map_err(failed)?, option, failed)
}

/// No more than a password can be.
fn limited(
    source: impl Read,
    option: &str,
    failed: impl Fn(io::Error) -> Failure,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    // Room for everything from the start: a vector that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST + 1));
    source.take(LONGEST as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    match bytes.len() > LONGEST {
        true => Err(Failure::usage(
            "the password or key is longer than 64 KiB",
            format!("look at what is given by {option}"),
        )),
        false => Ok(bytes),
    }
}

fn give(options: &str) -> String {
    format!("give one of {options}")
}

/// Editors end files with a newline, some with CR LF, and commands their output; it is not meant.
fn strip_newline(bytes: &mut Vec<u8>) {
    if bytes.pop_if(|last| *last == b'\n').is_some() {
        bytes.pop_if(|last| *last == b'\r');
    }
}
