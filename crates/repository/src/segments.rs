//! Opened segments kept for the next blob in them: neighbours in a tree are neighbours in storage.
//!
//! Invariant: never more bytes than the limit, whatever is read.

use crate::SegmentNumber;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// Bytes of opened segments that are kept.
const KEPT_BYTES_MAX: usize = 32 << 20;

/// The segments opened last.
#[derive(Debug, Default)]
pub(crate) struct RecentSegments {
    segments: HashMap<SegmentNumber, Arc<Vec<u8>>>,
    order: VecDeque<SegmentNumber>,
    bytes: usize,
}

impl RecentSegments {
    pub(crate) fn find(&self, number: SegmentNumber) -> Option<Arc<Vec<u8>>> {
        self.segments.get(&number).cloned()
    }

    /// Keeps a segment and drops the oldest.
    pub(crate) fn keep(&mut self, number: SegmentNumber, segment: Arc<Vec<u8>>) {
        let length = segment.len();
        if self.segments.insert(number, segment).is_some() {
            return;
        }
        self.order.push_back(number);
        self.bytes += length;
        while self.bytes > KEPT_BYTES_MAX {
            let Some(oldest) = self.order.pop_front() else { return };
            self.bytes -= self.segments.remove(&oldest).map_or(0, |segment| segment.len());
        }
    }
}
