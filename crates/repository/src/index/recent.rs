//! Blobs that somebody needed not long ago. Snapshots need the same again and again, and to look a blob up in the tables costs a hundred times as much.
//!
//! Invariant: what it says was added, was added; of what was added it forgets as much as has no room.

use lifeboat_format::BlobPrefix;

/// Blobs that there is room for: four MiB of them.
const SLOTS: usize = 1 << 18;

/// The last blob that was added of all that have the same place.
#[derive(Clone, Debug)]
pub(super) struct RecentBlobs(Vec<[u8; 16]>);

impl RecentBlobs {
    pub(super) fn new() -> Self {
        // Zeros take no memory until something is added.
        let mut slots = vec![[0; 16]; SLOTS];
        // No slot may hold what belongs there and was never added.
        slots[0] = [0xff; 16];
        Self(slots)
    }

    pub(super) fn contains(&self, prefix: BlobPrefix) -> bool {
        self.0[slot(prefix)] == *prefix.as_bytes()
    }

    pub(super) fn add(&mut self, prefix: BlobPrefix) {
        self.0[slot(prefix)] = *prefix.as_bytes();
    }
}

/// They are hashes: their first bytes are as good as any.
fn slot(prefix: BlobPrefix) -> usize {
    let [first, second, third, ..] = *prefix.as_bytes();
    usize::from_le_bytes([first, second, third, 0, 0, 0, 0, 0]) % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_added_is_there() {
        let mut recent = RecentBlobs::new();
        let prefixes = [[0; 16], [0xff; 16], [1; 16]].map(BlobPrefix::new);
        assert!(
            !prefixes.iter().any(|prefix| *prefix != BlobPrefix::new([0xff; 16]) && recent.contains(*prefix))
        );
        assert!(!recent.contains(prefixes[1]), "it lies in a slot that is not its own");
        for prefix in prefixes {
            recent.add(prefix);
            assert!(recent.contains(prefix));
        }
        let mut other = [0; 16];
        other[15] = 1;
        assert!(!recent.contains(BlobPrefix::new(other)), "it has the place of another");
    }
}
