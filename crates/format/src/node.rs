//! One entry of a directory as it is stored: its name, what it is, all its metadata and where its content lies.
//!
//! Spec: docs/format.md#nodes. A node is a CBOR map with numbered fields: fields that hold nothing are left
//! out, fields that a reader does not know are skipped. Names and link targets are bytes, never text.

use crate::{BlobId, Xattr, limits, wire, xattr};
use minicbor::{Decode, Decoder, Encode, Encoder};

/// An entry of a directory.
///
/// Two nodes that are equal describe the same thing to the byte: an unchanged file's node is taken over whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Node {
    /// Name within its directory, any bytes but `/` and NUL; empty only for the root of a snapshot.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub name: Vec<u8>,
    /// What kind of thing it is.
    #[n(1)]
    pub kind: NodeKind,
    /// Permission bits with set-user-id, set-group-id and sticky: the lowest twelve bits of `st_mode`.
    #[n(2)]
    pub mode: u32,
    /// Numeric owner.
    #[n(3)]
    pub uid: u32,
    /// Numeric group.
    #[n(4)]
    pub gid: u32,
    /// Time of the last change of content.
    #[n(5)]
    pub mtime: Timestamp,
    /// Time of the last change of the inode. Recorded, never set.
    #[n(6)]
    pub ctime: Timestamp,
    /// Time of birth, where the file system tells it. Recorded, never set.
    #[n(7)]
    pub btime: Option<Timestamp>,
    /// Length of a file's content in bytes; zero for everything else.
    #[cbor(n(8), default, skip_if = "is_zero")]
    pub size: u64,
    /// Inode number at the time of the backup, to notice a replaced file.
    #[n(9)]
    pub inode: u64,
    /// For a file with more than one link: which file system of this snapshot it lies on, counted from zero.
    /// Nodes with the same number and `inode` are names of one file.
    #[n(10)]
    pub link_group: Option<u32>,
    /// Extended attributes, POSIX ACLs among them, sorted by name.
    #[cbor(n(11), default, skip_if = "Vec::is_empty", decode_with = "xattr::decode_list")]
    pub xattrs: Vec<Xattr>,
    /// Device number of a character or block device.
    #[n(12)]
    pub device: Option<Device>,
    /// Where a symbolic link points.
    #[cbor(n(13), with = "minicbor::bytes")]
    pub link_target: Option<Vec<u8>>,
    /// Where a file's bytes or a directory's entries are.
    // Without `skip_if`, with which content of a kind that is not known yet would be taken for none.
    #[cbor(n(14), default)]
    pub content: Content,
    /// For a directory: what lies below it.
    #[n(15)]
    pub totals: Option<Totals>,
    /// Name of the owner, where the system of the backup knew one.
    #[cbor(n(16), with = "minicbor::bytes")]
    pub user: Option<Vec<u8>>,
    /// Name of the group, likewise.
    #[cbor(n(17), with = "minicbor::bytes")]
    pub group: Option<Vec<u8>>,
    /// File flags that a user or root can set, as `FS_IOC_GETFLAGS` tells them: immutable, no dump and the like.
    #[cbor(n(18), default, skip_if = "is_no_flag")]
    pub flags: u32,
    /// Time of the last access, recorded only where that was asked for.
    #[n(19)]
    pub atime: Option<Timestamp>,
}

impl Node {
    /// Whether a node keeps to the limits, and has a name that can only mean an entry of its own directory.
    pub(crate) fn is_sound(&self) -> bool {
        !matches!(&self.name[..], b"" | b"." | b"..")
            && !self.name.iter().any(|b| matches!(b, b'/' | 0))
            && self.keeps_limits()
    }

    /// Whether it may be the root of a snapshot.
    pub(crate) fn is_root(&self) -> bool {
        self.kind == NodeKind::Directory && self.name.is_empty() && self.keeps_limits()
    }

    fn keeps_limits(&self) -> bool {
        let times = [Some(self.mtime), Some(self.ctime), self.btime, self.atime];
        let content = match &self.content {
            Content::Empty | Content::Pages(_) | Content::Pieces(_) => true,
            Content::Inline(bytes) => bytes.len() <= limits::INLINE_MAX && bytes.len() as u64 == self.size,
        };
        let is_time = |time: &Timestamp| time.nanoseconds < 1_000_000_000;
        let xattrs = self.xattrs.iter().all(|xattr| xattr.value.length() <= limits::XATTR_MAX);
        content && xattrs && self.mode <= 0o7777 && times.iter().flatten().all(is_time)
    }
}

/// What a node is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum NodeKind {
    /// A regular file.
    #[default]
    #[n(0)]
    File,
    /// A directory.
    #[n(1)]
    Directory,
    /// A symbolic link.
    #[n(2)]
    Symlink,
    /// A named pipe.
    #[n(3)]
    Fifo,
    /// A socket.
    #[n(4)]
    Socket,
    /// A character device.
    #[n(5)]
    CharDevice,
    /// A block device.
    #[n(6)]
    BlockDevice,
}

/// A moment: seconds since 1970-01-01 UTC (negative before it) and nanoseconds within that second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct Timestamp {
    /// Seconds since the epoch, rounded towards the past.
    #[n(0)]
    pub seconds: i64,
    /// Nanoseconds, below 1 000 000 000.
    #[n(1)]
    pub nanoseconds: u32,
}

/// Numbers of a device file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Device {
    /// Which driver.
    #[n(0)]
    pub major: u32,
    /// Which of its devices.
    #[n(1)]
    pub minor: u32,
}

/// What lies below a directory, itself not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Totals {
    /// Nodes of every kind but directories.
    #[n(0)]
    pub files: u64,
    /// Directories.
    #[n(1)]
    pub directories: u64,
    /// Sum of the sizes of all files.
    #[n(2)]
    pub bytes: u64,
}

/// Where the bytes of a file, or the entries of a directory, are to be found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Content {
    /// Nothing: an empty file or directory, or a kind without content.
    #[default]
    Empty,
    /// The bytes themselves, at most [`crate::limits::INLINE_MAX`].
    Inline(Vec<u8>),
    /// A short list of pieces, at most [`crate::limits::NODE_PIECES_MAX`].
    Pieces(Vec<Piece>),
    /// The root page of a page tree.
    Pages(BlobId),
}

/// A run of a file's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// A blob of role data and its length.
    Blob(BlobId, u32),
    /// So many zero bytes that were never written.
    Hole(u64),
}

impl Piece {
    /// Length in bytes of the run.
    #[must_use]
    pub fn length(&self) -> u64 {
        match self {
            Self::Blob(_, length) => u64::from(*length),
            Self::Hole(length) => *length,
        }
    }
}

fn is_zero(size: &u64) -> bool {
    *size == 0
}

fn is_no_flag(flags: &u32) -> bool {
    *flags == 0
}

/// `[blob id, length]` or `[length]` for a hole.
impl<C> Encode<C> for Piece {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        match self {
            Self::Blob(id, length) => e.array(2)?.bytes(id.as_bytes())?.u32(*length)?.ok(),
            Self::Hole(length) => e.array(1)?.u64(*length)?.ok(),
        }
    }
}

impl<'b, C> Decode<'b, C> for Piece {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        match d.array()? {
            Some(2) => Ok(Self::Blob(d.decode()?, d.u32()?)),
            Some(1) => Ok(Self::Hole(d.u64()?)),
            _ => Err(minicbor::decode::Error::message("a piece has one or two elements")),
        }
    }
}

/// `[0, bytes]`, `[1, [piece, ..]]` or `[2, blob id]`; nothing is written for empty content.
impl<C> Encode<C> for Content {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut Encoder<W>,
        c: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        match self {
            Self::Empty => e.null()?.ok(),
            Self::Inline(bytes) => e.array(2)?.u8(0)?.bytes(bytes)?.ok(),
            Self::Pieces(pieces) => e.array(2)?.u8(1)?.encode_with(pieces, c)?.ok(),
            Self::Pages(id) => e.array(2)?.u8(2)?.bytes(id.as_bytes())?.ok(),
        }
    }

    fn is_nil(&self) -> bool {
        *self == Self::Empty
    }
}

impl<'b, C> Decode<'b, C> for Content {
    fn decode(d: &mut Decoder<'b>, c: &mut C) -> Result<Self, minicbor::decode::Error> {
        if d.array()? != Some(2) {
            return Err(minicbor::decode::Error::message("content has two elements"));
        }
        match d.u8()? {
            0 => Ok(Self::Inline(d.bytes()?.to_vec())),
            1 => wire::decode_list(d, c, limits::NODE_PIECES_MAX).map(Self::Pieces),
            2 => Ok(Self::Pages(d.decode()?)),
            other => Err(minicbor::decode::Error::unknown_variant(i64::from(other))),
        }
    }
}
