//! What a machine keeps of a repository that is far away, so that it need not ask for it again: small objects that never
//! change, packs of trees, and when it last listed packs.
//!
//! Invariants: nothing here is believed. What is kept is bytes that whoever reads them proves as those from the storage, and
//! whether an object exists is decided by the storage alone. What is missing, damaged or cannot be written is fetched again, and
//! nobody is told. Of a repository on a local disk nothing is kept.

mod listing;
mod packs;

use crate::cache_file::{NewFile, make_folder, names, open, remove};
use crate::layout::{self, Promise};
use lifeboat_backend::ObjectName;
use lifeboat_format::Timestamp;
use lifeboat_sys::fs::{File, metadata};
use std::collections::BTreeSet;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, UNIX_EPOCH};

/// What is kept of a repository; nothing by default.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept {
    place: Option<Arc<Place>>,
    /// Whether what is there is asked for.
    reads: bool,
    /// Whether anything there is changed.
    writes: bool,
}

#[derive(Debug)]
struct Place {
    folder: PathBuf,
    /// Bytes of packs, at most.
    packs_max: u64,
    /// Whether a pack could not be written: then it is cheaper to ask for what is needed of each.
    refuses_packs: AtomicBool,
}

impl Kept {
    /// In a folder for this repository alone.
    pub(crate) fn new(folder: PathBuf, packs_max: u64) -> Self {
        let place = Place { folder, packs_max, refuses_packs: AtomicBool::default() };
        Self { place: Some(Arc::new(place)), reads: true, writes: true }
    }

    /// The same for whoever wants to know what the storage has: nothing is asked for here.
    pub(crate) fn doubted(&self) -> Self {
        Self { reads: false, ..self.clone() }
    }

    /// The same for whoever leaves everything as it is.
    pub(crate) fn untouched(&self) -> Self {
        Self { writes: false, ..self.clone() }
    }

    /// Whether anything that is kept is asked for.
    pub(crate) fn keeps(&self) -> bool {
        self.reads && self.place.is_some()
    }

    /// The bytes that are kept of an object, at most so many.
    pub(crate) fn object(&self, name: &ObjectName, limit: u64) -> Option<Vec<u8>> {
        let file = open(&self.path(self.reads && is_kept(name), name.as_str())?).ok()?;
        let length = file.metadata().ok()?.len();
        let mut bytes = vec![0; usize::try_from(length).ok().filter(|_| length <= limit)?];
        file.read_exact_at(&mut bytes, 0).ok()?;
        Some(bytes)
    }

    /// Names of the log entries that are kept.
    pub(crate) fn entries(&self) -> Vec<ObjectName> {
        let Some(folder) = self.path(self.reads, layout::LOG) else { return Vec::new() };
        // Where it cannot be listed nothing is known to be there.
        let files = names(&folder, 0).unwrap_or_default();
        files.iter().filter_map(|file| ObjectName::new(&format!("{}{file}", layout::LOG)).ok()).collect()
    }

    /// Whether an object is kept.
    pub(crate) fn has_object(&self, name: &ObjectName) -> bool {
        self.path(self.reads && is_kept(name), name.as_str()).is_some_and(|path| is_file(&path))
    }

    /// Keeps an object, if it is of a kind that never changes.
    pub(crate) fn keep_object(&self, name: &ObjectName, bytes: &[u8]) {
        if let Some(path) = self.path(self.writes && is_kept(name), name.as_str()) {
            // One that is not kept is fetched again.
            drop(self.write(&path, bytes, None));
        }
    }

    /// Keeps no key slot but these: one that was removed is to open nothing any more.
    pub(crate) fn keep_slots(&self, there: &[ObjectName]) {
        let Some(folder) = self.path(self.writes, layout::KEYS) else { return };
        let ids: BTreeSet<_> =
            there.iter().filter_map(|name| name.as_str().strip_prefix(layout::KEYS)).collect();
        let kept = names(&folder, 0).unwrap_or_default();
        let gone = kept.iter().filter(|name| !ids.contains(name.as_str()));
        gone.for_each(|name| drop(remove(&folder.join(name))));
    }

    /// Removes what others began long ago and left, as of `now`, from the folders that nothing else looks through.
    pub(crate) fn sweep(&self, now: Timestamp) {
        for folder in [layout::KEYRING, layout::LOG] {
            if let Some(path) = self.path(self.writes, folder) {
                // Where it cannot be listed nothing is removed.
                drop(names(&path, now.seconds));
            }
        }
    }

    /// Where this lies, if it may be touched at all.
    fn path(&self, may: bool, name: &str) -> Option<PathBuf> {
        self.place.as_ref().filter(|_| may).map(|place| place.folder.join(name))
    }

    /// Writes a file, last used at this time.
    fn write(&self, path: &Path, bytes: &[u8], used: Option<Timestamp>) -> io::Result<()> {
        let (Some(place), Some(folder)) = (&self.place, path.parent()) else { return Ok(()) };
        make_folder(&place.folder, folder)?;
        let mut file = NewFile::create_in(folder, true)?;
        file.file.write_all_at(bytes, 0)?;
        if let Some(used) = used {
            mark_used(&file.file, used)?;
        }
        let own = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        file.publish(own).map(drop)
    }
}

/// Whether an object is one that is kept: its name is used once, and says what it is or leads to what only its own password
/// opens.
fn is_kept(name: &ObjectName) -> bool {
    matches!(Promise::parse(name), Some(Promise::Slot(_) | Promise::Key(_) | Promise::Entry(_)))
}

/// Whether there is a file.
fn is_file(path: &Path) -> bool {
    metadata(path).is_ok_and(|found| found.is_file())
}

fn mark_used(file: &File, at: Timestamp) -> io::Result<()> {
    file.set_modified(UNIX_EPOCH + Duration::from_secs(u64::try_from(at.seconds).unwrap_or(0)))
}
