//! Where the stages run: on a pool of threads, or inline in one fixed order for replay. The same functions, not a
//! second path.
//!
//! Invariant: never more jobs in flight than the limit; whoever adds one waits for room.

use rayon::prelude::*;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// Runs jobs.
#[derive(Clone)]
pub struct Workers {
    pool: Option<Arc<Pool>>,
}

struct Pool {
    threads: rayon::ThreadPool,
    limit: usize,
    in_flight: Mutex<usize>,
    changed: Condvar,
}

impl fmt::Debug for Workers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Workers({})", self.threads())
    }
}

impl Workers {
    /// Runs every job at once, in the caller's thread.
    #[must_use]
    pub fn inline() -> Self {
        Self { pool: None }
    }

    /// Runs jobs on so many threads of its own, with as many waiting.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn pool(threads: usize) -> std::io::Result<Self> {
        let built = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|number| format!("worker-{number}"))
            .build()
            .map_err(std::io::Error::other)?;
        let (in_flight, changed) = (Mutex::new(0), Condvar::new());
        Ok(Self { pool: Some(Arc::new(Pool { threads: built, limit: 2 * threads, in_flight, changed })) })
    }

    /// How many jobs can run at once.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.pool.as_ref().map_or(1, |pool| pool.threads.current_num_threads())
    }

    /// Runs a job: now when inline, else as soon as a thread is free. Waits while too many are under way.
    pub fn run(&self, job: impl FnOnce() + Send + 'static) {
        let Some(pool) = &self.pool else { return job() };
        pool.enter();
        let shared = Arc::clone(pool);
        pool.threads.spawn(move || {
            job();
            shared.leave();
        });
    }

    /// Does something with every item, in any order, and waits for all of it. Each thread has a scratch buffer.
    pub fn for_each<T: Sync>(&self, items: &[T], work: impl Fn(&mut Vec<u8>, &T) + Sync + Send) {
        match &self.pool {
            None => {
                let mut scratch = Vec::new();
                items.iter().for_each(|item| work(&mut scratch, item));
            }
            Some(pool) => pool.threads.install(|| items.par_iter().for_each_init(Vec::new, work)),
        }
    }

    /// Waits until nothing is under way.
    pub fn wait(&self) {
        if let Some(pool) = &self.pool {
            let mut count = pool.in_flight.lock().unwrap_or_else(PoisonError::into_inner);
            while *count > 0 {
                count = pool.changed.wait(count).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }
}

impl Pool {
    fn enter(&self) {
        let mut count = self.in_flight.lock().unwrap_or_else(PoisonError::into_inner);
        while *count >= self.limit {
            count = self.changed.wait(count).unwrap_or_else(PoisonError::into_inner);
        }
        *count += 1;
    }

    fn leave(&self) {
        *self.in_flight.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.changed.notify_all();
    }
}
