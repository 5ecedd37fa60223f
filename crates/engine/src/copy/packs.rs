//! Between repositories with the same keys: packs are taken over as they are where most of them is needed, single blobs are packed anew.
//!
//! Invariants: nothing is taken over that does not hash to its name; no name that the target has in use, or has ever condemned, is used
//! again (docs/log-protocol.md, I4). A blob is known only when the target was asked for it by itself.

use super::Copying;
use super::trouble::Trouble;
use crate::Event;
use crate::reach::reach;
use lifeboat_format::{BlobId, Bug, PackId, Snapshot, planted};
use lifeboat_repository::{BlobReader, BlobWriter, Need, PackUse, RepositoryError, Usage, Used, View};
use std::collections::BTreeSet;

/// Packs that are taken over between two looks at how far it has come.
const AT_ONCE: usize = 16;

/// How what is missing travels.
#[derive(Debug, Default)]
struct Plan {
    /// Packs that are taken over, with their lengths in bytes.
    whole: Vec<(PackId, u64)>,
    /// Bytes that single blobs of other packs are expected to take.
    rest: u64,
}

/// Names of packs that cannot be used at the target: something lies under them, or did.
pub(super) fn names_in_use(writer: &BlobWriter, view: &View) -> BTreeSet<PackId> {
    if planted(Bug::NamesTakenAgain) {
        return BTreeSet::new();
    }
    let index = writer.index();
    let there = index.packs().filter(|pack| pack.found_length.is_some()).map(|pack| pack.id);
    let orphans = index.orphans().iter().map(|(id, _)| *id);
    let gone = [view.condemned(), view.swept(), view.damaged()]
        .into_iter()
        .flat_map(|set| set.packs.iter().copied());
    there.chain(orphans).chain(gone).collect()
}

impl Copying<'_> {
    /// Stores what a snapshot needs and the target does not have. `seen` is what the target has for others.
    pub(super) fn take_over(
        &self,
        reader: &BlobReader,
        seen: &mut Usage<'_>,
        writer: &mut BlobWriter,
        in_use: &BTreeSet<PackId>,
        snapshot: &Snapshot,
    ) -> Result<(), Trouble> {
        let (before, mut missing, mut is_any) = (seen.clone(), Usage::of(reader.index()), false);
        reach(reader, &snapshot.root, || self.teller.check(), &mut |_, id| {
            let is_new = is_new(seen, id)?;
            if is_new && !writer.contains(id).map_err(Trouble::of_target)? {
                missing.need(id)?;
                is_any = true;
            }
            Ok::<_, Trouble>(is_new)
        })?;
        if !is_any {
            return Ok(());
        }
        let plan = self.plan(reader, &missing.settle()?, in_use);
        self.expect(&plan);
        if self.options.dry_run {
            return Ok(());
        }
        let is_left = self.take_packs(&plan, writer)? || plan.rest > 0;
        if is_left { self.take_blobs(reader, before, writer, snapshot) } else { Ok(()) }
    }

    fn plan(&self, reader: &BlobReader, used: &Used<'_>, in_use: &BTreeSet<PackId>) -> Plan {
        let (index, mut plan) = (reader.index(), Plan::default());
        for (number, pack) in index.numbered() {
            let PackUse { total, used } = used.of(number);
            let room = self.target.memory().pack_buffer(pack.role) as u64;
            let is_whole = pack.found_length == Some(pack.stored_length) && pack.stored_length <= room;
            if used == 0 {
                continue;
            }
            match 2 * used > total && is_whole && !in_use.contains(&pack.id) {
                true => plan.whole.push((pack.id, pack.stored_length)),
                false => plan.rest += pack.core_length * used / total.max(1),
            }
        }
        plan
    }

    fn expect(&self, plan: &Plan) {
        let bytes = plan.whole.iter().map(|(_, length)| length).sum::<u64>() + plan.rest;
        self.teller.tell(&Event::Expect { files: 0, bytes });
        if self.options.dry_run {
            self.teller.with(|report| {
                report.packs += plan.whole.len() as u64;
                report.stored_bytes += bytes;
            });
        }
    }

    /// Takes packs over, and tells whether any of them could not be.
    fn take_packs(&self, plan: &Plan, writer: &mut BlobWriter) -> Result<bool, Trouble> {
        let mut is_left = false;
        for packs in plan.whole.chunks(AT_ONCE) {
            let refused =
                writer.take_from(self.source, packs, || self.teller.check()).map_err(Trouble::Run)?;
            let bytes: u64 = packs.iter().map(|(_, length)| length).sum();
            self.teller.with(|report| report.packs += (packs.len() - refused.len()) as u64);
            self.teller.tell(&Event::Read(bytes));
            is_left |= !refused.is_empty();
        }
        Ok(is_left)
    }

    /// What of a snapshot is not there by now is read by itself, from wherever it can be read.
    fn take_blobs(
        &self,
        reader: &BlobReader,
        mut before: Usage<'_>,
        writer: &mut BlobWriter,
        snapshot: &Snapshot,
    ) -> Result<(), Trouble> {
        reach(reader, &snapshot.root, || self.teller.check(), &mut |role, id| {
            let is_new = is_new(&mut before, id)?;
            if is_new && !writer.contains(id).map_err(Trouble::of_target)? {
                let bytes = match self.read(reader, role, id) {
                    Err(Trouble::Source(_)) if planted(Bug::DamageLeftOut) => return Ok(true),
                    read => read?,
                };
                writer.put(role, &bytes).map_err(Trouble::of_target)?;
            }
            Ok::<_, Trouble>(is_new)
        })
    }
}

/// Whether a blob had not been needed before.
fn is_new(usage: &mut Usage<'_>, id: &BlobId) -> Result<bool, RepositoryError> {
    match usage.need(id)? {
        Need::New => Ok(true),
        Need::Known => Ok(false),
        Need::Missing | Need::Nowhere | Need::Lost => Err(RepositoryError::Missing(format!("blob {id}"))),
    }
}
