//! Opening by directory and name: the one place where a descriptor of this crate comes from.

use lifeboat_sys::fd::{BorrowedFd, OwnedFd};
use lifeboat_sys::fs::{Mode, OFlags, openat};
use lifeboat_sys::io::{Errno, retry_on_intr};

/// Opens what `name` is in `dir`, with `mode` where `flags` create it.
pub(crate) fn open_at(dir: BorrowedFd<'_>, name: &[u8], flags: OFlags, mode: Mode) -> Result<OwnedFd, Errno> {
    retry_on_intr(|| openat(dir, name, flags | OFlags::CLOEXEC, mode))
}

/// Opens for reading, without leaving a trace in the access time where the kernel allows that.
pub(crate) fn open_to_read(dir: BorrowedFd<'_>, name: &[u8], flags: OFlags) -> Result<OwnedFd, Errno> {
    let flags = flags | OFlags::RDONLY;
    match open_at(dir, name, flags | OFlags::NOATIME, Mode::empty()) {
        // Only the owner and root may hide their reading.
        Err(Errno::PERM) => open_at(dir, name, flags, Mode::empty()),
        other => other,
    }
}

/// Opens the entry itself, whatever it is, for its attributes only.
pub(crate) fn open_to_name(dir: BorrowedFd<'_>, name: &[u8]) -> Result<OwnedFd, Errno> {
    open_at(dir, name, OFlags::PATH | OFlags::NOFOLLOW, Mode::empty())
}
