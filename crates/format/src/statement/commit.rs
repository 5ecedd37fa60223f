//! Body of the entry that makes a snapshot count.

use crate::{FormatError, Keyring, ObjectHash, PackId, Random, Snapshot, SnapshotId, wire};
use minicbor::{Decode, Encode};

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
