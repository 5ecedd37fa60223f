//! Why an exchange with a server broke off, in a few words and by what helps.

use std::error::Error;
use std::io;
use std::iter::successors;
use std::time::Duration;

use object_store::client::{HttpError, HttpErrorKind};

/// Nothing has moved for so long.
pub(super) fn stalled(after: Duration) -> HttpError {
    let words = format!("nothing moved for {} s", after.as_secs_f64());
    HttpError::new(HttpErrorKind::Timeout, io::Error::new(io::ErrorKind::TimedOut, words))
}

/// The connection could not be made or did not hold.
///
/// A certificate that is not trusted is not trusted the next time either; all else may pass.
pub(super) fn broken(error: &reqwest::Error) -> HttpError {
    let system = chain(error).find_map(|error| error.downcast_ref::<io::Error>()).map(io::Error::kind);
    let kind = match system {
        Some(io::ErrorKind::InvalidData) => HttpErrorKind::Unknown,
        _ if error.is_builder() => HttpErrorKind::Unknown,
        _ if error.is_connect() => HttpErrorKind::Connect,
        _ if error.is_timeout() => HttpErrorKind::Timeout,
        _ => HttpErrorKind::Interrupted,
    };
    // Of a chain of wrappers the innermost says what happened.
    let words = chain(error).last().map_or_else(String::new, ToString::to_string);
    let system = match kind {
        HttpErrorKind::Timeout => io::ErrorKind::TimedOut,
        _ => system.filter(|kind| *kind != io::ErrorKind::Other).unwrap_or(io::ErrorKind::ConnectionAborted),
    };
    HttpError::new(kind, io::Error::new(system, words))
}

/// What is said or asked for is not understood.
pub(super) fn malformed(cause: impl Into<Box<dyn Error + Send + Sync>>) -> HttpError {
    HttpError::new_boxed(HttpErrorKind::Unknown, cause.into())
}

/// What has happened, without the words that every error has.
pub(super) fn words(error: &HttpError) -> String {
    error.source().map_or_else(|| error.to_string(), ToString::to_string)
}

/// It was refused for now, and nobody waits for another time.
pub(super) fn refused(words: String) -> HttpError {
    HttpError::new(HttpErrorKind::Unknown, io::Error::new(io::ErrorKind::TimedOut, words))
}

/// An error that trying again does not help against.
pub(super) fn hopeless(error: HttpError) -> HttpError {
    HttpError::new(HttpErrorKind::Unknown, error)
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    successors(Some(error), |error| (*error).source())
}
