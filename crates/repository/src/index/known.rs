//! What the index knows of packs, segments and blobs.

use lifeboat_format::{Bug, ObjectHash, PACK_TRAILER_LENGTH, PackId, PackSegment, Role, planted};
use std::ops::Range;

use crate::RepositoryError;

/// A pack as the index and the storage know it.
#[derive(Clone, Debug)]
pub struct KnownPack {
    /// Its name.
    pub id: PackId,
    /// Role of its blobs.
    pub role: Role,
    /// Length in bytes of header and core.
    pub core_length: u64,
    /// Length in bytes that it was stored with.
    pub stored_length: u64,
    /// Length in bytes that the storage tells, none when it is not there.
    pub found_length: Option<u64>,
    /// Blobs that the index places in it.
    pub blobs: usize,
    /// Numbers of its segments.
    pub(super) segments: Range<u32>,
    /// Whether nobody may rely on it any more.
    pub(super) is_condemned: bool,
    /// Whether all index objects that name it are condemned.
    pub(super) is_lonely: bool,
    /// Whether it is known to be damaged or lost.
    pub(super) is_damaged: bool,
    /// Whether another table has it already, or it is swept.
    pub(super) is_hidden: bool,
}

impl KnownPack {
    /// Whether what lies in it may be relied on.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.is_there() && !self.is_condemned && !self.is_damaged
    }

    /// Whether the storage has as much of it as its blobs need, and no more than it was stored with.
    #[must_use]
    pub fn is_there(&self) -> bool {
        planted(Bug::UncheckedPresence)
            || self
                .found_length
                .is_some_and(|length| (self.core_length..=self.stored_length).contains(&length))
    }

    /// Whether nobody may rely on it any more.
    #[must_use]
    pub fn is_condemned(&self) -> bool {
        self.is_condemned
    }

    /// Whether all index objects that name it are condemned.
    #[must_use]
    pub fn is_lonely(&self) -> bool {
        self.is_lonely
    }

    /// Whether it is known to be damaged or lost: what is sound of it may be read, and nothing more.
    #[must_use]
    pub fn is_damaged(&self) -> bool {
        self.is_damaged
    }

    /// Whether there is nothing to be had of it: it is swept, or stands in the index under another number, too.
    #[must_use]
    pub fn is_hidden(&self) -> bool {
        self.is_hidden
    }

    /// Whether it was stored with parity.
    #[must_use]
    pub fn has_parity(&self) -> bool {
        self.stored_length > self.core_length + PACK_TRAILER_LENGTH as u64
    }
}

/// A segment as the index knows it.
#[derive(Clone, Copy, Debug)]
pub struct KnownSegment {
    /// Number of its pack.
    pub pack: PackNumber,
    /// Its number within the pack.
    pub ordinal: u32,
    /// Where it lies in the pack.
    pub place: PackSegment,
}

/// Number of a pack within an [`crate::Index`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackNumber(pub(super) u32);

/// Number of a segment within an [`crate::Index`]; the segments of a pack have successive numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentNumber(pub(super) u32);

/// Where a blob lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobPlace {
    /// Its segment.
    pub segment: SegmentNumber,
    /// First byte, from the start of the raw segment.
    pub offset: u32,
    /// Length in bytes.
    pub length: u32,
}

/// An index object that could not be used.
#[derive(Debug)]
pub struct IndexFault {
    /// Its name.
    pub object: ObjectHash,
    /// What is wrong with it.
    pub error: RepositoryError,
}
