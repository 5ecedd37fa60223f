//! A file that is being restored, possibly by several workers at once.
//!
//! Invariant: whoever lets go of it last completes it. The walk holds it while it plans its pieces.

use super::Restore;
use crate::ProblemKind;
use lifeboat_format::Node;
use lifeboat_fs::{FsError, TargetDir, TargetFile};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A file on its way.
pub(super) struct RestoredFile {
    pub(super) dir: TargetDir,
    pub(super) node: Node,
    pub(super) path: PathBuf,
    opened: OnceLock<TargetFile>,
    holders: AtomicU64,
    failed: AtomicBool,
}

impl RestoredFile {
    /// A file that nothing was done for yet, held by the walk.
    pub(super) fn new(dir: TargetDir, node: Node, path: PathBuf) -> Self {
        let (opened, holders) = (OnceLock::new(), AtomicU64::new(1));
        Self { dir, node, path, opened, holders, failed: AtomicBool::new(false) }
    }

    /// Creates it in its full length. Done by the walk, or by the one worker that has all of its pieces.
    pub(super) fn create(&self) -> Result<&TargetFile, FsError> {
        if let Some(file) = self.opened.get() {
            return Ok(file);
        }
        let file = self.dir.create_file(&self.node.name, self.node.size)?;
        Ok(self.opened.get_or_init(|| file))
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
        if !self.failed.swap(true, Ordering::AcqRel) {
            restore.problem(kind, &self.path, error);
        }
    }

    pub(super) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    fn complete(&self, restore: &Restore<'_>) {
        if !self.has_failed() {
            match self.create() {
                Ok(file) => {
                    restore.unset(&self.path, file.apply(&self.node));
                    restore.restored(&self.path, &self.node);
                }
                Err(error) => self.fail(restore, ProblemKind::NotWritten, &error),
            }
        }
        if self.has_failed()
            && self.opened.get().is_some()
            && let Err(error) = self.dir.remove_file(&self.node.name)
        {
            restore.problem(ProblemKind::NotWritten, &self.path, &error);
        }
    }
}
