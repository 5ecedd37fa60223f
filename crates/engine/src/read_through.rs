//! `read_through`: a restore that writes nothing: every file is put together piece by piece, proved, and thrown away.
//!
//! Invariant: a file counts when all of its pieces were there, whole, and as long together as it was.

use crate::report::Teller;
use crate::selection::{Selection, Verdict};
use crate::trees::{Entries, nodes, pieces, xattr_blobs};
use crate::{EngineError, Event, Observer, Outcome, ProblemKind, RestoreReport, cause_of};
use lifeboat_format::{Content, FormatError, Node, NodeKind, Piece, Role, Snapshot};
use lifeboat_fs::Trail;
use lifeboat_repository::{BlobReader, Repository, RepositoryError, View, Workers};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Files that are read together.
const BATCH_MAX: usize = 256;

/// Reads what a restore of a snapshot of a view would write.
///
/// # Errors
/// When the repository fails, or the observer wants to stop. Files that cannot be put together are problems of the report.
pub fn read_through(
    repository: &Repository,
    view: &View,
    snapshot: &Snapshot,
    selection: &Selection,
    workers: &Workers,
    observer: &dyn Observer,
) -> Result<RestoreReport, EngineError> {
    let teller = Teller::new(RestoreReport::default(), observer);
    let reader = repository.snapshot_reader(view, snapshot, || teller.check())?;
    let work = Reading { reader: &reader, teller: &teller, workers };
    let walked = work.walk(&snapshot.root, selection);
    teller.mended(&reader);
    teller.replaced_objects(repository);
    walked?;
    Ok(teller.into_report())
}

struct Reading<'a> {
    reader: &'a BlobReader,
    teller: &'a Teller<'a, RestoreReport>,
    workers: &'a Workers,
}

impl Reading<'_> {
    fn walk(&self, root: &Node, selection: &Selection) -> Result<(), EngineError> {
        let top = selection.verdict_of_start(Path::new("/"), true);
        let mut stack: Vec<(Entries<'_, Node>, Trail, Verdict)> =
            vec![(nodes(self.reader, root), Trail::new(Path::new("/")), top)];
        let mut batch = Vec::new();
        while let Some((entries, above, wanted)) = stack.last_mut() {
            self.teller.check()?;
            match entries.next() {
                None => drop(stack.pop()),
                Some(Err(error)) if error.is_damage() => {
                    self.teller.problem(ProblemKind::Damage, &above.path(), cause_of(&error));
                }
                Some(Err(error)) => return Err(error.into()),
                Some(Ok(node)) => {
                    let trail = above.join(&node.name);
                    let is_directory = node.kind == NodeKind::Directory;
                    let verdict = selection.verdict(&trail, is_directory, *wanted);
                    let below = nodes(self.reader, &node);
                    if verdict == Verdict::Take {
                        batch.push((node, trail.clone()));
                    }
                    if is_directory && verdict != Verdict::Leave {
                        stack.push((below, trail, verdict));
                    }
                }
            }
            if batch.len() >= BATCH_MAX {
                self.read(&mut batch)?;
            }
        }
        self.read(&mut batch)
    }

    fn read(&self, batch: &mut Vec<(Node, Trail)>) -> Result<(), EngineError> {
        let failed = Mutex::new(None);
        self.workers.for_each(batch, |_, (node, trail)| {
            if self.teller.check().is_err() {
                return;
            }
            match self.item(node) {
                // Whoever was told to stop has not read it all.
                _ if self.teller.check().is_err() => {}
                Ok(()) => {
                    let path = trail.path();
                    self.teller.tell(&Event::Restored { path: &path, node, outcome: Outcome::Restored });
                }
                Err(error) if error.is_damage() => {
                    self.teller.problem(ProblemKind::Damage, &trail.path(), cause_of(&error));
                }
                Err(error) => *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error),
            }
        });
        batch.clear();
        match failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(error) => Err(error.into()),
            None => self.teller.check(),
        }
    }

    /// Everything of an item that lies in blobs.
    fn item(&self, node: &Node) -> Result<(), RepositoryError> {
        let mut length = match &node.content {
            Content::Inline(bytes) => bytes.len() as u64,
            _ => 0,
        };
        if node.kind == NodeKind::File {
            for piece in pieces(self.reader, node) {
                match piece? {
                    Piece::Hole(hole) => length += hole,
                    Piece::Blob(id, _) => {
                        let bytes = self.reader.read(Role::Data, &id)?.len() as u64;
                        self.teller.tell(&Event::Written(bytes));
                        length += bytes;
                    }
                }
                if self.teller.check().is_err() {
                    return Ok(());
                }
            }
            if length != node.size {
                return Err(RepositoryError::reading(&"its content", FormatError::Malformed("length")));
            }
        }
        xattr_blobs(node).try_for_each(|(_, id, _)| self.reader.read(Role::Data, &id).map(drop))
    }
}
