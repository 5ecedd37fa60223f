//! What one `statx` tells of an entry.

use lifeboat_format::{Device, Node, NodeKind, Timestamp};
use lifeboat_sys::fd::BorrowedFd;
use lifeboat_sys::fs::{
    AtFlags, FileType, Statx, StatxAttributes, StatxFlags, StatxTimestamp, makedev, statx,
};
use lifeboat_sys::io::Errno;

/// The lowest twelve bits of a mode: permissions, set-user-id, set-group-id and sticky.
pub(crate) const MODE_BITS: u32 = 0o7777;

/// What `statx` counts in, in bytes, whatever the blocks of the file system are.
const BLOCK_LEN: u64 = 512;

/// An entry as the kernel describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stat {
    /// Name, kind, mode, owner, times, size, inode and device numbers. What else a node holds is not in it.
    pub node: Node,
    /// Number of the file system it lies on.
    pub device: u64,
    /// How many names it has.
    pub links: u64,
    /// Whether it has the file flag for "do not dump".
    pub no_dump: bool,
    /// Bytes of disk that the file system counts for it: less than its size where it may have holes.
    pub allocated: u64,
    /// Time of the last access, which reading it may change.
    pub atime: Timestamp,
}

impl Stat {
    /// Describes the entry `name` of `dir` itself, not what it may point to.
    pub(crate) fn of_entry(dir: BorrowedFd<'_>, name: &[u8]) -> Result<Self, Errno> {
        Self::ask(dir, name, AtFlags::SYMLINK_NOFOLLOW)
    }

    /// Describes what the entry `name` of `dir` leads to, which is itself where it is no link.
    pub(crate) fn of_target(dir: BorrowedFd<'_>, name: &[u8]) -> Result<Self, Errno> {
        Self::ask(dir, name, AtFlags::empty())
    }

    /// Describes what is open. Its name stays empty.
    pub(crate) fn of_open(file: BorrowedFd<'_>) -> Result<Self, Errno> {
        Self::ask(file, b"", AtFlags::EMPTY_PATH)
    }

    fn ask(dir: BorrowedFd<'_>, name: &[u8], flags: AtFlags) -> Result<Self, Errno> {
        let mask = StatxFlags::BASIC_STATS | StatxFlags::BTIME;
        let found = statx(dir, name, flags | AtFlags::NO_AUTOMOUNT, mask)?;
        let kind = kind(&found)?;
        let is_device = matches!(kind, NodeKind::CharDevice | NodeKind::BlockDevice);
        let has_btime = StatxFlags::from_bits_retain(found.stx_mask).contains(StatxFlags::BTIME);
        let node = Node {
            name: name.to_vec(),
            kind,
            mode: u32::from(found.stx_mode) & MODE_BITS,
            uid: found.stx_uid,
            gid: found.stx_gid,
            mtime: timestamp(found.stx_mtime),
            ctime: timestamp(found.stx_ctime),
            btime: has_btime.then(|| timestamp(found.stx_btime)),
            size: if kind == NodeKind::File { found.stx_size } else { 0 },
            inode: found.stx_ino,
            device: is_device.then_some(Device { major: found.stx_rdev_major, minor: found.stx_rdev_minor }),
            ..Node::default()
        };
        let device = makedev(found.stx_dev_major, found.stx_dev_minor);
        Ok(Self {
            node,
            device,
            links: u64::from(found.stx_nlink),
            no_dump: found.stx_attributes.contains(StatxAttributes::NODUMP),
            allocated: found.stx_blocks.saturating_mul(BLOCK_LEN),
            atime: timestamp(found.stx_atime),
        })
    }
}

fn kind(found: &Statx) -> Result<NodeKind, Errno> {
    match FileType::from_raw_mode(u32::from(found.stx_mode)) {
        FileType::RegularFile => Ok(NodeKind::File),
        FileType::Directory => Ok(NodeKind::Directory),
        FileType::Symlink => Ok(NodeKind::Symlink),
        FileType::Fifo => Ok(NodeKind::Fifo),
        FileType::Socket => Ok(NodeKind::Socket),
        FileType::CharacterDevice => Ok(NodeKind::CharDevice),
        FileType::BlockDevice => Ok(NodeKind::BlockDevice),
        FileType::Unknown => Err(Errno::OPNOTSUPP),
    }
}

fn timestamp(time: StatxTimestamp) -> Timestamp {
    Timestamp { seconds: time.tv_sec, nanoseconds: time.tv_nsec }
}
