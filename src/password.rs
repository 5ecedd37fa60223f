//! Where the password comes from: a file, a command, a variable, or a person.
//!
//! Invariant: exactly one source counts. Two at once are refused, because one of them is not the one that is meant.

use crate::cli::Globals;
use crate::exit::{Code, Failure};
use lifeboat_repository::Credential;
use std::io::{self, IsTerminal as _};
use std::os::unix::ffi::OsStringExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use zeroize::Zeroizing;

const VARIABLE: &str = "LIFEBOAT_PASSWORD";
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
    /// Two sources, none, an empty password, or a source that cannot be read.
    pub(crate) fn read(globals: &Globals) -> Result<Self, Failure> {
        let variable = variable();
        let typed = false;
        let password = match (&globals.password_file, &globals.password_command, variable) {
            (None, None, None) => Self { bytes: ask("password: ")?, typed: true },
            (None, None, Some(bytes)) => Self { bytes, typed },
            (Some(file), None, None) => Self { bytes: of_file(file)?, typed },
            (None, Some(command), None) => Self { bytes: of_command(command)?, typed },
            _ => return Err(Failure::usage("the password comes from two sources at once", HINT)),
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

#[expect(clippy::disallowed_methods, reason = "the command line is the one place that reads the environment")]
fn variable() -> Option<Zeroizing<Vec<u8>>> {
    std::env::var_os(VARIABLE).map(|text| Zeroizing::new(text.into_vec()))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the file is an option of the command line, not a source of data"
)]
fn of_file(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let bytes = std::fs::read(path);
    let action = || format!("cannot read the password file {}", path.display());
    bytes.map(without_newline).map_err(|error| {
        Failure::system(action(), error, "name a file that can be read: --password-file FILE")
    })
}

fn of_command(command: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let output = Command::new("sh").args(["-c", command]).stderr(Stdio::inherit()).output();
    let hint = format!("see what it prints: sh -c '{command}'");
    let output =
        output.map_err(|error| Failure::system("cannot run the password command", error, hint.clone()))?;
    match output.status.success() {
        true => Ok(without_newline(output.stdout)),
        false => Err(Failure::new(
            Code::Failed,
            anyhow::anyhow!("the password command ended with {}", output.status),
            hint,
        )),
    }
}

fn ask(prompt: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::usage("no password is given, and there is no terminal to ask for it", HINT));
    }
    let typed = rpassword::prompt_password(prompt);
    let typed = typed.map_err(|error| Failure::system("cannot ask for the password", error, HINT))?;
    Ok(Zeroizing::new(typed.into_bytes()))
}

/// Editors end files with a newline, and commands their output; it is not meant.
fn without_newline(mut bytes: Vec<u8>) -> Zeroizing<Vec<u8>> {
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
    }
    Zeroizing::new(bytes)
}
