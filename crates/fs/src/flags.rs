//! File flags of an inode, such as immutable or no dump, which `chattr` sets and `ls` does not show.

use rustix::fd::BorrowedFd;
use rustix::fs::{IFlags, ioctl_getflags};
use rustix::io::Errno;

/// The flags that somebody can set. The kernel hands out others too, which only tell how the file system stores the
/// inode (`FS_INDEX_FL`, `FS_EXTENT_FL`, `FS_INLINE_DATA_FL`, `FS_VERITY_FL`, `FS_ENCRYPT_FL`): no restore can give them
/// back, and they would be taken for a loss.
///
/// These are the kernel's `FS_FL_USER_MODIFIABLE`, and what single file systems let be set besides: no compression and no
/// copy on write (btrfs), journalled data and inherited projects (ext4).
const SETTABLE: u32 = FS_FL_USER_MODIFIABLE
    | FS_NOCOMP_FL
    | IFlags::JOURNALING.bits()
    | IFlags::NOCOW.bits()
    | IFlags::PROJECT_INHERIT.bits();
const FS_FL_USER_MODIFIABLE: u32 = 0x0003_80ff;
const FS_NOCOMP_FL: u32 = 0x0400;

/// The flags of an open file or directory that can be set; none where the file system has no flags.
pub(crate) fn read(inode: BorrowedFd<'_>) -> Result<u32, Errno> {
    match ioctl_getflags(inode) {
        Ok(flags) => Ok(flags.bits() & SETTABLE),
        // Each file system without flags says so in its own way, and some in the way of what they lie on.
        Err(Errno::NOTTY | Errno::OPNOTSUPP | Errno::INVAL | Errno::NOSYS | Errno::PERM | Errno::ACCESS) => {
            Ok(0)
        }
        Err(errno) => Err(errno),
    }
}
