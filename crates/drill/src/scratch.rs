//! Room in a sandbox for what checks make, and for what is spoilt on purpose there.
//!
//! Invariant: each room is new and empty, and whatever is written to is a file of a room: never what was restored, let alone where that
//! came from.

use crate::DrillError;
use crate::jail::PATH;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

/// Where rooms are made.
#[derive(Debug)]
pub(crate) struct Scratch {
    dir: PathBuf,
    next: AtomicU32,
}

impl Scratch {
    pub(crate) fn new(dir: PathBuf) -> Result<Self, DrillError> {
        made(&dir)?;
        Ok(Self { dir, next: AtomicU32::new(0) })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.dir
    }

    /// A new directory.
    pub(crate) fn room(&self) -> Result<PathBuf, DrillError> {
        let room = self.dir.join(self.next.fetch_add(1, Ordering::Relaxed).to_string());
        made(&room)?;
        Ok(room)
    }

    /// A room with a copy of a restored file, at its path as it was saved.
    pub(crate) fn with_copy(&self, tree: &Path, path: &Path) -> Result<PathBuf, DrillError> {
        let room = self.room_for(path)?;
        copy(&within(tree, path), &within(&room, path))?;
        Ok(room)
    }

    /// The same with a directory and all in it.
    pub(crate) fn with_tree(&self, tree: &Path, path: &Path) -> Result<PathBuf, DrillError> {
        let room = self.room_for(path)?;
        copy_tree(&within(tree, path), &within(&room, path))?;
        Ok(room)
    }

    /// A room with all directories above a path.
    fn room_for(&self, path: &Path) -> Result<PathBuf, DrillError> {
        let room = self.room()?;
        let place = within(&room, path);
        let above = place.parent().unwrap_or(&room);
        fs::DirBuilder::new().recursive(true).create(above).map_err(failed(above))?;
        Ok(room)
    }
}

/// Where a saved path lies below a directory to which it was restored.
pub(crate) fn within(tree: &Path, path: &Path) -> PathBuf {
    tree.join(path.strip_prefix("/").unwrap_or(path))
}

/// Whether there is a file, and not only a link to one.
pub(crate) fn is_file(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file())
}

/// Whether a path leads to a file, by whatever links.
pub(crate) fn leads_to_file(path: &Path) -> bool {
    path.is_file()
}

/// Makes what is wrong with a path of a room an error of the drill.
pub(crate) fn failed(path: &Path) -> impl FnOnce(io::Error) -> DrillError + use<> {
    let path = path.to_owned();
    move |error| DrillError::Scratch { path, error }
}

fn made(dir: &Path) -> Result<(), DrillError> {
    fs::create_dir(dir).map_err(failed(dir))
}

fn opened(path: &Path) -> Result<File, DrillError> {
    OpenOptions::new().read(true).write(true).open(path).map_err(failed(path))
}

/// Makes each of so many bytes from an offset on another; what lies behind the end stays away.
pub(crate) fn flip(path: &Path, offset: u64, count: usize) -> Result<(), DrillError> {
    let mut file = opened(path)?;
    let change = |file: &mut File| {
        file.seek(SeekFrom::Start(offset))?;
        let mut bytes = Vec::new();
        file.take(count as u64).read_to_end(&mut bytes)?;
        bytes.iter_mut().for_each(|byte| *byte ^= 0x55);
        file.seek(SeekFrom::Start(offset))?;
        file.write_all(&bytes)
    };
    change(&mut file).map_err(failed(path))
}

/// Cuts a file off after so many bytes.
pub(crate) fn cut(path: &Path, length: u64) -> Result<(), DrillError> {
    opened(path)?.set_len(length).map_err(failed(path))
}

/// Bytes of a file.
pub(crate) fn length(path: &Path) -> Result<u64, DrillError> {
    Ok(fs::symlink_metadata(path).map_err(failed(path))?.len())
}

/// The first bytes of a file, so many at most.
pub(crate) fn head(path: &Path, count: u64) -> Result<Vec<u8>, DrillError> {
    let mut bytes = Vec::new();
    let file = OpenOptions::new().read(true).open(path).map_err(failed(path))?;
    file.take(count).read_to_end(&mut bytes).map_err(failed(path))?;
    Ok(bytes)
}

/// Copies a file, with its permissions.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), DrillError> {
    fs::copy(from, to).map(drop).map_err(failed(to))
}

/// Gives each of two files the name of the other.
pub(crate) fn swap(one: &Path, other: &Path) -> Result<(), DrillError> {
    let aside = one.with_extension("aside");
    fs::rename(one, &aside).map_err(failed(one))?;
    fs::rename(other, one).map_err(failed(other))?;
    fs::rename(&aside, other).map_err(failed(&aside))
}

/// The last bytes of a file, so many at most.
pub(crate) fn tail(path: &Path, count: u64) -> Result<Vec<u8>, DrillError> {
    let mut bytes = Vec::new();
    let mut file = OpenOptions::new().read(true).open(path).map_err(failed(path))?;
    let start = length(path)?.saturating_sub(count);
    file.seek(SeekFrom::Start(start)).map_err(failed(path))?;
    file.read_to_end(&mut bytes).map_err(failed(path))?;
    Ok(bytes)
}

/// Gives the space of a room back.
pub(crate) fn discard(room: &Path) -> Result<(), DrillError> {
    fs::remove_dir_all(room).map_err(failed(room))
}

/// Puts a file where another one is.
pub(crate) fn replace(new: &Path, old: &Path) -> io::Result<()> {
    fs::rename(new, old)
}

/// Sets when a file was last changed.
pub(crate) fn set_modified(path: &Path, time: SystemTime) -> io::Result<()> {
    OpenOptions::new().read(true).open(path)?.set_modified(time)
}

/// Copies a file, or a directory with all in it.
pub(crate) fn copy_tree(from: &Path, to: &Path) -> Result<(), DrillError> {
    let mut cp = Command::new("cp");
    cp.args(["-a", "--reflink=auto", "--"]).arg(from).arg(to).env_clear().env("PATH", PATH);
    let done = cp.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    match done.map_err(failed(to))?.success() {
        true => Ok(()),
        false => Err(failed(to)(io::Error::other("it cannot be copied to there"))),
    }
}

/// Whether there is anything.
pub(crate) fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

pub(crate) fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink())
}

/// Whether a directory has nothing in it, or is none.
pub(crate) fn is_empty(dir: &Path) -> Result<bool, DrillError> {
    match fs::read_dir(dir) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(failed(dir)(error)),
    }
}

/// The greatest number that is a name in a directory of this machine.
pub(crate) fn greatest_number_in(dir: &Path) -> Option<u32> {
    let names = fs::read_dir(dir).ok()?.filter_map(Result::ok).map(|entry| entry.file_name());
    names.filter_map(|name| name.to_str()?.parse().ok()).max()
}
