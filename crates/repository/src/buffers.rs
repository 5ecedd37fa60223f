//! Large buffers, used again: a fresh page costs the kernel as much as chunking and hashing it.

use crate::room::Room;
use lifeboat_format::Role;
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

/// Buffers of whole packs, of which there are only so many. Packs of trees are smaller, and have buffers of their own: one
/// that has held a pack of data would keep its memory.
#[derive(Debug)]
pub(crate) struct PackBuffers([Shelf; 2]);

/// Buffers of one size.
#[derive(Debug)]
struct Shelf {
    room: Room,
    free: Pool<Vec<u8>>,
    capacity: usize,
}

/// The buffer of one pack. Its room is free again when it is dropped.
#[derive(Debug)]
pub(crate) struct PackBuffer {
    pub(crate) bytes: Vec<u8>,
    owner: Arc<PackBuffers>,
    role: Role,
}

impl PackBuffers {
    /// So many buffers of so many bytes for each role, which are touched only as far as they are filled.
    pub(crate) fn new(sizes: impl Fn(Role) -> (usize, usize)) -> Arc<Self> {
        let shelf = |role| {
            let (count, capacity) = sizes(role);
            Shelf { room: Room::new(count), free: Pool::default(), capacity }
        };
        Arc::new(Self(Role::ALL.map(shelf)))
    }

    /// A buffer with any content, none where so many others will be held for as long as whoever asks waits.
    pub(crate) fn take_beside(self: &Arc<Self>, role: Role, others: usize) -> Option<PackBuffer> {
        (self.shelf(role).room.limit() > others).then(|| self.take(role))
    }

    /// The same; waits while all of this role are in use.
    pub(crate) fn take(self: &Arc<Self>, role: Role) -> PackBuffer {
        let shelf = self.shelf(role);
        shelf.room.enter();
        let bytes = shelf.free.take(|| Vec::with_capacity(shelf.capacity));
        PackBuffer { bytes, owner: Arc::clone(self), role }
    }

    fn shelf(&self, role: Role) -> &Shelf {
        &self.0[role.position()]
    }
}

impl Drop for PackBuffer {
    fn drop(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        let shelf = self.owner.shelf(self.role);
        // Some packs are larger than ours, and some buffers went down with a pack that failed.
        if (1..=shelf.capacity).contains(&bytes.capacity()) {
            shelf.free.give(bytes);
        }
        shelf.room.leave();
    }
}
