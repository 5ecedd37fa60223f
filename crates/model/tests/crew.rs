//! Work on all processors, and how much of it there is.

use std::env;
use std::sync::Mutex;
use std::thread;

/// Whether everything is to be looked at, however long it takes.
pub(crate) fn all() -> bool {
    env::var("LIFEBOAT_MODEL").is_ok_and(|what| what == "all")
}

/// Does a piece of work for each of some items; gives the results in their order.
pub(crate) fn each<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let (items, results) = (Mutex::new(items.into_iter().enumerate()), Mutex::new(Vec::new()));
    let next = || items.lock().unwrap().next();
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().unwrap().get() {
            scope.spawn(|| {
                while let Some((index, item)) = next() {
                    let result = work(item);
                    results.lock().unwrap().push((index, result));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap();
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}
