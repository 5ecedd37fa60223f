//! A file that is being restored, possibly by several workers at once.
//!
//! Invariants: whoever lets go of it last completes it, and closes it; the walk holds it while it plans its pieces.
//! What is open at once is so bounded by the workers and by [`super::batch::Batch`], not by the length of a batch.

use super::Restore;
use crate::{ProblemKind, cause_of};
use lifeboat_format::Node;
use lifeboat_fs::{FsError, Lock, TargetDir, TargetFile};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// A file on its way.
pub(super) struct RestoredFile {
    pub(super) dir: TargetDir,
    pub(super) node: Node,
    pub(super) path: PathBuf,
    opened: Mutex<Option<Arc<TargetFile>>>,
    holders: AtomicU64,
    fate: Arc<Failure>,
}

/// Why a file could not be restored: shared with its other names.
pub(super) type Failure = OnceLock<(ProblemKind, String)>;

impl RestoredFile {
    /// A file that nothing was done for yet, held by the walk.
    pub(super) fn new(dir: TargetDir, node: Node, path: PathBuf) -> Self {
        let (opened, holders) = (Mutex::new(None), AtomicU64::new(1));
        Self { dir, node, path, opened, holders, fate: Arc::default() }
    }

    /// The open file, created in its full length by whoever needs it first.
    pub(super) fn open(&self) -> Result<Arc<TargetFile>, FsError> {
        let mut opened = self.lock();
        if let Some(file) = &*opened {
            return Ok(Arc::clone(file));
        }
        let file = Arc::new(self.dir.create_file(&self.node.name, self.node.size)?);
        *opened = Some(Arc::clone(&file));
        Ok(file)
    }

    /// One more piece is to come.
    pub(super) fn hold(&self) {
        self.holders.fetch_add(1, Ordering::Relaxed);
    }

    /// A piece is done, or the walk has planned the last.
    pub(super) fn let_go(&self, restore: &Restore<'_>) {
        if self.holders.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.complete(restore);
        }
    }

    /// It will not be whole; only the first trouble is told.
    pub(super) fn fail(&self, restore: &Restore<'_>, kind: ProblemKind, error: &dyn std::error::Error) {
        let cause = cause_of(error);
        if self.fate.set((kind, cause.clone())).is_ok() {
            restore.teller.problem(kind, &self.path, cause);
        }
    }

    /// Lets go of it because the restore ends early: it will not be whole, and is not worth a word of its own.
    pub(super) fn give_up(&self, restore: &Restore<'_>) {
        // It may have failed before: what was told then stands.
        let _first = self.fate.set((ProblemKind::NotWritten, "the restore ended early".to_owned()));
        self.let_go(restore);
    }

    pub(super) fn has_failed(&self) -> bool {
        self.fate.get().is_some()
    }

    /// Why it failed, once it has.
    pub(super) fn fate(&self) -> Arc<Failure> {
        Arc::clone(&self.fate)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<TargetFile>>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn complete(&self, restore: &Restore<'_>) {
        if !self.has_failed() {
            match self.open() {
                Ok(file) => {
                    restore.unset(&self.path, file.apply(&restore.complete(&self.path, &self.node)));
                    restore.lock_later(&self.path, Lock::of_file(&self.dir, &file, &self.node));
                    restore.restored(&self.path, &self.node);
                }
                Err(error) => self.fail(restore, ProblemKind::NotWritten, &error),
            }
        }
        let opened = self.lock().take();
        if self.has_failed()
            && opened.is_some()
            && let Err(error) = self.dir.remove_file(&self.node.name)
        {
            restore.problem(ProblemKind::NotWritten, &self.path, &error);
        }
    }
}
