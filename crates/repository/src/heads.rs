//! The newest log entries that this machine has seen of a repository, so that it never accepts less history than it knew.
//!
//! Whoever may delete from the storage can put an older state of it back, and every entry of that is genuine: only those who
//! remember newer ones can tell (docs/log-protocol.md, "What was there before"). Invariants: what is remembered was in a
//! reading; it is tagged under a key of the repository and bound to the place, so that a copy elsewhere, which may lag behind,
//! is another one. Whoever loses the file knows nothing of the past, and goes on.

use crate::cache_file::{NewFile, make_folder, names, open};
use crate::{Reading, RepositoryError};
use lifeboat_format::{CACHE_TAG_LENGTH, CacheKey, ObjectHash, Timestamp};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

/// Begins the name of the file; the hash of the place follows.
const FILE: &str = "heads-";
/// Bytes of a hash.
const HASH: usize = 32;
/// Heads that are remembered at most: each is a branch that nobody has joined since.
const HEADS_MAX: usize = 4096;

/// What is remembered of a repository at one place.
#[derive(Clone, Debug)]
pub(crate) struct Heads {
    key: CacheKey,
    file: Option<PathBuf>,
    writes: bool,
}

impl Heads {
    /// In a folder for this repository alone, if there is one.
    pub(crate) fn new(key: CacheKey, folder: Option<PathBuf>, place: &str) -> Self {
        let name = format!("{FILE}{}", ObjectHash::of(place.as_bytes()));
        Self { key, file: folder.map(|folder| folder.join(name)), writes: true }
    }

    /// The same for whoever leaves everything as it is.
    pub(crate) fn untouched(&self) -> Self {
        Self { writes: false, ..self.clone() }
    }

    /// Removes what others began in the folder long ago and left, as of `now`.
    pub(crate) fn sweep(&self, now: Timestamp) {
        if let Some(folder) = self.file.as_deref().filter(|_| self.writes).and_then(Path::parent) {
            // Where it cannot be listed nothing is removed.
            drop(names(folder, now.seconds));
        }
    }

    /// What is remembered now. To be asked for before a reading begins: what another process sees meanwhile need not be in it.
    pub(crate) fn known(&self) -> Vec<ObjectHash> {
        self.file.as_deref().and_then(|file| self.read(file)).unwrap_or_default()
    }

    /// Holds a reading against what was known before it, and remembers it in turn, unless somebody else was faster.
    ///
    /// # Errors
    /// [`RepositoryError::RolledBack`] when something that was there is gone.
    pub(crate) fn check(&self, reading: &Reading, known: &[ObjectHash]) -> Result<(), RepositoryError> {
        let Some(file) = &self.file else { return Ok(()) };
        if let Some(entry) = known.iter().find(|hash| !reading.has_trace_of(hash)) {
            return Err(RepositoryError::RolledBack { entry: *entry, remembered: file.clone() });
        }
        let heads = reading.heads();
        // Which are the newest is not known while some cannot be read.
        let is_whole = !reading.faults().iter().any(|(_, error)| error.is_accident());
        if self.writes && is_whole && heads != known && heads.len() <= HEADS_MAX && self.known() == known {
            // Where this fails, what was known before is known on.
            drop(self.remember(file, &heads));
        }
        Ok(())
    }

    /// What the file says, if it is sound.
    fn read(&self, file: &Path) -> Option<Vec<ObjectHash>> {
        let opened = open(file).ok()?;
        let length = usize::try_from(opened.metadata().ok()?.len()).ok()?;
        let mut bytes =
            vec![0; Some(length).filter(|length| *length <= CACHE_TAG_LENGTH + HASH * HEADS_MAX)?];
        opened.read_exact_at(&mut bytes, 0).ok()?;
        let (tag, hashes) = bytes.split_first_chunk::<CACHE_TAG_LENGTH>()?;
        let (hashes, []) = hashes.as_chunks::<HASH>() else { return None };
        let is_ours = self.key.is_tag(&place(file), hashes.as_flattened(), tag);
        is_ours.then(|| hashes.iter().map(|hash| ObjectHash::new(*hash)).collect())
    }

    fn remember(&self, file: &Path, heads: &[ObjectHash]) -> io::Result<()> {
        let Some(folder) = file.parent() else { return Ok(()) };
        make_folder(folder, folder)?;
        let hashes: Vec<u8> = heads.iter().flat_map(ObjectHash::as_bytes).copied().collect();
        let place = place(file);
        let bytes = [&self.key.tag(&place, &hashes)[..], &hashes].concat();
        let mut new = NewFile::create_in(folder, true)?;
        new.file.write_all_at(&bytes, 0)?;
        new.publish(&String::from_utf8_lossy(&place)).map(drop)
    }
}

/// What binds a tag to its file: the name, which says whose heads they are.
fn place(file: &Path) -> Vec<u8> {
    file.file_name().unwrap_or_default().as_encoded_bytes().to_vec()
}
