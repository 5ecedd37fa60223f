//! Where the stages run: on threads of their own, or inline in one fixed order for replay. The same functions, not a
//! second path.
//!
//! Work that needs the processor and work that waits for the storage have threads apart: a job of the first kind may
//! wait for one of the second, never the other way round, so that nothing can wait for itself. What is fetched ahead has
//! threads of its own, too, for nobody but the work that it is fetched for waits for it.
//!
//! Invariant: never more jobs in flight than the limit of their kind; whoever adds one waits for room.

use crate::Memory;
use crate::buffers::Pool;
use crate::room::Room;
use rayon::prelude::*;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Runs jobs.
#[derive(Clone)]
pub struct Workers {
    pools: Option<Arc<Pools>>,
}

struct Pools {
    work: Threads,
    storage: Threads,
    /// None where nothing is gained by fetching ahead.
    fetching: Option<Threads>,
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

    /// Runs jobs on as many threads as there is memory for, and stores on others. Those that fetch ahead are so many that
    /// all which memory holds may be on its way at once.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn within(memory: &Memory) -> std::io::Result<Self> {
        let work = Threads::new(memory.threads(), memory.segments_in_flight(), "worker")?;
        let storage = Threads::new(memory.packs_stored_at_once(), memory.packs_in_flight(), "store")?;
        let fetching = memory.ranges().map(|ranges| Threads::new(ranges, ranges, "fetch")).transpose()?;
        Ok(Self::of(work, storage, fetching))
    }

    /// Runs jobs on so many threads, and stores on one more.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn pool(threads: usize) -> std::io::Result<Self> {
        Ok(Self::of(Threads::new(threads, 2 * threads, "worker")?, Threads::new(1, 1, "store")?, None))
    }

    fn of(work: Threads, storage: Threads, fetching: Option<Threads>) -> Self {
        Self { pools: Some(Arc::new(Pools { work, storage, fetching, scratch: Pool::default() })) }
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
                items.par_iter().for_each(|item| pools.with_scratch(|scratch| work(scratch, item)));
            }),
        }
    }

    /// The same in two steps: `fetch` waits for the storage, and `work` uses what it gave. Far away it is fetched ahead,
    /// about in the order of the items, and what was fetched waits for a thread that works. `fetch` must not wait for
    /// anything that `work` waits for.
    pub fn fetch_each<T: Sync, F: Send>(
        &self,
        items: &[T],
        fetch: impl Fn(&T) -> F + Sync + Send,
        work: impl Fn(&mut Vec<u8>, &T, F) + Sync + Send,
    ) {
        match self.pools.as_ref().and_then(|pools| pools.fetching.as_ref().map(|fetching| (pools, fetching)))
        {
            None => self.for_each(items, |scratch, item| work(scratch, item, fetch(item))),
            Some((pools, fetching)) => pools.fetch_ahead(fetching, items, fetch, work),
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

/// A place that was taken, given back whatever becomes of the job.
struct Permit<'r>(&'r Room);

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.0.leave();
    }
}

impl Pools {
    fn fetch_ahead<T: Sync, F: Send>(
        &self,
        fetching: &Threads,
        items: &[T],
        fetch: impl Fn(&T) -> F + Sync,
        work: impl Fn(&mut Vec<u8>, &T, F) + Sync,
    ) {
        let (next, work) = (AtomicUsize::new(0), &work);
        self.work.threads.in_place_scope(|scope| {
            fetching.threads.broadcast(|_| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    fetching.in_flight.enter();
                    let permit = Permit(&fetching.in_flight);
                    let fetched = fetch(item);
                    scope.spawn(move |_| {
                        let _permit = permit;
                        self.with_scratch(|scratch| work(scratch, item, fetched));
                    });
                }
            });
        });
    }

    fn with_scratch(&self, work: impl FnOnce(&mut Vec<u8>)) {
        let mut scratch = self.scratch.take(Vec::new);
        work(&mut scratch);
        self.scratch.give(scratch);
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
