//! The directories of the target in which items are put.
//!
//! Invariant: a directory is made, or opened, only when something in it is wanted; no symbolic link stands for one.

use super::Restore;
use super::overwrite::Step;
use super::walk::Frame;
use crate::{Outcome, ProblemKind};
use lifeboat_format::{Node, NodeKind};
use lifeboat_fs::{FsError, TargetDir, Trail};
use std::sync::PoisonError;

/// What stands for a directory of the snapshot.
pub(super) struct Ground {
    /// None in a dry run where there is none yet.
    pub(super) dir: Option<TargetDir>,
    pub(super) outcome: Outcome,
}

impl Restore<'_> {
    /// Makes or opens the directories of all frames. Where one cannot be had, that is a problem: the frames from there on
    /// are gone, because nothing in them can be restored, and the answer is false.
    pub(super) fn reach(&self, stack: &mut Vec<Frame<'_>>) -> bool {
        let reached = stack.iter().rposition(|frame| frame.ground.is_some());
        for index in reached.map_or(0, |last| last + 1)..stack.len() {
            let frame = &stack[index];
            let above = index.checked_sub(1).and_then(|above| stack[above].ground.as_ref());
            let ground = match (above, &frame.node) {
                (Some(above), Some(node)) => self.ground(above, node, &frame.trail),
                (_, node) => self.first_ground(node.as_ref()),
            };
            match ground {
                Ok(ground) => stack[index].ground = Some(ground),
                Err(error) => {
                    self.problem(ProblemKind::NotWritten, &frame.trail, &error);
                    stack.truncate(index);
                    return false;
                }
            }
        }
        true
    }

    /// The target itself.
    fn first_ground(&self, node: Option<&Node>) -> Result<Ground, FsError> {
        let outcome = match &self.target {
            Some(target) if !target.is_new() => {
                let found = target.look_at_self()?.node;
                let keeps = node.is_some_and(|node| self.options.overwrite.keeps(node, &found));
                if keeps { Outcome::Kept } else { Outcome::Unchanged }
            }
            _ => Outcome::Restored,
        };
        Ok(Ground { dir: self.target.clone(), outcome })
    }

    fn ground(&self, above: &Ground, node: &Node, trail: &Trail) -> Result<Ground, FsError> {
        let Some(parent) = &above.dir else {
            return Ok(Ground { dir: None, outcome: Outcome::Restored });
        };
        let found = parent.look(&node.name)?.map(|found| found.node);
        let is_there = found.as_ref().is_some_and(|found| found.kind == NodeKind::Directory);
        let (outcome, dir) = match self.options.overwrite.step(node, found.as_ref()) {
            Step::Make => (Outcome::Restored, self.make(parent, node)?),
            Step::Replace => {
                if !self.options.dry_run {
                    parent.remove_file(&node.name)?;
                }
                (Outcome::Updated, self.make(parent, node)?)
            }
            // What is kept and no directory is no way to what lies below: opening it says so.
            Step::Keep => (Outcome::Kept, Some(parent.open_dir(&node.name)?)),
            Step::Refit | Step::Compare => (Outcome::Unchanged, Some(parent.open_dir(&node.name)?)),
        };
        if let Some(dir) = dir.as_ref().filter(|_| is_there) {
            self.sweep(dir, trail);
            self.note_mounted(parent, dir);
        }
        Ok(Ground { dir, outcome })
    }

    fn make(&self, parent: &TargetDir, node: &Node) -> Result<Option<TargetDir>, FsError> {
        if self.options.dry_run { Ok(None) } else { parent.create_dir(&node.name).map(Some) }
    }

    /// Remembers a file system that is mounted below the target: it is synced in the end, too.
    fn note_mounted(&self, parent: &TargetDir, dir: &TargetDir) {
        if dir.device() != parent.device() {
            let mut mounted = self.mounted.lock().unwrap_or_else(PoisonError::into_inner);
            mounted.entry(dir.device()).or_insert_with(|| dir.clone());
        }
    }

    /// Removes what a restore that was killed left in a directory.
    pub(super) fn sweep(&self, dir: &TargetDir, trail: &Trail) {
        if dir.is_new() {
            return;
        }
        let was_interrupted = match self.options.dry_run {
            true => dir.has_leftovers(),
            false => dir.remove_leftovers().map(|removed| removed > 0),
        };
        match was_interrupted {
            Ok(false) => {}
            Ok(true) => {
                self.interrupted.get_or_init(|| ());
                if !self.options.dry_run {
                    self.teller.note_once("temporary files that an interrupted restore left were removed");
                }
            }
            Err(error) => self.problem(ProblemKind::NotWritten, trail, &error),
        }
    }
}
