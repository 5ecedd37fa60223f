//! Which entries of a source are left out, and why.
//!
//! Invariant: what is decided here is decided by path and [`Stat`] alone. Files are looked into only where their
//! presence was noticed: a [`Tag`] by whoever listed the directory, a `.gitignore` by [`GitRules`].

mod dialect;
mod exclusion;
mod git;
mod pattern;
mod tag;

pub(crate) use dialect::{Braces, translate};
pub use exclusion::Exclusion;
pub use git::GitRules;
pub use pattern::Pattern;
pub use tag::Tag;

use crate::{FsError, SourceDir, Stat};
use lifeboat_format::NodeKind;
use pattern::Patterns;
use std::borrow::Cow;
use std::path::Path;

/// What is to be left out. Each field alone suffices for an entry to go.
#[derive(Clone, Debug, Default)]
pub struct FilterOptions {
    /// Patterns; the last one that fits decides.
    pub patterns: Vec<Pattern>,
    /// The same, where upper and lower case are the same; a list of its own.
    pub patterns_any_case: Vec<Pattern>,
    /// Files whose presence excludes the rest of their directory.
    pub tags: Vec<Tag>,
    /// Largest file that is kept, in bytes.
    pub larger_than: Option<u64>,
    /// Whether other file systems than that of the path that was asked for are left out.
    pub one_file_system: bool,
    /// Whether entries with the file flag for "do not dump" are left out.
    pub no_dump: bool,
    /// Whether what git ignores is left out.
    pub git_ignore: bool,
}

/// Decides what is left out. The default keeps everything.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    patterns: Patterns,
    patterns_any_case: Patterns,
    options: FilterOptions,
}

impl Filter {
    /// Compiles the patterns.
    ///
    /// # Errors
    /// A pattern that is not understood; the error names it and where it stands.
    pub fn new(options: FilterOptions) -> Result<Self, FsError> {
        let patterns = Patterns::new(&options.patterns)?;
        let patterns_any_case = Patterns::of_any_case(&options.patterns_any_case)?;
        Ok(Self { patterns, patterns_any_case, options })
    }

    /// Why the entry itself is left out by a pattern, if it is. What lies below an excluded directory is not looked
    /// at: the walk does not go there.
    #[must_use]
    pub fn by_path(&self, absolute_path: &Path, is_directory: bool) -> Option<Exclusion> {
        let fits = |patterns: &Patterns| patterns.excluding(absolute_path, is_directory).map(Cow::into_owned);
        fits(&self.patterns).or_else(|| fits(&self.patterns_any_case)).map(Exclusion::Pattern)
    }

    /// Why the entry is left out by what it is, if it is. `device` is that of the path that was asked for.
    #[must_use]
    pub fn by_stat(&self, stat: &Stat, device: u64) -> Option<Exclusion> {
        let is_file = stat.node.kind == NodeKind::File;
        match self.options.larger_than {
            _ if self.options.no_dump && stat.no_dump => Some(Exclusion::NoDump),
            _ if self.options.one_file_system && stat.device != device => Some(Exclusion::OtherFileSystem),
            Some(largest) if is_file && stat.node.size > largest => Some(Exclusion::LargerThan(largest)),
            _ => None,
        }
    }

    /// The tags that may exclude what is in a directory.
    #[must_use]
    pub fn tags(&self) -> &[Tag] {
        &self.options.tags
    }

    /// Whether other file systems are left out.
    #[must_use]
    pub fn one_file_system(&self) -> bool {
        self.options.one_file_system
    }

    /// Whether what git ignores is left out.
    #[must_use]
    pub fn git_ignore(&self) -> bool {
        self.options.git_ignore
    }
}

/// The first bytes of a file, at most so many.
fn beginning(dir: &SourceDir, name: &[u8], length: usize) -> Result<Vec<u8>, FsError> {
    let mut bytes = vec![0; length];
    let filled = dir.open_file(name)?.read(&mut bytes)?;
    bytes.truncate(filled);
    Ok(bytes)
}
