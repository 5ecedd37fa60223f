//! Where the password comes from: a file, a command, a variable, or a person.
//!
//! Invariants: exactly one source counts. Two at once are refused, because one of them is not the one that is meant.
//! No source is read without bound.

use crate::cli::Globals;
use crate::environment::variable;
use crate::exit::{Code, Failure};
use lifeboat_repository::Credential;
use std::ffi::OsStr;
use std::io::{self, IsTerminal as _, Read};
use std::os::unix::ffi::OsStringExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use zeroize::Zeroizing;

const VARIABLE: &str = "LIFEBOAT_PASSWORD";
/// Longest password that a file or a command may give, in bytes.
const LONGEST: usize = 64 << 10;
const HINT: &str = "give one of LIFEBOAT_PASSWORD, --password-file FILE or --password-command COMMAND";

/// A password, and whether a person typed it.
pub(crate) struct Password {
    bytes: Zeroizing<Vec<u8>>,
    typed: bool,
}

impl Password {
    /// The password from the one source that is given, else from the terminal.
    ///
    /// # Errors
    /// Two sources, none, an empty password, an endless one, or a source that cannot be read.
    pub(crate) fn read(globals: &Globals) -> Result<Self, Failure> {
        let variable = variable(VARIABLE).map(|text| Zeroizing::new(text.into_vec()));
        let typed = false;
        let password = match (&globals.password_file, &globals.password_command, variable) {
            (None, None, None) => Self { bytes: ask("password: ")?, typed: true },
            (None, None, Some(bytes)) => Self { bytes, typed },
            (Some(file), None, None) => Self { bytes: of_file(file)?, typed },
            (None, Some(command), None) => Self { bytes: of_command(command)?, typed },
            _ => return Err(Failure::usage(several(globals), HINT)),
        };
        match password.bytes.is_empty() {
            true => Err(Failure::usage("the password is empty", HINT)),
            false => Ok(password),
        }
    }

    /// The same password, typed once more by a person: a slip of the hand would lock a new repository for ever.
    ///
    /// # Errors
    /// When the two differ.
    pub(crate) fn confirm(self) -> Result<Self, Failure> {
        if self.typed && *ask("password again: ")? != *self.bytes {
            return Err(Failure::usage("the two passwords differ", "type the same password twice"));
        }
        Ok(self)
    }

    pub(crate) fn credential(&self) -> Credential {
        Credential::Password(self.bytes.clone())
    }
}

/// Names all sources that are given.
fn several(globals: &Globals) -> String {
    let file = globals.password_file.as_ref().map(|file| file.as_os_str());
    let command = globals.password_command.as_ref().map(OsStr::new);
    let given = [
        variable(VARIABLE).map(|_| VARIABLE),
        file.map(|value| origin("--password-file", "LIFEBOAT_PASSWORD_FILE", value)),
        command.map(|value| origin("--password-command", "LIFEBOAT_PASSWORD_COMMAND", value)),
    ];
    let given: Vec<_> = given.into_iter().flatten().collect();
    format!("the password comes from more than one source: {}", given.join(" and "))
}

/// The variable when it holds the value of the option, else the option.
fn origin(option: &'static str, name: &'static str, value: &OsStr) -> &'static str {
    match variable(name).is_some_and(|set| set == value) {
        true => name,
        false => option,
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the file is an option of the command line, not a source of data"
)]
fn of_file(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let failed = |error| {
        let action = format!("cannot read the password file {}", path.display());
        Failure::system(action, error, "name a file that can be read: --password-file FILE")
    };
    limited(std::fs::File::open(path).map_err(failed)?, failed)
}

fn of_command(command: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let hint = format!("see what it prints: sh -c '{command}'");
    let failed = |error| Failure::system("cannot run the password command", error, hint.clone());
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = shell.spawn().map_err(failed)?;
    // Once the pipe is read it is closed: whoever goes on writing to it ends.
    let password = limited(child.stdout.take().expect("standard output is a pipe"), failed);
    if password.is_err() {
        child.kill().map_err(failed)?;
    }
    let status = child.wait().map_err(failed)?;
    let password = password?;
    match status.success() {
        true => Ok(password),
        false => {
            Err(Failure::new(Code::Failed, anyhow::anyhow!("the password command ended with {status}"), hint))
        }
    }
}

/// All that a source holds, without the newline that ends it; no more than a password can be.
fn limited(source: impl Read, failed: impl Fn(io::Error) -> Failure) -> Result<Zeroizing<Vec<u8>>, Failure> {
    // Room for everything from the start: a vector that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST + 1));
    source.take(LONGEST as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > LONGEST {
        return Err(Failure::usage("the password is longer than 64 KiB", HINT));
    }
    strip_newline(&mut bytes);
    Ok(bytes)
}

fn ask(prompt: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::usage("no password is given, and there is no terminal to ask for it", HINT));
    }
    let typed = rpassword::prompt_password(prompt);
    let typed = typed.map_err(|error| Failure::system("cannot ask for the password", error, HINT))?;
    Ok(Zeroizing::new(typed.into_bytes()))
}

/// Editors end files with a newline, some with CR LF, and commands their output; it is not meant.
fn strip_newline(bytes: &mut Vec<u8>) {
    if bytes.pop_if(|last| *last == b'\n').is_some() {
        bytes.pop_if(|last| *last == b'\r');
    }
}
