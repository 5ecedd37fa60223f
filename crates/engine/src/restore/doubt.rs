//! Files that may be as they should be already: the workers find out, so that the walk need not wait for the disk.

use super::Restore;
use super::batch::Batch;
use super::file::RestoredFile;
use crate::same_content::{CompareError, Compared, content_equals};
use crate::{EngineError, Outcome};
use lifeboat_fs::Lock;
use lifeboat_repository::RepositoryError;
use std::sync::{Arc, Mutex, PoisonError};

/// A file under whose name there is one of the same size.
pub(super) struct Doubt {
    pub(super) file: Arc<RestoredFile>,
    /// Whether the content counts as the same without being read.
    pub(super) trusted: bool,
}

/// What the workers found out.
#[derive(Default)]
struct Found {
    different: Vec<Arc<RestoredFile>>,
    failure: Option<RepositoryError>,
}

impl Restore<'_> {
    /// Settles the files that are as they should be, and plans the others.
    pub(super) fn resolve(&self, batch: &mut Batch, doubts: &[Doubt]) -> Result<(), EngineError> {
        let found = Mutex::new(Found::default());
        let lock = || found.lock().unwrap_or_else(PoisonError::into_inner);
        self.workers.for_each(doubts, |scratch, doubt| match self.is_settled(doubt, scratch) {
            Ok(true) => {}
            Ok(false) => lock().different.push(Arc::clone(&doubt.file)),
            Err(error) => lock().failure = Some(error),
        });
        let Found { different, failure } = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = failure {
            return Err(error.into());
        }
        self.teller.check()?;
        different.iter().try_for_each(|file| self.write_file(batch, file))
    }

    /// Gives the existing file its metadata if nothing else differs. What cannot be read or must not be touched does.
    fn is_settled(&self, doubt: &Doubt, scratch: &mut Vec<u8>) -> Result<bool, RepositoryError> {
        let file = &doubt.file;
        if self.teller.check().is_err() {
            // Nothing of it will be looked at again.
            return Ok(true);
        }
        let Ok(mut existing) = file.dir.open_existing(&file.node.name) else { return Ok(false) };
        if !doubt.trusted {
            let goes_on = || self.teller.check().is_ok();
            let mut compared = Compared { file: existing.content(), goes_on: &goes_on };
            match content_equals(self.reader, &mut compared, &file.node, scratch) {
                Ok(true) => {}
                Ok(false) | Err(CompareError::File(_)) => return Ok(false),
                // The file is written, as far as it goes: that names the damage and leaves the existing file alone.
                Err(CompareError::Content(error)) if error.is_damage() => return Ok(false),
                Err(CompareError::Content(error)) => return Err(error),
            }
        }
        if !self.options.dry_run {
            match existing.refit(&self.complete(&file.trail, &file.node)) {
                Some(unset) => self.unset(&file.trail, unset),
                None => return Ok(false),
            }
            self.lock_later(&file.trail, Lock::of_file(&file.dir, existing.identity(), &file.node));
        }
        file.settle(self, Outcome::Unchanged);
        Ok(true)
    }
}
