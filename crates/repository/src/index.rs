//! Where every blob is: the index of a view, in memory.
//!
//! A *place* is a blob in a pack that an index object names. It counts when the index object is named by the log
//! and both are in the storage, the pack at least as long as header and core; nothing else is relied on.

use crate::{Repository, RepositoryError, View, layout};
use lifeboat_format::{
    BlobId, BlobPrefix, FormatError, Index as IndexObject, IndexedSegment, ObjectHash, PackHeader, PackId,
    PackSegment, Role, limits,
};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

/// The index of a view.
#[derive(Debug, Default)]
pub struct Index {
    packs: Vec<KnownPack>,
    segments: Vec<KnownSegment>,
    blobs: HashMap<BlobPrefix, BlobPlace>,
    /// Further places of blobs that were stored more than once.
    copies: HashMap<BlobPrefix, Vec<BlobPlace>>,
    faults: Vec<IndexFault>,
    orphans: Vec<PackId>,
}

/// A pack as the index and the storage know it.
#[derive(Clone, Debug)]
pub struct KnownPack {
    /// Its name.
    pub id: PackId,
    /// Role of its blobs.
    pub role: Role,
    /// Its header.
    pub header: PackHeader,
    /// Length in bytes that it was stored with.
    pub stored_length: u64,
    /// Length in bytes that the storage tells, none when it is not there.
    pub found_length: Option<u64>,
    /// Blobs that the index places in it.
    pub blobs: usize,
    /// Numbers of its segments.
    segments: Range<u32>,
}

impl KnownPack {
    /// Whether what lies in it may be relied on.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.found_length.is_some_and(|length| length >= self.header.core_length())
    }
}

/// A segment as the index knows it.
#[derive(Clone, Copy, Debug)]
pub struct KnownSegment {
    /// Number of its pack.
    pub pack: PackNumber,
    /// Its number within the pack.
    pub ordinal: u32,
    /// Where it lies in the pack.
    pub place: PackSegment,
}

/// Number of a pack within an [`Index`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackNumber(u32);

/// Number of a segment within an [`Index`]; the segments of a pack have successive numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentNumber(u32);

/// Where a blob lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobPlace {
    /// Its segment.
    pub segment: SegmentNumber,
    /// First byte, from the start of the raw segment.
    pub offset: u32,
    /// Length in bytes.
    pub length: u32,
}

/// An index object that could not be used.
#[derive(Debug)]
pub struct IndexFault {
    /// Its name.
    pub object: ObjectHash,
    /// What is wrong with it.
    pub error: RepositoryError,
}

impl Index {
    /// Where a blob can be read, nearest first; empty when it is nowhere.
    pub fn places(&self, id: &BlobId) -> impl Iterator<Item = BlobPlace> + '_ {
        let prefix = BlobPrefix::from(id);
        let copies = self.copies.get(&prefix).into_iter().flatten();
        self.blobs.get(&prefix).into_iter().chain(copies).copied()
    }

    /// Whether a blob has a place that counts: deduplication may rely on it.
    #[must_use]
    pub fn contains(&self, id: &BlobId) -> bool {
        self.places(id).any(|place| self.pack_of(place.segment).counts())
    }

    /// A segment.
    #[must_use]
    pub fn segment(&self, number: SegmentNumber) -> &KnownSegment {
        &self.segments[number.0 as usize]
    }

    /// The segments of a pack.
    pub fn segments_of(&self, pack: &KnownPack) -> impl Iterator<Item = SegmentNumber> + use<> {
        pack.segments.clone().map(SegmentNumber)
    }

    /// A pack.
    #[must_use]
    pub fn pack(&self, number: PackNumber) -> &KnownPack {
        &self.packs[number.0 as usize]
    }

    /// All packs that the index names, each once.
    #[must_use]
    pub fn packs(&self) -> &[KnownPack] {
        &self.packs
    }

    /// Index objects that could not be used.
    #[must_use]
    pub fn faults(&self) -> &[IndexFault] {
        &self.faults
    }

    /// Packs in the storage that no index object of the view names: left by interrupted sessions, or just stored by
    /// one that runs, or named by what is among the faults.
    #[must_use]
    pub fn orphans(&self) -> &[PackId] {
        &self.orphans
    }

    fn pack_of(&self, segment: SegmentNumber) -> &KnownPack {
        self.pack(self.segment(segment).pack)
    }

    /// Adds an index object. The same pack may stand in several, when sessions that ran at once took it over: its
    /// first record is enough.
    fn add(
        &mut self,
        object: IndexObject,
        found: &BTreeMap<PackId, u64>,
        known: &mut HashSet<PackId>,
    ) -> Result<(), FormatError> {
        let next = |length: usize| u32::try_from(length).map_err(|_| FormatError::Limit("index"));
        let mut packs = Vec::with_capacity(object.packs.len());
        for pack in object.packs {
            if !known.insert(pack.id) {
                packs.push(None);
                continue;
            }
            packs.push(Some(PackNumber(next(self.packs.len())?)));
            self.packs.push(KnownPack {
                id: pack.id,
                role: object.role,
                header: pack.header,
                stored_length: pack.stored_length,
                found_length: found.get(&pack.id).copied(),
                blobs: 0,
                segments: 0..0,
            });
        }
        let mut segments = Vec::with_capacity(object.segments.len());
        for IndexedSegment { pack, ordinal, place } in object.segments {
            let Some(pack) = packs[pack as usize] else {
                segments.push(None);
                continue;
            };
            let number = next(self.segments.len())?;
            self.segments.push(KnownSegment { pack, ordinal, place });
            let range = &mut self.packs[pack.0 as usize].segments;
            *range = if range.end == 0 { number } else { range.start }..number + 1;
            segments.push(Some(SegmentNumber(number)));
        }
        for blob in object.blobs {
            let Some(segment) = segments[blob.segment as usize] else { continue };
            let pack = self.segment(segment).pack;
            self.packs[pack.0 as usize].blobs += 1;
            self.insert(blob.prefix, BlobPlace { segment, offset: blob.offset, length: blob.length });
        }
        Ok(())
    }

    /// Keeps a place that counts in front of one that does not.
    fn insert(&mut self, prefix: BlobPrefix, place: BlobPlace) {
        match self.blobs.get(&prefix).copied() {
            None => drop(self.blobs.insert(prefix, place)),
            Some(first) => {
                let swap = !self.pack_of(first.segment).counts() && self.pack_of(place.segment).counts();
                let (front, back) = if swap { (place, first) } else { (first, place) };
                self.blobs.insert(prefix, front);
                self.copies.entry(prefix).or_default().push(back);
            }
        }
    }
}

impl Repository {
    /// Loads the index of a view, together with the listing that says which of it is there.
    ///
    /// An index object that is missing or damaged is a fault of the index, not an error: what only it names has no
    /// place, is stored again by the next backup, and is missed by whoever needs it.
    ///
    /// # Errors
    /// When the storage fails, or an index object is of a newer format.
    pub fn load_index(&self, view: &View) -> Result<Index, RepositoryError> {
        self.load_index_checked(view, || Ok(()))
    }

    /// The same; `check` is asked before every index object, and its error ends it.
    ///
    /// # Errors
    /// Those of [`Repository::load_index`] and those of `check`.
    pub fn load_index_checked<E: From<RepositoryError>>(
        &self,
        view: &View,
        check: impl Fn() -> Result<(), E>,
    ) -> Result<Index, E> {
        let found = self.list_packs()?;
        let mut index = Index::default();
        let mut known = HashSet::new();
        for hash in view.index() {
            check()?;
            let object = self.read_index(*hash).and_then(|object| {
                let added = index.add(object, &found, &mut known);
                added.map_err(|source| RepositoryError::reading(&layout::index(*hash), source))
            });
            match object {
                Ok(()) => {}
                Err(error) if error.is_damage() => index.faults.push(IndexFault { object: *hash, error }),
                Err(error) => return Err(error.into()),
            }
        }
        index.orphans = found.into_keys().filter(|id| !known.contains(id)).collect();
        Ok(index)
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
        let mut found = Vec::new();
        self.backend.list(layout::INDEX, &mut |object| found.extend(layout::parse_index(&object.name)))?;
        Ok(found)
    }

    fn read_index(&self, hash: ObjectHash) -> Result<IndexObject, RepositoryError> {
        let name = layout::index(hash);
        let bytes = match self.backend.get(&name, limits::INDEX_MAX) {
            Err(error) if error.is_not_found() => return Err(RepositoryError::Missing(name.to_string())),
            other => other?,
        };
        IndexObject::parse(hash, &bytes, &self.keyring)
            .map_err(|source| RepositoryError::reading(&name, source))
    }
}
