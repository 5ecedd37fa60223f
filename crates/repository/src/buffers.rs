//! Large buffers, used again: a fresh page costs the kernel as much as chunking and hashing it.

use crate::room::Room;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// What is not in use. It holds no more than was ever in use at once, which its users bound.
pub(crate) struct Pool<T>(Mutex<Vec<T>>);

impl<T> Pool<T> {
    /// One that is free, or a new one.
    pub(crate) fn take(&self, make: impl FnOnce() -> T) -> T {
        let free = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        free.unwrap_or_else(make)
    }

    pub(crate) fn give(&self, item: T) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(item);
    }
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> fmt::Debug for Pool<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pool")
    }
}

/// Buffers of whole packs, of which there are only so many.
#[derive(Debug)]
pub(crate) struct PackBuffers {
    room: Room,
    free: Pool<Vec<u8>>,
    capacity: usize,
}

/// The buffer of one pack. Its room is free again when it is dropped.
#[derive(Debug)]
pub(crate) struct PackBuffer {
    pub(crate) bytes: Vec<u8>,
    owner: Arc<PackBuffers>,
}

impl PackBuffers {
    /// So many buffers of so many bytes, which are touched only as far as they are filled.
    pub(crate) fn new(count: usize, capacity: usize) -> Arc<Self> {
        Arc::new(Self { room: Room::new(count), free: Pool::default(), capacity })
    }

    /// The same, none where so many others will be held for as long as whoever asks waits.
    pub(crate) fn take_beside(self: &Arc<Self>, others: usize) -> Option<PackBuffer> {
        (self.room.limit() > others).then(|| self.take())
    }

    /// A buffer with any content; waits while all are in use.
    pub(crate) fn take(self: &Arc<Self>) -> PackBuffer {
        self.room.enter();
        let bytes = self.free.take(|| Vec::with_capacity(self.capacity));
        PackBuffer { bytes, owner: Arc::clone(self) }
    }
}

impl Drop for PackBuffer {
    fn drop(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        // Some packs are larger than ours, and some buffers went down with a pack that failed.
        if (1..=self.owner.capacity).contains(&bytes.capacity()) {
            self.owner.free.give(bytes);
        }
        self.owner.room.leave();
    }
}
