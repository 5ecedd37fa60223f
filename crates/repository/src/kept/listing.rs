//! When this machine last listed the packs of a repository and found all as they should be.
//!
//! A listing of a large repository is hundreds of requests, and what it would show is known: packs do not go by themselves.
//! So it is made as often as it is cheap, an hour later for each of these requests, once a week at least, unless there is reason for it: the last one showed anything else, a pack was found missing or
//! damaged since, or a run of this machine that stored packs did not end well, whose packs are to be taken over.
//!
//! Invariant: it is remembered only while none of that is so. A run forgets it before it relies on the storage in a way that it may
//! not live to tell of, and remembers it when it has ended well.

use super::Kept;
use crate::cache_file::remove;
use lifeboat_format::Timestamp;
use lifeboat_sys::fs::{File, metadata};
use std::io;
use std::path::Path;
use std::time::UNIX_EPOCH;

/// A file whose time is that of the listing.
const LISTED: &str = "packs-listed";
/// Age in seconds at which any listing is too old: a week.
const AGE_MAX: u64 = 7 * 24 * HOUR;
const HOUR: u64 = 60 * 60;
/// Objects that a request lists.
const PAGE: u64 = 1000;

impl Kept {
    /// When packs were listed last, if that is remembered and not too long ago for so many. A time in the future is as wrong as
    /// one long past.
    pub(crate) fn last_listing(&self, now: Timestamp, packs: u64) -> Option<Timestamp> {
        // Whoever could not forget it must not believe it either.
        let file = open_to_write(&self.path(self.reads, LISTED)?).ok()?;
        let listed = file.metadata().ok()?.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        let listed = Timestamp { seconds: i64::try_from(listed.as_secs()).ok()?, nanoseconds: 0 };
        let age = now.seconds.abs_diff(listed.seconds);
        (now.seconds >= listed.seconds && age < age_max(packs)).then_some(listed)
    }

    /// Remembers a listing.
    pub(crate) fn remember_listing(&self, at: Timestamp) {
        if let Some(path) = self.path(self.writes, LISTED) {
            // Where this fails they are listed again.
            drop(self.write(&path, b"", Some(at)));
        }
    }

    /// The next run lists them again.
    pub(crate) fn forget_listing(&self) {
        if let Some(path) = self.path(self.writes, LISTED) {
            let removed = remove(&path);
            // In a folder that cannot be changed it stays, as one from long ago.
            drop(removed.or_else(|_| open_to_write(&path)?.set_modified(UNIX_EPOCH)));
        }
    }
}

/// Age in seconds at which a listing of so many packs is too old.
fn age_max(packs: u64) -> u64 {
    AGE_MAX.min(HOUR * packs.div_ceil(PAGE).max(1))
}

fn open_to_write(path: &Path) -> io::Result<File> {
    match metadata(path)?.is_file() {
        true => File::open_to_write(path),
        false => Err(io::ErrorKind::NotFound.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_costs_more_is_done_less_often() {
        let hours = [0, 1, 1000, 1001, 24_000, 168_000, 10_000_000].map(|packs| age_max(packs) / HOUR);
        assert_eq!(hours, [1, 1, 1, 2, 24, 168, 168]);
    }
}
