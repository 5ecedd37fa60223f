//! What is needed of packs that go is copied, and proved on the way: every blob is opened and hashes to what the index finds it by.

use super::Prune;
use super::plan::Plan;
use crate::EngineError;
use lifeboat_repository::{BlobReader, BlobWriter, NeededBlob, PackNumber, Pruner, Used, WriterOptions};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Blobs whose places are held at once.
const BLOBS_MAX: usize = 1 << 19;

impl Prune<'_> {
    /// Copies what is needed of the packs that are to be copied; the log is told.
    pub(super) fn copy(
        &self,
        pruner: &Pruner,
        reader: &BlobReader,
        used: &Used<'_>,
        plan: &Plan,
    ) -> Result<(), EngineError> {
        if plan.copied.is_empty() {
            return Ok(());
        }
        let options = WriterOptions {
            compression: self.options.compression,
            verify_writes: self.options.verify_writes,
            workers: self.workers.clone(),
        };
        let mut writer = pruner.copier(Arc::clone(reader.index()), options);
        for packs in groups(reader, &plan.copied) {
            self.copy_blobs(reader, &used.blobs_of(&packs)?, &mut writer)?;
        }
        let flushed = writer.finish()?;
        self.teller.with(|report| report.bytes_added += flushed.stored_bytes());
        Ok(pruner.relocate(&flushed.unnamed())?)
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
