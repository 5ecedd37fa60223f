//! Writing a table: records come in order, each section on its own, and land block by block.
//!
//! Invariant: memory holds one block of each section, and eight bytes for each block of the fan-out.

use super::block_cache::Block;
use super::filter::{self, Line};
use super::layout::{
    BLOCK_LENGTH, BlobEntry, BlobRecord, Counts, Header, HeaderRecord, Layout, PAYLOAD_LENGTH, PackRecord,
    Section, SegmentRecord, head,
};
use super::table::block_place;
use lifeboat_format::{CacheKey, FormatError, ObjectHash};
use lifeboat_sys::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use zerocopy::little_endian::U64;
use zerocopy::{Immutable, IntoBytes};

/// A table under construction.
pub(super) struct TableWriter<'a> {
    sink: Sink<'a>,
    counts: Counts,
    layout: Layout,
    packs: Stream<PackRecord>,
    headers: Stream<HeaderRecord>,
    segments: Stream<SegmentRecord>,
    blobs: Stream<BlobRecord>,
    fan_out: Stream<U64>,
    filter: Stream<Line>,
    line: Line,
    roots: Vec<u64>,
}

/// What a reader need not look up in the file of a table that was just written.
pub(super) struct Written {
    pub(super) counts: Counts,
    pub(super) layout: Layout,
    /// The first entry of each block of the fan-out.
    pub(super) roots: Vec<u64>,
}

impl<'a> TableWriter<'a> {
    /// A table that stands for these index objects, sorted, and has so many of everything.
    pub(super) fn create(
        key: &'a CacheKey,
        file: &'a File,
        id: ObjectHash,
        covered: &[ObjectHash],
        counts: Counts,
    ) -> io::Result<Self> {
        let layout = Layout::of(counts).ok_or_else(too_much)?;
        let sink = Sink { key, file, id };
        let mut names = Stream::new(layout.covered);
        covered.iter().try_for_each(|hash| names.push(&sink, hash.as_bytes()))?;
        names.finish(&sink)?;
        Ok(Self {
            sink,
            counts,
            packs: Stream::new(layout.packs),
            headers: Stream::new(layout.headers),
            segments: Stream::new(layout.segments),
            blobs: Stream::new(layout.blobs),
            fan_out: Stream::new(layout.fan_out),
            filter: Stream::new(layout.filter),
            layout,
            line: [0; _],
            roots: Vec::new(),
        })
    }

    /// The next pack in order of ids.
    pub(super) fn push_pack(&mut self, pack: &PackRecord, header: &HeaderRecord) -> io::Result<()> {
        self.packs.push(&self.sink, pack)?;
        self.headers.push(&self.sink, header)
    }

    /// The next segment in order of packs and ordinals.
    pub(super) fn push_segment(&mut self, segment: &SegmentRecord) -> io::Result<()> {
        self.segments.push(&self.sink, segment)
    }

    /// The next blob.
    pub(super) fn push_blob(&mut self, blob: &BlobEntry) -> io::Result<()> {
        if self.blobs.is_at_start_of_block() {
            let first = head(&blob.prefix);
            if self.fan_out.is_at_start_of_block() {
                self.roots.push(first);
            }
            self.fan_out.push(&self.sink, &U64::new(first))?;
        }
        self.fill_lines_before(filter::line_of(&blob.prefix, self.layout.filter.count))?;
        filter::mark(&mut self.line, &blob.prefix);
        self.blobs.push(&self.sink, &BlobRecord::from(blob))
    }

    /// Writes what is left; the header comes last.
    pub(super) fn finish(mut self) -> io::Result<Written> {
        self.fill_lines_before(self.layout.filter.count)?;
        self.packs.finish(&self.sink)?;
        self.headers.finish(&self.sink)?;
        self.segments.finish(&self.sink)?;
        self.blobs.finish(&self.sink)?;
        self.fan_out.finish(&self.sink)?;
        self.filter.finish(&self.sink)?;
        let mut block = Box::new([0; BLOCK_LENGTH]);
        Header::new(self.sink.id, self.counts).write_to_prefix(&mut block[..]).map_err(|_| too_much())?;
        self.sink.write(0, &mut block)?;
        Ok(Written { counts: self.counts, layout: self.layout, roots: self.roots })
    }

    fn fill_lines_before(&mut self, line: u64) -> io::Result<()> {
        while self.filter.written < line {
            self.filter.push(&self.sink, &self.line)?;
            self.line = [0; _];
        }
        Ok(())
    }
}

/// More than can be numbered, or another number of records than was announced.
pub(super) fn too_much() -> io::Error {
    io::Error::other(FormatError::Limit("index"))
}

/// Where blocks go.
struct Sink<'a> {
    key: &'a CacheKey,
    file: &'a File,
    id: ObjectHash,
}

impl Sink<'_> {
    fn write(&self, number: u64, block: &mut Block) -> io::Result<()> {
        let (payload, tag) = block.split_at_mut(PAYLOAD_LENGTH);
        tag.copy_from_slice(&self.key.tag(&block_place(self.id, number), payload));
        self.file.write_all_at(block, number * BLOCK_LENGTH as u64)
    }
}

/// A section that is being written.
struct Stream<R> {
    section: Section<R>,
    written: u64,
    block: Box<Block>,
}

impl<R: IntoBytes + Immutable> Stream<R> {
    fn new(section: Section<R>) -> Self {
        Self { section, written: 0, block: Box::new([0; BLOCK_LENGTH]) }
    }

    fn is_at_start_of_block(&self) -> bool {
        Section::<R>::locate(self.written).1 == 0
    }

    fn push(&mut self, sink: &Sink<'_>, record: &R) -> io::Result<()> {
        let (number, within) = Section::<R>::locate(self.written);
        let start = within * size_of::<R>();
        self.block[start..start + size_of::<R>()].copy_from_slice(record.as_bytes());
        self.written += 1;
        match within + 1 == Section::<R>::per_block() {
            true => self.flush(sink, number),
            false => Ok(()),
        }
    }

    fn finish(&mut self, sink: &Sink<'_>) -> io::Result<()> {
        if self.written != self.section.count {
            return Err(too_much());
        }
        match self.is_at_start_of_block() {
            true => Ok(()),
            false => self.flush(sink, Section::<R>::locate(self.written).0),
        }
    }

    fn flush(&mut self, sink: &Sink<'_>, number: u64) -> io::Result<()> {
        sink.write(self.section.block(number), &mut self.block)?;
        self.block.fill(0);
        Ok(())
    }
}
