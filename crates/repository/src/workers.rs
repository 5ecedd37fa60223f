//! Where the stages run: on threads of their own, or inline in one fixed order for replay. The same functions, not a
//! second path.
//!
//! Work that needs the processor and work that waits for the storage have threads apart: a job of the first kind may
//! wait for one of the second, never the other way round, so that nothing can wait for itself.
//!
//! Invariant: never more jobs in flight than the limit of their kind; whoever adds one waits for room.

use crate::Memory;
use crate::buffers::Pool;
use crate::room::Room;
use rayon::prelude::*;
use std::fmt;
use std::sync::Arc;

/// Runs jobs.
#[derive(Clone)]
pub struct Workers {
    pools: Option<Arc<Pools>>,
}

struct Pools {
    work: Threads,
    /// One thread is enough for a local disk.
    storage: Threads,
    scratch: Pool<Vec<u8>>,
}

struct Threads {
    threads: rayon::ThreadPool,
    in_flight: Arc<Room>,
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

    /// Runs jobs on as many threads as there is memory for, and stores on one more.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn within(memory: &Memory) -> std::io::Result<Self> {
        Self::new(memory.threads(), memory.segments_in_flight(), memory.packs_in_flight())
    }

    /// Runs jobs on so many threads, and stores on one more.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn pool(threads: usize) -> std::io::Result<Self> {
        Self::new(threads, 2 * threads, 1)
    }

    fn new(threads: usize, work: usize, storage: usize) -> std::io::Result<Self> {
        let (work, storage) = (Threads::new(threads, work, "worker")?, Threads::new(1, storage, "store")?);
        Ok(Self { pools: Some(Arc::new(Pools { work, storage, scratch: Pool::default() })) })
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

    /// Does something with every item, in any order, and waits for all of it. Each thread has a scratch buffer with
    /// any content.
    pub fn for_each<T: Sync>(&self, items: &[T], work: impl Fn(&mut Vec<u8>, &T) + Sync + Send) {
        match &self.pools {
            None => {
                let mut scratch = Vec::new();
                items.iter().for_each(|item| work(&mut scratch, item));
            }
            Some(pools) => pools.work.threads.install(|| {
                items.par_iter().for_each(|item| {
                    let mut scratch = pools.scratch.take(Vec::new);
                    work(&mut scratch, item);
                    pools.scratch.give(scratch);
                });
            }),
        }
    }

    /// Waits until nothing is under way.
    pub fn wait(&self) {
        if let Some(pools) = &self.pools {
            pools.work.in_flight.wait_until_empty();
            pools.storage.in_flight.wait_until_empty();
        }
    }
}

impl Threads {
    fn new(threads: usize, limit: usize, name: &'static str) -> std::io::Result<Self> {
        let built = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(move |number| format!("{name}-{number}"))
            .build()
            .map_err(std::io::Error::other)?;
        Ok(Self { threads: built, in_flight: Arc::new(Room::new(limit)) })
    }

    fn run(&self, job: impl FnOnce() + Send + 'static) {
        self.in_flight.enter();
        let in_flight = Arc::clone(&self.in_flight);
        self.threads.spawn(move || {
            job();
            in_flight.leave();
        });
    }
}
