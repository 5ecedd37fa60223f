//! Every pack that the index names, looked at by itself: whether it is there, and of those that are chosen every byte.

use crate::report::{Fold, Teller};
use crate::sweep::{sweep, sweep_fetched};
use crate::{EngineError, Event, ReadData, Workers};
use lifeboat_repository::{BlobReader, KnownPack, Repository, RepositoryError};

/// Tells `damaged` of every pack that is not as it should be, and why, with a scratch buffer. Any other error ends it, and so do those of
/// `damaged`.
pub(crate) fn survey<R: Fold + Send>(
    teller: &Teller<'_, R>,
    repository: &Repository,
    reader: &BlobReader,
    read_data: ReadData,
    workers: &Workers,
    damaged: impl Fn(&mut Vec<u8>, &KnownPack, &RepositoryError) -> Result<(), EngineError> + Send + Sync,
) -> Result<(), EngineError> {
    let judge = |scratch: &mut Vec<u8>, pack: &KnownPack, checked: Result<(), RepositoryError>| match checked
    {
        Err(error) if error.is_damage() => damaged(scratch, pack, &error),
        other => Ok(other?),
    };
    let mut packs: Vec<&KnownPack> = reader.index().packs().collect();
    sweep(teller, workers, &packs, |scratch, pack| judge(scratch, pack, repository.check_present(pack)))?;
    packs.retain(|pack| repository.check_present(pack).is_ok());
    let environment = repository.environment();
    let end = match read_data {
        ReadData::Time(time) => Some(environment.clock.elapsed().saturating_add(time)),
        _ => None,
    };
    let packs = read_data.choose(packs, &*environment.random);
    let whole = reader.pack_reader();
    // How far a time will go is not known.
    let bytes = if end.is_some() { 0 } else { packs.iter().map(|pack| pack.stored_length).sum() };
    teller.tell(&Event::Expect { files: packs.len() as u64, bytes });
    let is_in_time = || end.is_none_or(|end| environment.clock.elapsed() < end);
    let fetch = |pack: &&KnownPack| is_in_time().then(|| whole.fetch(pack));
    sweep_fetched(teller, workers, &packs, fetch, |scratch, pack, fetched| {
        let Some(fetched) = fetched else { return Ok(()) };
        let checked = fetched.and_then(|fetched| whole.verify_fetched(pack, fetched, reader.index()));
        teller.tell(&Event::Read(pack.stored_length));
        judge(scratch, pack, checked.map(drop))
    })
}
