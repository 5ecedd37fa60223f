//! Which blobs of an index are needed, from which of their places, and what that leaves of each pack.
//!
//! Memory is a bit for each blob of the index, four MiB for what was needed last, two words for each pack, and something for each needed blob with several places.
//!
//! Invariant: of a needed blob one place is used, one that counts if there is any, and all of them where each is in doubt. Where none
//! counts, all packs that hold it are told.

use super::layout::{BlobEntry, bytes};
use super::recent::RecentBlobs;
use super::{Index, PackNumber, SegmentNumber};
use crate::RepositoryError;
use lifeboat_format::{BlobId, BlobPrefix};
use std::collections::BTreeSet;

/// What is known so far of who needs what.
#[derive(Clone, Debug)]
pub struct Usage<'i> {
    index: &'i Index,
    /// For each table a bit for each of its blobs.
    needed: Vec<Vec<u64>>,
    /// Some of them.
    recent: RecentBlobs,
    several: Vec<Several>,
    /// Packs that hold needed blobs none of whose places counts.
    last: BTreeSet<PackNumber>,
}

/// A needed blob with several places.
#[derive(Clone, Debug)]
struct Several {
    prefix: BlobPrefix,
    places: Vec<Place>,
}

/// What was known of a blob that somebody needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It had not been needed before.
    New,
    /// It had.
    Known,
    /// Packs that were to hold it are gone.
    Missing,
    /// It is nowhere, as everybody knows: the packs that had it are lost.
    Lost,
    /// No index object names it, or only packs that are swept.
    Nowhere,
}

/// Which blobs are used, and from where.
#[derive(Debug)]
pub struct Used<'i> {
    index: &'i Index,
    needed: Vec<Vec<u64>>,
    several: Vec<Several>,
    packs: Vec<PackUse>,
    last: BTreeSet<PackNumber>,
    /// Packs of which something is damaged.
    doubtful: BTreeSet<PackNumber>,
}

/// What is used of a pack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PackUse {
    /// Bytes of its blobs before compression.
    pub total: u64,
    /// Those of them that are used.
    pub used: u64,
}

/// A blob that is used where it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NeededBlob {
    /// Number of its segment; those of a pack are neighbours.
    pub segment: SegmentNumber,
    /// First byte, from the start of the raw segment.
    pub offset: u32,
    /// Length in bytes.
    pub length: u32,
    /// What the index finds it by.
    pub prefix: BlobPrefix,
}

/// A blob in a table.
#[derive(Clone, Copy, Debug)]
struct Place {
    table: usize,
    number: u64,
    pack: PackNumber,
    segment: SegmentNumber,
    offset: u32,
    length: u32,
}

impl<'i> Usage<'i> {
    /// Nothing is needed yet.
    #[must_use]
    pub fn of(index: &'i Index) -> Self {
        let blobs = |table| index.tables.table(table).counts.blobs;
        let bits = |table| vec![0; usize::try_from(blobs(table).div_ceil(64)).expect("it is held in memory")];
        let needed = (0..index.tables.count()).map(bits).collect();
        Self { index, needed, recent: RecentBlobs::new(), several: Vec::new(), last: BTreeSet::new() }
    }

    /// Somebody needs a blob.
    ///
    /// # Errors
    /// As [`Index::places`].
    pub fn need(&mut self, id: &BlobId) -> Result<Need, RepositoryError> {
        let prefix = BlobPrefix::from(id);
        if self.recent.contains(prefix) {
            return Ok(Need::Known);
        }
        let (places, is_named) = self.places(id)?;
        let Some(first) = places.first() else {
            let lost = self.lost(id)?;
            let need = match lost.is_empty() {
                false => Need::Lost,
                true if is_named => Need::Missing,
                true => Need::Nowhere,
            };
            self.last.extend(lost);
            return Ok(need);
        };
        self.recent.add(prefix);
        if bit(&self.needed, first) {
            return Ok(Need::Known);
        }
        places.iter().for_each(|place| set(&mut self.needed, place, true));
        if !places.iter().any(|place| self.index.pack(place.pack).counts()) {
            self.last.extend(places.iter().map(|place| place.pack));
        }
        if places.len() > 1 {
            self.several.push(Several { prefix, places });
        }
        Ok(Need::New)
    }

    /// Nothing more is needed: chooses one place of each blob, where most of a pack is used.
    ///
    /// # Errors
    /// As [`Index::places`].
    pub fn settle(self) -> Result<Used<'i>, RepositoryError> {
        let Self { index, needed, several, last, .. } = self;
        let (packs, doubtful) = Default::default();
        let mut used = Used { index, needed, several, packs, last, doubtful };
        used.choose()?;
        Ok(used)
    }

    /// Packs that have a blob, and are known to be lost.
    fn lost(&self, id: &BlobId) -> Result<Vec<PackNumber>, RepositoryError> {
        let (index, mut lost) = (self.index, Vec::new());
        index.tables.find(&bytes(BlobPrefix::from(id)), &mut |table, _, entry| {
            let pack = PackNumber(index.firsts[table].pack + entry.pack);
            let known = index.pack(pack);
            if !known.is_hidden && known.is_damaged {
                lost.push(pack);
            }
        })?;
        Ok(lost)
    }

    /// The places of a blob in packs that are there, and whether any others have to be.
    fn places(&self, id: &BlobId) -> Result<(Vec<Place>, bool), RepositoryError> {
        let (index, mut places, mut is_named) = (self.index, Vec::new(), false);
        index.tables.find(&bytes(BlobPrefix::from(id)), &mut |table, number, entry| {
            let pack = PackNumber(index.firsts[table].pack + entry.pack);
            let known = index.pack(pack);
            is_named |= !known.is_hidden;
            if !known.is_hidden && known.is_there() {
                places.push(Place::of(index, table, number, entry));
            }
        })?;
        Ok((places, is_named))
    }
}

impl Used<'_> {
    /// What is used of a pack.
    #[must_use]
    pub fn of(&self, pack: PackNumber) -> PackUse {
        self.packs[pack.0 as usize]
    }

    /// Packs that hold blobs which are needed and none of whose places counts: nothing of them may go.
    #[must_use]
    pub fn last_places(&self) -> &BTreeSet<PackNumber> {
        &self.last
    }

    /// What is used of these packs, in the order in which it lies there.
    ///
    /// # Errors
    /// As [`Index::places`].
    pub fn blobs_of(&self, packs: &BTreeSet<PackNumber>) -> Result<Vec<NeededBlob>, RepositoryError> {
        self.index.chosen_blobs(|place| bit(&self.needed, place) && packs.contains(&place.pack))
    }

    /// What stays of blobs of which another place goes with these packs, in the order in which it lies there.
    #[must_use]
    pub fn instead_of(&self, gone: &BTreeSet<PackNumber>) -> Vec<NeededBlob> {
        let mut blobs = Vec::new();
        for Several { prefix, places } in &self.several {
            let is_used = |place: &&Place| bit(&self.needed, place) && !gone.contains(&place.pack);
            let is_given_up = |place: &Place| !bit(&self.needed, place) && gone.contains(&place.pack);
            if places.iter().any(is_given_up) {
                blobs.extend(places.iter().filter(is_used).map(|place| place.blob(*prefix)));
            }
        }
        blobs.sort_unstable();
        blobs
    }

    /// Chooses again, knowing that something in these packs is damaged: no other place is given up for one in them.
    ///
    /// # Errors
    /// As [`Index::places`].
    pub fn doubt(&mut self, packs: BTreeSet<PackNumber>) -> Result<(), RepositoryError> {
        self.doubtful.extend(packs);
        for Several { places, .. } in &self.several {
            places.iter().for_each(|place| set(&mut self.needed, place, true));
        }
        self.choose()
    }

    fn choose(&mut self) -> Result<(), RepositoryError> {
        self.count()?;
        let is_doubtful = |place: &Place| self.doubtful.contains(&place.pack);
        for Several { places, .. } in &self.several {
            let share = |place: &Place| {
                let PackUse { total, used } = self.packs[place.pack.0 as usize];
                // In parts of 2^32, which is fine enough.
                (u128::from(used) << 32).checked_div(u128::from(total)).unwrap_or(0)
            };
            let worth = |place: &&Place| {
                let pack = self.index.pack(place.pack);
                (pack.counts(), !pack.is_damaged, share(place), place.pack)
            };
            let sound = places.iter().filter(|place| !is_doubtful(place));
            let Some(best) = sound.max_by_key(worth).map(|place| place.pack) else { continue };
            for place in places.iter().filter(|place| place.pack != best) {
                set(&mut self.needed, place, false);
                self.packs[place.pack.0 as usize].used -= u64::from(place.length);
            }
        }
        Ok(())
    }

    fn count(&mut self) -> Result<(), RepositoryError> {
        let mut packs = vec![PackUse::default(); self.index.packs.len()];
        self.index.each_blob(|place, entry| {
            let pack = &mut packs[place.pack.0 as usize];
            pack.total += u64::from(entry.length);
            pack.used += if bit(&self.needed, place) { u64::from(entry.length) } else { 0 };
        })?;
        self.packs = packs;
        Ok(())
    }
}

impl Index {
    /// What lies in these packs, in the order in which it lies there.
    ///
    /// # Errors
    /// As [`Index::places`].
    pub fn blobs_in(&self, packs: &BTreeSet<PackNumber>) -> Result<Vec<NeededBlob>, RepositoryError> {
        self.chosen_blobs(|place| packs.contains(&place.pack))
    }

    fn chosen_blobs(&self, is_chosen: impl Fn(&Place) -> bool) -> Result<Vec<NeededBlob>, RepositoryError> {
        let mut blobs = Vec::new();
        self.each_blob(|place, entry| {
            if is_chosen(place) {
                blobs.push(place.blob(BlobPrefix::new(entry.prefix)));
            }
        })?;
        blobs.sort_unstable();
        blobs.dedup();
        Ok(blobs)
    }

    /// Goes through all blobs of all tables, past the memory for blocks.
    fn each_blob(&self, mut visit: impl FnMut(&Place, BlobEntry)) -> Result<(), RepositoryError> {
        for table in 0..self.tables.count() {
            self.tables.each_blob(table, &mut |number, entry| {
                visit(&Place::of(self, table, number, entry), entry);
            })?;
        }
        Ok(())
    }
}

impl Place {
    fn of(index: &Index, table: usize, number: u64, entry: BlobEntry) -> Self {
        let first = index.firsts[table];
        Self {
            table,
            number,
            pack: PackNumber(first.pack + entry.pack),
            segment: SegmentNumber(first.segment + entry.segment),
            offset: entry.offset,
            length: entry.length,
        }
    }

    fn blob(&self, prefix: BlobPrefix) -> NeededBlob {
        let Self { segment, offset, length, .. } = *self;
        NeededBlob { segment, offset, length, prefix }
    }
}

fn bit(needed: &[Vec<u64>], place: &Place) -> bool {
    needed[place.table][word(place)] & mask(place) != 0
}

fn set(needed: &mut [Vec<u64>], place: &Place, is_needed: bool) {
    let word = &mut needed[place.table][word(place)];
    match is_needed {
        true => *word |= mask(place),
        false => *word &= !mask(place),
    }
}

fn word(place: &Place) -> usize {
    usize::try_from(place.number / 64).expect("as many words as bits")
}

fn mask(place: &Place) -> u64 {
    1 << (place.number % 64)
}
