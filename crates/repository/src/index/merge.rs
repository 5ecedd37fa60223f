//! Several tables become one that says what all of them say.
//!
//! Invariant: memory holds a block of each section of each table and some bytes for each pack, whatever the number of blobs.

use super::folder::TableCache;
use super::layout::{BlobEntry, BlobRecord, Counts};
use super::table::{Cursor, Table, TableError};
use super::table_writer::{TableWriter, too_much};
use lifeboat_format::ObjectHash;
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::sync::Arc;

/// How the packs of several tables are numbered in one.
struct Plan {
    /// In order of ids: a table, and the number of the pack there.
    packs: Vec<(usize, u32)>,
    /// For each table, what becomes of its packs.
    moves: Vec<Vec<Option<Move>>>,
    counts: Counts,
}

/// What becomes of a pack.
#[derive(Clone, Copy)]
struct Move {
    pack: u32,
    old_segment: u32,
    new_segment: u32,
}

impl TableCache {
    /// Writes the table of all that these cover.
    pub(super) fn merge(
        self: &Arc<Self>,
        kept: bool,
        tables: &[Arc<Table>],
    ) -> Result<Arc<Table>, TableError> {
        let covered: BTreeSet<ObjectHash> = tables.iter().flat_map(|table| &table.covered).copied().collect();
        let mut plan = Plan::of(tables)?;
        plan.counts.covered = covered.len() as u64;
        self.build(kept, covered.into_iter().collect(), plan.counts, &|writer| {
            plan.write_packs(tables, writer)?;
            plan.write_segments(tables, writer)?;
            plan.write_blobs(tables, writer)
        })
    }
}

impl Plan {
    /// A pack that stands in several tables is taken from the first of them.
    fn of(tables: &[Arc<Table>]) -> Result<Self, TableError> {
        let moves = tables.iter().map(|table| vec![None; number(table.counts.packs)]).collect();
        let mut plan = Self { packs: Vec::new(), moves, counts: Counts::default() };
        let mut cursors: Vec<_> = tables.iter().map(|table| table.cursor(table.layout.packs)).collect();
        let mut heap = BinaryHeap::new();
        let mut next = |table: usize, pack: u32, heap: &mut BinaryHeap<_>| {
            if u64::from(pack) < tables[table].counts.packs {
                heap.push(Reverse((cursors[table].get(pack.into())?.id, table, pack)));
            }
            Ok::<_, TableError>(())
        };
        for table in 0..tables.len() {
            next(table, 0, &mut heap)?;
        }
        let mut last = None;
        while let Some(Reverse((id, table, pack))) = heap.pop() {
            if last != Some(id) {
                plan.packs.push((table, pack));
                last = Some(id);
            }
            next(table, pack + 1, &mut heap)?;
        }
        drop(heap);
        plan.number_segments(tables)?;
        Ok(plan)
    }

    fn number_segments(&mut self, tables: &[Arc<Table>]) -> Result<(), TableError> {
        let mut cursors: Vec<_> = tables.iter().map(|table| table.cursor(table.layout.packs)).collect();
        for (new, (table, old)) in (0..).zip(&self.packs) {
            let pack = cursors[*table].get((*old).into())?;
            let new_segment = u32::try_from(self.counts.segments).map_err(|_| too_much())?;
            let old_segment = pack.first_segment.get();
            self.moves[*table][*old as usize] = Some(Move { pack: new, old_segment, new_segment });
            self.counts.segments += u64::from(pack.segments.get());
            self.counts.blobs += u64::from(pack.blobs.get());
        }
        self.counts.packs = self.packs.len() as u64;
        Ok(())
    }

    fn move_of(&self, table: usize, pack: u32) -> Option<Move> {
        self.moves[table].get(pack as usize).copied().flatten()
    }

    fn write_packs(&self, tables: &[Arc<Table>], writer: &mut TableWriter<'_>) -> Result<(), TableError> {
        let mut cursors: Vec<_> = tables
            .iter()
            .map(|table| (table.cursor(table.layout.packs), table.cursor(table.layout.headers)))
            .collect();
        for (table, old) in &self.packs {
            let (packs, headers) = &mut cursors[*table];
            let moved = self.move_of(*table, *old).map_or(0, |moved| moved.new_segment);
            let mut pack = packs.get((*old).into())?;
            pack.first_segment = moved.into();
            writer.push_pack(&pack, &headers.get((*old).into())?)?;
        }
        Ok(())
    }

    fn write_segments(&self, tables: &[Arc<Table>], writer: &mut TableWriter<'_>) -> Result<(), TableError> {
        let mut cursors: Vec<_> = tables
            .iter()
            .map(|table| (table.cursor(table.layout.packs), table.cursor(table.layout.segments)))
            .collect();
        for (new, (table, old)) in (0..).zip(&self.packs) {
            let (packs, segments) = &mut cursors[*table];
            let pack = packs.get((*old).into())?;
            for number in 0..pack.segments.get() {
                let mut segment = segments.get(u64::from(pack.first_segment.get()) + u64::from(number))?;
                segment.pack = u32::into(new);
                writer.push_segment(&segment)?;
            }
        }
        Ok(())
    }

    fn write_blobs(&self, tables: &[Arc<Table>], writer: &mut TableWriter<'_>) -> Result<(), TableError> {
        let mut sources: Vec<_> = tables
            .iter()
            .enumerate()
            .map(|(number, table)| {
                let blobs = table.cursor(table.layout.blobs);
                Source { plan: self, number, blobs, next: 0, count: table.counts.blobs }
            })
            .collect();
        let mut heap = BinaryHeap::new();
        for source in &mut sources {
            heap.extend(source.next()?.map(|blob| Reverse((blob, source.number))));
        }
        while let Some(Reverse((blob, number))) = heap.pop() {
            writer.push_blob(&blob)?;
            heap.extend(sources[number].next()?.map(|blob| Reverse((blob, number))));
        }
        Ok(())
    }
}

/// The blobs of a table on their way into another.
struct Source<'t> {
    plan: &'t Plan,
    number: usize,
    blobs: Cursor<'t, BlobRecord>,
    next: u64,
    count: u64,
}

impl Source<'_> {
    /// The next blob in a pack that is taken from this table, with its new numbers.
    fn next(&mut self) -> Result<Option<BlobEntry>, TableError> {
        while self.next < self.count {
            let blob = BlobEntry::from(&self.blobs.get(self.next)?);
            self.next += 1;
            if let Some(Move { pack, old_segment, new_segment }) = self.plan.move_of(self.number, blob.pack) {
                let segment = blob.segment - old_segment + new_segment;
                return Ok(Some(BlobEntry { pack, segment, ..blob }));
            }
        }
        Ok(None)
    }
}

fn number(count: u64) -> usize {
    usize::try_from(count).expect("packs are numbered by 32 bits")
}
