//! Packs of trees that are kept on this machine: what a backup reads of its parent it need not fetch every night.
//!
//! Invariants: never more bytes than the limit, whatever is added, but for a pack that another process adds at the same
//! moment; what was used longest ago goes first. A disk that is full ends the keeping, not the run.

use super::{Kept, is_file, mark_used};
use crate::cache_file::{names, open, remove};
use lifeboat_format::{PackId, Timestamp};
use lifeboat_sys::fs::metadata;
use std::collections::BTreeSet;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::SystemTime;

/// Folder of packs.
const PACKS: &str = "packs";

impl Kept {
    /// Whether a pack of so many bytes can be kept, so that it pays to fetch it whole.
    pub(crate) fn takes_pack(&self, length: u64) -> bool {
        let has_room =
            |place: &super::Place| length <= place.packs_max && !place.refuses_packs.load(Ordering::Relaxed);
        self.reads && self.writes && self.place.as_deref().is_some_and(has_room)
    }

    /// Fills `buffer` with what a pack has at `offset`, if it is kept.
    pub(crate) fn read_pack(&self, id: PackId, offset: u64, buffer: &mut [u8], now: Timestamp) -> bool {
        let Some(path) = self.pack(self.reads, id) else { return false };
        let Ok(file) = open(&path) else { return false };
        if self.writes {
            // Where this fails it goes sooner.
            drop(mark_used(&file, now));
        }
        file.read_exact_at(buffer, offset).is_ok()
    }

    /// Whether a pack is kept.
    pub(crate) fn has_pack(&self, id: PackId) -> bool {
        self.pack(self.reads, id).is_some_and(|path| is_file(&path))
    }

    /// Keeps a pack, and drops others where there is no room.
    pub(crate) fn keep_pack(&self, id: PackId, bytes: &[u8], now: Timestamp) {
        if !self.takes_pack(bytes.len() as u64) {
            return;
        }
        let (Some(place), Some(path)) = (&self.place, self.pack(true, id)) else { return };
        self.make_room(place.packs_max - bytes.len() as u64, now);
        if self.write(&path, bytes, Some(now)).is_err() {
            place.refuses_packs.store(true, Ordering::Relaxed);
        }
    }

    /// Drops a pack.
    pub(crate) fn drop_pack(&self, id: PackId) {
        if let Some(path) = self.pack(self.writes, id) {
            drop(remove(&path));
        }
    }

    /// Drops all packs but these.
    pub(crate) fn keep_packs(&self, wanted: &BTreeSet<PackId>, now: Timestamp) {
        let Some(folder) = self.path(self.writes, PACKS) else { return };
        for name in names(&folder, now.seconds).unwrap_or_default() {
            if !PackId::parse(&name).is_ok_and(|id| wanted.contains(&id)) {
                drop(remove(&folder.join(name)));
            }
        }
    }

    /// Drops what was used longest ago until so many bytes are left.
    fn make_room(&self, most: u64, now: Timestamp) {
        let Some(folder) = self.path(self.writes, PACKS) else { return };
        let mut files: Vec<_> = names(&folder, now.seconds)
            .unwrap_or_default()
            .into_iter()
            .filter_map(|name| used(folder.join(name)))
            .collect();
        files.sort();
        let mut bytes: u64 = files.iter().map(|(_, _, length)| length).sum();
        for (_, path, length) in files {
            if bytes <= most {
                return;
            }
            drop(remove(&path));
            bytes -= length;
        }
    }

    fn pack(&self, may: bool, id: PackId) -> Option<PathBuf> {
        self.path(may, PACKS).map(|folder| folder.join(id.to_string()))
    }
}

/// When a file was last used, and how long it is.
fn used(path: PathBuf) -> Option<(SystemTime, PathBuf, u64)> {
    let metadata = metadata(&path).ok()?;
    Some((metadata.modified().ok()?, path, metadata.len()))
}
