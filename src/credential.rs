//! What opens the repository: the password or key that the arguments, the environment or a person give.
//!
//! Invariant: exactly one source counts. Two at once are refused, because one of them is not the one that is meant.

use crate::cli::Globals;
use crate::environment::variable;
use crate::exit::Failure;
use crate::place::Place;
use crate::{key_file, password};
use lifeboat_repository::Credential;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

const VARIABLE: &str = "LIFEBOAT_PASSWORD";
/// Where systemd puts what `LoadCredential=` and its like name.
const SYSTEMD: &str = "CREDENTIALS_DIRECTORY";
const OPTIONS: &str =
    "LIFEBOAT_PASSWORD, --password-file FILE, --password-command COMMAND and --key-file FILE";

/// A credential, and whether a person typed it.
#[derive(Clone)]
pub(crate) struct Given {
    pub(crate) credential: Credential,
    typed: bool,
}

impl Given {
    /// The credential from the one source that is given, else from that of the place, else from the terminal.
    ///
    /// # Errors
    /// Two sources, none, an empty password, an endless one, a key that was mistyped, or a source that cannot be read.
    pub(crate) fn read(globals: &Globals, place: &Place) -> Result<Self, Failure> {
        let mut sources = sources(globals);
        if sources.len() > 1 {
            let names: Vec<_> = sources.into_iter().map(|(name, _)| name).collect();
            let cause = format!("the password comes from more than one source: {}", names.join(" and "));
            return Err(Failure::usage(cause, format!("give one of {OPTIONS}")));
        }
        let given = sources.pop().map(|(_, source)| source);
        match given.as_ref().or(place.source.as_ref()) {
            Some(source) => Ok(Self { credential: source.read()?, typed: false }),
            None => {
                let password = password::typed("password: ", OPTIONS)?;
                Ok(Self { credential: Credential::Password(password), typed: true })
            }
        }
    }

    /// The same; a password that a person typed is typed once more.
    ///
    /// # Errors
    /// When the two differ.
    pub(crate) fn confirm(self) -> Result<Self, Failure> {
        if let (true, Credential::Password(password)) = (self.typed, &self.credential) {
            password::confirm(password, "password again: ")?;
        }
        Ok(self)
    }

    /// Whether a person typed it, and may be asked for more.
    pub(crate) fn is_typed(&self) -> bool {
        self.typed
    }
}

/// Where a credential comes from.
#[derive(Clone)]
pub(crate) enum Source {
    Variable(OsString),
    PasswordFile(PathBuf),
    PasswordCommand(String),
    KeyFile(PathBuf),
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Source")
    }
}

impl Source {
    /// The credential.
    ///
    /// # Errors
    /// When it is empty, endless or mistyped, or cannot be read.
    pub(crate) fn read(&self) -> Result<Credential, Failure> {
        let password = match self {
            Self::Variable(value) => password::not_empty(Zeroizing::new(value.as_bytes().to_vec()), OPTIONS),
            Self::PasswordFile(file) => password::of_file(file, "--password-file", OPTIONS),
            Self::PasswordCommand(command) => password::of_command(command, "--password-command", OPTIONS),
            Self::KeyFile(file) => return key_file::read(file),
        };
        password.map(Credential::Password)
    }
}

/// All sources that are given, and how.
fn sources(globals: &Globals) -> Vec<(String, Source)> {
    let mut sources = Vec::new();
    if let Some(value) = variable(VARIABLE) {
        sources.push((VARIABLE.to_owned(), Source::Variable(value)));
    }
    if let Some(file) = &globals.password_file {
        let name = origin("--password-file", "LIFEBOAT_PASSWORD_FILE", file.as_os_str());
        sources.push((name, Source::PasswordFile(file.clone())));
    }
    if let Some(command) = &globals.password_command {
        let name = origin("--password-command", "LIFEBOAT_PASSWORD_COMMAND", OsStr::new(command));
        sources.push((name, Source::PasswordCommand(command.clone())));
    }
    if let Some(file) = &globals.key_file {
        let name = origin("--key-file", "LIFEBOAT_KEY_FILE", file.as_os_str());
        sources.push((name, Source::KeyFile(file.clone())));
    }
    if let Some(file) = of_systemd("lifeboat.password") {
        sources.push(("the systemd credential lifeboat.password".to_owned(), Source::PasswordFile(file)));
    }
    if let Some(file) = of_systemd("lifeboat.key") {
        sources.push(("the systemd credential lifeboat.key".to_owned(), Source::KeyFile(file)));
    }
    sources
}

/// The credential of this name, if systemd handed one to this service.
fn of_systemd(name: &str) -> Option<PathBuf> {
    let path = Path::new(&variable(SYSTEMD)?).join(name);
    path.symlink_metadata().is_ok().then_some(path)
}

/// The variable when it holds the value of the option, else the option.
fn origin(option: &str, name: &str, value: &OsStr) -> String {
    let is_variable = variable(name).is_some_and(|set| set == value);
    if is_variable { name } else { option }.to_owned()
}
