//! Whether a file is what it was when the parent snapshot was made, without reading it.
//!
//! Size, modification time, change time and inode decide, never the number of the device, which a reboot may change. What
//! else can be done about clocks that stand still: docs/decisions/0002.

use super::BackupOptions;
use lifeboat_format::{Bug, Node, NodeKind, Snapshot, Timestamp, planted};

/// A file that changed so shortly before the parent began may have changed again within the same tick of its file
/// system's clock: the coarsest in use counts in two seconds.
const CLOCK_GRAIN_SECONDS: i64 = 2;

/// What is compared.
pub(super) struct Compare {
    parent_start: Option<Timestamp>,
    ignore_ctime: bool,
    ignore_inode: bool,
}

impl Compare {
    pub(super) fn new(parent: Option<&Snapshot>, options: &BackupOptions) -> Self {
        Self {
            parent_start: parent.map(|parent| parent.start),
            ignore_ctime: options.ignore_ctime,
            ignore_inode: options.ignore_inode,
        }
    }

    /// Whether the content of a file is that of the previous node. Where a file system does not keep inode numbers, they
    /// say nothing.
    pub(super) fn is_unchanged(&self, now: &Node, previous: &Node, keeps_inodes: bool) -> bool {
        let as_before =
            (previous.kind, previous.size, previous.mtime) == (NodeKind::File, now.size, now.mtime);
        as_before
            && (self.ignore_ctime || planted(Bug::IgnoredChangeTime) || now.ctime == previous.ctime)
            && (self.ignore_inode || !keeps_inodes || now.inode == previous.inode)
            && self.had_settled(previous)
    }

    fn had_settled(&self, previous: &Node) -> bool {
        let last_change = if self.ignore_ctime { previous.mtime } else { previous.ctime };
        let is_never = planted(Bug::NeverSettling);
        self.parent_start
            .is_some_and(|start| is_never || last_change.seconds < start.seconds - CLOCK_GRAIN_SECONDS)
    }
}

/// Whether two looks at a file saw the same state of it.
pub(super) fn same(left: &Node, right: &Node) -> bool {
    let state = |node: &Node| (node.size, node.mtime, node.ctime, node.inode);
    state(left) == state(right)
}

#[cfg(test)]
mod tests {
    use super::{Compare, Node, Timestamp};

    const NOTHING_IGNORED: Compare = Compare {
        parent_start: Some(Timestamp { seconds: 1_000, nanoseconds: 0 }),
        ignore_ctime: false,
        ignore_inode: false,
    };

    fn node(seconds: i64) -> Node {
        let time = Timestamp { seconds, nanoseconds: 5 };
        Node { size: 7, mtime: time, ctime: time, inode: 9, ..Node::default() }
    }

    #[test]
    fn inode_numbers_say_nothing_where_they_are_not_kept() {
        let moved = Node { inode: 10, ..node(900) };
        let ignoring = Compare { ignore_inode: true, ..NOTHING_IGNORED };
        assert!(NOTHING_IGNORED.is_unchanged(&node(900), &node(900), true));
        assert!(!NOTHING_IGNORED.is_unchanged(&moved, &node(900), true));
        assert!(NOTHING_IGNORED.is_unchanged(&moved, &node(900), false));
        assert!(ignoring.is_unchanged(&moved, &node(900), true));
        assert!(!ignoring.is_unchanged(&Node { size: 8, ..moved.clone() }, &node(900), true));
        assert!(!ignoring.is_unchanged(&Node { mtime: Timestamp::default(), ..moved }, &node(900), true));
    }

    #[test]
    fn the_time_that_is_compared_says_whether_a_file_had_settled() {
        let ignoring = Compare { ignore_ctime: true, ..NOTHING_IGNORED };
        let fresh = Node { ctime: node(998).ctime, ..node(900) };
        assert!(!NOTHING_IGNORED.is_unchanged(&fresh, &fresh, true));
        assert!(ignoring.is_unchanged(&fresh, &fresh, true));
        let dated_ahead = Node { mtime: node(998).mtime, ..node(900) };
        assert!(NOTHING_IGNORED.is_unchanged(&dated_ahead, &dated_ahead, true));
        assert!(!ignoring.is_unchanged(&dated_ahead, &dated_ahead, true));
        assert!(!Compare { parent_start: None, ..ignoring }.is_unchanged(&fresh, &fresh, true));
    }
}
