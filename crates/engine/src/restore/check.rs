//! `restore --verify`: every file that was restored is read again, from the disk.
//!
//! The tree of the snapshot is walked a second time, together with the target; files are compared in batches of bounded
//! size. What failed before is named already.

use super::{Restore, walk};
use crate::same_content::{CompareError, Compared, content_equals};
use crate::selection::Verdict;
use crate::trees::{self, Entries};
use crate::{EngineError, Event, ProblemKind};
use lifeboat_format::{Node, NodeKind};
use lifeboat_fs::{Identity, TargetDir, Trail};
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

/// Files that are compared together.
const BATCH_MAX: usize = 256;

/// A walk through what was restored.
struct Check<'r, 'a> {
    restore: &'r Restore<'a>,
    /// Paths with a problem, which are not named twice.
    lost: HashSet<PathBuf>,
    /// What was kept, whatever it is.
    kept: HashSet<Trail>,
    /// Which inode the first name of a file with several led to: the others need no comparison of their own.
    first_names: HashMap<(u32, u64), Identity>,
    files: Vec<RestoredName>,
}

struct RestoredName {
    dir: TargetDir,
    node: Node,
    trail: Trail,
}

struct Frame<'r> {
    /// None where nothing that was restored led to it.
    dir: Option<TargetDir>,
    trail: Trail,
    entries: Entries<'r, Node>,
    verdict: Verdict,
}

impl Restore<'_> {
    /// Compares every file at or below a node with what is on the disk.
    pub(super) fn check(&self, target: &TargetDir, start: &Node, full: &[u8]) -> Result<(), EngineError> {
        let is_lost = |kind| matches!(kind, ProblemKind::NotWritten | ProblemKind::Damage);
        let lost = self.teller.with(|report| {
            let lost = report.problems.iter().filter(|problem| is_lost(problem.kind));
            lost.map(|problem| problem.path.clone()).collect()
        });
        let kept = std::mem::take(&mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner));
        let (first_names, files) = (HashMap::new(), Vec::new());
        let mut check = Check { restore: self, lost, kept, first_names, files };
        let path = walk::path_of(full);
        let is_directory = start.kind == NodeKind::Directory;
        match self.options.selection.verdict_of_start(&path, is_directory) {
            verdict if is_directory => check.walk(target, start, &path, verdict)?,
            Verdict::Take => check.add(target, start.clone(), walk::trail_of_file(&path, start)),
            _ => {}
        }
        check.compare();
        self.teller.check()
    }

    fn compare(&self, scratch: &mut Vec<u8>, name: &RestoredName) {
        let RestoredName { dir, node, trail } = name;
        let same = self.is_on_disk(scratch, dir, node);
        if self.teller.check().is_err() {
            return;
        }
        match same {
            Ok(true) => self.teller.tell(&Event::Compared { path: &trail.path(), node }),
            Ok(false) => {
                self.teller.problem(ProblemKind::NotWritten, &trail.path(), "it differs on the disk");
            }
            Err(CompareError::File(error)) => self.problem(ProblemKind::NotWritten, trail, &error),
            Err(CompareError::Content(error)) if error.is_damage() => {
                self.problem(ProblemKind::Damage, trail, &error);
            }
            Err(CompareError::Content(error)) => self.problem(ProblemKind::NotWritten, trail, &error),
        }
    }

    fn is_on_disk(&self, scratch: &mut Vec<u8>, dir: &TargetDir, node: &Node) -> Result<bool, CompareError> {
        let mut file = dir.read_file(&node.name)?;
        file.forget_cached();
        let goes_on = || self.teller.check().is_ok();
        content_equals(self.reader, &mut Compared { file: &mut file, goes_on: &goes_on }, node, scratch)
    }
}

impl<'r> Check<'r, '_> {
    fn walk(
        &mut self,
        target: &TargetDir,
        start: &Node,
        path: &Path,
        verdict: Verdict,
    ) -> Result<(), EngineError> {
        let (dir, entries) = (Some(target.clone()), trees::nodes(self.restore.reader, start));
        let mut stack = vec![Frame { dir, trail: Trail::new(path), entries, verdict }];
        while let Some(frame) = stack.last_mut() {
            self.restore.teller.check()?;
            match frame.entries.next() {
                None => drop(stack.pop()),
                // The restore has named the directory.
                Some(Err(error)) if error.is_damage() => {}
                Some(Err(error)) => return Err(error.into()),
                Some(Ok(node)) => {
                    let below = self.node(frame, node);
                    stack.extend(below);
                }
            }
        }
        Ok(())
    }

    /// Adds an item if it was wanted, or gives the frame of a directory.
    fn node(&mut self, frame: &Frame<'r>, node: Node) -> Option<Frame<'r>> {
        let is_directory = node.kind == NodeKind::Directory;
        let trail = frame.trail.join(&node.name);
        let verdict = self.restore.options.selection.verdict(&trail, is_directory, frame.verdict);
        match &frame.dir {
            _ if verdict == Verdict::Leave => None,
            Some(above) if is_directory => {
                let dir = match verdict {
                    // It need not be there: nothing in it may have been wanted.
                    Verdict::Search => above.open_dir(&node.name).ok(),
                    _ => Some(self.enter(above, &node, &trail)?),
                };
                let entries = trees::nodes(self.restore.reader, &node);
                Some(Frame { dir, trail, entries, verdict })
            }
            Some(dir) => {
                self.add(dir, node, trail);
                None
            }
            None => self.lost(&node, trail, verdict),
        }
    }

    /// An item in a directory that is not there: where it was wanted it is named, unless what stands in the way was.
    fn lost(&self, node: &Node, trail: Trail, verdict: Verdict) -> Option<Frame<'r>> {
        if verdict == Verdict::Search {
            let entries = trees::nodes(self.restore.reader, node);
            return Some(Frame { dir: None, trail, entries, verdict });
        }
        let path = trail.path();
        if !path.ancestors().any(|above| self.lost.contains(above)) {
            self.restore.teller.problem(ProblemKind::NotWritten, &path, "its directory cannot be opened");
        }
        None
    }

    /// Opens a directory; one that could not be made is named already.
    fn enter(&self, above: &TargetDir, node: &Node, trail: &Trail) -> Option<TargetDir> {
        match above.open_dir(&node.name) {
            Ok(dir) => Some(dir),
            Err(error) => {
                if !self.lost.contains(&trail.path()) {
                    self.restore.problem(ProblemKind::NotWritten, trail, &error);
                }
                None
            }
        }
    }

    /// Plans the comparison of an entry, if it needs one.
    fn add(&mut self, dir: &TargetDir, node: Node, trail: Trail) {
        let is_lost = || !self.lost.is_empty() && self.lost.contains(&trail.path());
        if node.kind != NodeKind::File || is_lost() || self.kept.contains(&trail) || self.is_known(dir, &node)
        {
            return;
        }
        self.files.push(RestoredName { dir: dir.clone(), node, trail });
        if self.files.len() >= BATCH_MAX {
            self.compare();
        }
    }

    /// Whether this is a further name of a file whose first one is compared.
    fn is_known(&mut self, dir: &TargetDir, node: &Node) -> bool {
        let Some(group) = node.link_group else { return false };
        // What cannot be opened here cannot be opened by the comparison either, which tells it.
        let Ok(identity) = dir.read_file(&node.name).and_then(|file| file.identity()) else { return false };
        match self.first_names.entry((group, node.inode)) {
            Entry::Occupied(first) => *first.get() == identity,
            Entry::Vacant(first) => {
                first.insert(identity);
                false
            }
        }
    }

    fn compare(&mut self) {
        self.restore.workers.for_each(&self.files, |scratch, name| self.restore.compare(scratch, name));
        self.files.clear();
    }
}
