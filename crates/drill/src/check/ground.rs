//! What a check may look at.

use crate::DrillError;
use crate::jail::Jail;
use crate::plan::Glob;
use crate::scratch::{self, Scratch};
use lifeboat_engine::{
    CompareOptions, CompareReport, EngineError, Filter, FilterOptions, ListOptions, Node, NodeKind, Observer,
    RestoreOptions, RestoreReport, Selection, Snapshot, Timestamp, Workers, compare, list, restore,
};
use lifeboat_format::Totals;
use lifeboat_repository::{Repository, View};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// A snapshot, and what came of it.
#[derive(Clone)]
pub(crate) struct Trial {
    pub(crate) snapshot: Snapshot,
    /// How much it has.
    pub(crate) totals: Totals,
    /// How much the complete one of the same kind before it has, if there is one.
    pub(crate) before: Option<Totals>,
    /// What of it was wanted.
    pub(crate) selection: Selection,
    /// Where it was written to; none where it was put together and thrown away.
    pub(crate) tree: Option<PathBuf>,
    pub(crate) restored: RestoreReport,
    /// What was written, held against the snapshot, where a check asks for that.
    pub(crate) compared: Option<CompareReport>,
}

/// What a check may look at.
#[derive(Clone, Copy)]
pub(crate) struct Ground<'a> {
    pub(crate) repository: &'a Repository,
    pub(crate) view: &'a View,
    pub(crate) workers: &'a Workers,
    pub(crate) observer: &'a dyn Observer,
    pub(crate) trials: &'a [Trial],
    /// What keeps programs apart.
    pub(crate) jail: &'a Jail,
    /// Room for copies.
    pub(crate) scratch: &'a Scratch,
    /// The id of the drill, which no other has.
    pub(crate) id: &'a str,
    /// What of the lists of snapshots nobody is to see; nothing unless they are spoilt.
    pub(crate) hidden: &'a dyn Fn(&Path) -> bool,
    /// What is said of the files of this machine; none for a look at them.
    pub(crate) live: Option<&'a [CompareReport]>,
}

/// A file of a snapshot that was restored.
pub(crate) struct Restored<'a> {
    pub(crate) trial: &'a Trial,
    pub(crate) tree: &'a Path,
    /// As it was saved.
    pub(crate) path: PathBuf,
}

impl Restored<'_> {
    /// Where it is.
    pub(crate) fn place(&self) -> PathBuf {
        scratch::within(self.tree, &self.path)
    }
}

impl<'a> Ground<'a> {
    /// Goes through all items of a snapshot.
    pub(crate) fn list(&self, trial: &Trial, visit: &mut dyn FnMut(&Path, &Node)) -> Result<(), DrillError> {
        let options = ListOptions { path: None, recursive: true };
        list(self.repository, self.view, &trial.snapshot, &options, &mut |path, node| {
            let path = Path::new(OsStr::from_bytes(path));
            if !(self.hidden)(path) {
                visit(path, node);
            }
        })?;
        Ok(())
    }

    /// The restored files that fit a pattern.
    pub(crate) fn fitting(&self, glob: &Glob) -> Result<Vec<Restored<'a>>, DrillError> {
        let filter = filter(glob)?;
        let mut fitting = Vec::new();
        for trial in self.trials {
            let Some(tree) = trial.tree.as_deref() else { continue };
            self.list(trial, &mut |path, node| {
                let fits = node.kind == NodeKind::File && filter.by_path(path, false).is_some();
                if fits && scratch::is_file(&scratch::within(tree, path)) {
                    fitting.push(Restored { trial, tree, path: path.to_owned() });
                }
            })?;
        }
        Ok(fitting)
    }

    /// Whether an item is one of those that a drill wanted.
    pub(crate) fn is_wanted(trial: &Trial, path: &Path) -> bool {
        match (&trial.tree, &trial.selection) {
            (Some(tree), _) => scratch::within(tree, path).symlink_metadata().is_ok(),
            (None, Selection::Only(paths)) => path.ancestors().any(|above| paths.contains(above)),
            (None, Selection::All) => true,
            (None, Selection::Include(filter)) => filter.by_path(path, false).is_some(),
            (None, Selection::Exclude(filter)) => filter.by_path(path, false).is_none(),
        }
    }

    /// Restores some items once more, to a room where they can be spoilt.
    pub(crate) fn restored_again(&self, trial: &Trial, paths: &[&Path]) -> Result<PathBuf, DrillError> {
        let target = self.scratch.room()?;
        let options =
            RestoreOptions { target: target.clone(), selection: only(paths), ..RestoreOptions::default() };
        restore(self.repository, self.view, &trial.snapshot, &options, self.workers, self.observer)?;
        Ok(target)
    }

    /// The trial as it would be if these items were all that was wanted, and had become what lies in a room.
    pub(crate) fn held_against(
        &self,
        trial: &Trial,
        room: &Path,
        paths: &[&Path],
    ) -> Result<Trial, DrillError> {
        let options = CompareOptions { with: room.to_owned(), path: None, selection: only(paths) };
        let compared =
            compare(self.repository, self.view, &trial.snapshot, &options, self.workers, self.observer)?;
        Ok(Trial { tree: Some(room.to_owned()), compared: Some(compared), ..trial.clone() })
    }

    /// The same ground with one trial alone.
    pub(crate) fn with<'b>(&self, trials: &'b [Trial]) -> Ground<'b>
    where
        'a: 'b,
    {
        Ground { trials, ..*self }
    }
}

fn only(paths: &[&Path]) -> Selection {
    Selection::Only(paths.iter().map(|path| (*path).to_owned()).collect())
}

/// What a pattern fits.
pub(crate) fn filter(glob: &Glob) -> Result<Filter, DrillError> {
    let options = FilterOptions { patterns: vec![glob.pattern("plan")], ..FilterOptions::default() };
    Filter::new(options).map_err(|error| EngineError::Source(error.to_string()).into())
}

/// Seconds from one time to another; none where that is before.
pub(crate) fn seconds_between(from: Timestamp, to: Timestamp) -> Option<u64> {
    u64::try_from(to.seconds.checked_sub(from.seconds)?).ok()
}
