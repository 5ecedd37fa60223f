//! What the filter makes of the walk: which entries go on, and what is told of those that do not.
//!
//! Invariants: a path that was asked for is never left out, whatever lies above it. Of a directory whose content is
//! left out as a whole, the directory is told, once. Files that should say what is left out and cannot be used leave
//! out nothing, and are named.

use super::wanted::Wanted;
use crate::report::Teller;
use crate::{BackupReport, Event, ProblemKind, cause_of};
use lifeboat_format::NodeKind;
use lifeboat_fs::{Exclusion, Filter, FsError, GitRules, NameRoom, Names, SourceDir, Stat};
use std::path::Path;

/// What is asked for of a directory.
#[derive(Clone, Default)]
pub(super) struct Scope<'w> {
    /// Paths further down that were asked for.
    wanted: Option<&'w Wanted>,
    /// Whether all that is in it is asked for, as far as the filter lets it pass.
    everything: bool,
    /// The file system of the path that was asked for.
    device: u64,
    git: GitRules,
}

/// What becomes of an entry.
pub(super) enum Verdict<'w> {
    /// It is saved; if it is a directory, what is in it as far as the scope goes.
    Kept(Scope<'w>),
    /// It is a directory that is saved without its content.
    Emptied,
    /// It is left out.
    Dropped,
}

impl<'w> Scope<'w> {
    /// What is asked for of `/`.
    pub(super) fn root(wanted: &'w Wanted, stat: &Stat) -> Self {
        Self { wanted: Some(wanted), everything: wanted.whole, device: stat.device, git: GitRules::default() }
    }

    /// A directory that was asked for by itself, with all that is in it.
    pub(super) fn whole(stat: &Stat) -> Self {
        Self { everything: true, device: stat.device, ..Self::default() }
    }

    /// Whether the entry that this is the scope of was itself asked for.
    pub(super) fn is_named(&self) -> bool {
        self.wanted.is_some_and(|wanted| wanted.whole)
    }

    /// Whether this is the scope of a directory that only leads to paths that were asked for.
    pub(super) fn is_on_the_way(&self) -> bool {
        !self.everything
    }

    /// Whether an entry was asked for, or is on the way to one that was.
    pub(super) fn asks_for(&self, name: &[u8]) -> bool {
        self.wanted(name).is_some()
    }

    /// Whether an entry is only on the way to a path that was asked for.
    pub(super) fn leads_on(&self, name: &[u8]) -> bool {
        !self.everything && self.wanted(name).is_some_and(|wanted| !wanted.whole)
    }

    fn wanted(&self, name: &[u8]) -> Option<&'w Wanted> {
        self.wanted.and_then(|wanted| wanted.below.get(name))
    }

    fn names_on_the_way(&self) -> impl Iterator<Item = &'w Vec<u8>> + use<'w> {
        self.wanted.into_iter().flat_map(|wanted| wanted.below.keys())
    }
}

/// Asks the filter and tells what it says.
pub(super) struct Sift<'a> {
    pub(super) filter: &'a Filter,
    pub(super) teller: &'a Teller<'a, BackupReport>,
    pub(super) room: NameRoom,
}

impl Sift<'_> {
    /// Decides about an entry of a directory.
    pub(super) fn entry<'w>(&self, scope: &Scope<'w>, path: &Path, stat: &Stat) -> Verdict<'w> {
        let wanted = scope.wanted(&stat.node.name);
        let git = scope.git.below(&stat.node.name);
        let below = |everything, device| Verdict::Kept(Scope { wanted, everything, device, git });
        let is_directory = stat.node.kind == NodeKind::Directory;
        if !is_directory && wanted.is_some_and(|wanted| !wanted.below.is_empty()) {
            let cause = "it is no directory: paths that were asked for below it are not saved";
            self.teller.problem(ProblemKind::Unread, path, cause);
        }
        if wanted.is_some_and(|wanted| wanted.whole) {
            return below(true, stat.device);
        }
        if !scope.everything {
            return below(false, stat.device);
        }
        let Some(why) = self.excluding(scope, path, stat) else { return below(true, scope.device) };
        self.teller.tell(&Event::Excluded { path, why: &why });
        match why {
            _ if is_directory && wanted.is_some() => below(false, stat.device),
            Exclusion::OtherFileSystem if is_directory => Verdict::Emptied,
            _ => Verdict::Dropped,
        }
    }

    /// The names in a directory that are to be looked at, and why they may not be all; from here on the scope counts
    /// for what is in it.
    pub(super) fn names(
        &self,
        dir: &SourceDir,
        path: &Path,
        scope: &mut Scope<'_>,
    ) -> (Names, Result<(), FsError>) {
        let listed = if scope.everything { dir.list(&self.room) } else { Ok(Names::default()) };
        let (mut names, listed) =
            listed.map_or_else(|error| (Names::default(), Err(error)), |names| (names, Ok(())));
        if self.filter.git_ignore() {
            scope.git = self.git_rules(dir, scope, &names);
        }
        if let Some(tag) = self.tag_of(dir, path, &names) {
            names.keep_only(&tag);
        }
        names.add(scope.names_on_the_way().map(Vec::as_slice));
        (names, listed)
    }

    fn excluding(&self, scope: &Scope<'_>, path: &Path, stat: &Stat) -> Option<Exclusion> {
        let is_directory = stat.node.kind == NodeKind::Directory;
        let by_path = self.filter.by_path(path, is_directory);
        by_path
            .or_else(|| scope.git.excluding(path, is_directory))
            .or_else(|| self.filter.by_stat(stat, scope.device))
    }

    /// The name of the tag that keeps everything else of a directory out.
    fn tag_of(&self, dir: &SourceDir, path: &Path, names: &Names) -> Option<Vec<u8>> {
        let is_there = |name: &[u8]| has(dir, names, name);
        let tag = self.filter.tags().iter().filter(|tag| is_there(tag.name())).find(|tag| {
            tag.marks(dir).unwrap_or_else(|error| {
                self.unusable(&error);
                false
            })
        })?;
        if names.left() > 1 {
            self.teller.tell(&Event::Excluded { path, why: &tag.exclusion() });
        }
        Some(tag.name().to_vec())
    }

    fn git_rules(&self, dir: &SourceDir, scope: &Scope<'_>, names: &Names) -> GitRules {
        // A directory on the way to what was asked for is not listed.
        let is_there = |name: &[u8]| match scope.everything {
            true => has(dir, names, name),
            false => dir.stat(name).is_ok(),
        };
        scope.git.enter(dir, &is_there, &mut |error| self.unusable(error))
    }

    /// A file that says what is left out of a directory cannot be used.
    fn unusable(&self, error: &FsError) {
        let cause = format!("{}; nothing is left out by this file", cause_of(error));
        self.teller.problem(ProblemKind::Unfiltered, error.path(), cause);
    }
}

/// Whether a directory has an entry of this name. Where its names are not all in memory, it is asked again.
fn has(dir: &SourceDir, names: &Names, name: &[u8]) -> bool {
    names.contains(name).unwrap_or_else(|| dir.stat(name).is_ok())
}
