//! The index of a view is put together from the tables that are there and the index objects that none of them covers.
//!
//! Invariants: a table counts only when the log names all that it covers and all of that is in the storage; each index
//! object that is read becomes part of a table, so that the next run reads only what is new; one that is read and found
//! damaged, as by `verify`, takes the tables with it that remember it. There are few tables: each is
//! at least [`GROWTH`] times as large as the next smaller one, or they are merged.

use super::bulk::Bulk;
use super::known::{IndexFault, KnownPack};
use super::presence::Presence;
use super::table::{Table, TableError};
use super::tables::Tables;
use super::{First, Index};
use crate::{Repository, RepositoryError, View, layout};
use lifeboat_backend::ObjectName;
use lifeboat_format::{Bug, FormatError, Index as IndexObject, ObjectHash, PackId, limits, planted};
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A table is left as it is while all smaller ones together have fewer than one in so many of its blobs.
const GROWTH: u64 = 3;
/// Times that tables are looked for anew because one was found to be damaged or is gone.
const TRIES: usize = 16;

/// What the tables of an index are made of.
struct Sources<'v> {
    view: &'v View,
    /// Lengths in bytes of those in the storage.
    listed: BTreeMap<ObjectHash, u64>,
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
        let listed = self.backend.list(layout::PACKS, &mut |object| {
            found.extend(layout::parse_pack(&object.name).map(|id| (id, object.size)));
        });
        match listed {
            Err(error) if !planted(Bug::ListingTakenForWhole) => Err(error.into()),
            _ => Ok(found),
        }
    }

    /// All index objects in the storage with their lengths in bytes.
    ///
    /// # Errors
    /// When the storage cannot be listed.
    pub fn list_index(&self) -> Result<BTreeMap<ObjectHash, u64>, RepositoryError> {
        let listed = self.control.list(layout::INDEX)?;
        Ok(listed
            .iter()
            .filter_map(|(name, listed)| Some((layout::parse_index(name)?, listed.size)))
            .collect())
    }

    pub(crate) fn read_index(&self, hash: ObjectHash) -> Result<IndexObject, RepositoryError> {
        let name = layout::index(hash);
        let parse = |bytes: &[u8]| IndexObject::parse(hash, bytes, &self.keyring);
        self.control.read(&name, limits::INDEX_MAX, parse).map_err(|unread| unread.into_error(&name))
    }

    /// Shows `visit` each of these index objects, or why it cannot be had.
    fn read_indexes(
        &self,
        names: &[ObjectName],
        visit: &mut dyn FnMut(ObjectHash, Result<IndexObject, RepositoryError>),
    ) {
        let hash = |name: &ObjectName| layout::parse_index(name).expect("these are names of index objects");
        let parse = |name: &ObjectName, bytes: &[u8]| IndexObject::parse(hash(name), bytes, &self.keyring);
        self.control.read_many(names, limits::INDEX_MAX, &parse, &mut |name, object| {
            visit(hash(name), object.map_err(|unread| unread.into_error(name)));
        });
    }

    fn load<E: From<RepositoryError>>(
        &self,
        view: &View,
        trusting: bool,
        check: &dyn Fn() -> Result<(), E>,
    ) -> Result<Index, E> {
        let mut tries = 0;
        loop {
            // Whoever keeps a table has stored what it covers before: what is not listed from now on is gone.
            let there = self.tables.tables(self.environment.clock.now().seconds);
            let mut sources = Sources { view, listed: self.list_index()?, faults: Vec::new() };
            let old = if trusting { sources.choose(self, &there) } else { Vec::new() };
            let fresh = sources.read(self, &old, check)?;
            let condemned = sources.read_condemned(self, check)?;
            sources.drop_doubtful(self, &there);
            // What is damaged named packs that are to be found.
            let packs = old.iter().chain(fresh.tables()).map(|table| table.counts.packs).sum();
            let presence = self.presence(packs, !trusting || !sources.faults.is_empty())?;
            match self.put_together(old, &fresh, &condemned, sources, &presence) {
                Ok(index) => {
                    self.keep_presence(&index, &presence);
                    return Ok(index);
                }
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
        condemned: &Bulk,
        sources: Sources<'_>,
        presence: &Presence,
    ) -> Result<Index, Failure> {
        let mut tables = self.settle(old, fresh)?;
        let counting = tables.len();
        // Last, so that a pack that others name as well counts.
        tables.extend(condemned.tables().cloned());
        self.index_of(tables, counting, sources, presence)
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

    /// The index in these tables, of which the first ones are of index objects that count.
    fn index_of(
        &self,
        tables: Vec<Arc<Table>>,
        counting: usize,
        sources: Sources<'_>,
        presence: &Presence,
    ) -> Result<Index, Failure> {
        let (mut firsts, mut packs, mut segments) = (Vec::new(), Vec::new(), 0);
        let Sources { view, faults, .. } = sources;
        let mut known = HashSet::new();
        for (number, table) in tables.iter().enumerate() {
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
                    found_length: presence.length(id, pack.stored_length.get()),
                    blobs: pack.blobs.get() as usize,
                    segments: start..start + pack.segments.get(),
                    is_lonely: number >= counting,
                    is_condemned: number >= counting || view.condemned().packs.contains(&id),
                    is_damaged: view.damaged().packs.contains(&id),
                    is_hidden: view.swept().packs.contains(&id) || !known.insert(id),
                });
            }
            firsts.push(first);
        }
        let gone = |id: &PackId| {
            [view.condemned(), view.swept(), view.damaged()].iter().any(|set| set.packs.contains(id))
        };
        let gone = |id: &PackId| gone(id) && !planted(Bug::SweptTakenOver);
        let orphans = presence.others(|id| known.contains(id) || gone(id));
        let is_whole = |pack: &KnownPack| {
            pack.is_hidden || pack.is_damaged || pack.found_length == Some(pack.stored_length)
        };
        let listed = Some(presence.at).filter(|_| faults.is_empty() && packs.iter().all(is_whole));
        let (repository, tables) = (self.clone(), Tables::new(self.clone(), tables));
        let [doubtful, relied] = [(); 2].map(|()| packs.iter().map(|_| AtomicBool::default()).collect());
        let has_doubts = AtomicBool::default();
        Ok(Index { repository, tables, firsts, packs, faults, orphans, listed, doubtful, relied, has_doubts })
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
            let is_listed = |hash| self.listed.contains_key(hash) || planted(Bug::CacheOutlivesIndex);
            if !table.covered.iter().all(is_listed) {
                repository.tables.discard(table.id);
            } else if table.covered.iter().all(|hash| self.counts(hash)) {
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

    /// Whether what an index object says may be relied on.
    fn counts(&self, hash: &ObjectHash) -> bool {
        let is_named = self.view.index().contains(hash) && !self.is_known_damage(hash);
        is_named && !self.view.condemned().index.contains(hash)
    }

    /// Whether nobody need look for it any more.
    fn is_known_damage(&self, hash: &ObjectHash) -> bool {
        self.view.damaged().index.contains(hash)
    }

    /// Reads what counts and no table covers.
    fn read<E: From<RepositoryError>>(
        &mut self,
        repository: &Repository,
        old: &[Arc<Table>],
        check: &dyn Fn() -> Result<(), E>,
    ) -> Result<Bulk, E> {
        let covered: HashSet<_> = old.iter().flat_map(|table| &table.covered).copied().collect();
        let wanted = self.view.index().iter().filter(|hash| self.counts(hash) && !covered.contains(*hash));
        self.read_these(repository, wanted.copied().collect(), check)
    }

    /// Reads what is condemned, and not swept: it may be all that is left of something.
    fn read_condemned<E: From<RepositoryError>>(
        &mut self,
        repository: &Repository,
        check: &dyn Fn() -> Result<(), E>,
    ) -> Result<Bulk, E> {
        let condemned = self.view.condemned().index.iter().filter(|hash| !self.is_known_damage(hash));
        let wanted = condemned.filter(|hash| self.view.index().contains(hash));
        self.read_these(repository, wanted.copied().collect(), check)
    }

    fn read_these<E: From<RepositoryError>>(
        &mut self,
        repository: &Repository,
        wanted: Vec<ObjectHash>,
        check: &dyn Fn() -> Result<(), E>,
    ) -> Result<Bulk, E> {
        let mut bulk = Bulk::new(Arc::clone(&repository.tables));
        let mut there = Vec::new();
        for hash in wanted {
            let name = layout::index(hash);
            match self.listed.get(&hash) {
                Some(size) => there.push((name, *size)),
                None => {
                    let error = RepositoryError::Missing(name.to_string());
                    self.faults.push(IndexFault { object: hash, error });
                }
            }
        }
        for batch in repository.control.batches(there) {
            check()?;
            self.read_batch(repository, &batch, &mut bulk)?;
        }
        Ok(bulk)
    }

    /// Adds what these objects say.
    fn read_batch(
        &mut self,
        repository: &Repository,
        batch: &[ObjectName],
        bulk: &mut Bulk,
    ) -> Result<(), RepositoryError> {
        let mut failed = Ok(());
        repository.read_indexes(batch, &mut |hash, object| {
            let added = match object {
                Ok(object) => bulk.add(repository, hash, &object),
                Err(error) if error.is_damage() => {
                    self.faults.push(IndexFault { object: hash, error });
                    Ok(())
                }
                Err(error) => Err(error),
            };
            failed = std::mem::replace(&mut failed, Ok(())).and(added);
        });
        failed
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
