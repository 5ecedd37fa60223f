//! Evidence: elements of the array of `evidence list --json`, and what became of a check or an export.

use super::bytes::text;
use lifeboat_drill::evidence::{Chains, Stored};
use lifeboat_drill::record::Record;
use lifeboat_repository::EvidenceName;
use serde::Serialize;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

#[derive(Serialize)]
pub(super) struct Line<'a> {
    #[serde(flatten)]
    head: Head,
    record: &'a Record,
}

impl<'a> Line<'a> {
    pub(super) fn of(stored: &'a Stored) -> Self {
        Self { head: Head::of(&stored.name), record: &stored.record }
    }
}

#[derive(Serialize)]
pub(super) struct Head {
    writer: String,
    seq: u64,
    sha256: String,
}

impl Head {
    pub(super) fn of(name: &EvidenceName) -> Self {
        Self { writer: name.writer.to_string(), seq: name.seq, sha256: name.hash.to_string() }
    }
}

#[derive(Serialize)]
pub(super) struct Summary {
    message_type: &'static str,
    num_errors: usize,
    records: usize,
    heads: Vec<Head>,
}

impl Summary {
    pub(super) fn of(chains: &Chains, problems: usize) -> Self {
        let heads = chains.heads().iter().map(Head::of).collect();
        Self { message_type: "summary", num_errors: problems, records: chains.records().count(), heads }
    }
}

#[derive(Serialize)]
pub(super) struct Exported {
    message_type: &'static str,
    directory: String,
    records: usize,
    left_out: usize,
}

impl Exported {
    pub(super) fn of(directory: &Path, records: usize, left_out: usize) -> Self {
        let directory = text(directory.as_os_str().as_bytes());
        Self { message_type: "exported", directory, records, left_out }
    }
}
