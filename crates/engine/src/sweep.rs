//! The same done with each of many items at once, until one fails or the observer wants to stop.

use crate::report::{Fold, Teller};
use crate::{EngineError, Workers};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Does `work` with every item, in any order; it has a scratch buffer with any content. Gives the first error, after
/// which no further item is begun.
pub(crate) fn sweep<T: Sync, R: Fold + Send>(
    teller: &Teller<'_, R>,
    workers: &Workers,
    items: &[T],
    work: impl Fn(&mut Vec<u8>, &T) -> Result<(), EngineError> + Send + Sync,
) -> Result<(), EngineError> {
    sweep_fetched(teller, workers, items, |_| (), |scratch, item, ()| work(scratch, item))
}

/// The same with what `fetch` gave for the item, which waits for the storage and may be ahead of the work.
pub(crate) fn sweep_fetched<T: Sync, F: Send, R: Fold + Send>(
    teller: &Teller<'_, R>,
    workers: &Workers,
    items: &[T],
    fetch: impl Fn(&T) -> F + Send + Sync,
    work: impl Fn(&mut Vec<u8>, &T, F) -> Result<(), EngineError> + Send + Sync,
) -> Result<(), EngineError> {
    let failure = Mutex::new(None);
    let fail = |error| {
        lock(&failure).get_or_insert(error);
    };
    let goes_on = || lock(&failure).is_none();
    workers.fetch_each(
        items,
        |item| match teller.check() {
            Ok(()) => goes_on().then(|| fetch(item)),
            Err(error) => {
                fail(error);
                None
            }
        },
        |scratch, item, fetched| {
            if let Some(fetched) = fetched.filter(|_| goes_on())
                && let Err(error) = work(scratch, item, fetched)
            {
                fail(error);
            }
        },
    );
    let failure = failure.into_inner().unwrap_or_else(PoisonError::into_inner);
    failure.map_or(Ok(()), Err)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
