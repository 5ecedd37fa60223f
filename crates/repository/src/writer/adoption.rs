//! Taking over packs as they are: those that lie in the storage and are named by no index, as a kill leaves them, and those of another
//! repository with the same keys.
//!
//! Invariants: what is taken over hashes to its name, opens with our keys and is durable; from then on it is as if
//! this session had stored it, and the log is told at once, so that no later session reads it again. A pack that another
//! running session has just stored may be among them: it is then named twice, which harms nobody, because places are a
//! set. Each worker holds one pack at a time.

use super::BlobWriter;
use crate::{Repository, RepositoryError, layout};
use lifeboat_format::{Pack, PackId, Role};
use std::sync::{Mutex, PoisonError};

/// An adoption under way.
struct Adoption<E> {
    refused: Vec<(PackId, RepositoryError)>,
    failure: Option<E>,
}

impl BlobWriter {
    /// Takes over every sound pack that no index names, so that what is in it is not stored again. Each is read
    /// whole. `check` is asked before every pack, and its error ends it; [`BlobWriter::leave`] then tells the log what was
    /// taken over by then. Gives the packs that are not sound, and why: they are left alone.
    ///
    /// # Errors
    /// Those of `check`, and of the storage when an index object or the entry that names it cannot be stored.
    pub fn adopt<E: From<RepositoryError> + Send>(
        &mut self,
        check: impl Fn() -> Result<(), E> + Sync,
    ) -> Result<Vec<(PackId, RepositoryError)>, E> {
        let refused = self.take_each(self.index.orphans(), check, |id, length| self.take_over(id, length))?;
        self.store.provide().map(|()| refused).map_err(E::from)
    }

    /// Takes over packs of another repository with the same keys, whose lengths in bytes are those that its storage tells; the names must not
    /// be in use here, nor ever have been condemned. Each is read whole and compared with its name. `check` is asked before every pack, and its error ends
    /// it. Gives those that are not sound, and why.
    ///
    /// # Errors
    /// Those of `check`, and of either storage.
    pub fn take_from<E: From<RepositoryError> + Send>(
        &mut self,
        other: &Repository,
        packs: &[(PackId, u64)],
        check: impl Fn() -> Result<(), E> + Sync,
    ) -> Result<Vec<(PackId, RepositoryError)>, E> {
        self.take_each(packs, check, |id, length| self.take_one_from(other, id, length))
    }

    fn take_each<E: From<RepositoryError> + Send>(
        &self,
        packs: &[(PackId, u64)],
        check: impl Fn() -> Result<(), E> + Sync,
        take: impl Fn(PackId, u64) -> Result<Result<(), RepositoryError>, RepositoryError> + Send + Sync,
    ) -> Result<Vec<(PackId, RepositoryError)>, E> {
        let adoption = Mutex::new(Adoption::default());
        let lock = || adoption.lock().unwrap_or_else(PoisonError::into_inner);
        self.options.workers.for_each(packs, |_, (id, length)| {
            if lock().failure.is_none() {
                let taken = check().and_then(|()| Ok(take(*id, *length)?));
                lock().add(*id, taken);
            }
        });
        let Adoption { refused, failure } = adoption.into_inner().unwrap_or_else(PoisonError::into_inner);
        failure.map_or(Ok(refused), Err)
    }

    /// Takes over one pack of another repository, unless it is refused.
    fn take_one_from(
        &self,
        other: &Repository,
        id: PackId,
        length: u64,
    ) -> Result<Result<(), RepositoryError>, RepositoryError> {
        let buffer = self.store.pack_buffer(Role::Data);
        let mut stored = Ok(());
        let seen = other.fetch_pack(id, length, buffer).and_then(|fetched| {
            other.look_into_pack(id, fetched, |pack| {
                let damaged = |source| RepositoryError::reading(&layout::pack(id), source);
                Pack::scrub_parity(&pack.bytes).map_err(damaged)?;
                self.store.added.add(pack.blobs.iter().map(|blob| blob.id));
                stored = self.store.put_and_name(pack);
                Ok(())
            })
        });
        match seen {
            Ok(()) => stored.map(Ok),
            Err(error) if error.is_damage() => Ok(Err(error)),
            Err(error) => Err(error),
        }
    }

    /// Takes over one pack, unless it is refused.
    fn take_over(&self, id: PackId, length: u64) -> Result<Result<(), RepositoryError>, RepositoryError> {
        let mut named = Ok(());
        let taken = self.read_orphan(id, length, |pack| {
            // Before its index object, which may be full and stored with it.
            self.store.added.add(pack.blobs.iter().map(|blob| blob.id));
            named = self.store.name(pack);
        });
        named.map(|()| taken)
    }

    /// Lets `look` see a pack that is sound and durable.
    fn read_orphan(&self, id: PackId, length: u64, look: impl FnOnce(&Pack)) -> Result<(), RepositoryError> {
        let backend = &self.repository.backend;
        let fetched = self.repository.fetch_pack(id, length, self.store.pack_buffer(Role::Data))?;
        self.repository.look_into_pack(id, fetched, |pack| {
            // Its writer may not have lived to see its name on the disk. To put the same bytes again settles that; its name
            // says nothing of its parity, and bytes that were read wrongly must not be put. What a store far away has listed
            // is there to stay.
            if !backend.is_remote() {
                let name = layout::pack(id);
                Pack::scrub_parity(&pack.bytes).map_err(|source| RepositoryError::reading(&name, source))?;
                backend.put(&name, &pack.bytes)?;
            }
            self.repository.keep_tree(pack);
            look(pack);
            Ok(())
        })
    }
}

impl<E> Default for Adoption<E> {
    fn default() -> Self {
        Self { refused: Vec::new(), failure: None }
    }
}

impl<E> Adoption<E> {
    fn add(&mut self, id: PackId, taken: Result<Result<(), RepositoryError>, E>) {
        match taken {
            Ok(Ok(())) => {}
            Ok(Err(error)) => self.refused.push((id, error)),
            Err(error) => {
                self.failure.get_or_insert(error);
            }
        }
    }
}
