//! Why bytes could not be understood.

use thiserror::Error;

/// What is wrong with stored bytes, or with what was to be stored.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FormatError {
    /// The bytes are not of the form that the specification demands.
    #[error("malformed {0}")]
    Malformed(&'static str),
    /// The record is of a version or kind that this program does not know yet: not damage.
    #[error("{0} of a newer format than this program knows")]
    Newer(&'static str),
    /// A limit of the specification is exceeded.
    #[error("{0} exceeds the limit of the format")]
    Limit(&'static str),
    /// The authentication tag does not fit: altered bytes, or another key.
    #[error("{0} is not authentic")]
    NotAuthentic(&'static str),
    /// The bytes are authentic but not those that the name promises.
    #[error("{0} does not hash to its name")]
    WrongHash(&'static str),
    /// What bears the name is no file, or the storage cannot give its bytes any more.
    #[error("{0} cannot be read")]
    Unreadable(&'static str),
    /// The password or key opens no slot.
    #[error("wrong password or key")]
    WrongKey,
    /// What was produced cannot be read back: the machine is not to be trusted.
    #[error("{0} could not be read back after it was made: suspect bad memory")]
    NotReproduced(&'static str),
}

impl FormatError {
    /// Whether stored bytes are not what they should be.
    #[must_use]
    pub fn is_corrupt(&self) -> bool {
        self.is_accident() || matches!(self, Self::Malformed(_) | Self::NotAuthentic(_) | Self::Limit(_))
    }

    /// Whether the storage has not kept what it was given, so that nobody's intent can be read from it.
    #[must_use]
    pub fn is_accident(&self) -> bool {
        matches!(self, Self::WrongHash(_) | Self::Unreadable(_))
    }

    /// Whether a newer program is needed.
    #[must_use]
    pub fn is_newer(&self) -> bool {
        matches!(self, Self::Newer(_))
    }
}
