//! Where every blob is: the index of a view, in tables on this machine.
//!
//! A *place* is a blob in a pack that an index object names. It counts when the index object is named by the log, neither of them is
//! condemned, both are in the storage, the pack at least as long as header and core and no longer than it was
//! stored, and nothing that was read of it by this run damaged; nothing else is relied on. What is swept has no places.
//!
//! What index objects say is sorted into tables, which are files (`layout` says how they are laid out) and are read in
//! blocks as they are asked for. `load` finds the tables that are there and makes those that are not, `bulk` and `merge`
//! keep them few, `folder` keeps them between runs. Memory holds the blocks asked for last, up to a limit, and some 80
//! bytes for each pack, whatever the number of blobs.

mod block_cache;
mod bulk;
mod filter;
mod folder;
mod known;
mod layout;
mod load;
mod merge;
mod object;
mod presence;
mod recent;
mod table;
mod table_writer;
mod tables;
#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tables are files, which are damaged there")]
mod tests;
mod usage;

pub(crate) use bulk::Bulk;
pub(crate) use folder::TableCache;
pub use known::{BlobPlace, IndexFault, KnownPack, KnownSegment, PackNumber, SegmentNumber};
pub(crate) use tables::Tables;
pub use usage::{Need, NeededBlob, PackUse, Usage, Used};

use crate::{Repository, RepositoryError};
use layout::BlobEntry;
use lifeboat_format::{
    BlobId, BlobPrefix, Bug, Codec, FormatError, PackHeader, PackId, PackSegment, Timestamp, planted,
};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

/// The index of a view.
#[derive(Debug)]
pub struct Index {
    repository: Repository,
    tables: Tables,
    /// For each table the numbers of its first pack and its first segment.
    firsts: Vec<First>,
    packs: Vec<KnownPack>,
    faults: Vec<IndexFault>,
    orphans: Vec<(PackId, u64)>,
    /// When packs were listed, where all were as they should be.
    listed: Option<Timestamp>,
    /// For each pack, whether something in it was read and is damaged.
    doubtful: Vec<AtomicBool>,
    /// For each pack, whether somebody was told that it has a blob.
    relied: Vec<AtomicBool>,
    has_doubts: AtomicBool,
}

#[derive(Clone, Copy, Debug)]
struct First {
    pack: u32,
    segment: u32,
}

impl Index {
    /// Where a blob can be read, nearest first; empty when it is nowhere.
    ///
    /// # Errors
    /// When the tables cannot be read, and cannot be made anew from the repository.
    pub fn places(&self, id: &BlobId) -> Result<Vec<BlobPlace>, RepositoryError> {
        self.places_by_prefix(BlobPrefix::from(id))
    }

    /// The same by what the index finds it by.
    ///
    /// # Errors
    /// As [`Index::places`].
    pub fn places_by_prefix(&self, prefix: BlobPrefix) -> Result<Vec<BlobPlace>, RepositoryError> {
        let (mut places, mut others) = (Vec::new(), Vec::new());
        self.each_place(prefix, |pack, place| match pack.counts() {
            true => places.push(place),
            false => others.push(place),
        })?;
        places.append(&mut others);
        Ok(places)
    }

    /// Whether a blob has a place that counts: deduplication may rely on it. The pack is remembered.
    ///
    /// # Errors
    /// As [`Index::places`].
    pub fn contains(&self, id: &BlobId) -> Result<bool, RepositoryError> {
        let mut counting = None;
        self.each_place(BlobPrefix::from(id), |pack, place| {
            let counts = pack.counts() || (planted(Bug::CondemnedReliedOn) && pack.is_there());
            if counting.is_none() && counts && !self.is_doubtful(place) {
                counting = Some(place);
            }
        })?;
        let Some(place) = counting else { return Ok(false) };
        let relied = &self.relied[self.segment(place.segment)?.pack.0 as usize];
        if !relied.load(Ordering::Relaxed) {
            relied.store(true, Ordering::Relaxed);
        }
        Ok(true)
    }

    /// Whether all these packs count, as far as the index knows.
    #[must_use]
    pub fn counts_all(&self, packs: &BTreeSet<PackId>) -> bool {
        let counting = self.packs.iter().filter(|pack| !pack.is_hidden && pack.counts());
        counting.filter(|pack| packs.contains(&pack.id)).count() == packs.len()
    }

    /// The packs of which somebody was told that they have a blob.
    pub(crate) fn relied_on(&self) -> impl Iterator<Item = PackId> {
        let relied = self.relied.iter().zip(&self.packs).filter(|(relied, _)| relied.load(Ordering::Relaxed));
        relied.map(|(_, pack)| pack.id)
    }

    /// From now on nothing in the pack of this place counts for [`Index::contains`]: what was read there is damaged.
    ///
    /// # Errors
    /// As [`Index::places`].
    pub(crate) fn doubt(&self, place: BlobPlace) -> Result<(), RepositoryError> {
        let number = self.segment(place.segment)?.pack;
        self.doubtful[number.0 as usize].store(true, Ordering::Relaxed);
        self.has_doubts.store(true, Ordering::Relaxed);
        self.repository.kept.forget_listing();
        Ok(())
    }

    fn is_doubtful(&self, place: BlobPlace) -> bool {
        self.has_doubts.load(Ordering::Relaxed)
            && self
                .segment(place.segment)
                .is_ok_and(|segment| self.doubtful[segment.pack.0 as usize].load(Ordering::Relaxed))
    }

    /// A segment.
    ///
    /// # Errors
    /// As [`Index::places`].
    pub fn segment(&self, number: SegmentNumber) -> Result<KnownSegment, RepositoryError> {
        let table = self.firsts.partition_point(|first| first.segment <= number.0) - 1;
        let first = self.firsts[table];
        let local = u64::from(number.0 - first.segment);
        let record =
            self.tables.ask(self.tables.table(table), |table| table.record(&table.layout.segments, local))?;
        let codec = Codec::from_number(record.codec).map_err(damaged)?;
        Ok(KnownSegment {
            pack: PackNumber(first.pack + record.pack.get()),
            ordinal: record.ordinal.get(),
            place: PackSegment {
                offset: record.offset.get(),
                sealed_length: record.sealed_length.get(),
                raw_length: record.raw_length.get(),
                codec,
            },
        })
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

    /// All packs by their numbers, those included that another table has already or that are swept.
    pub fn numbered(&self) -> impl Iterator<Item = (PackNumber, &KnownPack)> {
        (0..).map(PackNumber).zip(&self.packs)
    }

    /// The header of a pack: with it, a segment can be opened alone.
    ///
    /// # Errors
    /// As [`Index::places`].
    pub fn header(&self, number: PackNumber) -> Result<PackHeader, RepositoryError> {
        let table = self.firsts.partition_point(|first| first.pack <= number.0) - 1;
        let local = u64::from(number.0 - self.firsts[table].pack);
        let header =
            self.tables.ask(self.tables.table(table), |table| table.record(&table.layout.headers, local))?;
        PackHeader::parse(&header).map_err(damaged)
    }

    /// All packs that the index names, each once.
    pub fn packs(&self) -> impl Iterator<Item = &KnownPack> {
        self.packs.iter().filter(|pack| !pack.is_hidden)
    }

    /// Index objects that could not be used.
    #[must_use]
    pub fn faults(&self) -> &[IndexFault] {
        &self.faults
    }

    /// Packs in the storage that no index object of the view names, with their lengths in bytes: left by killed sessions, or
    /// just stored by one that runs, or named by what is among the faults; none of them is condemned or swept. None where packs
    /// were not listed this time.
    #[must_use]
    pub fn orphans(&self) -> &[(PackId, u64)] {
        &self.orphans
    }

    /// When the packs were listed that it knows, where all were as they should be, and nothing else was met since.
    pub(crate) fn listed(&self) -> Option<Timestamp> {
        self.listed.filter(|_| !self.has_doubts.load(Ordering::Relaxed))
    }

    /// Why nothing is kept for the next run although it was to be, if that is so.
    #[must_use]
    pub fn cache_trouble(&self) -> Option<String> {
        self.repository.tables.trouble()
    }

    /// Bytes of tables that are held in memory now.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.repository.tables.blocks().held()
    }

    /// Shows every place of a blob and its pack; those in a pack that another table has are the same once more, those in a swept one are none.
    fn each_place(
        &self,
        prefix: BlobPrefix,
        mut visit: impl FnMut(&KnownPack, BlobPlace),
    ) -> Result<(), RepositoryError> {
        self.tables.find(&layout::bytes(prefix), &mut |table, _, entry| {
            let BlobEntry { pack, segment, offset, length, .. } = entry;
            let first = self.firsts[table];
            let known = self.pack(PackNumber(first.pack + pack));
            if !known.is_hidden {
                visit(known, BlobPlace { segment: SegmentNumber(first.segment + segment), offset, length });
            }
        })
    }
}

fn damaged(source: FormatError) -> RepositoryError {
    RepositoryError::reading(&"index", source)
}
