//! Index objects that come one after the other become few tables, in files without a name.
//!
//! Invariant: tables of one level are merged before they are many: each blob is written once for each level, and there are
//! few tables at every moment.

use super::folder::TableCache;
use super::table::{Table, TableError};
use lifeboat_format::{Index as IndexObject, ObjectHash};
use std::sync::Arc;

/// Tables of a level that become one of the next.
const LEVEL_MAX: usize = 8;

/// Tables that were just made.
#[derive(Debug)]
pub(crate) struct Bulk {
    cache: Arc<TableCache>,
    levels: Vec<Vec<Arc<Table>>>,
}

impl Bulk {
    pub(crate) fn new(cache: Arc<TableCache>) -> Self {
        Self { cache, levels: Vec::new() }
    }

    /// Adds what an index object says.
    pub(super) fn push(&mut self, hash: ObjectHash, object: &IndexObject) -> Result<(), TableError> {
        let mut table = self.cache.table_of(hash, object)?;
        for level in 0.. {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            let tables = &mut self.levels[level];
            tables.push(table);
            if tables.len() < LEVEL_MAX {
                break;
            }
            table = self.cache.merge(false, tables)?;
            tables.clear();
        }
        Ok(())
    }

    /// All tables that there are now.
    pub(super) fn tables(&self) -> impl Iterator<Item = &Arc<Table>> {
        self.levels.iter().flatten()
    }
}
