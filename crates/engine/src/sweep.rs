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
    let failure = Mutex::new(None);
    workers.for_each(items, |scratch, item| {
        if lock(&failure).is_some() {
            return;
        }
        if let Err(error) = teller.check().and_then(|()| work(scratch, item)) {
            lock(&failure).get_or_insert(error);
        }
    });
    let failure = failure.into_inner().unwrap_or_else(PoisonError::into_inner);
    failure.map_or(Ok(()), Err)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
