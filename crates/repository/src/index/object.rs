//! The table of one index object, in order of ids instead of the order in which its packs were stored.

use super::folder::TableCache;
use super::layout::{BlobEntry, Counts, PackRecord, SegmentRecord, bytes, header_record};
use super::table::{Table, TableError};
use super::table_writer::too_much;
use lifeboat_format::{Index as IndexObject, IndexedPack, ObjectHash};
use std::io;
use std::sync::Arc;

/// What an index object says, ready to be written.
struct Sorted<'o> {
    packs: Vec<(PackRecord, &'o IndexedPack)>,
    segments: Vec<SegmentRecord>,
    blobs: Vec<BlobEntry>,
}

impl TableCache {
    /// Writes the table of an index object, to a file without a name.
    pub(super) fn table_of(
        self: &Arc<Self>,
        hash: ObjectHash,
        object: &IndexObject,
    ) -> Result<Arc<Table>, TableError> {
        let sorted = Sorted::new(object)?;
        let (packs, segments, blobs) = (sorted.packs.len(), sorted.segments.len(), sorted.blobs.len());
        let counts =
            Counts { covered: 1, packs: packs as u64, segments: segments as u64, blobs: blobs as u64 };
        self.build(false, vec![hash], counts, &|writer| {
            for (record, pack) in &sorted.packs {
                writer.push_pack(record, &header_record(&pack.header))?;
            }
            sorted.segments.iter().try_for_each(|segment| writer.push_segment(segment))?;
            Ok(sorted.blobs.iter().try_for_each(|blob| writer.push_blob(blob))?)
        })
    }
}

impl<'o> Sorted<'o> {
    /// A pack that an object names twice counts once.
    fn new(object: &'o IndexObject) -> io::Result<Self> {
        let mut order: Vec<usize> = (0..object.packs.len()).collect();
        order.sort_by_key(|pack| object.packs[*pack].id);
        order.dedup_by_key(|pack| object.packs[*pack].id);
        let mut packs = Vec::with_capacity(order.len());
        let mut numbers = vec![None; object.packs.len()];
        for (number, position) in (0..).zip(order) {
            let pack = &object.packs[position];
            let lengths = [pack.stored_length, pack.header.core_length()];
            packs.push((PackRecord::new(*pack.id.as_bytes(), lengths, object.role), pack));
            numbers[position] = Some(number);
        }
        let mut sorted = Self { packs, segments: Vec::new(), blobs: Vec::new() };
        let segments = sorted.add_segments(object, &numbers)?;
        sorted.add_blobs(object, &segments);
        Ok(sorted)
    }

    /// Gives the new pack and number of each segment of the object.
    fn add_segments(
        &mut self,
        object: &IndexObject,
        packs: &[Option<u32>],
    ) -> io::Result<Vec<Option<(u32, u32)>>> {
        let of_packs = object.segments.iter().enumerate();
        let mut order: Vec<(u32, u32, usize)> = of_packs
            .filter_map(|(position, segment)| {
                Some((packs[segment.pack as usize]?, segment.ordinal, position))
            })
            .collect();
        order.sort_unstable();
        let mut numbers = vec![None; object.segments.len()];
        for (pack, _, position) in order {
            let number = u32::try_from(self.segments.len()).map_err(|_| too_much())?;
            let record = &mut self.packs[pack as usize].0;
            if record.segments == 0 {
                record.first_segment = number.into();
            }
            record.segments += 1;
            numbers[position] = Some((pack, number));
            self.segments.push(SegmentRecord::new(pack, &object.segments[position]));
        }
        Ok(numbers)
    }

    fn add_blobs(&mut self, object: &IndexObject, segments: &[Option<(u32, u32)>]) {
        self.blobs.reserve_exact(object.blobs.len());
        for blob in &object.blobs {
            let Some((pack, segment)) = segments[blob.segment as usize] else { continue };
            self.packs[pack as usize].0.blobs += 1;
            let (offset, length) = (blob.offset, blob.length);
            self.blobs.push(BlobEntry { prefix: bytes(blob.prefix), pack, segment, offset, length });
        }
        self.blobs.sort_unstable();
    }
}
