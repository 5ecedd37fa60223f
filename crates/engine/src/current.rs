//! The index that a run which writes goes by, whole or with its damage told.

use crate::report::{Fold, Teller};
use crate::{EngineError, Event, ProblemKind, cause_of};
use lifeboat_repository::{Index, KnownPack, Repository, Session, View};
use std::sync::Arc;

/// The index of what the session saw, with newer readings as long as what is missing was swept meanwhile; what of it is damaged is told.
pub(crate) fn load_current<R: Fold>(
    repository: &Repository,
    session: &mut Session,
    teller: &Teller<'_, R>,
    load: impl Fn(&View) -> Result<Index, EngineError>,
) -> Result<Arc<Index>, EngineError> {
    let index = load_settled(repository, session, load)?;
    teller.tell_cache(&index);
    for fault in index.faults() {
        let object = format!("index/{}", fault.object);
        teller.problem(ProblemKind::Damage, object.as_ref(), cause_of(&fault.error));
    }
    let lost = index.packs().filter(|pack| is_missed(pack)).count();
    if lost > 0 {
        let note = format!(
            "packs are missing or not as long as they were: {lost}; what they held is stored again as far as it is saved now: lifeboat verify names what is lost"
        );
        teller.tell(&Event::Note(&note));
    }
    Ok(Arc::new(index))
}

/// The same without a word about damage.
pub(crate) fn load_settled(
    repository: &Repository,
    session: &mut Session,
    load: impl Fn(&View) -> Result<Index, EngineError>,
) -> Result<Index, EngineError> {
    loop {
        let index = load(session.view())?;
        if index.is_whole() || !repository.has_swept_since(session.view())? {
            return Ok(index);
        }
        // It has just been swept.
        session.look_again()?;
    }
}

/// Whether nobody knows yet that a pack is not what it was.
fn is_missed(pack: &KnownPack) -> bool {
    !pack.is_there() && !pack.is_damaged()
}
