//! What kind of file system an inode lies on, as far as its inode numbers can be relied on.

use lifeboat_sys::fd::BorrowedFd;
use lifeboat_sys::fs::fstatfs;
use lifeboat_sys::io::Errno;

/// File systems that store no inode numbers: they count them up, or take what a server makes up, and the same file has
/// another one after the next mount, or when the kernel has forgotten it for a while. NFS is not among them: its numbers
/// are those of the server's disk.
const MADE_UP: [u32; 8] = [
    0x6573_5546, // FUSE: sshfs, rclone, ntfs-3g and others
    0xff53_4d42, // CIFS
    0xfe53_4d42, // SMB 2 and 3
    0x0000_517b, // SMB of old
    0x0102_1997, // 9p, in virtual machines
    0x0000_4d44, // FAT
    0x2011_bab0, // exFAT
    0x786f_4256, // shared folders of VirtualBox
];

/// Whether a file keeps its inode number, and no other gets it, for as long as the file is there.
pub(crate) fn keeps_inodes(inode: BorrowedFd<'_>) -> Result<bool, Errno> {
    // The kernel's numbers have 32 bits, whatever the width and sign of the field.
    let kind = fstatfs(inode)?.f_type & 0xffff_ffff;
    Ok(!MADE_UP.into_iter().any(|number| kind == number.into()))
}
