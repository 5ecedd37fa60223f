//! Where tables are kept: a folder of the cache for each repository, or files without a name.
//!
//! Invariants: a file gets its name when it is whole, and never changes from then on; it holds what its name says or does
//! not verify. So any number of processes share a folder without a lock, and any of them, or anybody else, may remove
//! or damage a file at any time: what it said is read from the repository again. Where the folder cannot be written,
//! everything goes on with files without a name elsewhere, which are gone when the process ends.

use super::block_cache::BlockCache;
use super::layout::Counts;
use super::table::{Table, TableError};
use super::table_writer::{TableWriter, Written};
use crate::cache_file::{NewFile, make_folder, names, open, remove};
use lifeboat_format::{CacheKey, ObjectHash};
use lifeboat_sys::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What an open repository keeps of the index on this machine.
#[derive(Debug)]
pub(crate) struct TableCache {
    key: CacheKey,
    blocks: BlockCache,
    folder: Option<PathBuf>,
    temporary: Vec<PathBuf>,
    /// Why the folder is not used any more.
    trouble: Mutex<Option<String>>,
    numbers: AtomicU64,
}

impl TableCache {
    pub(crate) fn new(
        key: CacheKey,
        folder: Option<PathBuf>,
        temporary: Vec<PathBuf>,
        memory: usize,
    ) -> Self {
        let (trouble, numbers) = Default::default();
        Self { key, blocks: BlockCache::new(memory), folder, temporary, trouble, numbers }
    }

    pub(super) fn key(&self) -> &CacheKey {
        &self.key
    }

    pub(super) fn blocks(&self) -> &BlockCache {
        &self.blocks
    }

    /// A number that no other table has.
    pub(super) fn next_number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// Why the folder cannot be used, if it cannot.
    pub(super) fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether tables are kept.
    pub(super) fn keeps(&self) -> bool {
        self.folder().is_some()
    }

    /// Where files are written, or the first place where they could not be.
    pub(crate) fn place(&self) -> &Path {
        let temporary = || self.temporary.first().map_or_else(|| Path::new(""), PathBuf::as_path);
        self.folder().unwrap_or_else(temporary)
    }

    /// The folder, if there is to be one, once a file could be made there.
    pub(crate) fn try_folder(&self) -> io::Result<Option<PathBuf>> {
        self.create(false)?;
        Ok(self.folder().map(Path::to_path_buf))
    }

    /// The id of the table of these index objects.
    pub(super) fn id_of(&self, covered: &[ObjectHash]) -> ObjectHash {
        let names: Vec<u8> = covered.iter().flat_map(ObjectHash::as_bytes).copied().collect();
        ObjectHash::new(self.key.tag(b"table", &names))
    }

    /// The sound tables in the folder. What is not sound is removed, and so is what others began and left, as of `now` in
    /// seconds since 1970.
    pub(super) fn tables(self: &Arc<Self>, now: i64) -> Vec<Arc<Table>> {
        let Some(folder) = self.folder() else { return Vec::new() };
        match names(folder, now) {
            Ok(names) => names.iter().filter_map(|name| self.open(ObjectHash::parse(name).ok()?)).collect(),
            Err(error) => {
                self.give_up(&error);
                Vec::new()
            }
        }
    }

    /// Removes a table from the folder; where that is impossible, the folder is not used any more.
    pub(super) fn discard(&self, table: ObjectHash) {
        let Some(folder) = self.folder() else { return };
        match remove(&folder.join(table.to_string())) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => self.give_up(&error),
            _ => {}
        }
    }

    /// Writes a table, with a name of its own where it shall be kept and can be.
    pub(super) fn build(
        self: &Arc<Self>,
        kept: bool,
        covered: Vec<ObjectHash>,
        counts: Counts,
        write: &dyn Fn(&mut TableWriter<'_>) -> Result<(), TableError>,
    ) -> Result<Arc<Table>, TableError> {
        let id = self.id_of(&covered);
        let build = || {
            let kept = kept && self.keeps();
            let mut file = self.create(kept)?;
            let mut writer = TableWriter::create(&self.key, &file.file, id, &covered, counts)?;
            write(&mut writer)?;
            let written = writer.finish()?;
            Ok((file.publish(&id.to_string())?, written, kept))
        };
        let built: Result<(File, Written, bool), TableError> = match build() {
            Err(TableError::Io(error)) if self.keeps() => {
                self.give_up(&error);
                build()
            }
            other => other,
        };
        let (file, written, kept) = built?;
        Ok(Arc::new(Table::new(Arc::clone(self), id, covered, written, file, kept)))
    }

    fn folder(&self) -> Option<&Path> {
        let is_usable = self.trouble.lock().unwrap_or_else(PoisonError::into_inner).is_none();
        self.folder.as_deref().filter(|_| is_usable)
    }

    fn give_up(&self, error: &io::Error) {
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = self.folder.as_deref().unwrap_or_else(|| Path::new(""));
        trouble.get_or_insert_with(|| format!("{}: {error}", folder.display()));
    }

    fn open(self: &Arc<Self>, id: ObjectHash) -> Option<Arc<Table>> {
        let file = open(&self.folder()?.join(id.to_string()));
        match file.and_then(|file| Table::open(self, id, file)) {
            Ok(table) => table.map(Arc::new),
            Err(error) => {
                // What merely cannot be read now may be sound for others.
                if matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof) {
                    self.discard(id);
                }
                None
            }
        }
    }

    /// A new file in the cache, or without a name in the first place that can be written.
    fn create(&self, named: bool) -> io::Result<NewFile> {
        if let Some(folder) = self.folder() {
            make_folder(folder.parent().unwrap_or(folder), folder)?;
            return NewFile::create_in(folder, named);
        }
        let mut refused = None;
        for folder in &self.temporary {
            match NewFile::create_in(folder, false) {
                Ok(file) => return Ok(file),
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        Err(refused.unwrap_or_else(|| io::ErrorKind::NotFound.into()))
    }
}
