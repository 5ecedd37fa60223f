//! Directories of a walk, of which only some are open at a time, however deep the tree.
//!
//! A directory that others have followed is closed, and opened again when it is needed: from the nearest one above that
//! is open, name by name and as each was opened the first time, or straight up from one in it. What is reached so has to
//! be the inode that was there before, or it is not used: names may have come to mean something else in the meantime.
//! The top stays open.
//!
//! Going back up a deep tree so costs few steps each: what was reopened on the way down to one directory stays open for
//! those above it.

use crate::chain::Chain;
use crate::{Identity, Trail};
use lifeboat_sys::fd::{AsFd, BorrowedFd, OwnedFd};
use lifeboat_sys::io::Errno;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// Directories of one walk that stay open, besides those in use.
const OPEN_MAX: usize = 64;

/// How a directory is opened by its name in another one.
pub(crate) type OpenDir = fn(BorrowedFd<'_>, &[u8]) -> Result<OwnedFd, Errno>;

/// A directory, open or not. Clones are the same one.
#[derive(Clone, Debug)]
pub(crate) struct ParkedDir {
    place: Chain<Place>,
    lot: Arc<Lot>,
}

#[derive(Debug)]
struct Place {
    trail: Trail,
    identity: Identity,
    open_dir: OpenDir,
    /// Whether it is open is up to the lot, and to whoever uses it.
    open: Mutex<Weak<OwnedFd>>,
}

/// What is open of a walk.
#[derive(Debug)]
struct Lot {
    top: Arc<OwnedFd>,
    /// Those opened first come first.
    open: Mutex<VecDeque<Arc<OwnedFd>>>,
}

impl ParkedDir {
    /// Starts at an open directory.
    pub(crate) fn new(top: OwnedFd, path: &Path, open_dir: OpenDir) -> Result<Self, Errno> {
        let identity = Identity::of(top.as_fd())?;
        let top = Arc::new(top);
        let open = Mutex::new(Arc::downgrade(&top));
        let place = Chain::new(Place { trail: Trail::new(path), identity, open_dir, open });
        Ok(Self { place, lot: Arc::new(Lot { top, open: Mutex::default() }) })
    }

    /// Opens a directory in this one.
    pub(crate) fn enter(&self, name: &[u8], open_dir: OpenDir) -> Result<Self, Errno> {
        let fd = open_dir(self.open()?.as_fd(), name)?;
        let identity = Identity::of(fd.as_fd())?;
        let open = Mutex::new(Arc::downgrade(&self.lot.keep(fd)));
        let place = self.place.join(Place { trail: self.trail().join(name), identity, open_dir, open });
        Ok(Self { place, lot: Arc::clone(&self.lot) })
    }

    /// The directory, opened again if need be. It stays open for as long as the answer is kept.
    pub(crate) fn open(&self) -> Result<Arc<OwnedFd>, Errno> {
        let mut closed = Vec::new();
        let mut found = None;
        for place in self.place.upward() {
            found = place.lock().upgrade();
            if found.is_some() {
                break;
            }
            closed.push(place);
        }
        let mut fd = found.unwrap_or_else(|| Arc::clone(&self.lot.top));
        while let Some(place) = closed.pop() {
            fd = self.lot.reopen(&fd, place.trail.name(), place)?;
        }
        Ok(fd)
    }

    /// Opens it again on the way back from a directory in it: if it can be straight up, which is one step and works even
    /// where directories further up have other names by now.
    pub(crate) fn return_from(&self, below: &Self) -> Result<(), Errno> {
        let (place, below) = (self.place.value(), below.place.value().lock().upgrade());
        let is_closed = place.lock().upgrade().is_none();
        match below.filter(|_| is_closed).map(|below| self.lot.reopen(&below, b"..", place)) {
            Some(Ok(_)) => Ok(()),
            _ => self.open().map(drop),
        }
    }

    pub(crate) fn trail(&self) -> &Trail {
        &self.place.value().trail
    }

    pub(crate) fn identity(&self) -> Identity {
        self.place.value().identity
    }
}

impl Place {
    fn lock(&self) -> MutexGuard<'_, Weak<OwnedFd>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lot {
    /// Opens what is called so seen from a directory beside it.
    fn reopen(&self, beside: &OwnedFd, name: &[u8], place: &Place) -> Result<Arc<OwnedFd>, Errno> {
        let fd = (place.open_dir)(beside.as_fd(), name)?;
        if Identity::of(fd.as_fd())? != place.identity {
            return Err(Errno::STALE);
        }
        let fd = self.keep(fd);
        *place.lock() = Arc::downgrade(&fd);
        Ok(fd)
    }

    /// Keeps a directory open in place of the one that was opened first.
    fn keep(&self, fd: OwnedFd) -> Arc<OwnedFd> {
        let fd = Arc::new(fd);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.push_back(Arc::clone(&fd));
        if open.len() > OPEN_MAX {
            open.pop_front();
        }
        fd
    }
}
