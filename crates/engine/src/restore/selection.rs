//! Which items of a snapshot are wanted.

use lifeboat_fs::{Filter, Trail};
use std::path::Path;

/// Which items of a snapshot are restored. Patterns are held against the path of an item in the snapshot.
#[derive(Clone, Debug, Default)]
pub enum Selection {
    /// All.
    #[default]
    All,
    /// Those that fit, with all that is below them; of the directories above only the way to them.
    Include(Filter),
    /// All but those that fit, and what is below them.
    Exclude(Filter),
}

/// What the patterns say about an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is wanted.
    Take,
    /// It is a directory, and only something below it may be wanted.
    Search,
    /// Neither it nor anything below it is wanted.
    Leave,
}

impl Selection {
    /// What is to be done with an item, the directory above which was to be taken or searched.
    pub(super) fn verdict(&self, trail: &Trail, is_directory: bool, above: Verdict) -> Verdict {
        let fits = |filter: &Filter| filter.by_path(&trail.path(), is_directory).is_some();
        match self {
            Self::Exclude(filter) if fits(filter) => Verdict::Leave,
            Self::Include(filter) if above == Verdict::Search && !fits(filter) => {
                if is_directory {
                    Verdict::Search
                } else {
                    Verdict::Leave
                }
            }
            _ => Verdict::Take,
        }
    }

    /// The same for an item that was asked for by its path: that is never left out, but may be only the way to others.
    pub(super) fn verdict_of_start(&self, path: &Path, is_directory: bool) -> Verdict {
        // No pattern is about the root.
        let ways = || path.ancestors().filter(|way| way.parent().is_some());
        let fits =
            |filter: &Filter| ways().any(|way| filter.by_path(way, is_directory || way != path).is_some());
        match self {
            Self::Include(filter) if !fits(filter) => {
                if is_directory {
                    Verdict::Search
                } else {
                    Verdict::Leave
                }
            }
            _ => Verdict::Take,
        }
    }
}
