//! A directory for the time of a run: made for the one user, claimed while the run lives, and removed with all in it, whatever was put there.
//!
//! The claim is a lock that the kernel drops with its process, so that what a killed run left can be told from what another one uses,
//! on this machine. Invariants: removing follows no link, needs no more memory for a deep tree than for a flat one, and leaves nothing or
//! is an error.

use crate::entries::names_where;
use crate::handle::Handle;
use crate::open::open_at;
use crate::{FsError, flags};
use lifeboat_sys::fd::{AsFd, BorrowedFd, OwnedFd};
use lifeboat_sys::fs::{
    AtFlags, CWD, File, FlockOperation, Mode, OFlags, fchmod, flock, mkdirat, renameat, unlinkat,
};
use lifeboat_sys::io::Errno;
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

/// The file that is locked, and tells whose directory it is.
const CLAIM: &str = "claim";
/// Bytes of a claim, at most.
const CLAIM_MAX: u64 = 64 << 10;
/// Begins the names that directories get while they are removed.
const FLAT: &str = "removed-";

/// A directory that nobody else uses.
#[derive(Debug)]
pub struct PrivateDir {
    path: PathBuf,
    /// Held for as long as it is claimed.
    claim: File,
}

/// What became of the claim of somebody else.
#[derive(Debug)]
pub enum Claim {
    /// Its process lives.
    Held,
    /// Its process is gone: whose it was, and the directory, claimed now.
    Left(Vec<u8>, PrivateDir),
}

impl PrivateDir {
    /// Makes a directory that only this user may look into, and claims it with a text that tells whose it is.
    ///
    /// # Errors
    /// There is something under that name, or it cannot be made.
    pub fn create(path: &Path, claim: &[u8]) -> Result<Self, FsError> {
        let failed = |errno| FsError::new("create", path.to_owned(), errno);
        mkdirat(CWD, path, Mode::RWXU).map_err(failed)?;
        let claimed = File::create_private(&path.join(CLAIM)).and_then(|mut file| {
            flock(&file, FlockOperation::NonBlockingLockExclusive)?;
            file.write_all(claim)?;
            file.sync_all()?;
            Ok(file)
        });
        claimed.map(|claim| Self { path: path.to_owned(), claim }).map_err(|error| {
            // What was begun is nobody's: an empty directory, or one with a claim that nobody holds.
            unlinkat(CWD, &path.join(CLAIM), AtFlags::empty()).ok();
            unlinkat(CWD, path, AtFlags::REMOVEDIR).ok();
            failed(Errno::from_io_error(&error).unwrap_or(Errno::IO))
        })
    }

    /// Takes over the directory of a run that has ended; none where the path is no such directory.
    ///
    /// # Errors
    /// It cannot be looked at.
    pub fn take_over(path: &Path) -> Result<Option<Claim>, FsError> {
        let failed = |error: io::Error| {
            FsError::new("take over", path.to_owned(), Errno::from_io_error(&error).unwrap_or(Errno::IO))
        };
        let claim = match File::open(&path.join(CLAIM)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other.map_err(failed)?,
        };
        match flock(&claim, FlockOperation::NonBlockingLockExclusive) {
            Err(errno) if errno == Errno::WOULDBLOCK => return Ok(Some(Claim::Held)),
            other => other.map_err(|errno| failed(errno.into()))?,
        }
        let length = claim.metadata().map_err(failed)?.len().min(CLAIM_MAX);
        let mut text = vec![0; usize::try_from(length).unwrap_or_default()];
        claim.read_exact_at(&mut text, 0).map_err(failed)?;
        Ok(Some(Claim::Left(text, Self { path: path.to_owned(), claim })))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts a small file into it, which must not be there.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn put(&self, name: &str, bytes: &[u8]) -> Result<(), FsError> {
        let path = self.path.join(name);
        let written = File::create_private(&path).and_then(|mut file| file.write_all(bytes));
        written
            .map_err(|error| FsError::new("write", path, Errno::from_io_error(&error).unwrap_or(Errno::IO)))
    }

    /// Removes it with all in it.
    ///
    /// # Errors
    /// Something in it cannot be removed; what is left stays claimed until the process ends.
    pub fn remove(self) -> Result<(), FsError> {
        let Self { path, claim } = self;
        let removed = open_at(
            CWD.as_fd(),
            path.as_os_str().as_bytes(),
            OFlags::DIRECTORY | OFlags::NOFOLLOW,
            Mode::empty(),
        )
        .and_then(|top| empty(top.as_fd()))
        .and_then(|()| unlinkat(CWD, &path.join(CLAIM), AtFlags::empty()))
        .and_then(|()| unlinkat(CWD, &path, AtFlags::REMOVEDIR));
        drop(claim);
        removed.map_err(|errno| FsError::new("remove", path, errno))
    }
}

/// Removes everything in a directory. What lies deeper is brought up to it, level by level.
fn empty(top: BorrowedFd<'_>) -> Result<(), Errno> {
    let mut brought = 0_u64;
    loop {
        // Whose it was is known until nothing else is left.
        let names = names_where(top, |name| name != CLAIM.as_bytes())?;
        if names.is_empty() {
            return Ok(());
        }
        for name in names {
            match remove_entry(top, &name) {
                Err(Errno::ISDIR | Errno::PERM) => {
                    let below = open_below(top, &name)?;
                    for inner in names_where(below.as_fd(), |_| true)? {
                        match remove_entry(below.as_fd(), &inner) {
                            Err(Errno::ISDIR | Errno::PERM) => {
                                // A directory without the right to write to it cannot be moved.
                                drop(open_below(below.as_fd(), &inner)?);
                                renameat(&below, &inner, top, &format!("{FLAT}{brought}"))?;
                                brought += 1;
                            }
                            other => other?,
                        }
                    }
                    unlinkat(top, &name, AtFlags::REMOVEDIR)?;
                }
                other => other?,
            }
        }
    }
}

/// Removes what is no directory, with the flags that would keep it.
fn remove_entry(dir: BorrowedFd<'_>, name: &[u8]) -> Result<(), Errno> {
    match unlinkat(dir, name, AtFlags::empty()) {
        Err(Errno::PERM | Errno::ACCESS) => {
            // Flags of the directory or of the entry itself; a directory says so as well, where it is not said that it is one.
            unlock(dir)?;
            if let Ok(entry) = open_at(dir, name, OFlags::NOFOLLOW | OFlags::NONBLOCK, Mode::empty()) {
                unlock(entry.as_fd())?;
            }
            unlinkat(dir, name, AtFlags::empty())
        }
        other => other,
    }
}

/// Opens a directory with the rights that emptying and moving it take.
fn open_below(dir: BorrowedFd<'_>, name: &[u8]) -> Result<OwnedFd, Errno> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW;
    let below = match open_at(dir, name, flags, Mode::empty()) {
        Err(Errno::ACCESS) => {
            let named = open_at(dir, name, flags | OFlags::PATH, Mode::empty())?;
            Handle::Named(named.as_fd()).set_mode(Mode::RWXU.bits())?;
            open_at(dir, name, flags, Mode::empty())?
        }
        other => other?,
    };
    unlock(below.as_fd())?;
    fchmod(&below, Mode::RWXU)?;
    Ok(below)
}

/// Takes away what refuses changes.
fn unlock(entry: BorrowedFd<'_>) -> Result<(), Errno> {
    match flags::set(Handle::Open(entry), 0, flags::LOCKS).into_iter().next() {
        Some((_, errno)) => Err(errno),
        None => Ok(()),
    }
}
