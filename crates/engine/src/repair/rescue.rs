//! What can be had of packs that cannot be made whole: their sound blobs, and the others from a replica, are stored anew.

use super::Repair;
use crate::{EngineError, Means};
use lifeboat_repository::{BlobReader, BlobWriter, PackNumber, Session, pack_object};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

impl Repair<'_> {
    /// Stores anew what lies in packs under quarantine, as far as it is sound there or in a replica, and has no place that counts.
    pub(super) fn rescue(&self, mut session: Session) -> Result<(), EngineError> {
        // Only a reading that has seen the damage knows what counts.
        session.look_again()?;
        let index = Arc::new(self.load(session.view())?);
        let packs: BTreeMap<PackNumber, String> = index
            .numbered()
            .filter(|(_, pack)| pack.is_damaged() & !pack.is_hidden())
            .map(|(number, pack)| (number, pack_object(pack.id)))
            .collect();
        let reader = session.reader(Arc::clone(&index));
        let mut writer = session.writer(Arc::clone(&index), self.writer_options());
        for (number, object) in packs {
            let before = writer.stats().bytes_added;
            let lost = self.rescue_pack(&reader, number, &mut writer)?;
            match lost {
                0 => self.mended(&object, &Means::Anew),
                _ if writer.stats().bytes_added > before => self.mended(&object, &Means::InPart { lost }),
                _ => {}
            }
        }
        let flushed = writer.finish()?;
        self.teller.with(|report| report.bytes_added += flushed.stored_bytes());
        Ok(session.relocate(&flushed.unnamed())?)
    }

    /// Gives how many blobs nothing has.
    fn rescue_pack(
        &self,
        reader: &BlobReader,
        number: PackNumber,
        writer: &mut BlobWriter,
    ) -> Result<u64, EngineError> {
        let role = reader.index().pack(number).role;
        let (mut lost, mut raw) = (0, Vec::new());
        let blobs = reader.index().blobs_in(&BTreeSet::from([number]))?;
        for blobs in blobs.chunk_by(|one, other| one.segment == other.segment) {
            self.teller.check()?;
            let is_open = match reader.open_segment(blobs[0].segment, &mut raw) {
                Err(error) if !error.is_damage() => return Err(error.into()),
                opened => opened.is_ok(),
            };
            for blob in blobs {
                let sound = is_open.then(|| reader.needed(role, blob, &raw).ok()).flatten();
                let elsewhere = || reader.read_by_prefix(role, blob.prefix);
                match sound.map_or_else(elsewhere, |bytes| Ok(bytes.to_vec())) {
                    Ok(bytes) => drop(writer.put(role, &bytes)?),
                    Err(error) if error.is_damage() => lost += 1,
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(lost)
    }
}
