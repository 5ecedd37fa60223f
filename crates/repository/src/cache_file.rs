//! Files of a cache: each gets its name when it is whole.
//!
//! Invariants: a name is never seen on part of a file, and only whoever owns the cache can read what is in it. So any number
//! of processes share a cache without a lock, and any of them, or anybody else, may remove or damage a file at any time.

use lifeboat_sys::fs::{AtFlags, CWD, File, Mode, create_dir_all, metadata, read_dir, renameat, unlinkat};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

/// Begins the name of a file that is not whole yet.
const UNFINISHED: &str = ".lifeboat-";
/// By it programs that save files know a cache: <https://bford.info/cachedir/>.
const CACHE_TAG: (&str, &[u8]) = (
    "CACHEDIR.TAG",
    b"Signature: 8a477f597d28d172789f06886806bc55\n# Made by lifeboat, and can be made again.\n",
);
/// Names that are tried for it: others may use the folder, too.
const NAMES_MAX: u32 = 1000;
/// After this time nobody goes on writing a file.
const ABANDONED: Duration = Duration::from_hours(24);

/// What names of unfinished files of this process differ by.
static NUMBERS: AtomicU64 = AtomicU64::new(0);

/// A file that is being written.
pub(crate) struct NewFile {
    pub(crate) file: File,
    /// Until it has its own.
    name: Option<PathBuf>,
}

impl NewFile {
    /// A file in a folder that is there, which is to have a name or not.
    pub(crate) fn create_in(folder: &Path, named: bool) -> io::Result<Self> {
        let mut tried = 0;
        loop {
            let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
            let name = folder.join(format!("{UNFINISHED}{}-{number}", std::process::id()));
            match File::create_private(&name) {
                Ok(file) if named => return Ok(Self { file, name: Some(name) }),
                Ok(file) => return remove(&name).map(|()| Self { file, name: None }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && tried < NAMES_MAX => tried += 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// Gives the file its name, if it is to have one.
    pub(crate) fn publish(&mut self, own: &str) -> io::Result<File> {
        if let Some(name) = &self.name {
            renameat(CWD, name, CWD, &name.with_file_name(own))?;
            self.name = None;
        }
        self.file.try_clone()
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            // It is swept later if this fails.
            drop(remove(name));
        }
    }
}

/// Makes a folder below that of a repository, which says that it is a cache. The directory above may be somebody's own.
pub(crate) fn make_folder(repository: &Path, folder: &Path) -> io::Result<()> {
    create_dir_all(folder, Mode::RWXU)?;
    let tag = repository.join(CACHE_TAG.0);
    match File::create_private(&tag) {
        Ok(file) => file.write_all_at(CACHE_TAG.1, 0),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Opens a file to read. What is no file is not opened: whoever waits for a pipe that somebody put there waits for ever.
pub(crate) fn open(name: &Path) -> io::Result<File> {
    match metadata(name)?.is_file() {
        true => File::open(name),
        false => Err(io::ErrorKind::NotFound.into()),
    }
}

/// Names of what is in a folder; none where there is no folder. What others began long ago and left is removed, as of `now`
/// in seconds since 1970.
pub(crate) fn names(folder: &Path, now: i64) -> io::Result<Vec<String>> {
    let entries = match read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    // An entry that cannot be read is a file less.
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let (unfinished, whole): (Vec<_>, _) = names.partition(|name| name.starts_with(UNFINISHED));
    unfinished.iter().for_each(|name| sweep(&folder.join(name), now));
    Ok(whole)
}

/// Removes what somebody began long ago; if it cannot be removed it may stay.
fn sweep(name: &Path, now: i64) {
    let modified = metadata(name).and_then(|metadata| metadata.modified());
    let since = modified.ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let age = since.map(|since| now.saturating_sub(i64::try_from(since.as_secs()).unwrap_or(i64::MAX)));
    if age.is_some_and(|age| age > ABANDONED.as_secs().cast_signed()) {
        drop(remove(name));
    }
}

pub(crate) fn remove(name: &Path) -> io::Result<()> {
    Ok(unlinkat(CWD, name, AtFlags::empty())?)
}
