//! What is given up in one place is proved to be sound in another first: there may be two because one of them is damaged.
//!
//! Only places are proved for which others go; the rest is for `verify`.

use super::Prune;
use super::plan::Plan;
use super::roots::Roots;
use crate::{EngineError, ProblemKind, cause_of};
use lifeboat_repository::{BlobReader, NeededBlob, PackNumber, RepositoryError, Used, pack_object};
use std::collections::BTreeSet;

impl Prune<'_> {
    /// What becomes of each pack, by which no place goes for one that is damaged.
    pub(super) fn plan(
        &self,
        reader: &BlobReader,
        used: &mut Used<'_>,
        roots: &Roots<'_>,
    ) -> Result<Plan, EngineError> {
        loop {
            let plan = Plan::of(reader.index(), used, roots, self.options, self.repository.memory());
            let damaged = self.damaged(reader, &used.instead_of(&plan.gone()))?;
            if damaged.is_empty() {
                return Ok(plan);
            }
            used.doubt(damaged)?;
        }
    }

    /// The packs of these blobs that do not hold what they should.
    fn damaged(
        &self,
        reader: &BlobReader,
        blobs: &[NeededBlob],
    ) -> Result<BTreeSet<PackNumber>, EngineError> {
        let (mut damaged, mut raw) = (BTreeSet::new(), Vec::new());
        for blobs in blobs.chunk_by(|one, other| one.segment == other.segment) {
            self.teller.check()?;
            let number = reader.index().segment(blobs[0].segment)?.pack;
            let pack = reader.index().pack(number);
            let read = reader.open_segment(blobs[0].segment, &mut raw);
            let is_there = |blob| reader.needed(pack.role, blob, &raw).map(drop);
            match read.and_then(|()| blobs.iter().try_for_each(is_there)) {
                // Gone since it was listed: somebody else prunes.
                Err(error) if error.is_damage() && !matches!(error, RepositoryError::Missing(_)) => {
                    let object = pack_object(pack.id);
                    self.teller.problem(ProblemKind::Damage, object.as_ref(), cause_of(&error));
                    damaged.insert(number);
                }
                read => read?,
            }
        }
        Ok(damaged)
    }
}
