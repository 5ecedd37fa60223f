//! What an error of an object store means to us.
//!
//! Stores name few causes themselves and wrap the rest, so for those the chain of sources is searched for an
//! error of the operating system.

use std::error::Error;
use std::fmt;
use std::io;
use std::iter::successors;

use object_store::Error as StoreError;

use crate::{BackendError, ErrorKind};

/// The error of `operation` on `place` that a store has reported.
pub(super) fn failure(operation: &'static str, place: impl fmt::Display, error: StoreError) -> BackendError {
    BackendError::new(kind(&error), operation, place).with_source(error)
}

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

fn kind_of_source(error: &StoreError) -> ErrorKind {
    let first: &(dyn Error + 'static) = error;
    successors(Some(first), |error| (*error).source())
        .find_map(|error| error.downcast_ref::<io::Error>())
        .map_or(ErrorKind::Other, ErrorKind::of_io)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generic(source: impl Into<Box<dyn Error + Send + Sync>>) -> StoreError {
        StoreError::Generic { store: "test", source: source.into() }
    }

    #[test]
    fn named_causes_keep_their_meaning() {
        let (path, source) = (|| "key".to_owned(), || "said so".into());
        assert_eq!(kind(&StoreError::NotFound { path: path(), source: source() }), ErrorKind::NotFound);
        assert_eq!(kind(&StoreError::AlreadyExists { path: path(), source: source() }), ErrorKind::Conflict);
        assert_eq!(kind(&StoreError::Precondition { path: path(), source: source() }), ErrorKind::Conflict);
        assert_eq!(kind(&StoreError::PermissionDenied { path: path(), source: source() }), ErrorKind::Denied);
        assert_eq!(kind(&StoreError::Unauthenticated { path: path(), source: source() }), ErrorKind::Denied);
        assert_eq!(kind(&StoreError::NotSupported { source: source() }), ErrorKind::Unsupported);
    }

    #[test]
    fn wrapped_causes_are_found() {
        let wrapped = |kind: io::ErrorKind| generic(generic(io::Error::from(kind)));
        assert_eq!(kind(&wrapped(io::ErrorKind::StorageFull)), ErrorKind::Full);
        assert_eq!(kind(&wrapped(io::ErrorKind::ConnectionReset)), ErrorKind::Unavailable);
        assert_eq!(kind(&generic("a mystery")), ErrorKind::Other);
    }
}
