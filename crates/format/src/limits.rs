//! Every maximum that a reader enforces and a writer keeps, in one place.
//!
//! Spec: docs/format.md#limits. Sizes are in bytes.

/// Largest content of a file that lies in its node.
pub const INLINE_MAX: usize = 128;
/// Most pieces that a node holds itself; longer contents are page trees.
pub const NODE_PIECES_MAX: usize = 8;
/// Largest value of an extended attribute: the kernel takes no larger one.
pub const XATTR_MAX: usize = 64 << 10;
/// Largest value of an extended attribute that lies in its node.
pub const XATTR_INLINE_MAX: usize = 1 << 10;
/// Where the values in a node exceed this together, each but the smallest is a blob.
pub const XATTRS_INLINE_MAX: usize = 16 << 10;
/// Largest value that lies in its node even then.
pub const XATTR_SMALL_MAX: usize = 64;
/// Most extended attributes of a node: Linux lists no more names than 64 KiB hold.
pub const XATTRS_MAX: usize = 16 << 10;
/// Largest blob, and largest raw length of a segment.
pub const SEGMENT_RAW_MAX: usize = 16 << 20;
/// Largest segment as it is sealed: what cannot be compressed is stored as it is.
pub const SEGMENT_SEALED_MAX: usize = SEGMENT_RAW_MAX + (64 << 10);
/// Most segments in a pack.
pub const PACK_SEGMENTS_MAX: usize = 1 << 20;
/// Most blobs in a pack.
pub const PACK_BLOBS_MAX: usize = 1 << 22;
/// Largest header and core of a pack.
pub const PACK_MAX: u64 = 256 << 20;
/// Largest pack as it is stored, with parity and trailer.
pub const PACK_STORED_MAX: u64 = 2 * PACK_MAX;
/// Most parity of packs, in percent.
pub const PARITY_PERCENT_MAX: u32 = 25;
/// Largest index object.
pub const INDEX_MAX: u64 = 8 << 20;
/// Largest log entry.
pub const ENTRY_MAX: u64 = 16 << 20;
/// Largest config, key slot, key object or running hint.
pub const SMALL_OBJECT_MAX: u64 = 64 << 10;
/// Largest object of evidence.
pub const EVIDENCE_MAX: u64 = 4 << 20;
/// A page is closed no earlier than this.
pub const PAGE_MIN: usize = 8 << 10;
/// A page is closed when it has reached this; one entry may carry it beyond.
pub const PAGE_MAX: usize = 64 << 10;
/// Largest node: what a page may exceed [`PAGE_MAX`] by.
pub const NODE_MAX: usize = 4 << 20;
/// Most paths, tags and patterns of a snapshot, of each.
pub const SNAPSHOT_LIST_MAX: usize = 1 << 19;
/// Levels of a page tree, leaves included.
pub const PAGE_DEPTH_MAX: u8 = 8;
/// Most memory that a key slot may ask for, in KiB.
pub const KDF_MEMORY_KIB_MAX: u32 = 4 << 20;
/// Most passes that a key slot may ask for.
pub const KDF_PASSES_MAX: u32 = 16;
/// Most lanes that a key slot may ask for.
pub const KDF_LANES_MAX: u32 = 16;
/// Most key slots that are tried.
pub const SLOTS_MAX: usize = 16;
