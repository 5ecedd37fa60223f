//! The directories that a walk is in, one below the other, of which only the nearest are open: a tree may be deeper than
//! a process may have files open.
//!
//! Invariant: a directory that was closed on the way down and opened again on the way back is the same one, by device and
//! inode, or it is an error. Names may have come to mean something else meanwhile.

use crate::{FsError, Identity, SourceDir, Trail};

/// Directories that are open at once.
const OPEN_MAX: usize = 64;

/// A walk down from a directory that was opened by its path.
#[derive(Debug, Default)]
pub struct Descent {
    levels: Vec<Level>,
}

#[derive(Debug)]
enum Level {
    Open(SourceDir),
    /// Closed; which inode it is, if that could be told.
    Parked(Trail, Option<Identity>),
}

impl Descent {
    /// Goes down into a directory.
    pub fn enter(&mut self, dir: SourceDir) {
        self.levels.push(Level::Open(dir));
        if let Some(far) = self.levels.len().checked_sub(OPEN_MAX + 1) {
            self.levels[far].park();
        }
    }

    /// The directory that it is in; none where that could not be opened again.
    #[must_use]
    pub fn current(&self) -> Option<&SourceDir> {
        match self.levels.last()? {
            Level::Open(dir) => Some(dir),
            Level::Parked(..) => None,
        }
    }

    /// Goes back to the directory above.
    ///
    /// # Errors
    /// It was closed and cannot be opened again: by now, something else is where it was. Going back further up may
    /// succeed.
    pub fn leave(&mut self) -> Result<(), FsError> {
        let below = self.levels.pop();
        let Some(Level::Parked(trail, identity)) = self.levels.last() else { return Ok(()) };
        let is_it = |dir: &SourceDir| identity.is_some() && dir.identity() == *identity;
        // Straight up, which works even where directories further up have other names by now; else down by names.
        let above = match &below {
            Some(Level::Open(below)) => below.open_above(trail).ok().filter(is_it),
            _ => None,
        };
        let dir = match above {
            Some(dir) => dir,
            None => self.walk_down(trail)?,
        };
        if !is_it(&dir) {
            let why = "another directory has taken its place";
            return Err(FsError::wrong_kind("return to", trail.path(), why));
        }
        self.levels.pop();
        self.levels.push(Level::Open(dir));
        Ok(())
    }

    /// Opens the last level by its name, and those of the levels above it down from the last one that was opened by path.
    fn walk_down(&self, trail: &Trail) -> Result<SourceDir, FsError> {
        let is_start = |level: &Level| level.trail().is_start();
        let start = self.levels.iter().rposition(is_start).unwrap_or(0);
        let (first, names) = (self.levels[start].trail(), &self.levels[start + 1..]);
        let first = SourceDir::open(&first.path())?;
        let dir = names.iter().try_fold(first, |dir, level| dir.open_dir(level.trail().name()))?;
        Ok(dir.known_as(trail))
    }
}

impl Level {
    fn trail(&self) -> &Trail {
        match self {
            Self::Open(dir) => dir.trail(),
            Self::Parked(trail, _) => trail,
        }
    }

    fn park(&mut self) {
        if let Self::Open(dir) = self {
            *self = Self::Parked(dir.trail().clone(), dir.identity());
        }
    }
}
