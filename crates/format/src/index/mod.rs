//! Index objects: where the blobs of many packs are.
//!
//! Spec: docs/format.md#index. Four tables (packs, segments, blobs by id, and a fan-out over the pages of blobs),
//! each in pages sealed by themselves, so that a reader may fetch only the ranges it needs. An index object is
//! named by the hash of its bytes and counts only when a log entry names it; it can be made again from packs.

mod builder;
mod layout;
mod reader;

pub use builder::{BuiltIndex, IndexBuilder};
pub use layout::{BlobPrefix, IndexedBlob, IndexedPack, IndexedSegment};
pub use reader::Index;
