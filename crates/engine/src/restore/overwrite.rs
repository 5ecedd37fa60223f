//! What becomes of an entry that is in the target already.

use lifeboat_format::{Node, NodeKind};

/// When what is in the target makes way for what is in the snapshot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overwrite {
    /// Whenever it differs.
    #[default]
    Always,
    /// Likewise, but a file of the same size and modification time is not read: it counts as the same.
    IfChanged,
    /// When its modification time is older.
    IfNewer,
    /// Never: only what is missing is added.
    Never,
}

/// What is to be done for an item of the snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing of its name is there.
    Make,
    /// What is there is of the same kind, and needs no more than metadata.
    Refit,
    /// It may be the same file: its content tells.
    Compare,
    /// It is something else.
    Replace,
    /// It is not to be touched.
    Keep,
}

impl Overwrite {
    /// What is to be done for `node`, given what is there under its name.
    pub(super) fn step(self, node: &Node, found: Option<&Node>) -> Step {
        let Some(found) = found else { return Step::Make };
        match node.kind {
            _ if self.keeps(node, found) => Step::Keep,
            kind if kind != found.kind => Step::Replace,
            NodeKind::Directory => Step::Refit,
            NodeKind::File if node.size != found.size => Step::Replace,
            NodeKind::File if self == Self::IfChanged && node.mtime == found.mtime => Step::Refit,
            NodeKind::File => Step::Compare,
            _ if (&node.link_target, node.device) == (&found.link_target, found.device) => Step::Refit,
            _ => Step::Replace,
        }
    }

    /// Whether what is there stays, whatever it is.
    pub(super) fn keeps(self, node: &Node, found: &Node) -> bool {
        match self {
            Self::Always | Self::IfChanged => false,
            Self::IfNewer => node.mtime <= found.mtime,
            Self::Never => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Overwrite, Step};
    use lifeboat_format::{Node, NodeKind, Timestamp};

    fn node(kind: NodeKind, size: u64, seconds: i64) -> Node {
        Node { kind, size, mtime: Timestamp { seconds, nanoseconds: 0 }, ..Node::default() }
    }

    #[test]
    fn every_mode_has_an_answer_to_everything() {
        use NodeKind::{Directory, Fifo, File};
        use Step::{Compare, Keep, Refit, Replace};
        let modes = [Overwrite::Always, Overwrite::IfChanged, Overwrite::IfNewer, Overwrite::Never];
        let table = [
            (File, node(File, 5, 10), [Compare, Refit, Keep, Keep]),
            (File, node(File, 5, 11), [Compare, Compare, Keep, Keep]),
            (File, node(File, 5, 9), [Compare, Compare, Compare, Keep]),
            (File, node(File, 4, 10), [Replace, Replace, Keep, Keep]),
            (File, node(File, 4, 9), [Replace, Replace, Replace, Keep]),
            (File, node(Directory, 0, 9), [Replace, Replace, Replace, Keep]),
            (File, node(Directory, 0, 11), [Replace, Replace, Keep, Keep]),
            (Directory, node(Directory, 0, 9), [Refit, Refit, Refit, Keep]),
            (Directory, node(Directory, 0, 11), [Refit, Refit, Keep, Keep]),
            (Directory, node(File, 5, 9), [Replace, Replace, Replace, Keep]),
            (Fifo, node(Fifo, 0, 9), [Refit, Refit, Refit, Keep]),
            (Fifo, node(File, 0, 9), [Replace, Replace, Replace, Keep]),
        ];
        for (kind, found, steps) in table {
            let wanted = node(kind, if kind == File { 5 } else { 0 }, 10);
            for (mode, step) in modes.into_iter().zip(steps) {
                assert_eq!(mode.step(&wanted, Some(&found)), step, "{mode:?}: {kind:?}, {found:?}");
                assert_eq!(mode.step(&wanted, None), Step::Make);
            }
        }
    }

    #[test]
    fn links_are_the_same_when_they_point_to_the_same() {
        let link = |to: &[u8]| Node { link_target: Some(to.to_vec()), ..node(NodeKind::Symlink, 0, 1) };
        assert_eq!(Overwrite::Always.step(&link(b"a"), Some(&link(b"a"))), Step::Refit);
        assert_eq!(Overwrite::Always.step(&link(b"a"), Some(&link(b"b"))), Step::Replace);
    }
}
