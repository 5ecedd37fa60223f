//! The unit of deduplication and its keyed name.
//!
//! Spec: docs/format.md#blobs. Trees and data are named under different keys: nobody can make file content pass
//! as a tree, and nobody without the keys can tell whether a known file is stored.

use crate::{BlobId, Key};
use std::fmt;

/// What a blob is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Role {
    /// Content of files, and what is too large for a node.
    Data = 1,
    /// Pages of directories and of content lists.
    Tree = 2,
}

impl Role {
    /// Both of them, in the order of their numbers.
    pub const ALL: [Self; 2] = [Self::Data, Self::Tree];

    /// Position in [`Role::ALL`].
    #[must_use]
    pub fn position(self) -> usize {
        match self {
            Self::Data => 0,
            Self::Tree => 1,
        }
    }

    pub(crate) fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|role| *role as u8 == number)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Data => "data",
            Self::Tree => "tree",
        })
    }
}

/// Names blobs of one deduplication domain.
#[derive(Clone, Debug)]
pub struct BlobHasher {
    data: Key,
    tree: Key,
}

impl BlobHasher {
    pub(crate) fn new(domain_key: &Key) -> Self {
        Self {
            data: domain_key.derive("lifeboat v1 blob id data"),
            tree: domain_key.derive("lifeboat v1 blob id tree"),
        }
    }

    /// The name of a blob with this content.
    #[must_use]
    pub fn id(&self, role: Role, bytes: &[u8]) -> BlobId {
        let key = match role {
            Role::Data => &self.data,
            Role::Tree => &self.tree,
        };
        let mut hasher = blake3::Hasher::new_keyed(key.as_bytes());
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
        BlobId::new(*hasher.finalize().as_bytes())
    }
}
