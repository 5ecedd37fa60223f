//! Everything but directories: what becomes of an item, and what is to be written for it.

use super::Restore;
use super::batch::{Batch, FirstName, PlannedLink};
use super::doubt::Doubt;
use super::file::{Fate, RestoredFile};
use super::overwrite::Step;
use crate::{EngineError, Outcome, ProblemKind, cause_of, trees};
use lifeboat_format::{Content, Device, FormatError, Node, NodeKind};
use lifeboat_fs::{FsError, TargetDir, Trail};
use lifeboat_repository::RepositoryError;
use std::collections::HashMap;
use std::sync::Arc;

/// First names of files with several, by file system and inode, and what was saved under them.
pub(super) type Links = HashMap<(u32, u64), (Saved, FirstName)>;

/// What is the same for all names of a file. Under a name that says otherwise something else was saved, whatever it is a name
/// of: as when the file changed between two looks.
#[derive(PartialEq, Eq)]
pub(super) struct Saved {
    kind: NodeKind,
    size: u64,
    content: Content,
    link_target: Option<Vec<u8>>,
    device: Option<Device>,
}

impl Saved {
    fn of(node: &Node) -> Self {
        let Node { kind, size, device, .. } = *node;
        Self { kind, size, content: node.content.clone(), link_target: node.link_target.clone(), device }
    }
}

/// Where an item goes.
pub(super) struct Place<'a> {
    pub(super) dir: &'a TargetDir,
    pub(super) trail: Trail,
}

impl Restore<'_> {
    /// Plans an item, or does what is short.
    pub(super) fn item(
        &self,
        batch: &mut Batch,
        links: &mut Links,
        place: Place<'_>,
        node: Node,
    ) -> Result<(), EngineError> {
        let link = node.link_group.map(|group| ((group, node.inode), Saved::of(&node)));
        let first = link.as_ref().and_then(|(link, saved)| links.get(link).filter(|first| first.0 == *saved));
        if let Some((_, first)) = first {
            let (Place { dir, trail }, first) = (place, first.clone());
            batch.add_link(PlannedLink { dir: dir.clone(), node, trail, first });
            return Ok(());
        }
        let step = match place.dir.look(&node.name) {
            Ok(found) => self.options.overwrite.step(&node, found.as_ref().map(|found| &found.node)),
            Err(error) => {
                self.problem(ProblemKind::NotWritten, &place.trail, &error);
                return Ok(());
            }
        };
        if step == Step::Keep {
            // It need not be the saved file: where that has further names, one of them gets the content.
            self.note_kept();
            self.restored(&place.trail, &node, Outcome::Kept);
            return Ok(());
        }
        let first = link.map(|(link, saved)| (link, saved, place.dir.clone(), node.name.clone()));
        let fate = match node.kind {
            NodeKind::File => self.file(batch, place, node, step)?,
            _ => self.special(&place, &node, step),
        };
        if let Some((link, saved, dir, name)) = first {
            links.insert(link, (saved, FirstName { dir, name, fate }));
        }
        Ok(())
    }

    /// What is kept may be what a restore left that did not come to its end.
    fn note_kept(&self) {
        if self.interrupted.get().is_some() {
            self.teller.note_once(
                "a restore into the target was interrupted before: files that are kept may not be whole, which --overwrite always would find out",
            );
        }
    }

    /// Gives an entry its own name; where that fails, it goes.
    pub(super) fn take_place(
        &self,
        dir: &TargetDir,
        temporary: &[u8],
        name: &[u8],
        replaces: bool,
    ) -> Result<(), FsError> {
        let placed = if replaces { dir.replace(temporary, name) } else { dir.rename(temporary, name) };
        if placed.is_err() {
            dir.remove_file(temporary)?;
        }
        placed
    }

    fn special(&self, place: &Place<'_>, node: &Node, step: Step) -> Arc<Fate> {
        let done = match self.put_special(place, node, step) {
            Ok(outcome) => {
                self.restored(&place.trail, node, outcome);
                Ok(outcome)
            }
            Err(error)
                if error.is_not_permitted() && node.device.is_some() && error.operation() == "create" =>
            {
                self.teller.note_once("without root, devices are not restored");
                return Arc::default();
            }
            Err(error) => {
                self.problem(ProblemKind::NotWritten, &place.trail, &error);
                Err((ProblemKind::NotWritten, cause_of(&error)))
            }
        };
        Arc::new(Fate::from(done))
    }

    fn put_special(&self, place: &Place<'_>, node: &Node, step: Step) -> Result<Outcome, FsError> {
        if step == Step::Refit {
            if self.options.dry_run {
                return Ok(Outcome::Unchanged);
            }
            if let Some(unset) = place.dir.refit(&self.complete(&place.trail, node)) {
                self.unset(&place.trail, unset);
                return Ok(Outcome::Unchanged);
            }
        }
        let replaces = step != Step::Make;
        if !self.options.dry_run {
            let (temporary, unset) = place.dir.create_special_aside(&self.complete(&place.trail, node))?;
            self.take_place(place.dir, &temporary, &node.name, replaces)?;
            self.unset(&place.trail, unset);
        }
        Ok(if replaces { Outcome::Updated } else { Outcome::Restored })
    }

    fn file(
        &self,
        batch: &mut Batch,
        place: Place<'_>,
        node: Node,
        step: Step,
    ) -> Result<Arc<Fate>, EngineError> {
        let Place { dir, trail } = place;
        let file = Arc::new(RestoredFile::new(dir.clone(), node, trail, step != Step::Make));
        let fate = file.fate();
        match step {
            Step::Compare | Step::Refit => {
                let trusted = step == Step::Refit && self.interrupted.get().is_none();
                batch.add_doubt(Doubt { file, trusted });
            }
            _ => self.write_file(batch, &file)?,
        }
        Ok(fate)
    }

    /// Plans to write a file, which the walk lets go of.
    pub(super) fn write_file(&self, batch: &mut Batch, file: &Arc<RestoredFile>) -> Result<(), EngineError> {
        if self.options.dry_run {
            file.settle(self, file.outcome());
            return Ok(());
        }
        if let Content::Inline(bytes) = &file.node.content {
            let written = file.open().and_then(|opened| self.write(&opened.file, 0, bytes));
            if let Err(error) = written {
                file.fail(self, ProblemKind::NotWritten, &error);
            }
        }
        let is_long = match &file.node.content {
            Content::Pieces(pieces) => pieces.len() > 1,
            content => matches!(content, Content::Pages(_)),
        };
        // A long one is open from its first piece to its last, which may be far apart in the storage.
        batch.add_file(file, is_long);
        match self.plan_content(batch, file) {
            Ok(()) => file.let_go(self),
            Err(error) => {
                file.give_up(self);
                return Err(error);
            }
        }
        Ok(())
    }

    fn plan_content(&self, batch: &mut Batch, file: &Arc<RestoredFile>) -> Result<(), EngineError> {
        let mut offset = 0;
        for piece in trees::pieces(self.reader, &file.node) {
            self.teller.check()?;
            match piece {
                Ok(piece) => {
                    self.plan_piece(batch, file, piece, offset)?;
                    // There is no more than the size of the file.
                    offset += piece.length();
                }
                Err(error) if error.is_damage() => file.fail(self, ProblemKind::Damage, &error),
                Err(error) => return Err(error.into()),
            }
            if file.has_failed() {
                return Ok(());
            }
            if self.is_full(batch) {
                self.carry_out(batch)?;
            }
        }
        // What lies in the node was held against its size when that was read.
        if !matches!(file.node.content, Content::Inline(_)) && offset != file.node.size {
            let source = FormatError::Malformed("list: it is shorter than its node says");
            file.fail(self, ProblemKind::Damage, &RepositoryError::reading(&"its content", source));
        }
        Ok(())
    }
}
