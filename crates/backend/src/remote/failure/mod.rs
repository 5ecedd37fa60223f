//! What an error of an object store means to us: its kind, one clear cause, and what to do about it.
//!
//! An error is asked in this order: was it refused before it was sent; what did the server answer; what went wrong on the
//! way there; what does the store itself call it. Its own text is not shown where one of these tells more: it repeats
//! itself, and URLs in it may hold keys.

use std::error::Error;
use std::fmt;
use std::io;
use std::iter::successors;

use object_store::Error as StoreError;
use object_store::client::{HttpError, HttpErrorKind};

use super::answer::Answer;
use super::refusal::Refusal;
use crate::error::one_line;
use crate::{BackendError, ErrorKind};

const TRUST: &str =
    "name the certificate of whoever signed that of the server: -o ca-file=FILE or AWS_CA_BUNDLE";
const LEAF: &str = "give the server a certificate that is not that of an authority: openssl req -addext basicConstraints=CA:FALSE";
const DATE: &str = "renew the certificate of the server, or set the clock of this machine";
const NAME: &str =
    "call the server by a name that is in its certificate: -o endpoint=URL or AWS_ENDPOINT_URL";
const PLAIN: &str = "if the server speaks plain http: -o endpoint=http://HOST:PORT -o allow-http=true";
const REACH: &str = "check the endpoint, and that the storage is up: -o endpoint=URL or AWS_ENDPOINT_URL";
const CHECK: &str = "check the storage, then: lifeboat verify";

/// What is wrong with an encrypted connection, by words of its error; the first that fits counts.
const DISTRUST: [(&str, &str); 6] = [
    ("InvalidContentType", PLAIN),
    ("CaUsedAsEndEntity", LEAF),
    ("expired", DATE),
    ("not valid yet", DATE),
    ("not valid for name", NAME),
    ("certificate", TRUST),
];

/// The error of `operation` on `place` that a store has reported.
#[expect(
    clippy::needless_pass_by_value,
    reason = "nothing is to be done with the store's own error after this"
)]
pub(super) fn failure(operation: &'static str, place: impl fmt::Display, error: StoreError) -> BackendError {
    let Meaning { kind, advice, cause } = Meaning::of(operation, &error);
    let failure = BackendError::new(kind, operation, place).with_advice(advice);
    match cause {
        Some(cause) => failure.with_source(cause),
        None => failure,
    }
}

/// Whether the server has said no without a word why, as it does to HEAD.
pub(super) fn is_speechless(error: &StoreError) -> bool {
    Answer::of(error).is_some_and(|answer| answer.is_speechless())
}

#[derive(Debug)]
struct Meaning {
    kind: ErrorKind,
    advice: Option<&'static str>,
    /// Nothing where the kind says it all.
    cause: Option<String>,
}

impl Meaning {
    fn of(operation: &str, error: &StoreError) -> Self {
        if let Some(refusal) = chain(error).find_map(|error| error.downcast_ref::<Refusal>()) {
            return Self::new(refusal.kind, refusal.advice, refusal.to_string());
        }
        if let Some(answer) = Answer::of(error) {
            return match answer.meaning(operation) {
                Some((kind, advice)) => Self::new(kind, advice, answer.cause()),
                None => Self { kind: kind(error), advice: None, cause: None },
            };
        }
        match chain(error).find_map(|error| error.downcast_ref::<HttpError>()) {
            Some(broken) => Self::of_transport(error, broken),
            None => {
                let kind = kind(error);
                let advice = (kind == ErrorKind::Other).then_some(CHECK);
                Self { kind, advice, cause: Some(innermost(error)) }
            }
        }
    }

    /// What kept a request from being answered.
    fn of_transport(error: &StoreError, broken: &HttpError) -> Self {
        let what = innermost(error);
        let server = server(&error.to_string());
        let distrust = DISTRUST.iter().find(|(words, _)| what.contains(words));
        let (kind, advice) = match (distrust, broken.kind()) {
            (Some((_, advice)), _) => (ErrorKind::Other, *advice),
            (None, HttpErrorKind::Unknown | HttpErrorKind::Decode)
                if kind(error) != ErrorKind::Unavailable =>
            {
                (kind(error), CHECK)
            }
            _ => (ErrorKind::Unavailable, REACH),
        };
        Self::new(kind, advice, format!("no answer from {server}: {what}"))
    }

    fn new(kind: ErrorKind, advice: &'static str, cause: String) -> Self {
        Self { kind, advice: Some(advice), cause: Some(cause) }
    }
}

/// What the store itself calls it.
fn kind(error: &StoreError) -> ErrorKind {
    match error {
        StoreError::NotFound { .. } => ErrorKind::NotFound,
        StoreError::AlreadyExists { .. } | StoreError::Precondition { .. } => ErrorKind::Conflict,
        StoreError::PermissionDenied { .. } | StoreError::Unauthenticated { .. } => ErrorKind::Denied,
        StoreError::InvalidPath { .. } => ErrorKind::InvalidName,
        StoreError::NotSupported { .. } | StoreError::NotImplemented { .. } => ErrorKind::Unsupported,
        _ => kind_of_source(error),
    }
}

/// Stores name few causes themselves and wrap the rest.
fn kind_of_source(error: &StoreError) -> ErrorKind {
    chain(error)
        .find_map(|error| error.downcast_ref::<io::Error>())
        .map_or(ErrorKind::Other, ErrorKind::of_io)
}

/// The error, its source, the source of that, and so on.
fn chain(error: &StoreError) -> impl Iterator<Item = &(dyn Error + 'static)> {
    let first: &(dyn Error + 'static) = error;
    successors(Some(first), |error| (*error).source())
}

/// The text of the last source, which no other repeats.
fn innermost(error: &StoreError) -> String {
    chain(error).last().map(|error| one_line(&error.to_string())).unwrap_or_default()
}

/// Scheme and host of the first URL in a text. What stands behind them may be secret.
fn server(text: &str) -> String {
    let Some((before, after)) = text.split_once("://") else { return "the server".to_owned() };
    let scheme = before.rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    let host = after.split(|c: char| c == '/' || c == '?' || c.is_whitespace()).next().unwrap_or_default();
    one_line(&format!("{scheme}://{host}"))
}

#[cfg(test)]
mod tests;
