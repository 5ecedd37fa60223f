//! A table: what a set of index objects says, sorted, in a file of this machine.
//!
//! Invariants: nothing is taken from the file that does not carry the right tag; a table whose file is made anew says the
//! same under the same numbers, because its content follows from what it covers. Memory holds the names of the index
//! objects and eight bytes for each block of the fan-out, which is one for about 64 000 blobs.

use super::block_cache::Block;
use super::filter;
use super::folder::TableCache;
use super::layout::{
    BLOCK_LENGTH, BlobEntry, BlobRecord, Counts, Header, Layout, PAYLOAD_LENGTH, Section, head,
};
use super::table_writer::Written;
use lifeboat_format::{CACHE_TAG_LENGTH, CacheKey, ObjectHash};
use lifeboat_sys::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use zerocopy::little_endian::U64;
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

/// What a record of a table must be.
pub(super) trait Record: FromBytes + KnownLayout + Immutable + Unaligned + Copy {}

impl<R: FromBytes + KnownLayout + Immutable + Unaligned + Copy> Record for R {}

/// Why a table could not be written or asked.
#[derive(Debug)]
pub(super) enum TableError {
    /// A file could not be written.
    Io(io::Error),
    /// A file no longer holds what was written to it, or cannot be read.
    Unsound { table: ObjectHash, file: Arc<File>, cause: io::Error },
}

impl From<io::Error> for TableError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A table.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) id: ObjectHash,
    /// Index objects that it stands for, sorted.
    pub(super) covered: Vec<ObjectHash>,
    pub(super) counts: Counts,
    pub(super) layout: Layout,
    /// Whether the file has a name in the cache.
    pub(super) kept: bool,
    cache: Arc<TableCache>,
    /// What its blocks are known by in memory.
    number: u64,
    roots: Vec<u64>,
    file: RwLock<Arc<File>>,
    rebuilding: Mutex<()>,
}

impl Table {
    /// The table that was just written to a file.
    pub(super) fn new(
        cache: Arc<TableCache>,
        id: ObjectHash,
        covered: Vec<ObjectHash>,
        written: Written,
        file: File,
        kept: bool,
    ) -> Self {
        let Written { counts, layout, roots } = written;
        let number = cache.next_number();
        let (file, rebuilding) = (RwLock::new(Arc::new(file)), Mutex::default());
        Self { id, covered, counts, layout, kept, cache, number, roots, file, rebuilding }
    }

    /// Opens the table in a file of the cache; none when it is of another version.
    pub(super) fn open(cache: &Arc<TableCache>, id: ObjectHash, file: File) -> io::Result<Option<Self>> {
        let mut first = [0; size_of::<Header>()];
        file.read_exact_at(&mut first, 0)?;
        let header = Header::parse(&first).ok_or_else(unsound)?;
        if !header.is_understood() {
            return Ok(None);
        }
        let counts = header.counts();
        let layout = Layout::of(counts).ok_or_else(unsound)?;
        let is_whole = file.metadata()?.len() == layout.blocks * BLOCK_LENGTH as u64;
        if header.id != *id.as_bytes() || !is_whole {
            return Err(unsound());
        }
        read_block(cache.key(), &file, id, 0, &mut [0; BLOCK_LENGTH])?;
        let written = Written { counts, layout, roots: Vec::new() };
        let mut table = Self::new(Arc::clone(cache), id, Vec::new(), written, file, true);
        table.covered = table.read_names()?;
        table.roots = table.read_roots()?;
        match cache.id_of(&table.covered) == id {
            true => Ok(Some(table)),
            false => Err(unsound()),
        }
    }

    /// Shows every place of a blob, and its number among all blobs of the table.
    pub(super) fn find(
        &self,
        prefix: &[u8; 16],
        found: &mut dyn FnMut(u64, BlobEntry),
    ) -> Result<(), TableError> {
        if self.counts.blobs == 0 || !self.may_have(prefix)? {
            return Ok(());
        }
        let mut number = self.first_block_with(head(prefix))?;
        while number < self.layout.blobs.blocks() {
            let block = self.block(self.layout.blobs.block(number))?;
            let blobs: &[BlobRecord] = records(&block, self.layout.blobs.records_in(number));
            let before = blobs.partition_point(|blob| blob.prefix < *prefix);
            let first = number * Section::<BlobRecord>::per_block() as u64 + before as u64;
            for (number, blob) in (first..).zip(&blobs[before..]) {
                if blob.prefix != *prefix {
                    return Ok(());
                }
                found(number, blob.into());
            }
            number += 1;
        }
        Ok(())
    }

    /// A record of a section of this table.
    pub(super) fn record<R: Record>(&self, section: &Section<R>, number: u64) -> Result<R, TableError> {
        let (block, within) = Section::<R>::locate(number);
        let block = self.block(section.block(block))?;
        Ok(records(&block, within + 1)[within])
    }

    /// Goes through a section past the memory for blocks: what is read once would only make others leave it.
    pub(super) fn cursor<R: Record>(&self, section: Section<R>) -> Cursor<'_, R> {
        Cursor { table: self, section, held: None, block: Box::new([0; BLOCK_LENGTH]) }
    }

    /// All records of a section.
    pub(super) fn all<'t, R: Record + 't>(
        &'t self,
        section: Section<R>,
    ) -> impl Iterator<Item = Result<R, TableError>> + 't {
        let mut cursor = self.cursor(section);
        (0..section.count).map(move |number| cursor.get(number))
    }

    /// Held by whoever makes the file anew.
    pub(super) fn rebuilding(&self) -> MutexGuard<'_, ()> {
        self.rebuilding.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The file that is asked now.
    pub(super) fn file(&self) -> Arc<File> {
        Arc::clone(&self.file.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// From now on the file of another table is asked, which says the same.
    pub(super) fn take_file_of(&self, other: &Self) {
        *self.file.write().unwrap_or_else(PoisonError::into_inner) = other.file();
    }

    fn may_have(&self, prefix: &[u8; 16]) -> Result<bool, TableError> {
        let filter = &self.layout.filter;
        let line = self.record(filter, filter::line_of(prefix, filter.count))?;
        Ok(filter::is_marked(&line, prefix))
    }

    /// The last block of blobs that begins below all prefixes with this head: a prefix may stand at the end of one block and
    /// the start of the next.
    fn first_block_with(&self, head: u64) -> Result<u64, TableError> {
        let upper = self.roots.partition_point(|root| *root < head).saturating_sub(1) as u64;
        let block = self.block(self.layout.fan_out.block(upper))?;
        let firsts: &[U64] = records(&block, self.layout.fan_out.records_in(upper));
        let within = firsts.partition_point(|first| first.get() < head).saturating_sub(1);
        Ok(upper * Section::<U64>::per_block() as u64 + within as u64)
    }

    fn block(&self, number: u64) -> Result<Arc<Block>, TableError> {
        self.cache.blocks().block((self.number, number), |block| self.read(number, block))
    }

    fn read(&self, number: u64, block: &mut Block) -> Result<(), TableError> {
        let file = self.file();
        read_block(self.cache.key(), &file, self.id, number, block).map_err(|cause| TableError::Unsound {
            table: self.id,
            file,
            cause,
        })
    }

    fn read_names(&self) -> Result<Vec<ObjectHash>, TableError> {
        self.all(self.layout.covered).map(|name| name.map(ObjectHash::new)).collect()
    }

    fn read_roots(&self) -> Result<Vec<u64>, TableError> {
        let mut fan_out = self.cursor(self.layout.fan_out);
        let firsts = (0..self.layout.fan_out.count).step_by(Section::<U64>::per_block());
        firsts.map(|number| fan_out.get(number).map(U64::get)).collect()
    }
}

/// Reads a section block by block.
pub(super) struct Cursor<'t, R> {
    table: &'t Table,
    section: Section<R>,
    /// The number of the block that was read last.
    held: Option<u64>,
    block: Box<Block>,
}

impl<R: Record> Cursor<'_, R> {
    pub(super) fn get(&mut self, number: u64) -> Result<R, TableError> {
        let (block, within) = Section::<R>::locate(number);
        if self.held != Some(block) {
            self.held = None;
            self.table.read(self.section.block(block), &mut self.block)?;
            self.held = Some(block);
        }
        Ok(records(&self.block, within + 1)[within])
    }
}

/// What the tag of a block binds besides its bytes.
pub(super) fn block_place(table: ObjectHash, number: u64) -> [u8; 40] {
    let mut place = [0; 40];
    place[..32].copy_from_slice(table.as_bytes());
    place[32..].copy_from_slice(&number.to_le_bytes());
    place
}

fn read_block(
    key: &CacheKey,
    file: &File,
    table: ObjectHash,
    number: u64,
    block: &mut Block,
) -> io::Result<()> {
    file.read_exact_at(block, number * BLOCK_LENGTH as u64)?;
    let (payload, tag) = block.split_at(PAYLOAD_LENGTH);
    let tag: &[u8; CACHE_TAG_LENGTH] = tag.try_into().map_err(|_| unsound())?;
    if key.is_tag(&block_place(table, number), payload, tag) { Ok(()) } else { Err(unsound()) }
}

/// The first records in a block.
fn records<R: Record>(block: &Block, count: usize) -> &[R] {
    let (records, _) =
        <[R]>::ref_from_prefix_with_elems(&block[..], count).expect("no more than fit into a block");
    records
}

fn unsound() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "it does not hold what was written to it")
}

impl From<TableError> for io::Error {
    fn from(error: TableError) -> Self {
        match error {
            TableError::Io(error) | TableError::Unsound { cause: error, .. } => error,
        }
    }
}
