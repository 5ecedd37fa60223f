//! Bodies of the entries that say what people want of snapshots: to be rid of them, to have them back, what they are called.

use crate::snapshot::decode_list;
use crate::{SnapshotId, wire};
use minicbor::{Decode, Encode};

/// Body of an entry that says which snapshots nobody wants any more.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Forget {
    /// The snapshots.
    #[n(0)]
    pub snapshots: Vec<SnapshotId>,
    /// Why, for people.
    #[n(1)]
    pub reason: String,
}

impl Forget {
    /// The body's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        wire::encode(self)
    }
}

/// Body of an entry that takes back the `Forget` entries it has seen.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Unforget {
    /// The snapshots that are wanted again.
    #[n(0)]
    pub snapshots: Vec<SnapshotId>,
}

impl Unforget {
    /// The body's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        wire::encode(self)
    }
}

/// Body of an entry that says what is to be read beside a snapshot, instead of what any entry that it has seen says.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Amend {
    /// The snapshot.
    #[n(0)]
    pub snapshot: SnapshotId,
    /// All its labels.
    #[cbor(n(1), decode_with = "decode_list")]
    pub tags: Vec<String>,
    /// Whether nothing but a person who names it may forget it.
    #[n(2)]
    pub is_pinned: bool,
}

impl Amend {
    /// The body's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        wire::encode(self)
    }
}
