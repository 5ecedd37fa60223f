//! Opened segments kept for the next blob in them: neighbours in a tree are neighbours in storage.
//!
//! Invariant: never more bytes than the limit, whatever is read.

use crate::SegmentNumber;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// The segments opened last.
#[derive(Debug)]
pub(crate) struct RecentSegments {
    limit: usize,
    segments: HashMap<SegmentNumber, Arc<Vec<u8>>>,
    order: VecDeque<SegmentNumber>,
    bytes: usize,
    /// The buffer of the segment that was dropped last.
    spare: Vec<u8>,
}

impl RecentSegments {
    /// None yet, and never more than so many bytes.
    pub(crate) fn new(limit: usize) -> Self {
        let (segments, order, spare) = Default::default();
        Self { limit, segments, order, bytes: 0, spare }
    }

    pub(crate) fn find(&self, number: SegmentNumber) -> Option<Arc<Vec<u8>>> {
        self.segments.get(&number).cloned()
    }

    /// A buffer for the next segment.
    pub(crate) fn spare(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.spare)
    }

    /// Keeps a segment and drops the oldest.
    pub(crate) fn keep(&mut self, number: SegmentNumber, segment: Arc<Vec<u8>>) {
        if self.segments.contains_key(&number) {
            return;
        }
        self.bytes += segment.capacity();
        self.segments.insert(number, segment);
        self.order.push_back(number);
        while self.bytes > self.limit {
            let Some(oldest) = self.order.pop_front() else { return };
            let Some(segment) = self.segments.remove(&oldest) else { continue };
            self.bytes -= segment.capacity();
            self.spare = Arc::into_inner(segment).unwrap_or_default();
        }
    }
}
