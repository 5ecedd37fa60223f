//! Body of the entries that speak of index objects and packs alone.

use crate::{ObjectHash, PackId, wire};
use minicbor::{Decode, Encode};

/// Index objects and packs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ObjectList {
    /// Index objects.
    #[n(0)]
    pub index: Vec<ObjectHash>,
    /// Packs.
    #[n(1)]
    pub packs: Vec<PackId>,
}

impl ObjectList {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.index.is_empty() && self.packs.is_empty()
    }

    /// The body's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        wire::encode(self)
    }
}
