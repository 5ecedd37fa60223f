//! A regular file that is read, or a block device read like one.
//!
//! Where a file has holes, only what lies between them is read: a file system hands out the zeros of a hole as slowly as
//! bytes. One that knows nothing of holes says that all is data.

use crate::handle::Handle;
use crate::open::open_to_read;
use crate::{FsError, Identity, Stat, Trail, flags, xattr};
use lifeboat_format::{Node, NodeKind};
use lifeboat_sys::fd::{AsFd, BorrowedFd, OwnedFd};
use lifeboat_sys::fs::{Advice, OFlags, SeekFrom, fadvise, fdatasync, seek};
use lifeboat_sys::io::{Errno, pread, retry_on_intr};

/// From this size on, in bytes, the kernel is told that the file is read from front to back.
const READ_AHEAD_MIN: u64 = 1 << 20;

/// An open regular file or block device with a position.
#[derive(Debug)]
pub struct SourceFile {
    fd: OwnedFd,
    name: Vec<u8>,
    dir: Trail,
    position: u64,
    /// Up to here there is no hole after `position`. Beyond any file where none is expected.
    data_end: u64,
    /// Whether the last read met the end of the file.
    ended: bool,
}

/// What comes next in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run {
    /// So many bytes, at least one, which now lie at the front of the buffer.
    Data(usize),
    /// So many bytes, at least one, that were never written. They read as zeros.
    Hole(u64),
    /// Nothing.
    End,
}

impl SourceFile {
    pub(crate) fn open(dir: BorrowedFd<'_>, name: &[u8], trail: &Trail) -> Result<Self, FsError> {
        let mut file = Self::open_any(dir, name, trail, OFlags::NOFOLLOW)?;
        let stat = file.stat()?;
        if stat.node.kind != NodeKind::File {
            return Err(file.wrong_kind("it is not a regular file"));
        }
        if stat.node.size > READ_AHEAD_MIN {
            file.read_ahead();
        }
        file.start(&stat);
        Ok(file)
    }

    /// Opens a block device, which is read like a file.
    pub(crate) fn open_device(dir: BorrowedFd<'_>, name: &[u8], trail: &Trail) -> Result<Self, FsError> {
        let mut file = Self::open_any(dir, name, trail, OFlags::empty())?;
        let stat = file.stat()?;
        if stat.node.kind != NodeKind::BlockDevice {
            return Err(file.wrong_kind("it is not a block device"));
        }
        file.read_ahead();
        file.start(&stat);
        Ok(file)
    }

    fn open_any(dir: BorrowedFd<'_>, name: &[u8], trail: &Trail, flags: OFlags) -> Result<Self, FsError> {
        // Without blocking: a pipe may have taken the place of the file since it was looked at.
        match open_to_read(dir, name, flags | OFlags::NONBLOCK | OFlags::NOCTTY) {
            Ok(fd) => {
                let (name, dir) = (name.to_vec(), trail.clone());
                Ok(Self { fd, name, dir, position: 0, data_end: 0, ended: false })
            }
            Err(errno) => Err(FsError::new("open", trail.path_of(name), errno)),
        }
    }

    fn read_ahead(&self) {
        // Only a hint: a file system that has no use for it reads just as well.
        fadvise(&self.fd, 0, None, Advice::Sequential).ok();
    }

    /// Gives what comes next. Data fills the buffer, which must not be empty, as far as the next hole or the end of the
    /// file allows.
    ///
    /// # Errors
    /// As [`SourceFile::read`].
    pub fn next_run(&mut self, buffer: &mut [u8]) -> Result<Run, FsError> {
        if self.ended {
            return Ok(Run::End);
        }
        if self.position >= self.data_end
            && let Some(run) = self.find_data().map_err(|errno| self.error("look for holes in", errno))?
        {
            return Ok(run);
        }
        let most = usize::try_from(self.data_end - self.position).unwrap_or(usize::MAX).min(buffer.len());
        match self.read(&mut buffer[..most])? {
            0 => Ok(Run::End),
            count => Ok(Run::Data(count)),
        }
    }

    /// Fills the buffer as far as the file goes, holes as zeros, and gives how many bytes that were; zero at the end.
    ///
    /// # Errors
    /// The file cannot be read there. The buffer may have been written to.
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<usize, FsError> {
        let mut filled = 0;
        while filled < buffer.len() && !self.ended {
            match retry_on_intr(|| pread(&self.fd, &mut buffer[filled..], self.position)) {
                Ok(count) => {
                    filled += count;
                    self.position += count as u64;
                    self.ended = count == 0;
                }
                Err(errno) => return Err(self.error("read", errno)),
            }
        }
        Ok(filled)
    }

    /// Goes over at most so many bytes that were never written, and gives how many that were: zero where data comes next,
    /// and where the file system knows nothing of holes.
    ///
    /// # Errors
    /// The file system fails.
    pub fn skip_hole(&mut self, most: u64) -> Result<u64, FsError> {
        let end = match seek(&self.fd, SeekFrom::Data(self.position)) {
            Ok(data) => data,
            Err(Errno::NXIO) => self.stat()?.node.size,
            Err(Errno::INVAL | Errno::OPNOTSUPP) => return Ok(0),
            Err(errno) => return Err(self.error("look for holes in", errno)),
        };
        let skipped = end.saturating_sub(self.position).min(most);
        self.position += skipped;
        Ok(skipped)
    }

    /// How many bytes there are from the first to the last: for a device, which has no size of its own in
    /// [`SourceFile::stat`].
    ///
    /// # Errors
    /// The device fails.
    pub fn length(&self) -> Result<u64, FsError> {
        seek(&self.fd, SeekFrom::End(0)).map_err(|errno| self.error("measure", errno))
    }

    /// Goes back to the first byte, and looks again where holes are.
    ///
    /// # Errors
    /// The file system fails.
    pub fn rewind(&mut self) -> Result<(), FsError> {
        let stat = self.stat()?;
        self.start(&stat);
        Ok(())
    }

    /// Describes the file as it is now, under the name it was opened by.
    ///
    /// # Errors
    /// The file system fails.
    pub fn stat(&self) -> Result<Stat, FsError> {
        let mut stat = Stat::of_open(self.fd.as_fd()).map_err(|errno| self.error("look at", errno))?;
        stat.node.name.clone_from(&self.name);
        Ok(stat)
    }

    /// Fills in what only an open file tells: its flags, and all extended attributes that this process may read.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn read_details(&self, node: &mut Node) -> Result<(), FsError> {
        node.flags = flags::read(Handle::Open(self.fd.as_fd()))
            .map_err(|errno| self.error("read the flags of", errno))?;
        node.xattrs = xattr::read(Handle::Open(self.fd.as_fd()))
            .map_err(|errno| self.error("read the extended attributes of", errno))?;
        Ok(())
    }

    pub(crate) fn descriptor(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// Lets what comes next be read from the disk, not from memory. A file system without a disk has nothing else.
    pub fn forget_cached(&self) {
        // Only what has reached the disk can be forgotten. Neither call changes what the file holds.
        fdatasync(&self.fd).and_then(|()| fadvise(&self.fd, 0, None, Advice::DontNeed)).ok();
    }

    /// Which inode it is.
    ///
    /// # Errors
    /// The file system fails.
    pub fn identity(&self) -> Result<Identity, FsError> {
        Identity::of(self.fd.as_fd()).map_err(|errno| self.error("look at", errno))
    }

    /// Stands before the first byte of a file of which this is known. One that has all its blocks is not asked for holes.
    fn start(&mut self, stat: &Stat) {
        let is_sparse = stat.allocated < stat.node.size;
        (self.position, self.data_end, self.ended) = (0, if is_sparse { 0 } else { u64::MAX }, false);
    }

    /// Finds where data begins and ends next, or gives the hole or end that comes before.
    fn find_data(&mut self) -> Result<Option<Run>, Errno> {
        let start = match seek(&self.fd, SeekFrom::Data(self.position)) {
            Ok(start) => start,
            // No data from here on: the rest of the file, if there is any, is a hole.
            Err(Errno::NXIO) => Stat::of_open(self.fd.as_fd())?.node.size,
            // It does not know what a hole is.
            Err(Errno::INVAL | Errno::OPNOTSUPP) => {
                self.data_end = u64::MAX;
                return Ok(None);
            }
            Err(errno) => return Err(errno),
        };
        if start > self.position {
            let hole = start - self.position;
            (self.position, self.data_end) = (start, start);
            return Ok(Some(Run::Hole(hole)));
        }
        self.data_end = match seek(&self.fd, SeekFrom::Hole(self.position)) {
            Ok(end) => end,
            // Either nothing is left, or it was cut off a moment ago: reading tells.
            Err(Errno::NXIO) => u64::MAX,
            Err(errno) => return Err(errno),
        };
        Ok(None)
    }

    fn wrong_kind(&self, why: &str) -> FsError {
        FsError::wrong_kind("open", self.dir.path_of(&self.name), why)
    }

    fn error(&self, operation: &'static str, errno: Errno) -> FsError {
        FsError::new(operation, self.dir.path_of(&self.name), errno)
    }
}
