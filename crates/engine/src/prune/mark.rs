//! What snapshots need: every blob that can be reached from their roots.
//!
//! Invariants: each page is read once, however many trees it stands in. A page that cannot be read, and a blob that is nowhere, end
//! it: whoever does not know what is needed must not take anything away.

use crate::reach::reach;
use crate::report::Teller;
use crate::{EngineError, PruneReport};
use lifeboat_format::{BlobId, Role, Snapshot};
use lifeboat_repository::{BlobReader, Index, Need, RepositoryError, Usage};

/// Marks what these snapshots need.
pub(super) fn mark<'i>(
    teller: &Teller<'_, PruneReport>,
    reader: &BlobReader,
    index: &'i Index,
    roots: &[&Snapshot],
) -> Result<Usage<'i>, EngineError> {
    let mut usage = Usage::of(index);
    let mut need = |role: Role, id: &BlobId| -> Result<bool, EngineError> {
        match (usage.need(id)?, role) {
            (Need::New, _) => Ok(true),
            // Nothing hangs on a blob of data that is known to be lost. Whoever has lost a page does not know what else is needed.
            (Need::Known, _) | (Need::Lost, Role::Data) => Ok(false),
            (Need::Missing | Need::Lost, _) => {
                Err(RepositoryError::Missing(format!("blob {id}, which a snapshot needs,")).into())
            }
        }
    };
    for snapshot in roots {
        reach(reader, &snapshot.root, || teller.check(), &mut need)?;
    }
    Ok(usage)
}
