//! The walk through the tree of a snapshot, which plans what is to be written.

use super::Restore;
use super::batch::{Batch, FinishedDirectory};
use super::ground::Ground;
use super::item::{Links, Place};
use crate::selection::Verdict;
use crate::trees::{self, Entries};
use crate::{EngineError, Outcome, ProblemKind};
use lifeboat_format::{Bug, Node, NodeKind, Totals, planted};
use lifeboat_fs::Trail;
use lifeboat_repository::RepositoryError;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// A directory that is being walked.
pub(super) struct Frame<'r> {
    /// None until something in it is wanted.
    pub(super) ground: Option<Ground>,
    /// Set when the walk leaves the directory; none for the target of a whole snapshot, which stays as it is.
    pub(super) node: Option<Node>,
    pub(super) trail: Trail,
    entries: Entries<'r, Node>,
    verdict: Verdict,
}

/// A walk that is under way.
pub(super) struct Walk<'r, 'b> {
    restore: &'r Restore<'r>,
    batch: &'b mut Batch,
    stack: Vec<Frame<'r>>,
    links: Links,
    /// What is wanted, so far.
    wanted: Totals,
}

/// Walks from a node down: what a directory holds goes into the target, a file goes there under its own name. Gives the
/// sum of what is wanted.
pub(super) fn walk<'r>(
    restore: &'r Restore<'r>,
    batch: &mut Batch,
    start: Node,
    full: &[u8],
) -> Result<Totals, EngineError> {
    let path = path_of(full);
    let is_directory = start.kind == NodeKind::Directory;
    let verdict = restore.options.selection.verdict_of_start(&path, is_directory);
    let (stack, wanted) = (Vec::new(), Totals::default());
    let mut walk = Walk { restore, batch, stack, links: Links::new(), wanted };
    if is_directory {
        let entries = trees::nodes(restore.reader, &start);
        let (node, trail) = ((!full.is_empty()).then_some(start), Trail::new(&path));
        walk.enter(Frame { ground: None, node, trail, entries, verdict });
        walk.run()?;
    } else if verdict == Verdict::Take {
        walk.wanted = Totals { files: 1, directories: 0, bytes: start.size };
        walk.take(trail_of_file(&path, &start), start)?;
    }
    Ok(walk.wanted)
}

/// The path of the node that a restore begins at.
pub(super) fn path_of(full: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(if full.is_empty() { b"/" } else { full }))
}

/// The way to the file that a restore begins at, by its path.
pub(super) fn trail_of_file(path: &Path, file: &Node) -> Trail {
    Trail::new(path.parent().unwrap_or(path)).join(&file.name)
}

impl<'r> Walk<'r, '_> {
    fn run(&mut self) -> Result<(), EngineError> {
        while let Some(frame) = self.stack.last_mut() {
            self.restore.teller.check()?;
            match frame.entries.next() {
                Some(Ok(node)) => self.node(node)?,
                Some(Err(error)) => self.restore.unreadable(&frame.trail, error)?,
                None => self.leave(),
            }
            if self.restore.is_full(self.batch) {
                self.restore.carry_out(self.batch)?;
            }
        }
        Ok(())
    }

    fn node(&mut self, node: Node) -> Result<(), EngineError> {
        let Some(frame) = self.stack.last() else { return Ok(()) };
        let trail = frame.trail.join(&node.name);
        let is_directory = node.kind == NodeKind::Directory;
        let verdict = self.restore.options.selection.verdict(&trail, is_directory, frame.verdict);
        if verdict == Verdict::Leave {
            return Ok(());
        }
        if is_directory {
            let entries = trees::nodes(self.restore.reader, &node);
            self.enter(Frame { ground: None, node: Some(node), trail, entries, verdict });
            return Ok(());
        }
        self.wanted.files += 1;
        self.wanted.bytes = self.wanted.bytes.saturating_add(node.size);
        if !self.restore.reach(&mut self.stack) {
            return Ok(());
        }
        self.take(trail, node)
    }

    /// Restores an item into the directory that the walk is in, or into the target itself.
    fn take(&mut self, trail: Trail, node: Node) -> Result<(), EngineError> {
        let dir = match self.stack.last() {
            Some(frame) => frame.ground.as_ref().and_then(|ground| ground.dir.as_ref()),
            None => self.restore.target.as_ref(),
        };
        match dir {
            Some(dir) => self.restore.item(self.batch, &mut self.links, Place { dir, trail }, node),
            None => {
                self.restore.restored(&trail, &node, Outcome::Restored);
                Ok(())
            }
        }
    }

    /// Goes into a directory; one that is wanted itself is made even if nothing is in it.
    fn enter(&mut self, frame: Frame<'r>) {
        let is_wanted = frame.verdict == Verdict::Take;
        self.stack.push(frame);
        if is_wanted {
            self.wanted.directories += 1;
            self.restore.reach(&mut self.stack);
        }
    }

    fn leave(&mut self) {
        if let Some(Frame { ground: Some(Ground { dir, outcome }), node: Some(node), trail, .. }) =
            self.stack.pop()
        {
            self.batch.add_finished(FinishedDirectory { dir, node, trail, outcome });
        }
    }
}

impl Restore<'_> {
    /// A directory whose pages are damaged is named; what was read of it before is restored.
    fn unreadable(&self, trail: &Trail, error: RepositoryError) -> Result<(), EngineError> {
        if !error.is_damage() {
            return Err(error.into());
        }
        if !planted(Bug::IgnoredTreeError) {
            self.problem(ProblemKind::Damage, trail, &error);
        }
        Ok(())
    }
}
