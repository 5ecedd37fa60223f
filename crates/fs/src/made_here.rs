//! Nodes that stand for nothing on disk: content that comes through a pipe, directories that are only on the way.

use lifeboat_format::{Node, NodeKind, Timestamp};
use lifeboat_sys::process::{getegid, geteuid};

/// A node without a name that belongs to the user and the group of this process and was made at `time`.
#[must_use]
pub fn made_here(kind: NodeKind, mode: u32, time: Timestamp) -> Node {
    let (uid, gid) = (geteuid().as_raw(), getegid().as_raw());
    Node { kind, mode, uid, gid, mtime: time, ctime: time, ..Node::default() }
}
