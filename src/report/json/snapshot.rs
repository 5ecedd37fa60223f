//! Snapshots: elements of the array of `snapshots --json`, and the first line of `ls --json`.

use super::bytes::{hex, text};
use crate::time;
use lifeboat_engine::{Content, Snapshot, Summary, VerifyWrites};
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct Line {
    #[serde(skip_serializing_if = "Option::is_none")]
    message_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    struct_type: Option<&'static str>,
    time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tree: Option<String>,
    paths: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paths_hex: Option<Vec<String>>,
    hostname: String,
    username: String,
    tags: Vec<String>,
    excludes: Vec<String>,
    program_version: String,
    partial: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pinned: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    verify_writes: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    original: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    original_repository: Option<String>,
    summary: Counts,
    id: String,
    short_id: String,
}

impl Line {
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        Self {
            message_type: None,
            struct_type: None,
            time: time::rfc3339(snapshot.start),
            parent: snapshot.parent.map(|id| id.to_string()),
            tree: match snapshot.root.content {
                Content::Pages(id) => Some(id.to_string()),
                _ => None,
            },
            paths: snapshot.paths.iter().map(|path| text(&path.0)).collect(),
            paths_hex: paths_hex(snapshot),
            hostname: snapshot.host.clone(),
            username: snapshot.user.clone(),
            tags: snapshot.tags.clone(),
            excludes: snapshot.excludes.clone(),
            program_version: snapshot.program.clone(),
            partial: snapshot.is_partial(),
            pinned: false,
            verify_writes: match snapshot.verify_writes {
                VerifyWrites::All => None,
                VerifyWrites::Sample => Some("sample"),
                VerifyWrites::Off => Some("off"),
            },
            original: snapshot.origin.map(|origin| origin.snapshot.to_string()),
            original_repository: snapshot.origin.map(|origin| origin.repository.to_string()),
            summary: Counts::of(snapshot),
            id: snapshot.id.to_string(),
            short_id: snapshot.id.short(),
        }
    }

    /// The same of one that no rule may forget, if that is so.
    pub(super) fn pinned(self, pinned: bool) -> Self {
        Self { pinned, ..self }
    }

    /// The same as a line of its own.
    pub(super) fn into_message(self) -> Self {
        Self { message_type: Some("snapshot"), struct_type: Some("snapshot"), ..self }
    }
}

/// All paths, when one of them is no text.
fn paths_hex(snapshot: &Snapshot) -> Option<Vec<String>> {
    let odd = snapshot.paths.iter().any(|path| std::str::from_utf8(&path.0).is_err());
    odd.then(|| snapshot.paths.iter().map(|path| hex(&path.0)).collect())
}

/// What the backup counted.
#[derive(Serialize)]
struct Counts {
    backup_start: String,
    backup_end: String,
    #[serde(flatten)]
    counted: Counted,
}

impl Counts {
    fn of(snapshot: &Snapshot) -> Self {
        Self {
            backup_start: time::rfc3339(snapshot.start),
            backup_end: time::rfc3339(snapshot.end),
            counted: Counted::of(&snapshot.summary),
        }
    }
}

/// The counters, by the names that restic gives them.
#[derive(Serialize)]
pub(super) struct Counted {
    files_new: u64,
    files_changed: u64,
    files_unmodified: u64,
    dirs_new: u64,
    dirs_changed: u64,
    dirs_unmodified: u64,
    data_blobs: u64,
    tree_blobs: u64,
    data_added: u64,
    data_added_packed: u64,
    total_files_processed: u64,
    total_bytes_processed: u64,
    bytes_read: u64,
    unread: u64,
}

impl Counted {
    pub(super) fn of(summary: &Summary) -> Self {
        Self {
            files_new: summary.files_new,
            files_changed: summary.files_changed,
            files_unmodified: summary.files_unmodified,
            dirs_new: summary.dirs_new,
            dirs_changed: summary.dirs_changed,
            dirs_unmodified: summary.dirs_unmodified,
            data_blobs: summary.data_blobs,
            tree_blobs: summary.tree_blobs,
            data_added: summary.data_added,
            data_added_packed: summary.data_added_packed,
            total_files_processed: summary.total_files_processed,
            total_bytes_processed: summary.total_bytes_processed,
            bytes_read: summary.bytes_read,
            unread: summary.unread,
        }
    }
}
