//! What of the metadata of an inode is not what a node says, as far as it could be.

use crate::apply::is_ours;
use crate::{escaped, xattr};
use lifeboat_format::{Node, NodeKind};
use lifeboat_sys::process::geteuid;

/// The names of what differs, birth, change and access time and the size aside. Of what only root can give, those who are not root
/// are asked for nothing; a node without flags says nothing about them.
#[must_use]
pub fn unlike(now: &Node, wanted: &Node) -> Vec<String> {
    if now.kind != wanted.kind {
        return vec!["kind".to_owned()];
    }
    let privileged = geteuid().is_root();
    let has_mode = wanted.kind != NodeKind::Symlink;
    let differences = [
        ("mode", has_mode && now.mode != wanted.mode),
        ("owner", privileged && now.uid != wanted.uid),
        ("group", privileged && now.gid != wanted.gid),
        ("mtime", now.mtime != wanted.mtime),
        ("link target", now.link_target != wanted.link_target),
        ("device", now.device != wanted.device),
        ("flags", wanted.flags != 0 && now.flags != wanted.flags),
    ];
    let named = differences.into_iter().filter(|(_, differs)| *differs).map(|(what, _)| what.to_owned());
    named.chain(unlike_xattrs(now, wanted, privileged)).collect()
}

fn unlike_xattrs(now: &Node, wanted: &Node, privileged: bool) -> Vec<String> {
    let can_be_set = |name: &[u8]| privileged || !xattr::is_privileged(name);
    let lacking = wanted.xattrs.iter().filter(|xattr| can_be_set(&xattr.name) && !now.xattrs.contains(xattr));
    let is_wanted = |name: &[u8]| wanted.xattrs.iter().any(|xattr| xattr.name == name);
    let foreign = now.xattrs.iter().filter(|xattr| is_ours(&xattr.name) && !is_wanted(&xattr.name));
    lacking.chain(foreign).map(|xattr| format!("xattr {}", escaped(&xattr.name))).collect()
}

#[cfg(test)]
mod tests {
    use super::{Node, NodeKind, unlike};
    use lifeboat_format::{Timestamp, Xattr, XattrValue};

    fn xattr(name: &str, value: &[u8]) -> Xattr {
        Xattr { name: name.into(), value: XattrValue::Inline(value.to_vec()) }
    }

    #[test]
    fn what_differs_is_named() {
        let node = Node { mode: 0o644, xattrs: vec![xattr("user.a", b"1")], ..Node::default() };
        assert!(unlike(&node, &node).is_empty());
        let later = Timestamp { seconds: 1, nanoseconds: 0 };
        for (other, what) in [
            (Node { kind: NodeKind::Fifo, mode: 0, ..node.clone() }, vec!["kind"]),
            (Node { mode: 0o600, mtime: later, ..node.clone() }, vec!["mode", "mtime"]),
            (Node { link_target: Some(b"a".to_vec()), ..node.clone() }, vec!["link target"]),
            (Node { xattrs: vec![xattr("user.a", b"2")], ..node.clone() }, vec!["xattr user.a"]),
            (Node { xattrs: vec![], ..node.clone() }, vec!["xattr user.a"]),
            (Node { ctime: later, inode: 7, size: 9, ..node.clone() }, vec![]),
        ] {
            assert_eq!(unlike(&other, &node), what);
        }
        let more = Node {
            xattrs: vec![xattr("security.label", b"x"), xattr("user.a", b"1"), xattr("user.b", b"")],
            ..node.clone()
        };
        assert_eq!(unlike(&more, &node), ["xattr user.b"], "the system labels files by itself");
        let flagged = Node { flags: 0x10, ..node.clone() };
        assert_eq!((unlike(&flagged, &node), unlike(&node, &flagged)), (vec![], vec!["flags".to_owned()]));
    }
}
