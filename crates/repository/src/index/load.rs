//! The index of a view is put together from the tables that are there and the index objects that none of them covers.
//!
//! Invariants: a table counts only when the log names all that it covers and all of that is in the storage; each index
//! object that is read becomes part of a table, so that the next run reads only what is new; one that is read and found
//! damaged, as by `verify`, takes the tables with it that remember it. There are few tables: each is
//! at least [`GROWTH`] times as large as the next smaller one, or they are merged.

use super::bulk::Bulk;
use super::known::{IndexFault, KnownPack};
use super::table::{Table, TableError};
use super::tables::Tables;
use super::{First, Index};
use crate::{Repository, RepositoryError, View, layout};
use lifeboat_format::{FormatError, Index as IndexObject, ObjectHash, PackId, limits};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A table is left as it is while all smaller ones together have fewer than one in so many of its blobs.
const GROWTH: u64 = 3;
/// Times that tables are looked for anew because one was found to be damaged or is gone.
const TRIES: usize = 16;

/// What the tables of an index are made of.
struct Sources<'v> {
    view: &'v View,
    listed: BTreeSet<ObjectHash>,
    faults: Vec<IndexFault>,
}

impl Repository {
    /// Loads the index of a view, together with the listings that say which of it is there.
    ///
    /// An index object that is missing or damaged is a fault of the index, not an error: what only it names has no
    /// place, is stored again by the next backup, and is missed by whoever needs it.
    ///
    /// # Errors
    /// When the storage fails, an index object is of a newer format, or its tables can nowhere be written.
    pub fn load_index(&self, view: &View) -> Result<Index, RepositoryError> {
        self.load_index_checked(view, || Ok(()))
    }

    /// The same; `check` is asked before every index object that is read, and its error ends it.
    ///
    /// # Errors
    /// Those of [`Repository::load_index`] and those of `check`.
    pub fn load_index_checked<E: From<RepositoryError>>(
        &self,
        view: &View,
        check: impl Fn() -> Result<(), E>,
    ) -> Result<Index, E> {
        self.load(view, true, &check)
    }

    /// The same with nothing but what is in the storage: every index object is read.
    ///
    /// # Errors
    /// Those of [`Repository::load_index`] and those of `check`.
    pub fn load_index_anew<E: From<RepositoryError>>(
        &self,
        view: &View,
        check: impl Fn() -> Result<(), E>,
    ) -> Result<Index, E> {
        self.load(view, false, &check)
    }

    /// All packs in the storage with their lengths in bytes.
    ///
    /// # Errors
    /// When the storage cannot be listed.
    pub fn list_packs(&self) -> Result<BTreeMap<PackId, u64>, RepositoryError> {
        let mut found = BTreeMap::new();
        self.backend.list(layout::PACKS, &mut |object| {
            found.extend(layout::parse_pack(&object.name).map(|id| (id, object.size)));
        })?;
        Ok(found)
    }

    /// All index objects in the storage.
    ///
    /// # Errors
    /// When the storage cannot be listed.
    pub fn list_index(&self) -> Result<Vec<ObjectHash>, RepositoryError> {
        Ok(self.control.list(layout::INDEX)?.keys().filter_map(layout::parse_index).collect())
    }

    pub(super) fn read_index(&self, hash: ObjectHash) -> Result<IndexObject, RepositoryError> {
        let name = layout::index(hash);
        let parse = |bytes: &[u8]| IndexObject::parse(hash, bytes, &self.keyring);
        self.control.read(&name, limits::INDEX_MAX, parse).map_err(|unread| unread.into_error(&name))
    }

    fn load<E: From<RepositoryError>>(
        &self,
        view: &View,
        trusting: bool,
        check: &dyn Fn() -> Result<(), E>,
    ) -> Result<Index, E> {
        let (found, mut tries) = (self.list_packs()?, 0);
        loop {
            // Whoever keeps a table has stored what it covers before: what is not listed from now on is gone.
            let there = self.tables.tables(self.environment.clock.now().seconds);
            let listed = self.list_index()?.into_iter().collect();
            let mut sources = Sources { view, listed, faults: Vec::new() };
            let old = if trusting { sources.choose(self, &there) } else { Vec::new() };
            let fresh = sources.read(self, &old, check)?;
            sources.drop_doubtful(self, &there);
            match self.put_together(old, &fresh, sources.faults, &found) {
                Ok(index) => return Ok(index),
                Err(Failure::Run(error)) => return Err(error.into()),
                Err(Failure::Table(TableError::Unsound { table, .. })) if tries < TRIES => {
                    self.tables.discard(table);
                    tries += 1;
                }
                Err(Failure::Table(error)) => return Err(self.cache_error(error).into()),
            }
        }
    }

    fn put_together(
        &self,
        old: Vec<Arc<Table>>,
        fresh: &Bulk,
        faults: Vec<IndexFault>,
        found: &BTreeMap<PackId, u64>,
    ) -> Result<Index, Failure> {
        let tables = self.settle(old, fresh)?;
        self.index_of(tables, faults, found)
    }

    /// Few tables of many: fresh ones become one, and with it those that are not much larger.
    fn settle(&self, mut old: Vec<Arc<Table>>, fresh: &Bulk) -> Result<Vec<Arc<Table>>, TableError> {
        let mut merged: Vec<_> = fresh.tables().cloned().collect();
        let mut blobs: u64 = merged.iter().map(|table| table.counts.blobs).sum();
        old.sort_by_key(|table| Reverse((table.counts.blobs, table.id)));
        while !merged.is_empty() && old.last().is_some_and(|table| table.counts.blobs < GROWTH * blobs) {
            let table = old.pop().expect("there is a last one");
            blobs += table.counts.blobs;
            merged.push(table);
        }
        match merged.len() {
            0 => {}
            1 if !self.tables.keeps() => old.append(&mut merged),
            _ => {
                let all = self.tables.merge(true, &merged)?;
                let replaced = merged.iter().filter(|table| table.kept && table.id != all.id);
                replaced.for_each(|table| self.tables.discard(table.id));
                old.push(all);
            }
        }
        Ok(old)
    }

    /// The index in these tables.
    fn index_of(
        &self,
        tables: Vec<Arc<Table>>,
        faults: Vec<IndexFault>,
        found: &BTreeMap<PackId, u64>,
    ) -> Result<Index, Failure> {
        let (mut firsts, mut packs, mut segments) = (Vec::new(), Vec::new(), 0);
        let mut known = HashSet::new();
        for table in &tables {
            let limit = |_| RepositoryError::from(FormatError::Limit("index"));
            let first = First {
                pack: u32::try_from(packs.len()).map_err(limit)?,
                segment: u32::try_from(segments).map_err(limit)?,
            };
            segments += table.counts.segments;
            u32::try_from(segments).map_err(limit)?;
            for pack in table.all(table.layout.packs) {
                let pack = pack?;
                let start = first.segment + pack.first_segment.get();
                let id = PackId::new(pack.id);
                packs.push(KnownPack {
                    id,
                    role: pack.role(),
                    core_length: pack.core_length.get(),
                    stored_length: pack.stored_length.get(),
                    found_length: found.get(&id).copied(),
                    blobs: pack.blobs.get() as usize,
                    segments: start..start + pack.segments.get(),
                    is_repeated: !known.insert(id),
                });
            }
            firsts.push(first);
        }
        let orphans = found.keys().filter(|id| !known.contains(id)).copied().collect();
        let (repository, tables) = (self.clone(), Tables::new(self.clone(), tables));
        let doubtful = packs.iter().map(|_| AtomicBool::default()).collect();
        let has_doubts = AtomicBool::default();
        Ok(Index { repository, tables, firsts, packs, faults, orphans, doubtful, has_doubts })
    }
}

impl Sources<'_> {
    /// The tables that count, the largest first. What covers something that is gone is removed, and so is what others cover,
    /// too; what covers more than this view has is left to those who see more.
    fn choose(&self, repository: &Repository, there: &[Arc<Table>]) -> Vec<Arc<Table>> {
        let mut there = there.to_vec();
        there.sort_by_key(|table| Reverse((table.counts.covered, table.id)));
        let (mut chosen, mut covered) = (Vec::new(), HashSet::new());
        for table in there {
            if table.covered.iter().any(|hash| !self.listed.contains(hash)) {
                repository.tables.discard(table.id);
            } else if table.covered.iter().all(|hash| self.view.index().contains(hash)) {
                if table.covered.iter().all(|hash| covered.contains(hash)) {
                    repository.tables.discard(table.id);
                } else {
                    covered.extend(table.covered.iter().copied());
                    chosen.push(table);
                }
            }
        }
        chosen
    }

    /// Reads what no table covers.
    fn read<E: From<RepositoryError>>(
        &mut self,
        repository: &Repository,
        old: &[Arc<Table>],
        check: &dyn Fn() -> Result<(), E>,
    ) -> Result<Bulk, E> {
        let covered: HashSet<_> = old.iter().flat_map(|table| &table.covered).copied().collect();
        let mut bulk = Bulk::new(Arc::clone(&repository.tables));
        for hash in self.view.index().iter().filter(|hash| !covered.contains(*hash)) {
            check()?;
            let object = match self.listed.contains(hash) {
                true => repository.read_index(*hash),
                false => Err(RepositoryError::Missing(layout::index(*hash).to_string())),
            };
            match object {
                Ok(object) => bulk.add(repository, *hash, &object)?,
                Err(error) if error.is_damage() => self.faults.push(IndexFault { object: *hash, error }),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(bulk)
    }

    /// Removes the tables that remember what others cannot read any more: what only this machine knows is not relied on.
    fn drop_doubtful(&self, repository: &Repository, there: &[Arc<Table>]) {
        let faulty: HashSet<_> = self.faults.iter().map(|fault| fault.object).collect();
        let doubtful = there.iter().filter(|table| table.covered.iter().any(|hash| faulty.contains(hash)));
        doubtful.for_each(|table| repository.tables.discard(table.id));
    }
}

/// Why an index could not be put together.
enum Failure {
    Run(RepositoryError),
    Table(TableError),
}

impl From<RepositoryError> for Failure {
    fn from(error: RepositoryError) -> Self {
        Self::Run(error)
    }
}

impl From<TableError> for Failure {
    fn from(error: TableError) -> Self {
        Self::Table(error)
    }
}
