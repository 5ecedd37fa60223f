//! POSIX ACLs, as the bytes that the kernel takes.

use std::fs;
use std::path::Path;

use rustix::fs::{XattrFlags, lsetxattr};
use rustix::io::Errno;

use super::Refusals;
use crate::must::must;

/// The attribute with the rights to a file or directory.
pub(super) const ACCESS: &str = "system.posix_acl_access";
/// The attribute with the rights that new entries of a directory get.
pub(super) const DEFAULT: &str = "system.posix_acl_default";

const VERSION: u32 = 2;
const NOBODY_IN_PARTICULAR: u32 = u32::MAX;
const USER_OBJ: u16 = 0x01;
const USER: u16 = 0x02;
const GROUP_OBJ: u16 = 0x04;
const GROUP: u16 = 0x08;
const MASK: u16 = 0x10;
const OTHER: u16 = 0x20;

/// Rights of a user and of a group besides those of the mode.
#[derive(Clone, Copy)]
pub(super) struct Acl {
    pub(super) user: (u32, u16),
    pub(super) group: (u32, u16),
}

impl Acl {
    pub(super) fn set(self, path: &Path, attribute: &str) -> Result<(), Errno> {
        lsetxattr(path, attribute, &self.to_bytes(), XattrFlags::empty())
    }

    fn to_bytes(self) -> Vec<u8> {
        let entries = [
            (USER_OBJ, 0o7, NOBODY_IN_PARTICULAR),
            (USER, self.user.1, self.user.0),
            (GROUP_OBJ, 0o5, NOBODY_IN_PARTICULAR),
            (GROUP, self.group.1, self.group.0),
            (MASK, 0o7, NOBODY_IN_PARTICULAR),
            (OTHER, 0o4, NOBODY_IN_PARTICULAR),
        ];
        let mut bytes = VERSION.to_le_bytes().to_vec();
        for (tag, rights, id) in entries {
            bytes.extend(tag.to_le_bytes());
            bytes.extend(rights.to_le_bytes());
            bytes.extend(id.to_le_bytes());
        }
        bytes
    }
}

/// Access ACLs, default ACLs, and what was made below them before and after.
pub(super) fn make(directory: &Path, refusals: &mut Refusals) {
    let acl = Acl { user: (1_000, 0o6), group: (2_000_000_000, 0o5) };
    let file = directory.join("file");
    must(fs::write(&file, "shared"), "write", &file);
    let both = directory.join("both");
    let default = directory.join("default");
    for path in [&both, &default] {
        must(fs::create_dir(path), "create", path);
        must(fs::write(path.join("before"), "no ACL"), "fill", path);
    }
    let mut set = |path: &Path, attribute| refusals.accept("ACLs", acl.set(path, attribute), path);
    set(&file, ACCESS);
    set(&both, ACCESS);
    set(&both, DEFAULT);
    set(&default, DEFAULT);
    for path in [&both, &default] {
        must(fs::write(path.join("after"), "inherited"), "fill", path);
        must(fs::create_dir(path.join("below")), "fill", path);
    }
}
