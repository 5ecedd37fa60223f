//! What is needed of packs that go is copied, and proved on the way: every blob is opened and hashes to what the index finds it by.

use super::Prune;
use super::plan::Plan;
use crate::EngineError;
use lifeboat_format::ObjectList;
use lifeboat_repository::{
    BlobReader, BlobWriter, NeededBlob, PackNumber, Pruner, RepositoryError, Used, WriterOptions,
};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Blobs whose places are held at once.
const BLOBS_MAX: usize = 1 << 17;

impl Prune<'_> {
    /// Copies what is needed of the packs that are to be copied; the log is told. Where there is no room for all of it, gives why, and
    /// what was stored in vain.
    pub(super) fn copy(
        &self,
        pruner: &Pruner,
        reader: &BlobReader,
        used: &Used<'_>,
        plan: &Plan,
    ) -> Result<Option<(RepositoryError, ObjectList)>, EngineError> {
        if plan.copied.is_empty() {
            return Ok(None);
        }
        let options = WriterOptions {
            compression: self.options.compression,
            verify_writes: self.options.verify_writes,
            workers: self.workers.clone(),
        };
        let mut writer = pruner.copier(Arc::clone(reader.index()), options);
        let mut groups = groups(reader, &plan.copied).into_iter();
        let copied =
            groups.try_for_each(|packs| self.copy_blobs(reader, &used.blobs_of(&packs)?, &mut writer));
        let stored = copied.and_then(|()| Ok(writer.store_packs()?));
        let unnamed = writer.unnamed();
        match stored.and_then(|()| Ok(writer.finish()?)) {
            Err(EngineError::Repository(error)) if error.is_full() => Ok(Some((error, unnamed))),
            flushed => {
                let flushed = flushed?;
                self.teller.with(|report| report.bytes_added += flushed.stored_bytes());
                pruner.relocate(&flushed.unnamed())?;
                Ok(None)
            }
        }
    }

    fn copy_blobs(
        &self,
        reader: &BlobReader,
        blobs: &[NeededBlob],
        writer: &mut BlobWriter,
    ) -> Result<(), EngineError> {
        let mut raw = Vec::new();
        for blobs in blobs.chunk_by(|one, other| one.segment == other.segment) {
            self.teller.check()?;
            let segment = blobs[0].segment;
            let role = reader.index().pack(reader.index().segment(segment)?.pack).role;
            reader.open_segment(segment, &mut raw)?;
            for blob in blobs {
                writer.put(role, reader.needed(role, blob, &raw)?)?;
            }
        }
        Ok(())
    }
}

/// Packs whose blobs are few enough together.
fn groups(reader: &BlobReader, packs: &BTreeSet<PackNumber>) -> Vec<BTreeSet<PackNumber>> {
    let (mut groups, mut blobs) = (vec![BTreeSet::new()], 0);
    for number in packs {
        let count = reader.index().pack(*number).blobs;
        if blobs + count > BLOBS_MAX && blobs > 0 {
            groups.push(BTreeSet::new());
            blobs = 0;
        }
        blobs += count;
        groups.last_mut().expect("there is one").insert(*number);
    }
    groups
}
