//! `restore`: from a snapshot to files.
//!
//! `snapshot → tree → plan → locate → fetch → open → verify → write → metadata → report`. The tree is walked in
//! batches of bounded size; each batch is a plan of its own, carried out in the order of the storage. Metadata of a
//! directory is set when everything in it is done. A file that cannot be brought back whole is named and not put in its
//! place: nothing stays that only looks restored, and nothing goes before what replaces it is whole.
//!
//! A dry run takes the same way, looks at everything, and writes nothing.

mod batch;
mod check;
mod doubt;
mod file;
mod ground;
mod item;
mod link;
mod metadata;
mod overwrite;
mod walk;

pub use overwrite::Overwrite;

use crate::report::Teller;
use crate::selection::Selection;
use crate::{EngineError, Event, Observer, Outcome, ProblemKind, RestoreReport, Verified, cause_of, select};
use batch::Batch;
use lifeboat_format::{Node, NodeKind, Snapshot, Totals};
use lifeboat_fs::{FsError, Mark, Owners, Target, TargetDir, TargetFile, Trail};
use lifeboat_repository::{BlobReader, Repository, View, Workers};
use metadata::Locks;
use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};

/// What to restore, and where to.
#[derive(Clone, Debug, Default)]
pub struct RestoreOptions {
    /// A directory, made if there is none.
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
    /// When what is in the target makes way.
    pub overwrite: Overwrite,
    /// Which items.
    pub selection: Selection,
}

/// Restores a snapshot of a view.
///
/// # Errors
/// When the path is not in the snapshot, the target cannot be used, the repository fails, or the observer wants to
/// stop: files that are complete by then stay, others are removed. Files that cannot be restored are problems of the
/// report.
pub fn restore(
    repository: &Repository,
    view: &View,
    snapshot: &Snapshot,
    options: &RestoreOptions,
    workers: &Workers,
    observer: &dyn Observer,
) -> Result<RestoreReport, EngineError> {
    let verified = options.verify.then(Verified::default);
    let teller = Teller::new(RestoreReport { verified, ..RestoreReport::default() }, observer);
    let reader = repository.snapshot_reader(view, snapshot, || teller.check())?;
    teller.tell_cache(reader.index());
    let path = options.path.as_deref().unwrap_or_default();
    let (start, full) = select::node_at(&reader, snapshot, path)?;
    let target = match options.dry_run {
        true => Target::find(&options.target),
        false => Target::create(&options.target).map(Some),
    };
    let target = target.map_err(EngineError::Target)?;
    let (mounted, owners, locks, kept, interrupted, rounded) = Default::default();
    let work = Restore {
        reader: &reader,
        workers,
        teller: &teller,
        options,
        batch_memory: repository.memory().batch(),
        target,
        mounted,
        owners,
        locks,
        kept,
        interrupted,
        rounded,
    };
    let done = work.run(&start, &full);
    teller.mended(&reader);
    teller.replaced_objects(repository);
    done?;
    Ok(teller.into_report())
}

/// What restoring an item needs.
struct Restore<'a> {
    reader: &'a BlobReader,
    workers: &'a Workers,
    teller: &'a Teller<'a, RestoreReport>,
    options: &'a RestoreOptions,
    /// Bytes that what is planned at once may take.
    batch_memory: usize,
    /// None in a dry run where there is none yet.
    target: Option<TargetDir>,
    /// A directory of each other file system that was met below it.
    mounted: Mutex<BTreeMap<u64, TargetDir>>,
    owners: Mutex<Owners>,
    locks: Locks,
    /// What was kept, where everything else is to be read again in the end.
    kept: Mutex<HashSet<Trail>>,
    /// Set when what a restore that did not come to its end left was found: no file is believed by its size and time.
    interrupted: OnceLock<()>,
    /// Set when it was told that the file system of the target rounds times.
    rounded: OnceLock<()>,
}

impl Restore<'_> {
    fn run(&self, start: &Node, full: &[u8]) -> Result<(), EngineError> {
        let is_all = matches!(self.options.selection, Selection::All);
        if is_all {
            self.expect(start.totals.unwrap_or(Totals { files: 1, directories: 0, bytes: start.size }));
        }
        let mark = self.target.as_ref().and_then(|target| self.mark(target));
        let mut batch = Batch::default();
        let done = walk::walk(self, &mut batch, start.clone(), full)
            .and_then(|wanted| self.carry_out(&mut batch).map(|()| wanted));
        if done.is_err() {
            self.abandon(&batch);
        }
        let wanted = done?;
        if !is_all {
            // Only now it is known how much fits the patterns.
            self.expect(wanted);
            if (wanted.files, wanted.directories) == (0, 0) {
                self.teller.note_once("nothing in the snapshot fits the patterns");
            }
        }
        match &self.target {
            Some(target) if !self.options.dry_run => {
                self.finish(target, mark)?;
                if self.options.verify { self.check(target, start, full) } else { Ok(()) }
            }
            _ => Ok(()),
        }
    }

    /// Looks for what a restore before has left in the target, and marks it until everything is on the disk.
    fn mark(&self, target: &TargetDir) -> Option<Mark> {
        self.sweep(target, target.trail());
        if self.options.dry_run {
            return None;
        }
        let mark = Mark::put(target).inspect_err(|error| {
            let cause = cause_of(error);
            self.teller
                .note_once(&format!("a power cut during this restore may go unnoticed later: {cause}"));
        });
        mark.ok()
    }

    fn finish(&self, target: &TargetDir, mark: Option<Mark>) -> Result<(), EngineError> {
        self.sync(target)?;
        if let Some(Err(error)) = mark.map(Mark::remove) {
            self.problem(ProblemKind::NotWritten, target.trail(), &error);
        }
        // What is locked from now on could not be unmarked.
        if self.set_locks() { self.sync(target) } else { Ok(()) }
    }

    /// Returns when everything is on the disk.
    fn sync(&self, target: &TargetDir) -> Result<(), EngineError> {
        let mounted = self.mounted.lock().unwrap_or_else(PoisonError::into_inner);
        let synced = [target].into_iter().chain(mounted.values()).try_for_each(TargetDir::sync);
        synced.map_err(EngineError::Target)
    }

    fn write(&self, file: &TargetFile, offset: u64, bytes: &[u8]) -> Result<(), FsError> {
        match self.options.sparse {
            true => file.write_sparse_at(offset, bytes),
            false => file.write_at(offset, bytes),
        }
    }

    fn expect(&self, totals: Totals) {
        self.teller.tell(&Event::Expect { files: totals.files, bytes: totals.bytes });
    }

    fn restored(&self, trail: &Trail, node: &Node, outcome: Outcome) {
        if outcome == Outcome::Kept && self.options.verify && node.kind != NodeKind::Directory {
            self.kept.lock().unwrap_or_else(PoisonError::into_inner).insert(trail.clone());
        }
        self.teller.tell(&Event::Restored { path: &trail.path(), node, outcome });
    }

    fn problem(&self, kind: ProblemKind, trail: &Trail, error: &dyn std::error::Error) {
        self.teller.problem(kind, &trail.path(), cause_of(error));
    }
}
