//! `compare`: a snapshot held against files of this machine, content and metadata.
//!
//! The tree of the snapshot is walked together with the directory; contents are compared in batches of bounded size, from the disk. What
//! is there and not in the snapshot is not looked at. Each difference is told with what it is, and whether the item looks as it did when it
//! was saved: a file of the same size and times with other bytes is no change that anybody made.

mod report;
mod walk;

pub use report::{CompareReport, Difference, What};

use crate::report::Teller;
use crate::selection::Selection;
use crate::{EngineError, Observer, select};
use lifeboat_format::Snapshot;
use lifeboat_fs::SourceDir;
use lifeboat_repository::{Repository, View, Workers};
use std::path::PathBuf;
use std::sync::Arc;

/// What to compare, and with what.
#[derive(Clone, Debug, Default)]
pub struct CompareOptions {
    /// The directory that a restore of the same would go to: `/` for where the files came from.
    pub with: PathBuf,
    /// Only what is below this path of the snapshot, or the file at it.
    pub path: Option<Vec<u8>>,
    /// Which items.
    pub selection: Selection,
}

/// Compares a snapshot of a view with files.
///
/// # Errors
/// When the path is not in the snapshot, the directory cannot be opened, the repository fails, or the observer wants to stop. Files that
/// cannot be read are problems of the report.
pub fn compare(
    repository: &Repository,
    view: &View,
    snapshot: &Snapshot,
    options: &CompareOptions,
    workers: &Workers,
    observer: &dyn Observer,
) -> Result<CompareReport, EngineError> {
    let teller = Teller::new(CompareReport::default(), observer);
    let reader = repository.snapshot_reader(view, snapshot, || teller.check())?;
    let (start, full) = select::node_at(&reader, snapshot, options.path.as_deref().unwrap_or_default())?;
    let dir = SourceDir::open(&options.with).map_err(EngineError::Target)?;
    let walked =
        walk::Walk::new(&reader, &teller, workers, &options.selection).run(Arc::new(dir), start, &full);
    teller.mended(&reader);
    teller.replaced_objects(repository);
    walked?;
    Ok(teller.into_report())
}
