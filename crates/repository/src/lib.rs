//! Encrypted, deduplicated blobs and snapshots on a backend, safe under crashes and many clients.
//!
//! Floor 1. It knows nothing of source and target files and nothing of the terminal. A [`Repository`] opens and
//! hands out the roles that do the work: [`Session`] (a run that writes), [`Pruner`] (one that takes away), [`BlobWriter`], [`BlobReader`],
//! [`PackReader`], [`Index`], [`Reading`] and [`View`] of the log, [`Slots`] (who can open it). [`Objects`] are for those who have no key.
//!
//! Write order, each durable before the next: packs, index objects, the entry that names them. So an index object exists
//! only if its packs do, and a snapshot counts only if everything it reaches does.
//!
//! | beside it | a backup | a restore, `ls`, `verify` | `init` |
//! |---|---|---|---|
//! | **a backup** | safe: names are hashes of sealed, salted bytes and are never replaced; both commits count; a blob stored twice has two places, and a pack of the other that was taken over stands in two index objects | safe: a reader takes one reading of the log and sees the snapshots that were committed by then, whole | safe: the place is not empty, `init` refuses |
//! | **a restore, `ls`, `verify`** | as above | safe: nobody writes | safe: there is no config yet, or the repository is complete |
//! | **`init`** | as above | as above | safe: each puts a claim and then lists; at most one finds itself alone |
//!
//! Beside a prune: a backup that relied on what is condemned meanwhile finds out before it is reported, and does it again; a prune that sees the
//! commit in its last reading leaves what that needs. Two prunes each leave what the other may be about to sweep the last place of. A
//! restore looks again for what is not where it was ([`Repository::snapshot_reader`]), and says so when its snapshot was forgotten and
//! swept: that takes a day, but for `now`.

mod ancestry;
mod batches;
mod buffers;
mod cache;
mod cache_file;
mod control;
mod copies;
mod environment;
mod error;
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
pub use found_config::is_absent;
pub use index::{
    BlobPlace, Index, IndexFault, KnownPack, KnownSegment, Need, NeededBlob, PackNumber, PackUse,
    SegmentNumber, Usage, Used,
};
pub use init::{InitOptions, init, is_ours};
pub use layout::PACKS;
pub use log::Reading;
pub use memory::Memory;
pub use mending::Source;
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
