//! Errors as the store wraps them.

use super::*;

fn generic(source: impl Into<Box<dyn Error + Send + Sync>>) -> StoreError {
    StoreError::Generic { store: "test", source: source.into() }
}

/// An error whose text repeats that of its source, as those around an answer do.
#[derive(Debug, thiserror::Error)]
#[error("Error performing GET https://host.example:9000/bucket?sig=SECRET in 5ms - {0}")]
struct Around(#[source] HttpError);

fn broken(kind: HttpErrorKind, text: &str) -> StoreError {
    generic(Around(HttpError::new(kind, io::Error::other(text.to_owned()))))
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
fn unnamed_causes_are_found_in_the_chain() {
    let wrapped = |kind: io::ErrorKind| generic(generic(io::Error::from(kind)));
    assert_eq!(kind(&wrapped(io::ErrorKind::StorageFull)), ErrorKind::Full);
    assert_eq!(kind(&wrapped(io::ErrorKind::ConnectionReset)), ErrorKind::Unavailable);
    assert_eq!(kind(&generic("a mystery")), ErrorKind::Other);
}

#[test]
fn a_server_that_cannot_be_reached_is_named_without_what_may_be_secret() {
    let error = failure("get", "config", broken(HttpErrorKind::Connect, "Connection refused"));
    assert!(error.is_retryable());
    assert_eq!(
        error.source().unwrap().to_string(),
        "no answer from https://host.example:9000: Connection refused"
    );
    assert!(!format!("{error:?}").contains("SECRET"));
    assert_eq!(error.advice(), Some(REACH));
}

#[test]
fn distrust_and_plain_servers_have_advice_of_their_own() {
    for (text, advice) in [
        ("invalid peer certificate: UnknownIssuer", TRUST),
        ("invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))", LEAF),
        ("invalid peer certificate: certificate expired: verification time 2", DATE),
        ("invalid peer certificate: certificate not valid yet: verification time 1", DATE),
        ("invalid peer certificate: certificate not valid for name \"a\"", NAME),
        ("received corrupt message of type InvalidContentType", PLAIN),
    ] {
        let error = failure("get", "config", broken(HttpErrorKind::Connect, text));
        assert_eq!((error.kind(), error.advice()), (ErrorKind::Other, Some(advice)), "{text}");
    }
}

#[test]
fn what_was_refused_before_it_was_sent_is_told_as_it_is() {
    let refusal = Refusal::credentials("there are none", "set some");
    let error = failure("get", "config", generic(StoreError::from(refusal)));
    assert!(error.is_denied());
    assert_eq!(error.source().unwrap().to_string(), "there are none");
    assert_eq!(error.advice(), Some("set some"));
}
