//! Body of the entry that remembers what was seen of another repository.

use crate::{ObjectHash, RepositoryId, wire};
use minicbor::{Decode, Encode};

/// Body of an entry that says how far the log of another repository was when a copy between the two ended.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Anchor {
    /// The other repository.
    #[n(0)]
    pub repository: RepositoryId,
    /// The newest entries of its log.
    #[n(1)]
    pub heads: Vec<ObjectHash>,
}

impl Anchor {
    /// The body's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        wire::encode(self)
    }
}
