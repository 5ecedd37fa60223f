//! Why a verb could not do what it was asked.

use lifeboat_format::SnapshotId;
use lifeboat_fs::{FsError, escaped};
use lifeboat_repository::RepositoryError;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use thiserror::Error;

/// What ended a verb. Trouble with single items does not: it is in the report.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The repository.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// No snapshot fits the reference.
    #[error("no snapshot matches \"{0}\"")]
    NoSnapshot(String),
    /// More than one snapshot fits the reference.
    #[error("\"{reference}\" fits {count} snapshots")]
    AmbiguousSnapshot {
        /// What was asked for.
        reference: String,
        /// How many fit.
        count: usize,
    },
    /// A policy would keep none of some snapshots.
    #[error("that would keep none of {count} snapshots which belong together")]
    NothingKept {
        /// How many there are.
        count: usize,
    },
    /// A snapshot that was to be had back is not forgotten.
    #[error("snapshot {} is not forgotten", .0.short())]
    NotForgotten(SnapshotId),
    /// Some of what a forgotten snapshot needs is swept, or condemned.
    #[error("snapshot {} cannot be had back: some of what it needs is gone, or about to go", .0.short())]
    TooLate(SnapshotId),
    /// The path is not in the snapshot.
    #[error("\"{0}\" is not in the snapshot")]
    NoPath(String),
    /// None of the paths to be backed up is there.
    #[error("nothing to back up: {0}")]
    NoSource(String),
    /// The source as a whole cannot be read.
    #[error("{0}")]
    Source(String),
    /// A special file that was to be read may have no end.
    #[error("\"{}\" is no block device: reading it may never end", escaped(.0.as_os_str().as_bytes()))]
    Endless(PathBuf),
    /// The stream to be backed up failed, or whoever makes it.
    #[error(transparent)]
    Stream(io::Error),
    /// The time that a snapshot was to have.
    #[error("the time of a snapshot cannot lie in the future")]
    FutureTime,
    /// The observer asked to stop.
    #[error("interrupted")]
    Interrupted,
    /// The target of a restore cannot be used.
    #[error("cannot use the target")]
    Target(#[source] FsError),
}

/// An error and its causes on one line.
pub(crate) fn cause_of(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
