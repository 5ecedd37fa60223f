//! Metadata written back to an inode.
//!
//! The order matters. The owner comes first because changing it drops capabilities and the set-user-id bit;
//! attributes come before the mode because a read-only file refuses them; times come after everything that may
//! change them. Flags do not (only the change time, which nobody can set), and some of them keep everything else from
//! being changed: they come last, and those that lock the inode wait until the end of the restore, see `lock.rs`.
//! Then the inode is looked at once more: some file systems round, clamp or drop what they are given and report success.
//!
//! A node without flags or access time says nothing about them, and they stay as they are.
//!
//! Invariant: whatever differs from the node afterwards, birth, change and access time aside, is in the answer.

use crate::handle::Handle;
use crate::stat::MODE_BITS;
use crate::{Stat, Unset, UnsetReason, escaped, flags, xattr};
use lifeboat_format::{Node, NodeKind, Timestamp, Xattr, XattrValue};
use lifeboat_sys::io::Errno;

const SET_USER_ID: u32 = 0o4000;
const SET_GROUP_ID: u32 = 0o2000;
/// The attribute that lends a program rights of root.
const CAPABILITY: &[u8] = b"security.capability";
/// The attribute that grants rights to further users.
const ACCESS_ACL: &[u8] = b"system.posix_acl_access";
/// Times are kept at least this exactly, in nanoseconds: FAT counts in two seconds.
const COARSEST_TIME: u128 = 2_000_000_000;

/// Gives the inode all metadata of `node` that can be set. `privileged` says whether this process is root.
pub(crate) fn apply(handle: Handle<'_>, node: &Node, privileged: bool) -> Vec<Unset> {
    let mut applying = Applying { handle, node, privileged, unset: Vec::new() };
    if let Err(errno) = applying.run() {
        applying.refused("metadata", errno);
    }
    applying.unset
}

/// The same, but an inode that has all of it already is left alone: it may refuse to be changed.
pub(crate) fn apply_if_needed(handle: Handle<'_>, node: &Node, privileged: bool) -> Vec<Unset> {
    match Stat::of_open(handle.descriptor()) {
        // Access times change with every look.
        Ok(stat) if node.atime.is_none() && has_all(handle, &stat.node, node) => Vec::new(),
        _ => apply(handle, node, privileged),
    }
}

/// The same for a file that was there before. None when it needs another inode: it lacks something and has several
/// names, of which the others may lie outside of the target, where nothing must change; or it has a capability that the
/// node does not know, which only root can take away; or root would change who may do what with it. Whoever could write to
/// the file before may hold it open or mapped, and would go on writing to what is trusted from now on.
pub(crate) fn refit(handle: Handle<'_>, node: &Node, privileged: bool) -> Option<Vec<Unset>> {
    match Stat::of_open(handle.descriptor()) {
        Ok(stat) if stat.links > 1 => has_all(handle, &stat.node, node).then(Vec::new),
        Ok(stat) if privileged && !has_rights(handle, &stat.node, node) => None,
        _ if !privileged && has_foreign_capability(handle, node) => None,
        _ => Some(apply_if_needed(handle, node, privileged)),
    }
}

/// Whether nothing of what [`apply`] sets would change, access times aside.
fn has_all(handle: Handle<'_>, now: &Node, node: &Node) -> bool {
    let same_mode = now.mode == node.mode || node.kind == NodeKind::Symlink;
    let same_stat = (now.kind, now.uid, now.gid, now.mtime) == (node.kind, node.uid, node.gid, node.mtime);
    same_stat
        && same_mode
        && flags::are(handle, node.flags)
        && xattr::read(handle).is_ok_and(|present| {
            node.xattrs.iter().all(|xattr| present.contains(xattr))
                && present.iter().all(|xattr| !is_ours(&xattr.name) || has(&node.xattrs, &xattr.name))
        })
}

/// Whether a regular file is open to the same users for the same purposes as the node says; other kinds have no content
/// to be trusted.
fn has_rights(handle: Handle<'_>, now: &Node, node: &Node) -> bool {
    let rights = |node: &Node| (node.uid, node.gid, node.mode);
    let wanted = |name: &[u8]| node.xattrs.iter().find(|xattr| xattr.name == name).map(|xattr| &xattr.value);
    let found = |name: &[u8]| handle.read_xattr(name).ok().map(XattrValue::Inline);
    // A capability that only has to go grants nothing.
    let is_able = wanted(CAPABILITY).is_none_or(|value| found(CAPABILITY).as_ref() == Some(value));
    let is_open = wanted(ACCESS_ACL) == found(ACCESS_ACL).as_ref();
    now.kind != NodeKind::File || rights(now) == rights(node) && is_able && is_open
}

fn has_foreign_capability(handle: Handle<'_>, node: &Node) -> bool {
    handle.read_xattr(CAPABILITY).is_ok_and(|value| {
        !node.xattrs.contains(&Xattr { name: CAPABILITY.to_vec(), value: XattrValue::Inline(value) })
    })
}

/// The answer for an inode that could not even be opened.
pub(crate) fn nothing_set(why: String) -> Vec<Unset> {
    vec![Unset { what: "metadata".to_owned(), reason: UnsetReason::Failed(why) }]
}

struct Applying<'a> {
    handle: Handle<'a>,
    node: &'a Node,
    privileged: bool,
    unset: Vec<Unset>,
}

impl Applying<'_> {
    fn run(&mut self) -> Result<(), Errno> {
        let before = self.look()?;
        if before.kind != self.node.kind {
            self.unset.extend(nothing_set("something else has taken its place".to_owned()));
            return Ok(());
        }
        self.set_owner(&before);
        self.set_xattrs();
        if self.node.kind != NodeKind::Symlink {
            self.set_mode()?;
        }
        self.set_times();
        self.compare()?;
        self.set_flags();
        Ok(())
    }

    fn look(&self) -> Result<Node, Errno> {
        Ok(Stat::of_open(self.handle.descriptor())?.node)
    }

    fn set_owner(&mut self, before: &Node) {
        let mut uid = (before.uid != self.node.uid).then_some(self.node.uid);
        let gid = (before.gid != self.node.gid).then_some(self.node.gid);
        if uid.is_some() && !self.privileged {
            self.report("owner", UnsetReason::NotPermitted);
            uid = None;
        }
        if uid.is_none() && gid.is_none() {
            return;
        }
        if let Err(errno) = self.handle.set_owner(uid, gid) {
            for (what, wanted) in [("owner", uid), ("group", gid)] {
                if wanted.is_some() {
                    self.refused(what, errno);
                }
            }
        }
    }

    fn set_xattrs(&mut self) {
        let node = self.node;
        self.remove_foreign();
        for xattr in &node.xattrs {
            let XattrValue::Inline(value) = &xattr.value else {
                let why = "its value was not read from the repository".to_owned();
                self.report(&label(&xattr.name), UnsetReason::Failed(why));
                continue;
            };
            let outcome = if self.privileged || !xattr::is_privileged(&xattr.name) {
                self.handle.set_xattr(&xattr.name, value)
            } else if self.handle.read_xattr(&xattr.name).as_ref() == Ok(value) {
                // Such as the label that a security module gives every new file by itself.
                Ok(())
            } else {
                Err(Errno::PERM)
            };
            if let Err(errno) = outcome {
                self.refused(&label(&xattr.name), errno);
            }
        }
    }

    /// Removes what the node does not have: a new entry inherits the default ACL of the directory it is made in,
    /// and the inode may be an old one. What the system labels files with stays.
    fn remove_foreign(&mut self) {
        let present = match xattr::names(self.handle) {
            Ok(names) => names,
            Err(errno) => return self.refused("xattrs", errno),
        };
        for name in present {
            if is_ours(&name)
                && !has(&self.node.xattrs, &name)
                && let Err(errno) = self.handle.remove_xattr(&name)
            {
                self.refused(&label(&name), errno);
            }
        }
    }

    /// Sets the mode, but no bit that would lend a program the rights of an owner it did not have before.
    fn set_mode(&mut self) -> Result<(), Errno> {
        let mut mode = self.node.mode & MODE_BITS;
        if mode & (SET_USER_ID | SET_GROUP_ID) != 0 {
            let now = self.look()?;
            if now.uid != self.node.uid {
                mode &= !SET_USER_ID;
            }
            if now.gid != self.node.gid {
                mode &= !SET_GROUP_ID;
            }
        }
        if let Err(errno) = self.handle.set_mode(mode) {
            self.refused("mode", errno);
        }
        Ok(())
    }

    fn set_times(&mut self) {
        if let Err(errno) = self.handle.set_times(self.node.mtime, self.node.atime) {
            self.refused("mtime", errno);
            if self.node.atime.is_some() {
                self.refused("atime", errno);
            }
        }
    }

    fn set_flags(&mut self) {
        let wanted = self.node.flags;
        if wanted == 0 {
            return;
        }
        for (what, errno) in flags::set(self.handle, wanted, !flags::LOCKS) {
            self.refused(&what, errno);
        }
        if wanted & flags::LOCKS != 0 && !self.privileged {
            self.report("flag immutable or append only", UnsetReason::NotPermitted);
        }
    }

    fn compare(&mut self) -> Result<(), Errno> {
        let now = self.look()?;
        let node = self.node;
        let same_mode = now.mode == node.mode || node.kind == NodeKind::Symlink;
        let lent = SET_USER_ID | SET_GROUP_ID;
        let mode = if now.mode & !lent == node.mode & !lent { "set-user-id or set-group-id" } else { "mode" };
        let reason = if self.privileged { UnsetReason::NotSupported } else { UnsetReason::NotPermitted };
        for (what, same, reason) in [
            ("owner", now.uid == node.uid, reason.clone()),
            ("group", now.gid == node.gid, reason.clone()),
            (mode, same_mode, reason),
            ("mtime", now.mtime == node.mtime, reason_of_time(now.mtime, node.mtime)),
        ] {
            if !same && !self.is_told(what) {
                self.report(what, reason);
            }
        }
        self.compare_xattrs();
        Ok(())
    }

    fn compare_xattrs(&mut self) {
        let node = self.node;
        for Xattr { name, value } in &node.xattrs {
            let what = label(name);
            let is_set = match (self.handle.read_xattr(name), value) {
                (Ok(found), XattrValue::Inline(value)) => found == *value,
                _ => false,
            };
            if !is_set && !self.is_told(&what) {
                self.report(&what, UnsetReason::NotSupported);
            }
        }
    }

    fn is_told(&self, what: &str) -> bool {
        self.unset.iter().any(|unset| unset.what == what)
    }

    fn refused(&mut self, what: &str, errno: Errno) {
        self.report(what, UnsetReason::of(errno, self.privileged));
    }

    fn report(&mut self, what: &str, reason: UnsetReason) {
        self.unset.push(Unset { what: what.to_owned(), reason });
    }
}

/// Whether people and programs give the attribute, and not the system by itself as it does labels: it goes where the
/// node does not have it. Only root sees what is trusted.
pub(crate) fn is_ours(name: &[u8]) -> bool {
    let spaces: [&[u8]; 3] = [b"user.", b"trusted.", b"system.posix_acl_"];
    name == CAPABILITY || spaces.iter().any(|space| name.starts_with(space))
}

/// Why a time is another than the one that was set: rounded, or far from it because its range ends before.
fn reason_of_time(now: Timestamp, wanted: Timestamp) -> UnsetReason {
    let nanoseconds =
        |time: Timestamp| i128::from(time.seconds) * 1_000_000_000 + i128::from(time.nanoseconds);
    let is_near = nanoseconds(now).abs_diff(nanoseconds(wanted)) < COARSEST_TIME;
    if is_near { UnsetReason::Rounded } else { UnsetReason::NotSupported }
}

fn label(name: &[u8]) -> String {
    format!("xattr {}", escaped(name))
}

fn has(xattrs: &[Xattr], name: &[u8]) -> bool {
    xattrs.iter().any(|xattr| xattr.name == name)
}
