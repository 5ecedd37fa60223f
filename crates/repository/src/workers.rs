//! Where the stages run: on threads of their own, or inline in one fixed order for replay. The same functions, not a
//! second path.
//!
//! Work that needs the processor and work that waits for the storage have threads apart: a job of the first kind may
//! wait for one of the second, never the other way round, so that nothing can wait for itself.
//!
//! Invariant: never more jobs in flight than the limit of their kind; whoever adds one waits for room.

use rayon::prelude::*;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// Runs jobs.
#[derive(Clone)]
pub struct Workers {
    pools: Option<Arc<Pools>>,
}

struct Pools {
    work: Pool,
    /// One thread is enough for a local disk. A pack that waits for it is one of the largest things in memory.
    storage: Pool,
}

struct Pool {
    threads: rayon::ThreadPool,
    limit: usize,
    in_flight: Arc<InFlight>,
}

#[derive(Default)]
struct InFlight {
    count: Mutex<usize>,
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
        Self { pools: None }
    }

    /// Runs jobs on so many threads, and stores on one more.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn pool(threads: usize) -> std::io::Result<Self> {
        let threads = threads.max(1);
        let pools =
            Pools { work: Pool::new(threads, 2 * threads, "worker")?, storage: Pool::new(1, 1, "store")? };
        Ok(Self { pools: Some(Arc::new(pools)) })
    }

    /// How many jobs can run at once.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.pools.as_ref().map_or(1, |pools| pools.work.threads.current_num_threads())
    }

    /// Runs a job: now when inline, else as soon as a thread is free. Waits while too many are under way.
    pub fn run(&self, job: impl FnOnce() + Send + 'static) {
        match &self.pools {
            None => job(),
            Some(pools) => pools.work.run(job),
        }
    }

    /// Runs a job that waits for the storage, likewise; it must not add further jobs.
    pub fn run_storing(&self, job: impl FnOnce() + Send + 'static) {
        match &self.pools {
            None => job(),
            Some(pools) => pools.storage.run(job),
        }
    }

    /// Does something with every item, in any order, and waits for all of it. Each thread has a scratch buffer.
    pub fn for_each<T: Sync>(&self, items: &[T], work: impl Fn(&mut Vec<u8>, &T) + Sync + Send) {
        match &self.pools {
            None => {
                let mut scratch = Vec::new();
                items.iter().for_each(|item| work(&mut scratch, item));
            }
            Some(pools) => pools.work.threads.install(|| items.par_iter().for_each_init(Vec::new, work)),
        }
    }

    /// Waits until nothing is under way.
    pub fn wait(&self) {
        if let Some(pools) = &self.pools {
            pools.work.in_flight.wait();
            pools.storage.in_flight.wait();
        }
    }
}

impl Pool {
    fn new(threads: usize, limit: usize, name: &'static str) -> std::io::Result<Self> {
        let built = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(move |number| format!("{name}-{number}"))
            .build()
            .map_err(std::io::Error::other)?;
        Ok(Self { threads: built, limit, in_flight: Arc::default() })
    }

    fn run(&self, job: impl FnOnce() + Send + 'static) {
        self.in_flight.enter(self.limit);
        let in_flight = Arc::clone(&self.in_flight);
        self.threads.spawn(move || {
            job();
            in_flight.leave();
        });
    }
}

impl InFlight {
    fn enter(&self, limit: usize) {
        let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        while *count >= limit {
            count = self.changed.wait(count).unwrap_or_else(PoisonError::into_inner);
        }
        *count += 1;
    }

    fn leave(&self) {
        *self.count.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.changed.notify_all();
    }

    fn wait(&self) {
        let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        while *count > 0 {
            count = self.changed.wait(count).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
