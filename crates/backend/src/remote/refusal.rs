//! Why settings or credentials will not do, and what would.
//!
//! Invariant: the text shows no value of a variable or a file, only names, but for options that hold no secret.

use std::fmt;

use crate::{BackendError, ErrorKind};

/// Found before, or instead of, asking the store for anything.
#[derive(Debug, thiserror::Error)]
#[error("{cause}")]
pub(super) struct Refusal {
    pub(super) kind: ErrorKind,
    pub(super) cause: String,
    pub(super) advice: &'static str,
}

impl Refusal {
    /// Settings that make no sense.
    pub(super) fn settings(cause: impl Into<String>, advice: &'static str) -> Self {
        Self { kind: ErrorKind::Settings, cause: cause.into(), advice }
    }

    /// Credentials that are not there.
    pub(super) fn credentials(cause: impl Into<String>, advice: &'static str) -> Self {
        Self { kind: ErrorKind::Denied, cause: cause.into(), advice }
    }

    /// As an error of opening `place`.
    pub(super) fn of_opening(self, place: impl fmt::Display) -> BackendError {
        BackendError::new(self.kind, "open", place).with_advice(Some(self.advice)).with_source(self.cause)
    }
}

impl From<Refusal> for object_store::Error {
    fn from(refusal: Refusal) -> Self {
        Self::Generic { store: "credentials", source: Box::new(refusal) }
    }
}
