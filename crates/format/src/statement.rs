//! What log entries say: the bodies of each kind.
//!
//! Spec: docs/format.md#log-entries.

use crate::{
    Entry, EntryKind, FormatError, KeyId, Keyring, ObjectHash, PackId, Random, Snapshot, SnapshotId, wire,
};
use minicbor::{Decode, Encode};

/// Body of the first entry of a log.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Genesis {
    /// Hash of the config.
    #[n(0)]
    pub config: ObjectHash,
    /// Keys that must be in the keyring.
    #[n(1)]
    pub keys: Vec<KeyId>,
}

impl Genesis {
    /// The body's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        wire::encode(self)
    }
}

/// Body of a commit.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Commit {
    /// The snapshot it makes count.
    #[n(0)]
    pub snapshot: SnapshotId,
    #[cbor(n(1), with = "minicbor::bytes")]
    sealed_snapshot: Vec<u8>,
    /// Index objects that the session stored.
    #[n(2)]
    pub index: Vec<ObjectHash>,
    /// Packs that the session stored.
    #[n(3)]
    pub packs: Vec<PackId>,
}

impl Commit {
    /// A commit of this snapshot.
    #[must_use]
    pub fn new(
        snapshot: &Snapshot,
        index: Vec<ObjectHash>,
        packs: Vec<PackId>,
        keyring: &Keyring,
        random: &dyn Random,
    ) -> Self {
        Self { snapshot: snapshot.id, sealed_snapshot: snapshot.seal(keyring, random), index, packs }
    }

    /// The body's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        wire::encode(self)
    }

    /// The snapshot itself.
    ///
    /// # Errors
    /// When it is not authentic, or of a newer version.
    pub fn open(&self, keyring: &Keyring) -> Result<Snapshot, FormatError> {
        Snapshot::open(keyring, self.snapshot, &self.sealed_snapshot)
    }
}

/// Body of an entry that tells what a backup has stored so far: it counts for deduplication, whatever becomes of the backup.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Provide {
    /// Index objects that the session stored since its entry before.
    #[n(0)]
    pub index: Vec<ObjectHash>,
    /// Packs that they name.
    #[n(1)]
    pub packs: Vec<PackId>,
}

impl Provide {
    /// The body's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        wire::encode(self)
    }
}

/// An entry's body, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    /// The first entry.
    Genesis(Genesis),
    /// A snapshot.
    Commit(Commit),
    /// What a backup has stored so far.
    Provide(Provide),
    /// A kind of a later version.
    Unknown(EntryKind),
}

impl Statement {
    /// What an entry says.
    ///
    /// # Errors
    /// When the body is not of its kind's form.
    pub fn of(entry: &Entry) -> Result<Self, FormatError> {
        match entry.header.kind {
            EntryKind::GENESIS => wire::decode(&entry.body, "genesis entry").map(Self::Genesis),
            EntryKind::COMMIT => wire::decode(&entry.body, "commit entry").map(Self::Commit),
            EntryKind::PROVIDE => wire::decode(&entry.body, "provide entry").map(Self::Provide),
            other => Ok(Self::Unknown(other)),
        }
    }
}
