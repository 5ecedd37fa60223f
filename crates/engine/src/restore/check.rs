//! `restore --verify`: every file that was restored is read again, from the disk.
//!
//! The tree of the snapshot is walked a second time, together with the target; files are compared in batches of bounded
//! size. What failed before is named already.

use super::compare::{CompareError, content_equals};
use super::{Restore, walk};
use crate::trees::{self, Entries};
use crate::{EngineError, Event, ProblemKind};
use lifeboat_format::{Node, NodeKind};
use lifeboat_fs::{Identity, TargetDir, Trail};
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

/// Files that are compared together.
const BATCH_MAX: usize = 256;

/// A walk through what was restored.
struct Check<'r, 'a> {
    restore: &'r Restore<'a>,
    /// Paths with a problem: they are not named twice.
    failed: HashSet<PathBuf>,
    /// Which inode the first name of a file with several led to: the others need no comparison of their own.
    first_names: HashMap<(u32, u64), Identity>,
    files: Vec<RestoredName>,
}

struct RestoredName {
    dir: TargetDir,
    node: Node,
    /// The way to its directory within the snapshot.
    trail: Trail,
}

struct Frame<'r> {
    dir: TargetDir,
    trail: Trail,
    entries: Entries<'r, Node>,
}

impl Restore<'_> {
    /// Compares every file at or below a node with what is on the disk.
    pub(super) fn check(&self, start: &Node, full: &[u8]) -> Result<(), EngineError> {
        let is_lost = |kind| matches!(kind, ProblemKind::NotWritten | ProblemKind::Damage);
        let failed = self.teller.with(|report| {
            let lost = report.problems.iter().filter(|problem| is_lost(problem.kind));
            lost.map(|problem| problem.path.clone()).collect()
        });
        let mut check = Check { restore: self, failed, first_names: HashMap::new(), files: Vec::new() };
        let path = walk::path_of(full);
        match start.kind {
            NodeKind::Directory => check.walk(start, &path)?,
            _ => check.add(&self.target, start.clone(), &Trail::new(path.parent().unwrap_or(&path))),
        }
        check.compare();
        self.teller.check()
    }

    fn compare(&self, scratch: &mut Vec<u8>, name: &RestoredName) {
        let RestoredName { dir, node, trail } = name;
        let (same, path) = (self.is_on_disk(scratch, dir, node), &trail.path_of(&node.name));
        if self.teller.check().is_err() {
            return;
        }
        match same {
            Ok(true) => self.teller.tell(&Event::Compared { path, node }),
            Ok(false) => self.teller.problem(ProblemKind::NotWritten, path, "it differs on the disk"),
            Err(CompareError::File(error)) => self.problem(ProblemKind::NotWritten, path, &error),
            Err(CompareError::Content(error)) => self.problem(ProblemKind::Damage, path, &error),
        }
    }

    fn is_on_disk(&self, scratch: &mut Vec<u8>, dir: &TargetDir, node: &Node) -> Result<bool, CompareError> {
        let mut file = dir.read_file(&node.name)?;
        file.forget_cached();
        // Whoever is to stop does not read a long file to its end, and finds nothing out.
        let mut read =
            |buffer: &mut [u8]| if self.teller.check().is_ok() { file.read(buffer) } else { Ok(0) };
        content_equals(self.reader, &mut read, node, scratch)
    }
}

impl Check<'_, '_> {
    fn walk(&mut self, start: &Node, path: &Path) -> Result<(), EngineError> {
        let reader = self.restore.reader;
        let (dir, entries) = (self.restore.target.clone(), trees::nodes(reader, start));
        let mut stack = vec![Frame { dir, trail: Trail::new(path), entries }];
        while let Some(frame) = stack.last_mut() {
            self.restore.teller.check()?;
            match frame.entries.next() {
                None => drop(stack.pop()),
                // The restore has named the directory.
                Some(Err(error)) if error.is_damage() => {}
                Some(Err(error)) => return Err(error.into()),
                Some(Ok(node)) if node.kind == NodeKind::Directory => {
                    let trail = frame.trail.join(&node.name);
                    if let Some(dir) = self.enter(&frame.dir, &node, &trail) {
                        stack.push(Frame { dir, trail, entries: trees::nodes(reader, &node) });
                    }
                }
                Some(Ok(node)) => self.add(&frame.dir, node, &frame.trail),
            }
        }
        Ok(())
    }

    /// Opens a directory; one that could not be made is named already.
    fn enter(&self, above: &TargetDir, node: &Node, trail: &Trail) -> Option<TargetDir> {
        match above.open_dir(&node.name) {
            Ok(dir) => Some(dir),
            Err(error) => {
                let path = trail.path();
                if !self.failed.contains(&path) {
                    self.restore.problem(ProblemKind::NotWritten, &path, &error);
                }
                None
            }
        }
    }

    /// Plans the comparison of an entry, if it needs one.
    fn add(&mut self, dir: &TargetDir, node: Node, trail: &Trail) {
        let is_named = || self.failed.contains(&trail.path_of(&node.name));
        if node.kind != NodeKind::File || !self.failed.is_empty() && is_named() || self.is_known(dir, &node) {
            return;
        }
        self.files.push(RestoredName { dir: dir.clone(), node, trail: trail.clone() });
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
