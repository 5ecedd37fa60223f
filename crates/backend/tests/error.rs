//! What callers and people see of an error.

use std::error::Error;

use lifeboat_backend::{BackendError, ErrorKind};

type Predicate = fn(&BackendError) -> bool;

#[test]
fn the_message_names_operation_place_and_kind_but_not_its_source() {
    let error = BackendError::new(ErrorKind::Full, "put", "packs/ab/1").with_source("the disk said so");
    assert_eq!(error.to_string(), "put packs/ab/1: no space left");
    assert_eq!(error.source().unwrap().to_string(), "the disk said so");
    assert_eq!((error.kind(), error.operation(), error.place()), (ErrorKind::Full, "put", "packs/ab/1"));
}

#[test]
fn a_place_cannot_break_the_line_or_flood_it() {
    let error = BackendError::new(ErrorKind::InvalidName, "name", "a\nb\u{1b}[31m");
    assert_eq!(error.place(), "a\\nb\\u{1b}[31m");
    let error = BackendError::new(ErrorKind::InvalidName, "name", "x".repeat(1 << 20));
    assert!(error.to_string().len() < 2000);
}

#[test]
fn each_predicate_belongs_to_one_kind() {
    let predicates: [(ErrorKind, Predicate); 8] = [
        (ErrorKind::NotFound, BackendError::is_not_found),
        (ErrorKind::Conflict, BackendError::is_conflict),
        (ErrorKind::TooLarge, BackendError::is_too_large),
        (ErrorKind::Short, BackendError::is_short),
        (ErrorKind::Damaged, BackendError::is_damaged),
        (ErrorKind::Full, BackendError::is_full),
        (ErrorKind::Denied, BackendError::is_denied),
        (ErrorKind::Unavailable, BackendError::is_retryable),
    ];
    for (kind, _) in predicates {
        let error = BackendError::new(kind, "stat", "x");
        let holding: Vec<ErrorKind> =
            predicates.iter().filter(|(_, is)| is(&error)).map(|(kind, _)| *kind).collect();
        assert_eq!(holding, [kind]);
    }
}
