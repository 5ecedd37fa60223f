//! The paths that were asked for, as a tree from `/` down.
//!
//! Invariant: a path that was asked for is never left out by a filter, and one that is not there is a problem.

use crate::select::components;
use crate::{EngineError, Problem, ProblemKind};
use lifeboat_format::NodeKind;
use lifeboat_fs::{FsError, SourceDir};
use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// A name on the way to a path that was asked for, or its end.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    /// Names on the way to paths further down, or their ends.
    pub(super) below: BTreeMap<Vec<u8>, Self>,
    /// Whether this is itself a path that was asked for, with all that is in it.
    pub(super) whole: bool,
}

impl Wanted {
    /// The paths that are there, and a problem for each that is not. Of special files that shall be read, only those
    /// are taken that have an end.
    pub(super) fn find(paths: &[PathBuf], read_special: bool) -> Result<(Self, Vec<Problem>), EngineError> {
        let mut root = Self::default();
        let mut problems = Vec::new();
        for path in paths {
            if read_special && is_endless(path) {
                return Err(EngineError::Endless(path.clone()));
            }
            match look_at(path) {
                Ok(()) => root.add(&components(path.as_os_str().as_bytes())),
                Err(error) => problems.push(problem(path, &error)),
            }
        }
        match problems.first() {
            Some(first) if problems.len() == paths.len() => Err(EngineError::NoSource(first.cause.clone())),
            _ => Ok((root, problems)),
        }
    }

    fn add(&mut self, names: &[&[u8]]) {
        match names {
            [] => self.whole = true,
            [first, rest @ ..] => self.below.entry(first.to_vec()).or_default().add(rest),
        }
    }
}

fn look_at(path: &Path) -> Result<(), FsError> {
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => SourceDir::open(parent)?.stat(name.as_bytes()).map(drop),
        _ => SourceDir::open(path).map(drop),
    }
}

/// Whether reading from it could go on for ever, or wait for somebody who writes.
fn is_endless(path: &Path) -> bool {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return false };
    SourceDir::open(parent)
        .and_then(|dir| dir.stat_target(name.as_bytes()))
        .is_ok_and(|stat| matches!(stat.node.kind, NodeKind::CharDevice | NodeKind::Fifo | NodeKind::Socket))
}

fn problem(path: &Path, error: &FsError) -> Problem {
    let kind = if error.is_not_found() { ProblemKind::MissingSource } else { ProblemKind::Unread };
    Problem { kind, path: path.to_owned(), cause: crate::cause_of(error) }
}
