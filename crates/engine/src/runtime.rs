//! The threads of a run.

use lifeboat_repository::Workers;

/// Where the work of a verb is done.
#[derive(Clone, Debug)]
pub struct Runtime {
    /// For what needs the processor: compressing, sealing, opening, writing files.
    pub(crate) workers: Workers,
    /// For what waits for the storage. One at a time is enough for a local disk and bounds memory.
    pub(crate) stores: Workers,
}

impl Runtime {
    /// So many threads for the processor's work, and one for the storage.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn new(threads: usize) -> std::io::Result<Self> {
        Ok(Self { workers: Workers::pool(threads.max(1))?, stores: Workers::pool(1)? })
    }

    /// Everything in the caller's thread, in one fixed order.
    #[must_use]
    pub fn inline() -> Self {
        Self { workers: Workers::inline(), stores: Workers::inline() }
    }
}
