//! How far a run is: `status` and `verbose_status`.

use super::super::{Status, Work, is_directory};
use super::bytes::{hex_if_needed, text};
use super::network::Waiting;
use lifeboat_engine::Node;
use serde::Serialize;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// restic names some fields of a restore otherwise than those of a backup.
#[derive(Serialize)]
pub(super) struct StatusLine {
    message_type: &'static str,
    seconds_elapsed: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds_remaining: Option<u64>,
    percent_done: f64,
    total_files: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    files_done: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    files_restored: Option<u64>,
    total_bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes_done: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes_restored: Option<u64>,
    error_count: u64,
    current_files: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting: Option<Waiting>,
}

impl StatusLine {
    pub(super) fn of(status: &Status) -> Self {
        let restores = status.work == Work::Restore;
        let current = status.current.as_os_str().as_bytes();
        Self {
            message_type: "status",
            seconds_elapsed: status.elapsed.as_secs(),
            seconds_remaining: seconds_remaining(status),
            percent_done: fraction_done(status),
            total_files: status.total_files,
            files_done: (!restores).then_some(status.files),
            files_restored: restores.then_some(status.files),
            total_bytes: status.total_bytes,
            bytes_done: (!restores).then_some(status.bytes),
            bytes_restored: restores.then_some(status.bytes),
            error_count: status.problems,
            current_files: if current.is_empty() { Vec::new() } else { vec![text(current)] },
            waiting: status.waiting.as_ref().map(Waiting::of),
        }
    }
}

/// Between 0 and 1 in spite of the name, which is restic's; 0 while the total is not known.
fn fraction_done(status: &Status) -> f64 {
    match status.total_bytes {
        0 => 0.0,
        total => status.bytes as f64 / total as f64,
    }
}

/// At the speed so far.
fn seconds_remaining(status: &Status) -> Option<u64> {
    let rest = u128::from(status.total_bytes.checked_sub(status.bytes)?);
    let seconds = (rest * u128::from(status.elapsed.as_secs())).checked_div(u128::from(status.bytes))?;
    u64::try_from(seconds).ok()
}

#[derive(Serialize)]
pub(super) struct VerboseLine {
    message_type: &'static str,
    action: &'static str,
    item: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    item_hex: Option<String>,
    data_size: u64,
    /// Under restic's name of it for restores.
    size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    kept: Option<bool>,
}

impl VerboseLine {
    pub(super) fn of(action: &'static str, path: &Path, node: &Node) -> Self {
        let bytes = path.as_os_str().as_bytes();
        let slash = if is_directory(node) { "/" } else { "" };
        Self {
            message_type: "verbose_status",
            action,
            item: text(bytes) + slash,
            item_hex: hex_if_needed(bytes),
            data_size: node.size,
            size: node.size,
            kept: None,
        }
    }

    /// With a mark for what stays whether it is the same or not.
    pub(super) fn kept(self, is_kept: bool) -> Self {
        Self { kept: is_kept.then_some(true), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::{Status, StatusLine, Work};
    use std::path::PathBuf;
    use std::time::Duration;

    #[test]
    fn a_status_says_what_is_left() {
        let status = Status {
            work: Work::Backup,
            elapsed: Duration::from_secs(10),
            total_files: 4,
            files: 1,
            total_bytes: 400,
            bytes: 100,
            problems: 0,
            current: PathBuf::new(),
            waiting: None,
        };
        let line = StatusLine::of(&status);
        assert_eq!((line.percent_done, line.seconds_remaining), (0.25, Some(30)));
        let unknown = StatusLine::of(&Status { total_bytes: 0, bytes: 0, ..status });
        assert_eq!((unknown.percent_done, unknown.seconds_remaining), (0.0, None));
    }
}
