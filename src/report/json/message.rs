//! Short messages: what was made, what is worth knowing, what went wrong.

use super::super::Work;
use super::bytes::{hex_if_needed, text};
use crate::exit::Failure;
use lifeboat_drill::record::Record;
use lifeboat_engine::{Exclusion, Problem, ProblemKind};
use serde::Serialize;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

#[derive(Serialize)]
pub(super) struct Initialized<'a> {
    message_type: &'static str,
    id: &'a str,
    repository: &'a str,
    exclusive: bool,
}

impl<'a> Initialized<'a> {
    pub(super) fn of(id: &'a str, repository: &'a str, exclusive: bool) -> Self {
        Self { message_type: "initialized", id, repository, exclusive }
    }
}

#[derive(Serialize)]
pub(super) struct Version {
    message_type: &'static str,
    version: &'static str,
    os: &'static str,
    arch: &'static str,
}

impl Version {
    pub(super) fn of_this_program() -> Self {
        let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
        Self { message_type: "version", version: env!("CARGO_PKG_VERSION"), os, arch }
    }
}

#[derive(Serialize)]
pub(super) struct Note<'a> {
    message_type: &'static str,
    message: &'a str,
}

impl<'a> Note<'a> {
    pub(super) fn of(message: &'a str) -> Self {
        Self { message_type: "note", message }
    }
}

/// An item that is left out.
#[derive(Serialize)]
pub(super) struct Excluded {
    message_type: &'static str,
    item: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    item_hex: Option<String>,
    reason: String,
}

impl Excluded {
    pub(super) fn of(path: &Path, why: &Exclusion) -> Self {
        let item = path.as_os_str().as_bytes();
        Self {
            message_type: "excluded_item",
            item: text(item),
            item_hex: hex_if_needed(item),
            reason: why.to_string(),
        }
    }
}

/// Trouble with one item.
#[derive(Serialize)]
pub(super) struct Error<'a> {
    message_type: &'static str,
    error: Cause<'a>,
    during: &'static str,
    item: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    item_hex: Option<String>,
    kind: &'static str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    mendable: bool,
}

#[derive(Serialize)]
struct Cause<'a> {
    message: &'a str,
}

impl<'a> Error<'a> {
    pub(super) fn of(problem: &'a Problem, work: Work) -> Self {
        let item = problem.path.as_os_str().as_bytes();
        Self {
            message_type: "error",
            error: Cause { message: &problem.cause },
            during: match work {
                Work::Backup => "archival",
                Work::List => "list",
                Work::Restore => "restore",
                Work::Verify | Work::Scrub => "verify",
                Work::Prune => "prune",
                Work::Repair => "repair",
                Work::Copy => "copy",
                Work::Drill => "drill",
            },
            item: text(item),
            item_hex: hex_if_needed(item),
            kind: match problem.kind {
                ProblemKind::NotSet => "not_set",
                ProblemKind::Unsteady => "unsteady",
                ProblemKind::Unfiltered => "unfiltered",
                ProblemKind::Unread => "unread",
                ProblemKind::MissingSource => "missing_source",
                ProblemKind::NotWritten => "not_written",
                ProblemKind::Damage | ProblemKind::Mendable => "damage",
                ProblemKind::Tampering => "tampering",
            },
            mendable: problem.kind == ProblemKind::Mendable,
        }
    }
}

/// Why the program does not end with 0.
#[derive(Serialize)]
pub(super) struct ExitError<'a> {
    message_type: &'static str,
    code: u8,
    message: String,
    hint: &'a str,
}

impl<'a> ExitError<'a> {
    pub(super) fn of(failure: &'a Failure) -> Self {
        let (code, message) = (failure.code as u8, failure.message());
        Self { message_type: "exit_error", code, message, hint: &failure.hint }
    }
}

/// A drill, as it is recorded.
#[derive(Serialize)]
pub(super) struct Drill<'a> {
    pub(super) message_type: &'static str,
    #[serde(flatten)]
    pub(super) record: &'a Record,
}
