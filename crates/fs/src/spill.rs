//! A file without a name, for sorted runs of names that are too many for memory.
//!
//! Nobody else can open it, and it is gone with the process. A run is its names one behind the other, each after its
//! length in two bytes.

use crate::FsError;
use crate::open::open_at;
use crate::temporary::fresh_name;
use lifeboat_sys::fd::{AsFd, OwnedFd};
use lifeboat_sys::fs::{AtFlags, CWD, Mode, OFlags, unlinkat};
use lifeboat_sys::io::{Errno, pread, pwrite, retry_on_intr};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// Bytes that are written at a time, at least.
const WRITE_LENGTH: usize = 64 << 10;
/// Bytes of a run that are read at a time. Names are shorter.
const READ_LENGTH: usize = 4 << 10;
/// Bytes that tell the length of a name.
const LENGTH: usize = 2;

/// The file.
#[derive(Debug)]
pub(crate) struct Spill {
    file: OwnedFd,
    directory: PathBuf,
    length: u64,
}

/// A run of names, of which some may have been read.
#[derive(Debug)]
pub(crate) struct Run {
    /// What is still to be read from the file.
    start: u64,
    end: u64,
    buffer: Vec<u8>,
    position: usize,
}

impl Spill {
    /// An empty file on the file system of a directory.
    pub(crate) fn create(directory: &Path) -> Result<Self, FsError> {
        let file = create(directory)
            .map_err(|errno| FsError::new("make a temporary file in", directory.to_owned(), errno))?;
        Ok(Self { file, directory: directory.to_owned(), length: 0 })
    }

    /// Writes names, sorted, as one more run.
    pub(crate) fn write<'n>(&mut self, names: impl Iterator<Item = &'n [u8]>) -> Result<Run, FsError> {
        let start = self.length;
        let mut buffer = Vec::with_capacity(2 * WRITE_LENGTH);
        for name in names {
            let length = u16::try_from(name.len()).map_err(|_| self.error("write to", Errno::NAMETOOLONG))?;
            buffer.extend_from_slice(&length.to_le_bytes());
            buffer.extend_from_slice(name);
            if buffer.len() >= WRITE_LENGTH {
                self.append(&buffer)?;
                buffer.clear();
            }
        }
        self.append(&buffer)?;
        Ok(Run { start, end: self.length, buffer: Vec::new(), position: 0 })
    }

    /// The next name of a run.
    pub(crate) fn next(&self, run: &mut Run) -> Result<Option<Vec<u8>>, FsError> {
        if let Some(name) = run.next_in_buffer() {
            return Ok(Some(name));
        }
        if run.start == run.end {
            return Ok(None);
        }
        self.fill(run)?;
        match run.next_in_buffer() {
            Some(name) => Ok(Some(name)),
            None => Err(self.error("read", Errno::IO)),
        }
    }

    fn append(&mut self, mut bytes: &[u8]) -> Result<(), FsError> {
        while !bytes.is_empty() {
            let written = retry_on_intr(|| pwrite(&self.file, bytes, self.length))
                .map_err(|errno| self.error("write to", errno))?;
            bytes = &bytes[written..];
            self.length += written as u64;
        }
        Ok(())
    }

    /// Reads more of a run behind what is left in its buffer.
    fn fill(&self, run: &mut Run) -> Result<(), FsError> {
        run.buffer.drain(..run.position);
        run.position = 0;
        let mut filled = run.buffer.len();
        let left = usize::try_from(run.end - run.start).unwrap_or(usize::MAX);
        // A name is at most as long as two bytes can tell, and then longer than what is usually read.
        let wanted = run.needed().saturating_sub(filled).max(READ_LENGTH).min(left);
        run.buffer.resize(filled + wanted, 0);
        while filled < run.buffer.len() {
            match retry_on_intr(|| pread(&self.file, &mut run.buffer[filled..], run.start)) {
                Ok(0) => return Err(self.error("read", Errno::IO)),
                Ok(count) => {
                    filled += count;
                    run.start += count as u64;
                }
                Err(errno) => return Err(self.error("read", errno)),
            }
        }
        Ok(())
    }

    fn error(&self, operation: &'static str, errno: Errno) -> FsError {
        FsError::new(operation, self.directory.join("(temporary file)"), errno)
    }
}

impl Run {
    fn next_in_buffer(&mut self) -> Option<Vec<u8>> {
        let name = self.buffer.get(self.position + LENGTH..self.position + self.needed())?.to_vec();
        self.position += LENGTH + name.len();
        Some(name)
    }

    /// Bytes of the next name with its length, as far as that is known.
    fn needed(&self) -> usize {
        match self.buffer.get(self.position..self.position + LENGTH) {
            Some(length) => LENGTH + usize::from(u16::from_le_bytes([length[0], length[1]])),
            None => LENGTH,
        }
    }
}

/// Without a name from the start, or, where the file system cannot do that, from the next moment on.
fn create(directory: &Path) -> Result<OwnedFd, Errno> {
    let (mode, path) = (Mode::RUSR | Mode::WUSR, directory.as_os_str().as_bytes());
    match open_at(CWD, path, OFlags::TMPFILE | OFlags::RDWR, mode) {
        Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL) => {
            let directory = open_at(CWD, path, OFlags::PATH | OFlags::DIRECTORY, Mode::empty())?;
            let name = fresh_name()?;
            let flags = OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::RDWR;
            let file = open_at(directory.as_fd(), &name, flags, mode)?;
            unlinkat(&directory, &name, AtFlags::empty())?;
            Ok(file)
        }
        other => other,
    }
}
