//! Why storage did not do what it was asked for.
//!
//! One error type, sorted by what a caller can do about it. The message names the operation and the place on
//! one line and never repeats its source.

use std::error::Error;
use std::fmt;
use std::io;

use lifeboat_sys::io::Errno;

/// What systems say of a file whose bytes are lost: input/output error, bad checksum, bad structure, no data.
const LOST: [Errno; 6] =
    [Errno::IO, Errno::BADMSG, Errno::UCLEAN, Errno::NODATA, Errno::ILSEQ, Errno::REMOTEIO];

/// Characters of a place that are shown: names may come from outside and be of any length.
const MAX_PLACE_CHARS: usize = 1024;

/// A failed operation on a backend.
#[derive(Debug, thiserror::Error)]
#[error("{operation} {place}: {kind}")]
pub struct BackendError {
    kind: ErrorKind,
    operation: &'static str,
    place: String,
    advice: Option<&'static str>,
    #[source]
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// What went wrong, by what can be done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// There is no such object or place.
    NotFound,
    /// The name exists with other bytes.
    Conflict,
    /// The object is larger than the caller's or the storage's limit.
    TooLarge,
    /// The object ends before the bytes that were asked for.
    Short,
    /// What bears the name is no object, or storage cannot give its bytes any more.
    Damaged,
    /// The place itself, or a folder on the way, vanished while it was used.
    Gone,
    /// Space or quota is exhausted, or a limit of what may be written. Trying again does not help.
    Full,
    /// Permissions or credentials do not allow it.
    Denied,
    /// Not now; trying again may help.
    Unavailable,
    /// The name, prefix or location is malformed.
    InvalidName,
    /// This build or this storage cannot do it.
    Unsupported,
    /// There is no such bucket; buckets are not created.
    NoBucket,
    /// Variables, profiles or options of object storage make no sense, or not together.
    Settings,
    /// Anything else; the source says what.
    Other,
}

impl BackendError {
    /// An error of `kind` in `operation` (a verb, lower-case) on `place` (an object's name, a path, a
    /// location).
    #[must_use]
    pub fn new(kind: ErrorKind, operation: &'static str, place: impl fmt::Display) -> Self {
        Self { kind, operation, place: one_line(&place.to_string()), advice: None, source: None }
    }

    /// The same error with what caused it.
    #[must_use]
    pub fn with_source(self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { source: Some(source.into()), ..self }
    }

    /// The same error with what to do about it, which only this storage knows.
    pub(crate) fn with_advice(self, advice: Option<&'static str>) -> Self {
        Self { advice, ..self }
    }

    /// What an operating system's error means here.
    pub(crate) fn io(operation: &'static str, place: impl fmt::Display, source: io::Error) -> Self {
        Self::new(ErrorKind::of_io(&source), operation, place).with_source(source)
    }

    /// The same for reading an object: what the disk has lost, or what is no file, is damage of that object.
    pub(crate) fn reading(operation: &'static str, place: impl fmt::Display, source: io::Error) -> Self {
        let is_lost = source.kind() == io::ErrorKind::InvalidData
            || source.raw_os_error().is_some_and(|number| LOST.contains(&Errno::from_raw_os_error(number)));
        let kind = if is_lost { ErrorKind::Damaged } else { ErrorKind::of_io(&source) };
        Self::new(kind, operation, place).with_source(source)
    }

    /// The same for changing something: what is missing then is a place, and a limit is one of space.
    pub(crate) fn writing(operation: &'static str, place: impl fmt::Display, source: io::Error) -> Self {
        let kind = match ErrorKind::of_io(&source) {
            ErrorKind::NotFound => ErrorKind::Gone,
            ErrorKind::TooLarge => ErrorKind::Full,
            kind => kind,
        };
        Self::new(kind, operation, place).with_source(source)
    }

    /// What went wrong, by what can be done about it.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The operation that failed, a verb.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    /// The object, path or location that it failed on, control characters escaped.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// What to do about it, where it depends on the storage: words that go behind `hint:`.
    #[must_use]
    pub fn advice(&self) -> Option<&'static str> {
        self.advice
    }

    /// Whether there is no such object or place.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.kind == ErrorKind::NotFound
    }

    /// Whether the name exists with other bytes.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        self.kind == ErrorKind::Conflict
    }

    /// Whether the object is larger than a limit.
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        self.kind == ErrorKind::TooLarge
    }

    /// Whether the object ends before the bytes that were asked for.
    #[must_use]
    pub fn is_short(&self) -> bool {
        self.kind == ErrorKind::Short
    }

    /// Whether what bears the object's name cannot be read as an object.
    #[must_use]
    pub fn is_damaged(&self) -> bool {
        self.kind == ErrorKind::Damaged
    }

    /// Whether space or quota is exhausted.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.kind == ErrorKind::Full
    }

    /// Whether permissions or credentials are missing.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        self.kind == ErrorKind::Denied
    }

    /// Whether the same call may succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.kind == ErrorKind::Unavailable
    }
}

impl ErrorKind {
    /// An input/output error of the device itself is `Other`: after it nothing may be believed, least of all
    /// a retry.
    pub(crate) fn of_io(error: &io::Error) -> Self {
        use io::ErrorKind as Io;
        match error.kind() {
            Io::NotFound => Self::NotFound,
            Io::PermissionDenied | Io::ReadOnlyFilesystem => Self::Denied,
            Io::StorageFull | Io::QuotaExceeded => Self::Full,
            Io::FileTooLarge => Self::TooLarge,
            Io::UnexpectedEof => Self::Short,
            Io::InvalidFilename => Self::InvalidName,
            Io::Unsupported => Self::Unsupported,
            Io::Interrupted
            | Io::TimedOut
            | Io::WouldBlock
            | Io::ResourceBusy
            | Io::StaleNetworkFileHandle => Self::Unavailable,
            Io::ConnectionRefused | Io::ConnectionReset | Io::ConnectionAborted | Io::NotConnected => {
                Self::Unavailable
            }
            Io::BrokenPipe | Io::HostUnreachable | Io::NetworkUnreachable | Io::NetworkDown => {
                Self::Unavailable
            }
            _ => Self::Other,
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NotFound => "not found",
            Self::Conflict => "exists with other bytes",
            Self::TooLarge => "larger than the limit",
            Self::Short => "ends before the bytes asked for",
            Self::Damaged => "cannot be read",
            Self::Gone => "the place is not there any more",
            Self::Full => "no space left",
            Self::Denied => "access denied",
            Self::Unavailable => "storage does not answer now",
            Self::InvalidName => "not a valid name",
            Self::Unsupported => "not supported",
            Self::NoBucket => "there is no such bucket",
            Self::Settings => "the settings will not do",
            Self::Other => "failed",
        })
    }
}

/// The text without control characters, which could break a line or steer a terminal.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len().min(MAX_PLACE_CHARS));
    for character in text.chars().take(MAX_PLACE_CHARS) {
        if character.is_control() {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
    line
}
