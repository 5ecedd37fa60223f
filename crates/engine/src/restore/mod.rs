//! `restore`: from a snapshot to files.
//!
//! `snapshot → tree → plan → locate → fetch → open → verify → write → metadata → report`. The tree is walked in
//! batches of bounded size; each batch is a plan of its own, carried out in the order of the storage. Metadata of a
//! directory is set when everything in it is done. A file that cannot be brought back whole is named and removed:
//! nothing stays that only looks restored.

mod batch;
mod file;
mod walk;

use crate::report::Teller;
use crate::{EngineError, Event, Observer, ProblemKind, RestoreReport, cause_of, select};
use batch::Batch;
use lifeboat_format::{Node, NodeKind, Snapshot};
use lifeboat_fs::{Target, TargetDir, Unset, UnsetReason};
use lifeboat_repository::{BlobReader, Repository, Workers};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What to restore, and where to.
#[derive(Clone, Debug)]
pub struct RestoreOptions {
    /// A new or empty directory.
    pub target: PathBuf,
    /// Only what is below this path of the snapshot, or the file at it.
    pub path: Option<Vec<u8>>,
    /// Only say what would be restored.
    pub dry_run: bool,
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
    let teller = Teller::new(RestoreReport::default(), observer);
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
            let work = Restore { reader: &reader, workers, teller: &teller, target };
            work.run(start, &full)?;
        }
    }
    Ok(teller.into_report())
}

/// What restoring an item needs.
struct Restore<'a> {
    reader: &'a BlobReader,
    workers: &'a Workers,
    teller: &'a Teller<'a, RestoreReport>,
    target: TargetDir,
}

impl Restore<'_> {
    fn run(&self, start: Node, full: &[u8]) -> Result<(), EngineError> {
        let mut batch = Batch::default();
        let done = walk::walk(self, &mut batch, start, full).and_then(|()| self.carry_out(&mut batch));
        if done.is_err() {
            self.abandon(&batch);
        }
        done?;
        self.target.sync().map_err(EngineError::Target)
    }

    fn restored(&self, path: &Path, node: &Node) {
        self.teller.tell(&Event::Restored { path, node });
    }

    fn problem(&self, kind: ProblemKind, path: &Path, error: &dyn std::error::Error) {
        self.teller.problem(kind, path, cause_of(error));
    }

    /// Tells what could not be set: what takes root is one note for all files, everything else a problem.
    fn unset(&self, path: &Path, unset: Vec<Unset>) {
        for Unset { what, reason } in unset {
            match reason {
                UnsetReason::NotPermitted => {
                    self.teller.note_once(&format!("without root, {what} is not restored"));
                }
                UnsetReason::NotSupported => {
                    let cause = format!("{what}: not supported by this file system");
                    self.teller.problem(ProblemKind::NotSet, path, cause);
                }
                UnsetReason::Failed(why) => {
                    self.teller.problem(ProblemKind::NotSet, path, format!("{what}: {why}"));
                }
            }
        }
    }
}
