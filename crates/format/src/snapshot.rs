//! A snapshot: one complete state of what was backed up.
//!
//! Spec: docs/format.md#snapshots. It is sealed inside the `Commit` entry that makes it count.

use crate::{
    FormatError, Keyring, Node, Random, RepositoryId, SealContext, SealRole, SnapshotId, Timestamp, limits,
    wire,
};
use minicbor::{Decode, Decoder, Encode};

const VERSION: u32 = 1;
/// Of so many segments one is a sample; the first of every pack is one.
const SAMPLED_OF: u32 = 16;

/// What was backed up, when, and where its root is.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Snapshot {
    #[n(0)]
    version: u32,
    /// Drawn when the backup started.
    #[n(1)]
    pub id: SnapshotId,
    /// The directory `/` with the saved paths below it; its name is empty.
    #[n(2)]
    pub root: Node,
    /// Name of the machine.
    #[n(3)]
    pub host: String,
    /// Name of the user.
    #[n(4)]
    pub user: String,
    /// Absolute paths that were asked for, as bytes.
    #[cbor(n(5), decode_with = "decode_list")]
    pub paths: Vec<PathBytes>,
    /// Labels.
    #[cbor(n(6), default, skip_if = "Vec::is_empty", decode_with = "decode_list")]
    pub tags: Vec<String>,
    /// When the backup started.
    #[n(7)]
    pub start: Timestamp,
    /// When all of it was read.
    #[n(8)]
    pub end: Timestamp,
    /// The snapshot that unchanged files were compared with.
    #[n(9)]
    pub parent: Option<SnapshotId>,
    /// What was counted.
    #[n(10)]
    pub summary: Summary,
    /// Program and version.
    #[n(11)]
    pub program: String,
    /// Patterns of what was left out.
    #[cbor(n(12), default, skip_if = "Vec::is_empty", decode_with = "decode_list")]
    pub excludes: Vec<String>,
    /// Where it was made, when it was copied here.
    #[n(13)]
    pub origin: Option<Origin>,
    /// How much of what was stored for it was read back before.
    #[cbor(n(14), default, skip_if = "VerifyWrites::is_all")]
    pub verify_writes: VerifyWrites,
}

/// How much of what is sealed is opened again and compared before it is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum VerifyWrites {
    /// Every segment.
    #[default]
    #[n(0)]
    All,
    /// Some segments of every pack.
    #[n(1)]
    Sample,
    /// None.
    #[n(2)]
    Off,
}

impl VerifyWrites {
    /// Whether the segment of this number within its pack is read back.
    #[must_use]
    pub fn covers(self, ordinal: u32) -> bool {
        match self {
            Self::All => true,
            Self::Sample => ordinal.is_multiple_of(SAMPLED_OF),
            Self::Off => false,
        }
    }

    fn is_all(&self) -> bool {
        *self == Self::All
    }
}

/// Another repository's snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Origin {
    /// The repository.
    #[n(0)]
    pub repository: RepositoryId,
    /// The snapshot's id there.
    #[n(1)]
    pub snapshot: SnapshotId,
}

/// A path as bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct PathBytes(#[cbor(n(0), with = "minicbor::bytes")] pub Vec<u8>);

/// What a backup counted: directories and files by their fate, and bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Summary {
    /// Regular files that the parent did not have; as everywhere here, other kinds are not counted.
    #[n(0)]
    pub files_new: u64,
    /// Files that are not what they were in the parent.
    #[n(1)]
    pub files_changed: u64,
    /// Files taken over from the parent.
    #[n(2)]
    pub files_unmodified: u64,
    /// Directories that the parent did not have.
    #[n(3)]
    pub dirs_new: u64,
    /// Directories whose metadata or content changed.
    #[n(4)]
    pub dirs_changed: u64,
    /// Directories that are what they were.
    #[n(5)]
    pub dirs_unmodified: u64,
    /// Data blobs that were new to the repository.
    #[n(6)]
    pub data_blobs: u64,
    /// Tree blobs that were new to the repository.
    #[n(7)]
    pub tree_blobs: u64,
    /// Bytes of new blobs before compression.
    #[n(8)]
    pub data_added: u64,
    /// Bytes of new objects as stored.
    #[n(9)]
    pub data_added_packed: u64,
    /// All files.
    #[n(10)]
    pub total_files_processed: u64,
    /// Sizes of all files.
    #[n(11)]
    pub total_bytes_processed: u64,
    /// Bytes that were read from files.
    #[n(12)]
    pub bytes_read: u64,
    /// Items that could not be read: above zero, the snapshot is partial.
    #[n(13)]
    pub unread: u64,
}

impl Snapshot {
    /// A snapshot of this root, all else empty or zero.
    #[must_use]
    pub fn new(id: SnapshotId, root: Node, start: Timestamp) -> Self {
        Self {
            version: VERSION,
            id,
            root,
            host: String::new(),
            user: String::new(),
            paths: Vec::new(),
            tags: Vec::new(),
            start,
            end: start,
            parent: None,
            summary: Summary::default(),
            program: String::new(),
            excludes: Vec::new(),
            origin: None,
            verify_writes: VerifyWrites::All,
        }
    }

    /// Whether something that was asked for is not in it.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.summary.unread > 0
    }

    pub(crate) fn seal(&self, keyring: &Keyring, random: &dyn Random) -> Vec<u8> {
        keyring.snapshot_sealer().seal(&context(keyring, self.id), &random.array(), &wire::encode(self))
    }

    pub(crate) fn open(keyring: &Keyring, id: SnapshotId, sealed: &[u8]) -> Result<Self, FormatError> {
        let bytes = keyring.snapshot_sealer().open(&context(keyring, id), sealed, "snapshot")?;
        let snapshot: Self = wire::decode(&bytes, "snapshot")?;
        wire::check_version(snapshot.version, VERSION, "snapshot")?;
        match snapshot.id == id && snapshot.root.is_root() {
            true => Ok(snapshot),
            false => Err(FormatError::Malformed("snapshot")),
        }
    }

    /// Whether a reader will take it.
    #[must_use]
    pub fn is_within_limits(&self) -> bool {
        let lengths = [self.paths.len(), self.tags.len(), self.excludes.len()];
        lengths.iter().all(|length| *length <= limits::SNAPSHOT_LIST_MAX)
    }
}

/// A list of labels, paths or patterns.
pub(crate) fn decode_list<'b, C, T: Decode<'b, C>>(
    d: &mut Decoder<'b>,
    c: &mut C,
) -> Result<Vec<T>, minicbor::decode::Error> {
    wire::decode_list(d, c, limits::SNAPSHOT_LIST_MAX)
}

fn context(keyring: &Keyring, id: SnapshotId) -> SealContext {
    SealContext::alone(keyring.key_set(), SealRole::Snapshot, *id.as_bytes(), 0)
}
