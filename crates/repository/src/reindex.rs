//! Index objects without the packs that are to go: what is left of several becomes one.
//!
//! Invariants: every pack that stays is named by the objects that stay and the new ones together, and by the new ones once. One object of each
//! role is held in the making, and one that is read.

use crate::pruner::Pruner;
use crate::{RepositoryError, layout};
use lifeboat_format::{Index, IndexBuilder, IndexedPack, ObjectHash, PackId, Role};
use std::collections::BTreeSet;

/// Bytes below which an object is a small one.
const SMALL: u64 = 512 << 10;
/// Small objects up to which they are left alone.
const SMALL_MAX: usize = 32;

/// What was put in the place of what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reindexed {
    /// New index objects, which no entry names yet.
    pub new: Vec<ObjectHash>,
    /// Those that they stand for.
    pub old: Vec<ObjectHash>,
    /// Bytes of the new ones.
    pub bytes: u64,
}

impl Pruner {
    /// Writes index objects anew that name packs which are to go, or are condemned, or many and small.
    ///
    /// # Errors
    /// When an object cannot be read or stored.
    pub fn reindex<E: From<RepositoryError>>(
        &self,
        gone: &BTreeSet<PackId>,
        check: impl Fn() -> Result<(), E>,
    ) -> Result<Reindexed, E> {
        let damaged = &self.view().damaged().index;
        let names: Vec<ObjectHash> = self.view().index().difference(damaged).copied().collect();
        let small = self.small()?;
        let mut anew =
            Anew { pruner: self, open: Role::ALL.map(IndexBuilder::new), done: Reindexed::default() };
        // Others stand for what was in them: else what is needed would not have been found.
        anew.done.old.extend(self.view().index().intersection(damaged));
        // What is swept may still stand in an object that had to stay.
        let is_gone =
            |pack: &IndexedPack| gone.contains(&pack.id) || self.view().swept().packs.contains(&pack.id);
        let (mut named, mut taken, mut condemned) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
        for hash in names {
            check()?;
            if self.view().condemned().index.contains(&hash) {
                condemned.push(hash);
                continue;
            }
            let index = self.read(hash)?;
            match small.contains(&hash) || index.packs.iter().any(is_gone) {
                true => anew.take(hash, &index, &is_gone, &mut taken)?,
                false => named.extend(index.packs.iter().map(|pack| pack.id)),
            }
        }
        // What is condemned has to stay for some packs, perhaps for long: only what nothing else names is taken from it.
        taken.append(&mut named);
        for hash in condemned {
            check()?;
            anew.take(hash, &self.read(hash)?, &is_gone, &mut taken)?;
        }
        Ok(anew.finish()?)
    }

    /// Small index objects, where there are many.
    fn small(&self) -> Result<BTreeSet<ObjectHash>, RepositoryError> {
        let listed = self.repository.list_index()?.into_iter();
        let small: BTreeSet<_> = listed.filter(|(_, size)| *size < SMALL).map(|(hash, _)| hash).collect();
        Ok(if small.len() > SMALL_MAX { small } else { BTreeSet::new() })
    }

    fn read(&self, hash: ObjectHash) -> Result<Index, RepositoryError> {
        self.repository.read_index(hash)
    }
}

/// Objects in the making.
struct Anew<'p> {
    pruner: &'p Pruner,
    open: [IndexBuilder; 2],
    done: Reindexed,
}

impl Anew<'_> {
    /// Takes over what of an object is not gone, and was not taken before.
    fn take(
        &mut self,
        hash: ObjectHash,
        index: &Index,
        is_gone: &dyn Fn(&IndexedPack) -> bool,
        taken: &mut BTreeSet<PackId>,
    ) -> Result<(), RepositoryError> {
        self.done.old.push(hash);
        let fresh = index.packs.iter().filter(|pack| !is_gone(pack) && !taken.contains(&pack.id));
        let fresh: BTreeSet<PackId> = fresh.map(|pack| pack.id).collect();
        if fresh.is_empty() {
            return Ok(());
        }
        let (role, stays) = (index.role.position(), |pack: &IndexedPack| fresh.contains(&pack.id));
        if !self.open[role].add_part(index, &stays)? {
            self.put(index.role)?;
            // One object has room for what another one had.
            self.open[role].add_part(index, &stays)?;
        }
        taken.extend(fresh);
        Ok(())
    }

    fn put(&mut self, role: Role) -> Result<(), RepositoryError> {
        let open = std::mem::replace(&mut self.open[role.position()], IndexBuilder::new(role));
        if open.is_empty() {
            return Ok(());
        }
        let repository = &self.pruner.repository;
        let built = open.finish(&repository.keyring, &*repository.environment.random)?;
        repository.control.put(&layout::index(built.hash), &built.bytes)?;
        self.done.new.push(built.hash);
        self.done.bytes += built.bytes.len() as u64;
        Ok(())
    }

    fn finish(mut self) -> Result<Reindexed, RepositoryError> {
        Role::ALL.into_iter().try_for_each(|role| self.put(role))?;
        Ok(self.done)
    }
}
