//! Encrypted, deduplicated blobs and snapshots on a backend, safe under crashes and many clients.
//!
//! Floor 1. It knows nothing of source and target files and nothing of the terminal. A [`Repository`] opens and
//! hands out the roles that do the work: [`Session`] (a run that writes), [`Pruner`] (one that takes away), [`BlobWriter`], [`BlobReader`],
//! [`PackReader`], [`Index`], [`Reading`] and [`View`] of the log, [`Slots`] (who can open it), [`EvidenceStore`]. [`Objects`] are for those who have no key.
//!
//! Write order, each durable before the next: packs, index objects, the entry that names them. So an index object exists
//! only if its packs do, and a snapshot counts only if everything it reaches does.
//!
//! | beside | a backup | a reader | forget, undo, tag | prune | repair |
//! |---|---|---|---|---|---|
//! | **a backup** | names are hashes of sealed, salted bytes and never replaced; both commits count | a reader goes by one reading, and a commit is put when all it needs is durable | it relies on blobs, not on snapshots | each says what it is about to do and then looks again, so one of the two finds out before anything is reported or deleted | what is put back is what the name stands for; what is declared damaged does not count from then on |
//! | **a reader** (restore, `ls`, `verify`) | | nobody writes | a forgotten snapshot is whole for a day | what it misses it finds by a newer reading, at its new place, or it says that the snapshot is gone | packs are replaced at once, by what they were |
//! | **forget, undo, tag** | | | an undo takes back what it has seen; of two tags both hold | what is not seen frees nothing; an undo beside a sweep is void, and said to be | different things |
//! | **prune** | | | | of all places of a needed blob one stays, whoever condemned the others | rescued copies are roots, like those of a backup |
//! | **`init`** | at most one of several finds itself alone; the config is stored last | the same | the same | the same | the same |
//!
//! Pair by pair, with keys and `copy`: docs/concurrency.md.

mod ancestry;
mod batches;
mod buffers;
mod cache;
mod cache_file;
mod control;
mod copies;
mod environment;
mod error;
mod evidence;
mod found_config;
mod heads;
mod index;
mod init;
mod kept;
mod kept_trees;
mod keys;
mod layout;
mod log;
mod memory;
mod mended;
mod mending;
mod objects;
mod packs;
mod probe;
mod pruner;
mod ranges;
mod reader;
mod rehearsal;
mod reindex;
mod renewal;
mod replica;
mod repository;
mod room;
mod round;
mod running;
mod segments;
mod session;
mod session_log;
mod slots;
mod view;
mod wishes;
mod workers;
mod writer;

pub use cache::CacheOptions;
pub use control::CopyFault;
pub use environment::{Clock, Environment, Processes};
pub use error::RepositoryError;
pub use evidence::{EvidenceStore, HeldChain, OwnChain};
pub use found_config::is_absent;
pub use index::{
    BlobPlace, Index, IndexFault, KnownPack, KnownSegment, Need, NeededBlob, PackNumber, PackUse,
    SegmentNumber, Usage, Used,
};
pub use init::{InitOptions, init, is_ours};
pub use layout::{EvidenceName, PACKS};
pub use log::Reading;
pub use memory::Memory;
pub use mending::{Source, Unlisted};
pub use objects::{ObjectKind, Objects, StoredObject, Survey};
pub use packs::{FetchedPack, PackReader, pack_object};
pub use probe::{Check, CheckKind, Door, Rights, Role, StoreProbe, Verdict, probe};
pub use pruner::{Deleted, Pruner, Sweeper};
pub use ranges::{FetchedRange, SegmentRange};
pub use reader::BlobReader;
pub use reindex::Reindexed;
pub use replica::ReplicaHelp;
pub use repository::Repository;
pub use running::{RunningHint, RunningHints};
pub use session::{Committed, Session};
pub use slots::{SlotError, SlotInfo, SlotList, Slots};
pub use view::{Forgotten, ObjectSet, Provided, View};
pub use wishes::Regained;
pub use workers::Workers;
pub use writer::{BlobWriter, Flushed, WriterOptions, WriterStats};

pub use lifeboat_format::{
    Credential, Key, KeyTextError, Process, Random, Running, SlotAbout, SlotId, SlotKind, key_file_text,
    parse_key_text, sheet_words,
};
