//! Tables that are asked together.
//!
//! Invariant: a table whose file cannot be believed is made anew from the index objects that it covers, and the question
//! goes on: whoever asks cannot tell, unless the index objects are damaged, too.

use super::bulk::Bulk;
use super::layout::BlobEntry;
use super::table::{Table, TableError};
use crate::{Repository, RepositoryError};
use lifeboat_format::{BlobPrefix, Index as IndexObject, ObjectHash};
use lifeboat_sys::fs::File;
use std::io;
use std::sync::Arc;

/// Tables, and what they can be made of again.
#[derive(Debug)]
pub(crate) struct Tables {
    repository: Repository,
    tables: Vec<Arc<Table>>,
}

impl Tables {
    pub(super) fn new(repository: Repository, tables: Vec<Arc<Table>>) -> Self {
        Self { repository, tables }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.tables.len()
    }

    /// A table by its number among these.
    pub(super) fn table(&self, number: usize) -> &Table {
        &self.tables[number]
    }

    /// Shows every place of a blob, with the number of the table that has it, and its number there.
    pub(super) fn find(
        &self,
        prefix: &[u8; 16],
        found: &mut dyn FnMut(usize, u64, BlobEntry),
    ) -> Result<(), RepositoryError> {
        for (number, table) in self.tables.iter().enumerate() {
            // A table that has to be made anew in the middle of an answer must not give the first part twice.
            let mut entries = Entries::default();
            self.ask(table, |table| {
                entries = Entries::default();
                table.find(prefix, &mut |number, entry| entries.push((number, entry)))
            })?;
            entries.each(|(within, entry)| found(number, within, entry));
        }
        Ok(())
    }

    /// Shows all blobs of a table with their numbers. One that is not sound is made anew first; when it is damaged meanwhile, that is an
    /// error.
    pub(super) fn each_blob(
        &self,
        number: usize,
        visit: &mut dyn FnMut(u64, BlobEntry),
    ) -> Result<(), RepositoryError> {
        let table = self.table(number);
        let check = |table: &Table| table.all(table.layout.blobs).try_for_each(|blob| blob.map(drop));
        self.ask(table, check)?;
        for (number, blob) in (0..).zip(table.all(table.layout.blobs)) {
            let blob = blob.map_err(|error| self.repository.cache_error(error))?;
            visit(number, (&blob).into());
        }
        Ok(())
    }

    /// Whether a blob has a place.
    pub(crate) fn contains(&self, prefix: &BlobPrefix) -> Result<bool, RepositoryError> {
        let mut contains = false;
        self.find(prefix.as_bytes(), &mut |_, _, _| contains = true)?;
        Ok(contains)
    }

    /// Asks a table, which is made anew if it is not sound.
    pub(super) fn ask<T>(
        &self,
        table: &Table,
        mut question: impl FnMut(&Table) -> Result<T, TableError>,
    ) -> Result<T, RepositoryError> {
        let answer = match question(table) {
            Err(TableError::Unsound { file, .. }) => {
                self.rebuild(table, &file)?;
                question(table)
            }
            other => other,
        };
        answer.map_err(|error| self.repository.cache_error(error))
    }

    /// Makes the file of a table anew, unless somebody else has just done so.
    fn rebuild(&self, table: &Table, broken: &Arc<File>) -> Result<(), RepositoryError> {
        let _only_one = table.rebuilding();
        if !Arc::ptr_eq(&table.file(), broken) {
            return Ok(());
        }
        let repository = &self.repository;
        let mut bulk = Bulk::new(Arc::clone(&repository.tables));
        for hash in &table.covered {
            bulk.add(repository, *hash, &repository.read_index(*hash)?)?;
        }
        let all: Vec<_> = bulk.tables().cloned().collect();
        let anew = repository.tables.merge(table.kept, &all);
        let anew = anew.map_err(|error| repository.cache_error(error))?;
        if (anew.id, anew.counts) != (table.id, table.counts) {
            let differs = io::Error::other("it is another one when it is made anew");
            return Err(repository.cache_error(differs.into()));
        }
        table.take_file_of(&anew);
        Ok(())
    }
}

impl Bulk {
    /// Adds what an index object says.
    pub(crate) fn add(
        &mut self,
        repository: &Repository,
        hash: ObjectHash,
        object: &IndexObject,
    ) -> Result<(), RepositoryError> {
        self.push(hash, object).map_err(|error| repository.cache_error(error))
    }

    /// All tables that there are now.
    pub(crate) fn ask_together(&self, repository: &Repository) -> Tables {
        Tables::new(repository.clone(), self.tables().cloned().collect())
    }
}

impl Repository {
    pub(super) fn cache_error(&self, error: TableError) -> RepositoryError {
        RepositoryError::Cache { place: self.tables.place().display().to_string(), source: error.into() }
    }
}

/// Almost always none or one, which needs no allocation.
#[derive(Default)]
struct Entries {
    first: Option<(u64, BlobEntry)>,
    more: Vec<(u64, BlobEntry)>,
}

impl Entries {
    fn push(&mut self, entry: (u64, BlobEntry)) {
        match self.first {
            None => self.first = Some(entry),
            Some(_) => self.more.push(entry),
        }
    }

    fn each(self, visit: impl FnMut((u64, BlobEntry))) {
        self.first.into_iter().chain(self.more).for_each(visit);
    }
}
