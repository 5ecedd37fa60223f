//! `restore`: from a snapshot to files.
//!
//! `snapshot → tree → plan → locate → fetch → open → verify → write → metadata → report`. The tree is walked in
//! batches of bounded size; each batch is a plan of its own, carried out in the order of the storage. Metadata of a
//! directory is set when everything in it is done. A file that cannot be brought back whole is named and removed:
//! nothing stays that only looks restored.

mod batch;
mod check;
mod compare;
mod file;
mod metadata;
mod walk;

use crate::report::Teller;
use crate::{EngineError, Event, Observer, ProblemKind, RestoreReport, Verified, cause_of, select};
use batch::Batch;
use lifeboat_format::{Node, NodeKind, Snapshot};
use lifeboat_fs::{FsError, Owners, Target, TargetDir, TargetFile};
use lifeboat_repository::{BlobReader, Repository, Workers};
use metadata::Locks;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// What to restore, and where to.
#[derive(Clone, Debug, Default)]
pub struct RestoreOptions {
    /// A new or empty directory.
    pub target: PathBuf,
    /// Only what is below this path of the snapshot, or the file at it.
    pub path: Option<Vec<u8>>,
    /// Only say what would be restored.
    pub dry_run: bool,
    /// Look up owner and group by their names here, and use their numbers only where a name is unknown.
    pub ownership_by_name: bool,
    /// Make holes of all runs of zeros, not only of those that were holes before.
    pub sparse: bool,
    /// Read everything again in the end, from the disk.
    pub verify: bool,
}

/// Restores.
///
/// # Errors
/// When the path is not in the snapshot, the target cannot be used, the repository fails, or the observer wants to
/// stop: files that are complete by then stay, others are removed. Files that cannot be restored are problems of the
/// report.
pub fn restore(
    repository: &Repository,
    snapshot: &Snapshot,
    options: &RestoreOptions,
    workers: &Workers,
    observer: &dyn Observer,
) -> Result<RestoreReport, EngineError> {
    let view = repository.view(&repository.read_log()?)?;
    let verified = options.verify.then(Verified::default);
    let teller = Teller::new(RestoreReport { verified, ..RestoreReport::default() }, observer);
    let index = repository.load_index_checked(&view, || teller.check())?;
    let reader = repository.reader(Arc::new(index));
    let path = options.path.as_deref().unwrap_or_default();
    let (start, full) = select::node_at(&reader, snapshot, path)?;
    let totals = start.totals.unwrap_or_default();
    let single = u64::from(start.kind != NodeKind::Directory);
    teller.tell(&Event::Expect { files: totals.files + single, bytes: totals.bytes + start.size });
    match options.dry_run {
        true => walk::tell_all(&reader, &start, &full, &teller)?,
        false => {
            let target = Target::create(&options.target).map_err(EngineError::Target)?;
            let (owners, locks) = Default::default();
            let work = Restore { reader: &reader, workers, teller: &teller, options, target, owners, locks };
            work.run(&start, &full)?;
        }
    }
    Ok(teller.into_report())
}

/// What restoring an item needs.
struct Restore<'a> {
    reader: &'a BlobReader,
    workers: &'a Workers,
    teller: &'a Teller<'a, RestoreReport>,
    options: &'a RestoreOptions,
    target: TargetDir,
    owners: Mutex<Owners>,
    locks: Locks,
}

impl Restore<'_> {
    fn run(&self, start: &Node, full: &[u8]) -> Result<(), EngineError> {
        let mut batch = Batch::default();
        let done =
            walk::walk(self, &mut batch, start.clone(), full).and_then(|()| self.carry_out(&mut batch));
        if done.is_err() {
            self.abandon(&batch);
        }
        done?;
        self.set_locks();
        self.target.sync().map_err(EngineError::Target)?;
        if self.options.verify {
            self.check(start, full)?;
        }
        Ok(())
    }

    fn write(&self, file: &TargetFile, offset: u64, bytes: &[u8]) -> Result<(), FsError> {
        match self.options.sparse {
            true => file.write_sparse_at(offset, bytes),
            false => file.write_at(offset, bytes),
        }
    }

    fn restored(&self, path: &Path, node: &Node) {
        self.teller.tell(&Event::Restored { path, node });
    }

    fn problem(&self, kind: ProblemKind, path: &Path, error: &dyn std::error::Error) {
        self.teller.problem(kind, path, cause_of(error));
    }
}
