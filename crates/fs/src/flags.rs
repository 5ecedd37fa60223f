//! File flags: immutable, no dump and the like.
//!
//! The kernel mixes them with what a file system notes for itself in the same number, such as that a file is mapped by
//! extents. Only what a user or root can set is ever recorded, compared or changed.

use crate::handle::Handle;
use lifeboat_sys::fs::{IFlags, ioctl_getflags, ioctl_setflags};
use lifeboat_sys::io::Errno;

/// What refuses every further change of an inode, its links and its flags included.
pub(crate) const LOCKS: u32 = IFlags::IMMUTABLE.union(IFlags::APPEND).bits();

/// What only a file without a byte takes, or what counts only for bytes that are written after.
pub(crate) const EARLY: u32 = IFlags::NOCOW.union(IFlags::COMPRESSED).union(NOT_COMPRESSED).bits();

const NOT_COMPRESSED: IFlags = IFlags::from_bits_retain(0x0000_0400);

/// What can be set, by which file system ever, with the names of `chattr`'s manual.
const SETTABLE: [(u32, &str); 17] = [
    (IFlags::SECURE_REMOVAL.bits(), "secure deletion"),
    (IFlags::UNRM.bits(), "undeletable"),
    (IFlags::COMPRESSED.bits(), "compressed"),
    (IFlags::SYNC.bits(), "synchronous updates"),
    (IFlags::IMMUTABLE.bits(), "immutable"),
    (IFlags::APPEND.bits(), "append only"),
    (IFlags::NODUMP.bits(), "no dump"),
    (IFlags::NOATIME.bits(), "no access time"),
    (NOT_COMPRESSED.bits(), "not compressed"),
    (IFlags::JOURNALING.bits(), "data journaling"),
    (IFlags::NOTAIL.bits(), "no tail merging"),
    (IFlags::DIRSYNC.bits(), "synchronous directory"),
    (IFlags::TOPDIR.bits(), "top of hierarchy"),
    (IFlags::NOCOW.bits(), "no copy on write"),
    (0x0200_0000, "direct access"),
    (IFlags::PROJECT_INHERIT.bits(), "project hierarchy"),
    (0x4000_0000, "casefold"),
];

/// The flags of a file or directory; none where its file system has none, or they are out of reach.
pub(crate) fn read(handle: Handle<'_>) -> Result<u32, Errno> {
    match all(handle) {
        Err(errno) if means_none(errno) => Ok(0),
        flags => Ok(flags? & settable()),
    }
}

/// Sets or takes away those of `mask`, one by one, so that one which the file system does not know keeps no other from
/// being set; returns which are not as they should be, and why.
pub(crate) fn set(handle: Handle<'_>, wanted: u32, mask: u32) -> Vec<(String, Errno)> {
    let mut refused = Vec::new();
    for (bit, name) in SETTABLE.into_iter().filter(|(bit, _)| mask & bit != 0) {
        if let Err(errno) = set_one(handle, bit, wanted & bit) {
            refused.push((format!("flag {name}"), errno));
        }
    }
    let unknown = wanted & mask & !settable();
    if unknown != 0 {
        refused.push((format!("flags {unknown:#x}"), Errno::OPNOTSUPP));
    }
    refused
}

/// Whether they are exactly those that are wanted; who wants none does not care.
pub(crate) fn are(handle: Handle<'_>, wanted: u32) -> bool {
    wanted == 0 || all(handle).is_ok_and(|now| now & settable() == wanted)
}

fn set_one(handle: Handle<'_>, bit: u32, wanted: u32) -> Result<(), Errno> {
    let now = match all(handle) {
        Err(errno) if means_none(errno) => return if wanted == 0 { Ok(()) } else { Err(Errno::OPNOTSUPP) },
        now => now?,
    };
    if now & bit == wanted {
        return Ok(());
    }
    let flags = IFlags::from_bits_retain(now & !bit | wanted);
    ioctl_setflags(handle.descriptor(), flags)?;
    // Some file systems drop what they do not know and report success.
    if all(handle)? & bit == wanted { Ok(()) } else { Err(Errno::OPNOTSUPP) }
}

fn all(handle: Handle<'_>) -> Result<u32, Errno> {
    match handle {
        Handle::Open(fd) => Ok(ioctl_getflags(fd)?.bits()),
        // The call would end at a driver, or nowhere.
        Handle::Named(_) => Err(Errno::NOTTY),
    }
}

fn settable() -> u32 {
    SETTABLE.iter().fold(0, |mask, (bit, _)| mask | bit)
}

/// Each file system without flags says so in its own way, and some in the way of what they lie on.
fn means_none(errno: Errno) -> bool {
    use Errno as E;
    matches!(errno, E::NOTTY | E::OPNOTSUPP | E::NOSYS | E::INVAL | E::PERM | E::ACCESS)
}
