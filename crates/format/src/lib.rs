//! What every stored byte of a lifeboat repository means: pure functions.
//!
//! Floor 0. No file, network, clock, thread or randomness of its own: random bytes and times are arguments. The
//! specification is `docs/format.md`; each module implements the section it names.

mod blob;
mod cache;
mod chunk;
mod compress;
mod config;
mod credential;
mod entry;
mod error;
mod evidence;
mod id;
mod index;
mod key;
mod key_text;
mod keyring;
pub mod limits;
mod node;
mod pack;
mod page;
mod planted;
mod random;
mod running;
mod seal;
mod slot;
mod snapshot;
mod statement;
mod wire;
mod xattr;

pub use blob::{BlobHasher, Role};
pub use cache::{CACHE_TAG_LENGTH, CacheKey};
pub use chunk::{Chunker, ChunkerParams};
pub use compress::{Codec, Compression, Compressor, Opener};
pub use config::{Config, FORMAT_DRAFT, FORMAT_VERSION};
pub use credential::Credential;
pub use entry::{Draft, Entry, EntryHeader, EntryKind, LogKeys};
pub use error::FormatError;
pub use evidence::{EvidenceKey, EvidencePublicKey};
pub use id::{
    BlobId, EvidenceHash, EvidenceWriter, KeyId, KeySetId, ObjectHash, PackId, RepositoryId, SessionId,
    SlotId, SnapshotId,
};
pub use index::{BlobPrefix, BuiltIndex, Index, IndexBuilder, IndexedBlob, IndexedPack, IndexedSegment};
pub use key::Key;
pub use key_text::{KeyTextError, key_file_text, parse_key_text, sheet_words};
pub use keyring::{Keyring, SealedKey};
pub use node::{Content, Device, Node, NodeKind, Piece, Timestamp, Totals};
pub use pack::{
    PACK_HEADER_LENGTH, PACK_TRAILER_LENGTH, Pack, PackBuilder, PackHeader, PackSealer, PackSegment,
    PackedBlob, code_memory,
};
pub use page::{ChildPage, Page, PageEntry, PageTreeBuilder};
#[cfg(feature = "planted")]
pub use planted::under;
pub use planted::{Bug, planted};
pub use random::Random;
pub use running::{Process, Running};
pub use seal::{SEAL_OVERHEAD, SealContext, SealRole, Sealer};
pub use slot::{KdfParams, Slot, SlotAbout, SlotKind};
pub use snapshot::{Origin, PathBytes, Snapshot, Summary, VerifyWrites};
pub use statement::{Amend, Anchor, Commit, Forget, Genesis, ObjectList, Statement, Unforget};
pub use xattr::{Xattr, XattrValue};
