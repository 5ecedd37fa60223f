//! Which items of a snapshot are wanted.

use lifeboat_fs::{Filter, Trail};
use std::collections::BTreeSet;
use std::ops::Bound::{Included, Unbounded};
use std::path::{Path, PathBuf};

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
    /// Exactly those at these paths, with all that is below them; of the directories above only the way to them.
    Only(BTreeSet<PathBuf>),
}

/// What the patterns say about an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is wanted.
    Take,
    /// It is a directory, and only something below it may be wanted.
    Search,
    /// Neither it nor anything below it is wanted.
    Leave,
}

impl Selection {
    /// What is to be done with an item, the directory above which was to be taken or searched.
    pub(crate) fn verdict(&self, trail: &Trail, is_directory: bool, above: Verdict) -> Verdict {
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
            Self::Only(paths) if above != Verdict::Take => among(paths, &trail.path(), is_directory),
            _ => Verdict::Take,
        }
    }

    /// The same for an item that was asked for by its path: that is never left out, but may be only the way to others.
    pub(crate) fn verdict_of_start(&self, path: &Path, is_directory: bool) -> Verdict {
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
            Self::Only(paths) => among(paths, path, is_directory),
            _ => Verdict::Take,
        }
    }
}

/// What is to be done with an item at a path, nothing above which is wanted as a whole.
fn among(paths: &BTreeSet<PathBuf>, path: &Path, is_directory: bool) -> Verdict {
    // Paths are sorted name by name: what is below one follows it.
    match paths.range::<Path, _>((Included(path), Unbounded)).next() {
        Some(next) if next == path => Verdict::Take,
        Some(next) if is_directory && next.starts_with(path) => Verdict::Search,
        _ => Verdict::Leave,
    }
}

#[cfg(test)]
mod tests {
    use super::{BTreeSet, Path, PathBuf, Verdict, among};

    #[test]
    fn of_no_paths_nothing_is_taken() {
        let none = super::Selection::Only(BTreeSet::new());
        let root = Path::new("/");
        let above = none.verdict_of_start(root, true);
        assert_eq!(above, Verdict::Leave);
        assert_eq!(none.verdict(&super::Trail::new(root).join(b"a"), false, above), Verdict::Leave);
    }

    #[test]
    fn of_directories_above_a_path_only_the_way_is_taken() {
        let paths: BTreeSet<PathBuf> = ["/a/b", "/a.d/c", "/z"].map(PathBuf::from).into();
        let verdict = |path: &str, is_directory| among(&paths, Path::new(path), is_directory);
        for (path, is_directory, expected) in [
            ("/", true, Verdict::Search),
            ("/a", true, Verdict::Search),
            ("/a", false, Verdict::Leave),
            ("/a/b", false, Verdict::Take),
            ("/a/b", true, Verdict::Take),
            ("/a/bc", false, Verdict::Leave),
            ("/a.d", true, Verdict::Search),
            ("/b", true, Verdict::Leave),
            ("/z", false, Verdict::Take),
            ("/zz", true, Verdict::Leave),
        ] {
            assert_eq!(verdict(path, is_directory), expected, "{path}");
        }
    }
}
