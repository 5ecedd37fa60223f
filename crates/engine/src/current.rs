//! The index that a run goes by which writes or looks for damage: what of it was swept meanwhile is no damage.

use crate::report::{Fold, Teller};
use crate::{EngineError, Event, ProblemKind, cause_of};
use lifeboat_repository::{Index, KnownPack, Reading, Repository, Session, View};
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

/// The log, what it means and its index, of which nothing was swept meanwhile, whatever this machine keeps of it.
pub(crate) fn load_anew<R: Fold>(
    repository: &Repository,
    teller: &Teller<'_, R>,
) -> Result<(Reading, View, Arc<Index>), EngineError> {
    loop {
        let reading = repository.read_log()?;
        let view = repository.view(&reading)?;
        let index = repository.load_index_anew(&view, || teller.check())?;
        if index.is_whole() || !repository.has_swept_since(&view)? {
            return Ok((reading, view, Arc::new(index)));
        }
    }
}

/// Whether nobody knows yet that a pack is not what it was.
fn is_missed(pack: &KnownPack) -> bool {
    !pack.is_there() && !pack.is_damaged()
}
