//! What snapshots need: every blob that can be reached from their roots.
//!
//! Invariants: each page is read once, however many trees it stands in. A page that cannot be read, and a blob that is not there, end
//! it: whoever does not know what is needed must not take anything away. Only of a snapshot that is forgotten another prune, which left no
//! time to have it back, may have swept something.

use super::roots::Roots;
use crate::reach::reach;
use crate::report::Teller;
use crate::{EngineError, PruneReport};
use lifeboat_format::{BlobId, Role};
use lifeboat_repository::{BlobReader, Index, Need, RepositoryError, Usage};
use std::collections::BTreeSet;

/// What is needed.
pub(super) struct Marked<'i> {
    pub(super) usage: Usage<'i>,
    /// Snapshots that are forgotten and can be had back.
    pub(super) kept_for_undo: u64,
}

/// Marks what these roots need.
pub(super) fn mark<'i>(
    teller: &Teller<'_, PruneReport>,
    reader: &BlobReader,
    index: &'i Index,
    roots: &Roots<'_>,
) -> Result<Marked<'i>, EngineError> {
    let mut usage = Usage::of(index);
    for snapshot in &roots.wanted {
        let mut need =
            |role, id: &BlobId| -> Result<bool, EngineError> { Ok(is_new(usage.need(id)?, role, id)?) };
        reach(reader, &snapshot.root, || teller.check(), &mut need)?;
    }
    let mut kept = BTreeSet::new();
    for snapshot in &roots.for_undo {
        let mut is_swept = false;
        let mut need = |role, id: &BlobId| -> Result<bool, EngineError> {
            let need = usage.need(id)?;
            is_swept |= need == Need::Nowhere;
            Ok(need != Need::Nowhere && is_new(need, role, id)?)
        };
        reach(reader, &snapshot.root, || teller.check(), &mut need)?;
        kept.extend((!is_swept).then_some(snapshot.id));
    }
    Ok(Marked { usage, kept_for_undo: kept.len() as u64 })
}

/// Whether a blob was not needed before; that it is not there is an error.
fn is_new(need: Need, role: Role, id: &BlobId) -> Result<bool, RepositoryError> {
    match (need, role) {
        (Need::New, _) => Ok(true),
        // Nothing hangs on a blob of data that is known to be lost. Whoever has lost a page does not know what else is needed.
        (Need::Known, _) | (Need::Lost, Role::Data) => Ok(false),
        (Need::Missing | Need::Nowhere | Need::Lost, _) => {
            Err(RepositoryError::Missing(format!("blob {id}, which a snapshot needs,")))
        }
    }
}
