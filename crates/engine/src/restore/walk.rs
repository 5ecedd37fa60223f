//! The walk through the tree of a snapshot, which plans what is to be written.

use super::Restore;
use super::batch::{Batch, FinishedDirectory, FirstName, PlannedLink};
use super::file::{Failure, RestoredFile};
use crate::report::Teller;
use crate::trees::{self, Entries};
use crate::{EngineError, Event, ProblemKind, RestoreReport, cause_of};
use lifeboat_format::{Content, FormatError, Node, NodeKind};
use lifeboat_fs::TargetDir;
use lifeboat_repository::{BlobReader, RepositoryError};
use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A directory that is being walked.
struct Frame<'r> {
    dir: TargetDir,
    /// Set when the walk leaves the directory; none for the target of a whole snapshot, which stays as it is.
    node: Option<Node>,
    path: PathBuf,
    entries: Entries<'r, Node>,
}

/// First names of files with several, by file system and inode.
type Links = HashMap<(u32, u64), FirstName>;

/// Walks from a node down: what a directory holds goes into the target, a file goes there under its own name.
pub(super) fn walk(
    restore: &Restore<'_>,
    batch: &mut Batch,
    start: Node,
    full: &[u8],
) -> Result<(), EngineError> {
    let path = path_of(full);
    let top = full.len();
    let mut links = Links::new();
    if start.kind != NodeKind::Directory {
        let place = Place { dir: &restore.target, path, below: start.name.clone() };
        return restore.item(batch, &mut links, &place, start);
    }
    let entries = trees::nodes(restore.reader, &start);
    let node = (!full.is_empty()).then_some(start);
    let mut stack = vec![Frame { dir: restore.target.clone(), node, path, entries }];
    while let Some(frame) = stack.last_mut() {
        restore.teller.check()?;
        match frame.entries.next() {
            Some(Ok(node)) => {
                let path = frame.path.join(OsStr::from_bytes(&node.name));
                if node.kind == NodeKind::Directory {
                    let below = restore.enter(frame, node, path);
                    stack.extend(below);
                } else {
                    let below = path.as_os_str().as_bytes()[top..].to_vec();
                    let place = Place { dir: &frame.dir, path, below };
                    restore.item(batch, &mut links, &place, node)?;
                }
            }
            Some(Err(error)) => restore.unreadable(&frame.path, error)?,
            None => {
                if let Some(Frame { dir, node: Some(node), path, .. }) = stack.pop() {
                    batch.add_finished(FinishedDirectory { dir, node, path });
                }
            }
        }
        if batch.is_full() {
            restore.carry_out(batch)?;
        }
    }
    Ok(())
}

/// Tells everything that a restore would bring back.
pub(super) fn tell_all(
    reader: &BlobReader,
    start: &Node,
    full: &[u8],
    teller: &Teller<'_, RestoreReport>,
) -> Result<(), EngineError> {
    let path = path_of(full);
    let mut stack = vec![(trees::nodes(reader, start), path.clone())];
    if !full.is_empty() {
        teller.tell(&Event::Restored { path: &path, node: start });
    }
    while let Some((entries, above)) = stack.last_mut() {
        teller.check()?;
        let Some(node) = entries.next().transpose()? else {
            stack.pop();
            continue;
        };
        let path = above.join(OsStr::from_bytes(&node.name));
        teller.tell(&Event::Restored { path: &path, node: &node });
        if node.kind == NodeKind::Directory {
            stack.push((trees::nodes(reader, &node), path));
        }
    }
    Ok(())
}

/// The path of the node that a restore begins at.
pub(super) fn path_of(full: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(if full.is_empty() { b"/" } else { full }))
}

/// Where an item goes.
struct Place<'a> {
    dir: &'a TargetDir,
    /// The path below the target.
    below: Vec<u8>,
    path: PathBuf,
}

impl<'a> Restore<'a> {
    /// Makes a directory and gives its frame; one that cannot be made is a problem, and what is in it is not tried.
    fn enter(&self, above: &Frame<'_>, node: Node, path: PathBuf) -> Option<Frame<'a>> {
        match above.dir.create_dir(&node.name) {
            Ok(dir) => {
                let entries = trees::nodes(self.reader, &node);
                Some(Frame { dir, node: Some(node), path, entries })
            }
            Err(error) => {
                self.problem(ProblemKind::NotWritten, &path, &error);
                None
            }
        }
    }

    /// A directory whose pages are damaged is named; what was read of it before is restored.
    fn unreadable(&self, path: &Path, error: RepositoryError) -> Result<(), EngineError> {
        if !error.is_damage() {
            return Err(error.into());
        }
        self.problem(ProblemKind::Damage, path, &error);
        Ok(())
    }

    fn item(
        &self,
        batch: &mut Batch,
        links: &mut Links,
        place: &Place<'_>,
        node: Node,
    ) -> Result<(), EngineError> {
        let link = node.link_group.map(|group| (group, node.inode));
        if let Some(first) = link.and_then(|link| links.get(&link)).cloned() {
            let (dir, path) = (place.dir.clone(), place.path.clone());
            batch.add_link(PlannedLink { dir, node, path, first });
            return Ok(());
        }
        let below = place.below.clone();
        let fate = match node.kind {
            NodeKind::File => self.file(batch, place, node)?,
            _ => self.special(place, &node),
        };
        if let Some(link) = link {
            links.insert(link, FirstName { below, fate });
        }
        Ok(())
    }

    fn special(&self, place: &Place<'_>, node: &Node) -> Arc<Failure> {
        match place.dir.create_special(node) {
            Ok(()) => {
                self.unset(&place.path, place.dir.apply(&self.complete(&place.path, node)));
                self.restored(&place.path, node);
            }
            Err(error) if error.is_not_permitted() && node.device.is_some() => {
                self.teller.note_once("without root, devices are not restored");
            }
            Err(error) => {
                self.problem(ProblemKind::NotWritten, &place.path, &error);
                return Arc::new(Failure::from((ProblemKind::NotWritten, cause_of(&error))));
            }
        }
        Arc::default()
    }

    fn file(&self, batch: &mut Batch, place: &Place<'_>, node: Node) -> Result<Arc<Failure>, EngineError> {
        let file = Arc::new(RestoredFile::new(place.dir.clone(), node, place.path.clone()));
        if let Content::Inline(bytes) = &file.node.content {
            let written = file.open().and_then(|opened| self.write(&opened, 0, bytes));
            if let Err(error) = written {
                file.fail(self, ProblemKind::NotWritten, &error);
            }
        }
        let is_long = match &file.node.content {
            Content::Pieces(pieces) => pieces.len() > 1,
            content => matches!(content, Content::Pages(_)),
        };
        if is_long {
            // Open from its first piece to its last, which may be far apart in the storage.
            batch.add_open_file();
        }
        match self.plan_content(batch, &file) {
            Ok(()) => file.let_go(self),
            Err(error) => {
                file.give_up(self);
                return Err(error);
            }
        }
        Ok(file.fate())
    }

    fn plan_content(&self, batch: &mut Batch, file: &Arc<RestoredFile>) -> Result<(), EngineError> {
        let mut offset = 0;
        for piece in trees::pieces(self.reader, &file.node) {
            self.teller.check()?;
            match piece {
                Ok(piece) => {
                    self.plan_piece(batch, file, piece, offset);
                    offset += piece.length();
                }
                Err(error) if error.is_damage() => file.fail(self, ProblemKind::Damage, &error),
                Err(error) => return Err(error.into()),
            }
            if file.has_failed() {
                return Ok(());
            }
            if batch.is_full() {
                self.carry_out(batch)?;
            }
        }
        let is_listed = matches!(file.node.content, Content::Pieces(_) | Content::Pages(_));
        if is_listed && offset != file.node.size {
            let source = FormatError::Malformed("list of pieces");
            file.fail(self, ProblemKind::Damage, &RepositoryError::reading(&"its content", source));
        }
        Ok(())
    }
}
