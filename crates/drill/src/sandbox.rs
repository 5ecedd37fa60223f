//! The place where a drill writes: a directory of its own, refused where it could do harm, gone when the drill is.
//!
//! Invariants: nothing is written before every refusal was looked at; the directory bears a tag by which backups can leave it out, and a
//! claim that tells whose it was after its process was killed.

use lifeboat_fs::{Claim, FsError, PrivateDir, SourceDir, escaped, free_space};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Begins the names of sandboxes.
const PREFIX: &str = "lifeboat-drill-";
/// What backups know a directory by that need not be saved.
const TAG: (&str, &[u8]) = ("CACHEDIR.TAG", b"Signature: 8a477f597d28d172789f06886806bc55\n");
/// What a restore takes beside its files, in hundredths of them.
const SPARE_PERCENT: u64 = 5;

/// Why there is no sandbox.
#[derive(Debug, Error)]
pub enum SandboxError {
    /// It could do harm there.
    #[error("{dir} is no place for a sandbox: {why}")]
    Refused {
        /// The directory that was named, without links.
        dir: String,
        /// Why.
        why: String,
    },
    /// There is not enough room.
    #[error("the sandbox would take {needed} bytes and {inodes} files, and {dir} has room for {free} bytes{}", free_inodes.map(|free| format!(" and {free} files")).unwrap_or_default())]
    TooSmall {
        /// The directory.
        dir: String,
        /// Bytes that it would take.
        needed: u64,
        /// Files that it would take.
        inodes: u64,
        /// Bytes that it may take.
        free: u64,
        /// Files that it may take, where that is known.
        free_inodes: Option<u64>,
    },
    /// It cannot be made, used or removed.
    #[error(transparent)]
    Failed(#[from] FsError),
}

/// What a sandbox must not touch.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// Paths that backups of this machine save.
    pub sources: Vec<PathBuf>,
    /// Directories of repositories.
    pub repositories: Vec<PathBuf>,
    /// The directory of the user.
    pub home: Option<PathBuf>,
}

/// What a sandbox may take.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Room {
    /// Bytes, at most; none where only its file system decides.
    pub(crate) max_bytes: Option<u64>,
    /// Files, at most; none as above.
    pub(crate) max_inodes: Option<u64>,
    /// The share of what is free now that stays free.
    pub(crate) min_free: f64,
}

/// A directory to restore to.
#[derive(Debug)]
pub struct Sandbox {
    dir: PrivateDir,
}

/// The directory in which sandboxes may be made, without links.
///
/// # Errors
/// It does not exist, or a sandbox in it could do harm.
pub fn ground(dir: &Path, around: &Surroundings) -> Result<PathBuf, SandboxError> {
    let refused = |dir: &Path, why: String| SandboxError::Refused { dir: shown(dir), why };
    let found = dir.canonicalize().map_err(|error| refused(dir, error.to_string()))?;
    if found.parent().is_none() {
        return Err(refused(&found, "it is the root of all files".to_owned()));
    }
    // What does not exist here holds nothing.
    let real = |path: &PathBuf| path.canonicalize().ok();
    if around.home.as_ref().and_then(real).as_ref() == Some(&found) {
        return Err(refused(&found, "it is the home directory".to_owned()));
    }
    let within = |paths: &[PathBuf]| {
        // Whoever saves all files saves every sandbox; its tag tells what need not be saved.
        paths.iter().filter_map(real).find(|path| path.parent().is_some() && found.starts_with(path))
    };
    if let Some(repository) = within(&around.repositories) {
        return Err(refused(&found, format!("the repository {} is there", shown(&repository))));
    }
    match within(&around.sources) {
        Some(source) => Err(refused(&found, format!("backups save {}", shown(&source)))),
        None => Ok(found),
    }
}

/// Succeeds when so many bytes and files find room in a directory.
///
/// # Errors
/// [`SandboxError::TooSmall`].
pub(crate) fn check_room(ground: &Path, bytes: u64, inodes: u64, room: Room) -> Result<(), SandboxError> {
    let space = free_space(ground)?;
    let needed = bytes.saturating_add(bytes / 100 * SPARE_PERCENT);
    let usable = |free: u64| free.saturating_sub(kept(free, room.min_free));
    let free = usable(space.bytes).min(room.max_bytes.unwrap_or(u64::MAX));
    let of_system = space.inodes.map(usable);
    let free_inodes = of_system.into_iter().chain(room.max_inodes).min();
    if needed <= free && free_inodes.is_none_or(|free| inodes <= free) {
        return Ok(());
    }
    Err(SandboxError::TooSmall { dir: shown(ground), needed, inodes, free, free_inodes })
}

/// So much of what is free stays free.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a share of a size, rounded"
)]
fn kept(free: u64, share: f64) -> u64 {
    (free as f64 * share.clamp(0.0, 1.0)) as u64
}

fn shown(path: &Path) -> String {
    escaped(path.as_os_str().as_bytes())
}

impl Sandbox {
    /// Makes one in a directory that was looked at, for the drill of this id, with a text that tells what it is for.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn create(ground: &Path, id: &str, claim: &[u8]) -> Result<Self, SandboxError> {
        let dir = PrivateDir::create(&ground.join(format!("{PREFIX}{id}")), claim)?;
        dir.put(TAG.0, TAG.1)?;
        Ok(Self { dir })
    }

    /// Those in a directory that drills which were killed have left, with what they were for.
    ///
    /// # Errors
    /// The directory cannot be looked through.
    pub fn left_in(ground: &Path) -> Result<Vec<(Vec<u8>, Self)>, SandboxError> {
        let mut left = Vec::new();
        for name in SourceDir::open(ground)?.names()? {
            if !name.starts_with(PREFIX.as_bytes()) {
                continue;
            }
            let path = ground.join(std::ffi::OsStr::from_bytes(&name));
            // What belongs to another user is theirs to remove.
            if let Ok(Some(Claim::Left(text, dir))) = PrivateDir::take_over(&path) {
                left.push((text, Self { dir }));
            }
        }
        Ok(left)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// What the drill keeps of the repository while it runs.
    #[must_use]
    pub fn cache(&self) -> PathBuf {
        self.path().join("cache")
    }

    /// Where files of this name are restored to.
    #[must_use]
    pub fn tree(&self, name: &str) -> PathBuf {
        self.trees().join(name)
    }

    /// Where trees are.
    #[must_use]
    pub fn trees(&self) -> PathBuf {
        self.path().join("trees")
    }

    /// Room for copies of what was restored.
    #[must_use]
    pub fn scratch(&self) -> PathBuf {
        self.path().join("scratch")
    }

    /// Removes it with all in it.
    ///
    /// # Errors
    /// Something is left.
    pub fn remove(self) -> Result<(), SandboxError> {
        Ok(self.dir.remove()?)
    }
}
