//! Further names of a file.

use super::Restore;
use super::batch::PlannedLink;
use super::overwrite::Step;
use crate::{Outcome, ProblemKind};
use lifeboat_fs::{FsError, Stat};

impl Restore<'_> {
    /// Gives a file a further name, once the first is done with.
    pub(super) fn link(&self, link: &PlannedLink) {
        if let Some(Err((kind, cause))) = link.first.fate.get() {
            return self.teller.problem(*kind, &link.trail.path(), cause.as_str());
        }
        if link.first.fate.get().is_none() && link.node.device.is_some() {
            // A device that takes root was not made, and that is told once for all of them.
            return;
        }
        match self.linked(link) {
            Ok(outcome) => self.restored(&link.trail, &link.node, outcome),
            Err(error) => self.problem(ProblemKind::NotWritten, &link.trail, &error),
        }
    }

    fn linked(&self, link: &PlannedLink) -> Result<Outcome, FsError> {
        let PlannedLink { dir, node, first, .. } = link;
        let Some(found) = dir.look(&node.name)? else {
            if !self.options.dry_run {
                dir.link(&node.name, &first.dir, &first.name)?;
            }
            return Ok(Outcome::Restored);
        };
        if self.options.overwrite.step(node, Some(&found.node)) == Step::Keep {
            return Ok(Outcome::Kept);
        }
        if self.options.dry_run && !matches!(first.fate.get(), Some(Ok(Outcome::Unchanged))) {
            // The first name will be that of a new file, or of one that has just been made.
            return Ok(Outcome::Updated);
        }
        if first.dir.look(&first.name)?.is_some_and(|first| is_same(&first, &found)) {
            return Ok(Outcome::Unchanged);
        }
        if !self.options.dry_run {
            let temporary = dir.link_aside(&first.dir, &first.name)?;
            self.take_place(dir, &temporary, &node.name, true)?;
        }
        Ok(Outcome::Updated)
    }
}

fn is_same(one: &Stat, other: &Stat) -> bool {
    (one.device, one.node.inode) == (other.device, other.node.inode)
}
