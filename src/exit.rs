//! How the program ends: exit codes and the words that go with them.
//!
//! Invariant: the codes are those of docs/json.md, "Exit codes"; every error of a floor below becomes exactly
//! one [`Failure`], here.

use lifeboat_backend::{BackendError, ErrorKind};
use lifeboat_drill::evidence::EvidenceError;
use lifeboat_drill::{DrillError, SandboxError};
use lifeboat_engine::EngineError;
use lifeboat_repository::{RepositoryError, SlotError};
use std::io;
use std::path::Path;
use std::process::ExitCode;

/// An exit code other than 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Code {
    /// Could not do it.
    Failed = 1,
    /// Bad usage.
    Usage = 2,
    /// Done in part.
    Partial = 3,
    /// Stored data is not what it should be.
    Damage = 4,
    /// An objective was missed.
    Missed = 5,
    /// Nobody can say.
    Unproven = 6,
    /// There is no repository.
    NoRepository = 10,
    /// Others may be using the repository.
    Busy = 11,
    /// Wrong password or key.
    WrongPassword = 12,
    /// Storage full, or a quota.
    Full = 13,
    /// A signature, a name or the history does not fit.
    Tampering = 14,
    /// Ended early by SIGINT.
    Interrupted = 130,
    /// Ended early by SIGTERM.
    Terminated = 143,
}

impl Code {
    /// Whether a signal ended it.
    pub(crate) fn is_interruption(self) -> bool {
        matches!(self, Self::Interrupted | Self::Terminated)
    }

    /// The code that the verdict of a drill stands for.
    pub(crate) fn of_verdict(number: u8) -> Self {
        let all = [Self::Usage, Self::Partial, Self::Damage, Self::Missed, Self::Unproven, Self::Tampering];
        all.into_iter().find(|code| *code as u8 == number).unwrap_or(Self::Failed)
    }
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code as u8)
    }
}

/// Why the program does not end with 0.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: Code,
    pub(crate) cause: anyhow::Error,
    /// What to do next, best a command to type.
    pub(crate) hint: String,
}

impl Failure {
    pub(crate) fn new(code: Code, cause: impl Into<anyhow::Error>, hint: impl Into<String>) -> Self {
        Self { code, cause: cause.into(), hint: hint.into() }
    }

    /// The arguments or the environment make no sense.
    pub(crate) fn usage(cause: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(Code::Usage, anyhow::Error::msg(cause.into()), hint)
    }

    /// The machine refused something.
    pub(crate) fn system(action: impl Into<String>, source: io::Error, hint: impl Into<String>) -> Self {
        Self::new(Code::Failed, anyhow::Error::new(source).context(action.into()), hint)
    }

    /// No repository could be made: nothing of it can be damaged yet, only the place can be wrong.
    pub(crate) fn place(error: RepositoryError) -> Self {
        use ErrorKind::{Denied, Full, NoBucket, Settings, Unavailable, Unsupported};
        let hint = "name a place where a directory can be made: lifeboat -r DIR";
        match &error {
            RepositoryError::Backend(storage)
                if storage.advice().is_none()
                    && !matches!(
                        storage.kind(),
                        Denied | Full | NoBucket | Settings | Unavailable | Unsupported
                    ) =>
            {
                Self::new(Code::Failed, error, hint)
            }
            _ => error.into(),
        }
    }

    /// What was asked for could not be written to standard output.
    pub(crate) fn output(source: io::Error) -> Self {
        Self::system(
            "cannot write the output",
            source,
            "send it to a place that has space: lifeboat ... > FILE",
        )
    }

    /// All causes, the outermost first, on one line.
    pub(crate) fn message(&self) -> String {
        format!("{:#}", self.cause)
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        let (code, hint) = match error {
            EngineError::Repository(error) => return error.into(),
            EngineError::NoSnapshot(_) => (Code::Failed, "lifeboat snapshots"),
            EngineError::AmbiguousSnapshot { .. } => {
                (Code::Failed, "give more digits of the id: lifeboat snapshots")
            }
            EngineError::NothingKept { .. } => (
                Code::Failed,
                "look at what the rules say, or mean it: lifeboat forget --dry-run ..., --allow-none",
            ),
            EngineError::NotForgotten(_) => {
                (Code::Failed, "see what can be had back: lifeboat forget --undo")
            }
            EngineError::TooLate(_) => {
                (Code::Failed, "see what can still be had back: lifeboat forget --undo")
            }
            EngineError::NoPath(_) => (Code::Failed, "look for the path: lifeboat ls SNAP"),
            EngineError::NoSource(_) => {
                (Code::Failed, "name paths that exist and can be read: lifeboat backup PATH...")
            }
            EngineError::Source(_) => {
                (Code::Failed, "name a directory that can be read: lifeboat backup DIR")
            }
            EngineError::Endless(_) => (Code::Usage, "save it as a stream: lifeboat backup --stdin < PATH"),
            EngineError::Stream(_) => {
                (Code::Failed, "nothing was saved: mend what makes the stream and run the same command again")
            }
            EngineError::FutureTime => (
                Code::Usage,
                "name a time that has passed: lifeboat backup --time '2026-01-31 12:00:00' PATH...",
            ),
            EngineError::Target(_) => {
                (Code::Failed, "name a directory that you may write to: lifeboat restore SNAP --target DIR")
            }
            _ => (Code::Failed, "lifeboat verify"),
        };
        Self::new(code, error, hint)
    }
}

impl From<DrillError> for Failure {
    fn from(error: DrillError) -> Self {
        match error {
            DrillError::Engine(error) => error.into(),
            DrillError::Sandbox(error) => error.into(),
            error => Self::new(Code::Failed, error, "lifeboat drill --help"),
        }
    }
}

impl From<EvidenceError> for Failure {
    fn from(error: EvidenceError) -> Self {
        let failure = Self::from(error.0);
        Self { cause: failure.cause.context("the evidence of the drill is not stored"), ..failure }
    }
}

impl From<SandboxError> for Failure {
    fn from(error: SandboxError) -> Self {
        let (code, hint) = match error {
            SandboxError::Refused { .. } => {
                (Code::Usage, "name a directory that nothing else needs: lifeboat drill run --sandbox DIR")
            }
            SandboxError::TooSmall { .. } => {
                (Code::Failed, "name a directory with more room: lifeboat drill run --sandbox DIR")
            }
            SandboxError::Failed(_) => {
                (Code::Failed, "name a directory that you may write to: lifeboat drill run --sandbox DIR")
            }
        };
        Self::new(code, error, hint)
    }
}

impl From<RepositoryError> for Failure {
    fn from(error: RepositoryError) -> Self {
        let error = match error {
            // The storage has not been asked for anything yet, so it has not failed.
            RepositoryError::Backend(error) if error.kind() == ErrorKind::Settings => {
                let (code, hint) = of_storage(&error);
                return Self::new(code, error, hint);
            }
            RepositoryError::RolledBack { ref remembered, .. } => {
                let hint = if_on_purpose(remembered);
                return Self::new(Code::Tampering, error, hint);
            }
            other => other,
        };
        let (code, hint) = match &error {
            RepositoryError::Backend(error) => of_storage(error),
            RepositoryError::NoRepository(_) => {
                (Code::NoRepository, "create it with: lifeboat init, or name another with -r")
            }
            RepositoryError::Foreign(_) => (
                Code::NoRepository,
                "name the directory of a repository with -r, or make one in a new directory: lifeboat -r DIR init",
            ),
            RepositoryError::OtherKeys(_) => (
                Code::Failed,
                "restore from it by itself; a replica that can help is made by: lifeboat init --same-keys-as REPO",
            ),
            RepositoryError::Exists(_) => (Code::Failed, "use it as it is: lifeboat backup PATH..."),
            RepositoryError::NotEmpty(_) => {
                (Code::Failed, "name a directory that is new or empty: lifeboat -r DIR init")
            }
            RepositoryError::Unfinished(_) => {
                (Code::Failed, "if no other init is under way, empty the directory and type it again")
            }
            RepositoryError::WrongKey => (
                Code::WrongPassword,
                "check LIFEBOAT_PASSWORD, --password-file, --password-command or --key-file",
            ),
            RepositoryError::Slot(error) => of_slot(error),
            RepositoryError::Cache { .. } => {
                (Code::Failed, "name a directory that has space and can be written: --cache-dir DIR")
            }
            RepositoryError::State { .. } => {
                (Code::Failed, "name a directory that can be read: --state-dir DIR")
            }
            RepositoryError::Damaged { .. } | RepositoryError::Missing(_) => {
                (Code::Damage, "see how far the damage goes: lifeboat verify --read-data")
            }
            RepositoryError::Tampered(_) => {
                (Code::Tampering, "write nothing to the repository, and compare it with another copy")
            }
            RepositoryError::Swept(_) => (Code::Failed, "choose another one: lifeboat snapshots"),
            RepositoryError::Overtaken => (
                Code::Failed,
                "run the same command again, best when nobody prunes: what is stored already is used",
            ),
            RepositoryError::Newer { .. } => {
                (Code::Failed, "install the version that wrote it: lifeboat version")
            }
            _ => (Code::Failed, "lifeboat verify"),
        };
        Self::new(code, error, hint)
    }
}

impl From<BackendError> for Failure {
    fn from(error: BackendError) -> Self {
        RepositoryError::from(error).into()
    }
}

/// What to do where a repository is older than this file remembers.
fn if_on_purpose(remembered: &Path) -> String {
    format!(
        "write nothing to the repository, and compare it with another copy; if its older state was put back on purpose, forget the newer one: rm {}",
        remembered.display()
    )
}

fn of_slot(error: &SlotError) -> (Code, &'static str) {
    match error {
        SlotError::Unread(..) => (
            Code::WrongPassword,
            "try another password, key file or recovery sheet: lifeboat --key-file FILE",
        ),
        SlotError::InUse(_) => {
            (Code::Failed, "open it with another password or key to remove this one, or: lifeboat key passwd")
        }
        SlotError::Known(_) => {
            (Code::Failed, "choose another password; what opens the repository: lifeboat key list")
        }
        SlotError::Last(_) => (Code::Failed, "add another one before: lifeboat key add"),
        SlotError::TooMany => (Code::Failed, "remove one that nobody needs: lifeboat key remove ID"),
        SlotError::Contended => (Code::Failed, "see what is there, and try again: lifeboat key list"),
        _ => (Code::Failed, "look for the id: lifeboat key list"),
    }
}

/// An object that is gone, too short or too long is damage; a storage that does not answer is not. What the storage itself
/// advises fits it better than what is said of directories here.
fn of_storage(error: &BackendError) -> (Code, &'static str) {
    let (code, hint) = match error.kind() {
        ErrorKind::NotFound
        | ErrorKind::Damaged
        | ErrorKind::Short
        | ErrorKind::TooLarge
        | ErrorKind::Conflict => (Code::Damage, "see how far the damage goes: lifeboat verify --read-data"),
        ErrorKind::Full => (Code::Full, "make space in the storage and run the same command again"),
        ErrorKind::Denied => (Code::Failed, "check the permissions of the repository: ls -ld DIR"),
        ErrorKind::Gone => {
            (Code::Failed, "bring the directory of the repository back and run the same command again")
        }
        ErrorKind::Unavailable => (Code::Failed, "run the same command again later"),
        ErrorKind::Unsupported => (Code::Failed, "name a directory of this machine: lifeboat -r /DIR ..."),
        ErrorKind::NoBucket => (Code::NoRepository, "make the bucket with the tools of the storage"),
        ErrorKind::Settings => (Code::Usage, "check the options and variables: lifeboat -o NAME=VALUE ..."),
        _ => (Code::Failed, "check the storage, then: lifeboat verify"),
    };
    (code, error.advice().unwrap_or(hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn storage_that_says_no_has_the_code_of_what_can_be_done() {
        for (kind, code) in [
            (ErrorKind::NoBucket, Code::NoRepository),
            (ErrorKind::Settings, Code::Usage),
            (ErrorKind::Full, Code::Full),
            (ErrorKind::Denied, Code::Failed),
            (ErrorKind::Unavailable, Code::Failed),
            (ErrorKind::NotFound, Code::Damage),
        ] {
            let error = || RepositoryError::from(BackendError::new(kind, "get", "config"));
            assert_eq!(Failure::from(error()).code, code, "{kind:?}");
            let asked = Failure::from(error()).message().starts_with("the storage failed: ");
            assert_eq!(asked, kind != ErrorKind::Settings, "{kind:?}");
        }
    }

    #[test]
    fn a_repository_cannot_be_made_where_there_is_no_bucket() {
        for (kind, code) in [(ErrorKind::NoBucket, Code::NoRepository), (ErrorKind::Settings, Code::Usage)] {
            let error = BackendError::new(kind, "put", "config");
            assert_eq!(Failure::place(error.into()).code, code, "{kind:?}");
        }
    }
}
