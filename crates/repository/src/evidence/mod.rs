//! What rehearsals proved, as objects: put once, never replaced or deleted.
//!
//! Spec: docs/format.md#evidence. Invariants: nothing but objects below `evidence/` is stored, and the name of each holds the hash of its
//! bytes, so that what is stored twice is the same. What they say is for those who write them.

mod own_chain;

pub use own_chain::{HeldChain, OwnChain};

use crate::layout::EVIDENCE;
use crate::{EvidenceName, Repository, RepositoryError};
use lifeboat_backend::Backend;
use lifeboat_format::{EvidenceHash, EvidenceKey, EvidenceWriter, FormatError, limits};
use std::sync::Arc;

/// The evidence that lies in a repository.
#[derive(Clone, Debug)]
pub struct EvidenceStore {
    backend: Arc<dyn Backend>,
}

impl EvidenceStore {
    /// That on `backend`, for whoever has opened the repository through another one which stores nothing.
    #[must_use]
    pub fn new(backend: Arc<dyn Backend>) -> Self {
        Self { backend }
    }

    /// Names of all that is there, sorted.
    ///
    /// # Errors
    /// When the storage cannot be listed.
    pub fn list(&self) -> Result<Vec<EvidenceName>, RepositoryError> {
        let mut names = Vec::new();
        self.backend.list(EVIDENCE, &mut |object| names.extend(EvidenceName::parse(&object.name)))?;
        names.sort_unstable();
        Ok(names)
    }

    /// The bytes that lie under a name, whatever they are.
    ///
    /// # Errors
    /// Those of the storage, which takes no more than [`limits::EVIDENCE_MAX`] bytes for evidence.
    pub fn read(&self, name: &EvidenceName) -> Result<Vec<u8>, RepositoryError> {
        Ok(self.backend.get(&name.object(), limits::EVIDENCE_MAX)?)
    }

    /// Shows `visit` what lies under each of these names, or why it could not be had, in no particular order.
    pub fn read_many(
        &self,
        names: &[EvidenceName],
        visit: &mut dyn FnMut(EvidenceName, Result<Vec<u8>, RepositoryError>),
    ) {
        let objects: Vec<_> = names.iter().map(EvidenceName::object).collect();
        self.backend.get_many(&objects, limits::EVIDENCE_MAX, &mut |object, got| {
            if let Some(name) = EvidenceName::parse(object) {
                visit(name, got.map_err(RepositoryError::from));
            }
        });
    }

    /// Stores a record as number `seq` of a chain, durably when it returns `Ok`.
    ///
    /// # Errors
    /// [`RepositoryError::Produce`] when it is too large, before anything is stored; those of the storage, after which it
    /// may be there or not.
    pub fn put(
        &self,
        writer: EvidenceWriter,
        seq: u64,
        bytes: &[u8],
    ) -> Result<EvidenceName, RepositoryError> {
        if bytes.len() as u64 > limits::EVIDENCE_MAX {
            return Err(FormatError::Limit("evidence").into());
        }
        let name = EvidenceName { writer, seq, hash: EvidenceHash::of(bytes) };
        self.backend.put(&name.object(), bytes)?;
        Ok(name)
    }
}

impl Repository {
    /// The evidence that lies in it.
    #[must_use]
    pub fn evidence(&self) -> EvidenceStore {
        EvidenceStore::new(Arc::clone(&self.backend))
    }

    /// Signs evidence, and tells what others check it with.
    #[must_use]
    pub fn evidence_key(&self) -> &EvidenceKey {
        self.keyring.evidence()
    }
}
