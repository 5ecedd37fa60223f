//! A file that is being restored, possibly by several workers at once.
//!
//! Invariants: whoever lets go of it last completes it, and closes it; the walk holds it while it plans its pieces.
//! What is open at once is so bounded by the workers and by [`super::batch::Batch`], not by the length of a batch. It is
//! written under a temporary name and gets its own when it is complete: under that lies the old file or the new one,
//! and never a part of one, at whatever moment the restore ends.

use super::Restore;
use crate::{Outcome, ProblemKind, cause_of};
use lifeboat_format::{Bug, Node, planted};
use lifeboat_fs::{FsError, Lock, TargetDir, TargetFile, Trail, Unset};
use lifeboat_repository::Workers;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// Bytes of a file that the disk is to take at once.
const SYNCED_AT_ONCE: u64 = 256 << 20;

/// A file on its way.
pub(super) struct RestoredFile {
    pub(super) dir: TargetDir,
    pub(super) node: Node,
    pub(super) trail: Trail,
    /// Whether it takes the place of something.
    replaces: bool,
    opened: Mutex<Option<Arc<Opened>>>,
    holders: AtomicU64,
    /// Bytes.
    written: AtomicU64,
    fate: Arc<Fate>,
}

/// The file under its temporary name.
pub(super) struct Opened {
    pub(super) file: TargetFile,
    temporary: Vec<u8>,
    /// What the disk did not take.
    lost: Mutex<Option<FsError>>,
}

/// What became of an item, once that is known, or why it could not be restored: shared with its other names.
pub(super) type Fate = OnceLock<Result<Outcome, (ProblemKind, String)>>;

impl RestoredFile {
    /// A file that nothing was done for yet, held by the walk.
    pub(super) fn new(dir: TargetDir, node: Node, trail: Trail, replaces: bool) -> Self {
        let (opened, holders, written) = (Mutex::new(None), AtomicU64::new(1), AtomicU64::new(0));
        Self { dir, node, trail, replaces, opened, holders, written, fate: Arc::default() }
    }

    /// The open file, created in its full length by whoever needs it first.
    pub(super) fn open(&self) -> Result<Arc<Opened>, FsError> {
        let mut opened = self.lock();
        if let Some(file) = &*opened {
            return Ok(Arc::clone(file));
        }
        let (file, temporary) =
            self.dir.create_file_aside(&self.node.name, self.node.size, self.node.flags)?;
        if planted(Bug::NamedEarly) {
            self.name(&temporary)?;
        }
        let file = Arc::new(Opened { file, temporary, lost: Mutex::default() });
        *opened = Some(Arc::clone(&file));
        Ok(file)
    }

    /// So many bytes more were written: lets the disk take those of a long file while the work goes on, so that less is to
    /// be waited for in the end. What it does not take is told when the file is complete, or by the sync of everything.
    pub(super) fn sync_now_and_then(&self, bytes: u64, workers: &Workers) {
        let before = self.written.fetch_add(bytes, Ordering::Relaxed);
        if before / SYNCED_AT_ONCE == (before + bytes) / SYNCED_AT_ONCE {
            return;
        }
        let Some(opened) = self.lock().clone() else { return };
        workers.run_storing(move || {
            if let Err(error) = opened.file.sync_data() {
                opened.lost.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            }
        });
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
        if self.fate.set(Err((kind, cause.clone()))).is_ok() {
            restore.teller.problem(kind, &self.trail.path(), cause);
        }
    }

    /// Lets go of it because the restore ends early: it will not be whole, and is not worth a word of its own.
    pub(super) fn give_up(&self, restore: &Restore<'_>) {
        // It may have failed before: what was told then stands.
        let _first = self.fate.set(Err((ProblemKind::NotWritten, "the restore ended early".to_owned())));
        self.let_go(restore);
    }

    pub(super) fn has_failed(&self) -> bool {
        matches!(self.fate.get(), Some(Err(_)))
    }

    /// What becomes of it.
    pub(super) fn fate(&self) -> Arc<Fate> {
        Arc::clone(&self.fate)
    }

    /// It is as it should be, or would be.
    pub(super) fn settle(&self, restore: &Restore<'_>, outcome: Outcome) {
        if self.fate.set(Ok(outcome)).is_ok() {
            restore.restored(&self.trail, &self.node, outcome);
        }
    }

    /// What becomes of it when it is written.
    pub(super) fn outcome(&self) -> Outcome {
        if self.replaces { Outcome::Updated } else { Outcome::Restored }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<Opened>>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn complete(&self, restore: &Restore<'_>) {
        if !self.has_failed() {
            match self.open().and_then(|opened| self.publish(restore, &opened)) {
                Ok(unset) => {
                    restore.unset(&self.trail, unset);
                    self.settle(restore, self.outcome());
                }
                Err(error) => self.fail(restore, ProblemKind::NotWritten, &error),
            }
        }
        let opened = self.lock().take();
        if self.has_failed()
            && let Some(opened) = opened
            && let Err(error) = self.dir.remove_file(&opened.temporary)
        {
            restore.problem(ProblemKind::NotWritten, &self.trail, &error);
        }
    }

    /// Gives the file its metadata, then its name.
    fn publish(&self, restore: &Restore<'_>, opened: &Opened) -> Result<Vec<Unset>, FsError> {
        if let Some(error) = opened.lost.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Err(error);
        }
        let unset = opened.file.apply(&restore.complete(&self.trail, &self.node));
        if !planted(Bug::NamedEarly) {
            self.name(&opened.temporary)?;
        }
        restore.lock_later(&self.trail, Lock::of_file(&self.dir, opened.file.identity(), &self.node));
        Ok(unset)
    }

    /// Takes the file from its temporary name to its own.
    fn name(&self, temporary: &[u8]) -> Result<(), FsError> {
        match self.replaces {
            true => self.dir.replace(temporary, &self.node.name),
            false => self.dir.rename(temporary, &self.node.name),
        }
    }
}
