//! Metadata on its way back: completed from the repository, and told where it could not be set.

use super::Restore;
use crate::{ProblemKind, cause_of};
use lifeboat_format::{FormatError, Node, Role, Xattr, XattrValue};
use lifeboat_fs::{FsError, Lock, Trail, Unset, UnsetReason, escaped};
use lifeboat_repository::RepositoryError;
use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};

/// What is to be locked at the end, below before above, as it was met. Few files are.
#[derive(Default)]
pub(super) struct Locks(Mutex<Vec<(Lock, Trail)>>);

impl Restore<'_> {
    /// The node with all that is to be set: attributes that lie in blobs are read, names of owners looked up. An
    /// attribute that cannot be read is told and left out, so that the rest is set all the same.
    pub(super) fn complete<'n>(&self, trail: &Trail, node: &'n Node) -> Cow<'n, Node> {
        let mut complete = Cow::Borrowed(node);
        if node.xattrs.iter().any(|xattr| matches!(xattr.value, XattrValue::Blob(..))) {
            complete.to_mut().xattrs.retain_mut(|xattr| self.fetch(trail, xattr));
        }
        if self.options.ownership_by_name {
            self.look_up_owner(complete.to_mut());
        }
        complete
    }

    /// Replaces the numbers of owner and group by those that this system has for their names.
    fn look_up_owner(&self, node: &mut Node) {
        let mut owners = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(name) = &node.user {
            match owners.user_id(name) {
                Some(uid) => node.uid = uid,
                None => self.unknown("user", name, node.uid),
            }
        }
        if let Some(name) = &node.group {
            match owners.group_id(name) {
                Some(gid) => node.gid = gid,
                None => self.unknown("group", name, node.gid),
            }
        }
    }

    fn unknown(&self, what: &str, name: &[u8], number: u32) {
        let name = escaped(name);
        self.teller.note_once(&format!(
            "no {what} is called \"{name}\" here: what was theirs keeps the number {number}"
        ));
    }

    /// Reads the value of an attribute, unless it is there already; says whether it is there then.
    fn fetch(&self, trail: &Trail, xattr: &mut Xattr) -> bool {
        let XattrValue::Blob(id, length) = xattr.value else { return true };
        let read = self.reader.read(Role::Data, &id).and_then(|value| match value.len() == length as usize {
            true => Ok(value),
            false => Err(RepositoryError::reading(&"its value", FormatError::Malformed("length"))),
        });
        match read {
            Ok(value) => {
                xattr.value = XattrValue::Inline(value);
                true
            }
            Err(error) => {
                let kind = if error.is_damage() { ProblemKind::Damage } else { ProblemKind::NotSet };
                let cause = format!("xattr {}: {}", escaped(&xattr.name), cause_of(&error));
                self.teller.problem(kind, &trail.path(), cause);
                false
            }
        }
    }

    /// Keeps the flags that would refuse further changes for the end.
    pub(super) fn lock_later(&self, trail: &Trail, lock: Result<Option<Lock>, FsError>) {
        match lock {
            Ok(None) => {}
            Ok(Some(lock)) => {
                let mut locks = self.locks.0.lock().unwrap_or_else(PoisonError::into_inner);
                locks.push((lock, trail.clone()));
            }
            Err(error) => self.problem(ProblemKind::NotSet, trail, &error),
        }
    }

    /// Sets what was kept for the end; says whether there was anything.
    pub(super) fn set_locks(&self) -> bool {
        let mut locks = self.locks.0.lock().unwrap_or_else(PoisonError::into_inner);
        let has_some = !locks.is_empty();
        for (lock, trail) in locks.drain(..) {
            self.unset(&trail, lock.set());
        }
        has_some
    }

    /// Tells what could not be set: what takes root is one note for all files, rounded times are one problem,
    /// everything else is a problem each.
    pub(super) fn unset(&self, trail: &Trail, unset: Vec<Unset>) {
        for Unset { what, reason } in unset {
            match reason {
                UnsetReason::NotPermitted => {
                    self.teller.note_once(&format!("without root, {what} is not restored"));
                }
                UnsetReason::NotSupported => {
                    let cause = format!("{what}: not supported by this file system");
                    self.teller.problem(ProblemKind::NotSet, &trail.path(), cause);
                }
                UnsetReason::Rounded => {
                    // It holds for everything on that file system, and once is enough to know it.
                    if self.rounded.set(()).is_ok() {
                        let cause =
                            format!("{what}: rounded, as all are that this file system keeps less exactly");
                        self.teller.problem(ProblemKind::NotSet, &trail.path(), cause);
                    }
                }
                UnsetReason::Failed(why) => {
                    self.teller.problem(ProblemKind::NotSet, &trail.path(), format!("{what}: {why}"));
                }
            }
        }
    }
}
