//! A bounded part of a restore: planned by the walk, carried out in the order of the storage.
//!
//! Invariant: what a batch holds is limited in items, bytes and open files, however large the snapshot.

use super::Restore;
use super::doubt::Doubt;
use super::file::{Fate, RestoredFile};
use crate::{EngineError, Event, Outcome, ProblemKind};
use lifeboat_format::{BlobId, Bug, Content, Node, Piece, Role, Xattr, XattrValue, planted};
use lifeboat_fs::{Lock, TargetDir, Trail};
use lifeboat_repository::{BlobPlace, FetchedRange, RepositoryError, SegmentNumber};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of content in a batch: between two of them nothing is fetched, and what is interrupted is one.
const BYTES_MAX: u64 = 4 << 30;
/// Files that a batch keeps open.
const OPEN_MAX: usize = 256;
/// What the allocator and shared owners add to an item, in bytes.
const AROUND_ITEM: usize = 256;

/// What is to be done next.
#[derive(Default)]
pub(super) struct Batch {
    pieces: Vec<PlannedPiece>,
    bytes: u64,
    /// Bytes of memory that the batch itself takes, about.
    weight: usize,
    open: usize,
    doubts: Vec<Doubt>,
    links: Vec<PlannedLink>,
    finished: Vec<FinishedDirectory>,
}

/// A blob that belongs into a file.
struct PlannedPiece {
    id: BlobId,
    place: BlobPlace,
    file: Arc<RestoredFile>,
    offset: u64,
}

/// A further name of a file.
pub(super) struct PlannedLink {
    pub(super) dir: TargetDir,
    pub(super) node: Node,
    pub(super) trail: Trail,
    pub(super) first: FirstName,
}

/// The name under which a file with several was met first.
#[derive(Clone)]
pub(super) struct FirstName {
    pub(super) dir: TargetDir,
    pub(super) name: Vec<u8>,
    /// What became of it.
    pub(super) fate: Arc<Fate>,
}

/// A directory in which everything is planned.
pub(super) struct FinishedDirectory {
    /// None in a dry run, where it need not exist.
    pub(super) dir: Option<TargetDir>,
    pub(super) node: Node,
    pub(super) trail: Trail,
    pub(super) outcome: Outcome,
}

impl Batch {
    pub(super) fn add_doubt(&mut self, doubt: Doubt) {
        self.weight += weight(&doubt.file.node);
        self.doubts.push(doubt);
    }

    pub(super) fn add_link(&mut self, link: PlannedLink) {
        self.weight += weight(&link.node);
        self.links.push(link);
    }

    pub(super) fn add_finished(&mut self, directory: FinishedDirectory) {
        self.weight += weight(&directory.node);
        self.finished.push(directory);
    }

    /// Counts a file that is planned, and that stays open until it is complete if it is long.
    pub(super) fn add_file(&mut self, file: &RestoredFile, is_long: bool) {
        self.weight += weight(&file.node);
        self.open += usize::from(is_long);
    }

    fn add_piece(&mut self, piece: PlannedPiece) {
        self.bytes += u64::from(piece.place.length);
        self.weight += size_of::<PlannedPiece>();
        self.pieces.push(piece);
    }
}

/// Bytes of memory that an item takes, about.
fn weight(node: &Node) -> usize {
    let value = |value: &XattrValue| match value {
        XattrValue::Inline(bytes) => bytes.len(),
        XattrValue::Blob(..) => 0,
    };
    let xattrs = node.xattrs.iter().map(|xattr| size_of::<Xattr>() + xattr.name.len() + value(&xattr.value));
    let content = match &node.content {
        Content::Inline(bytes) => bytes.len(),
        Content::Pieces(pieces) => pieces.len() * size_of::<Piece>(),
        Content::Empty | Content::Pages(_) => 0,
    };
    // The name stands in the trail too.
    let names = 2 * node.name.len() + node.link_target.as_ref().map_or(0, Vec::len);
    size_of::<RestoredFile>() + AROUND_ITEM + names + content + xattrs.sum::<usize>()
}

impl Restore<'_> {
    pub(super) fn is_full(&self, batch: &Batch) -> bool {
        batch.weight >= self.batch_memory || batch.bytes >= BYTES_MAX || batch.open >= OPEN_MAX
    }

    /// Plans a piece of a file; one that the index does not know is looked for at once. A blob that is nowhere is the file's trouble.
    pub(super) fn plan_piece(
        &self,
        batch: &mut Batch,
        file: &Arc<RestoredFile>,
        piece: Piece,
        offset: u64,
    ) -> Result<(), RepositoryError> {
        let Piece::Blob(id, length) = piece else { return Ok(()) };
        let places = self.reader.index().places(&id)?;
        match places.into_iter().find(|place| place.length == length) {
            Some(place) => {
                file.hold();
                batch.add_piece(PlannedPiece { id, place, file: Arc::clone(file), offset });
            }
            None => self.write_from_elsewhere(file, &id, length, offset)?,
        }
        Ok(())
    }

    /// Carries out a batch and empties it. Files that turn out to differ are planned in turn, in the room of the batch;
    /// links and directories wait for them.
    pub(super) fn carry_out(&self, batch: &mut Batch) -> Result<(), EngineError> {
        let Batch { pieces, doubts, links, finished, .. } = std::mem::take(batch);
        self.write_pieces(pieces)?;
        self.resolve(batch, &doubts)?;
        self.write_pieces(std::mem::take(batch).pieces)?;
        links.iter().for_each(|link| self.link(link));
        for FinishedDirectory { dir, node, trail, outcome } in &finished {
            if let Some(dir) = dir.as_ref().filter(|_| !self.options.dry_run && *outcome != Outcome::Kept) {
                self.unset(trail, dir.apply_self(&self.complete(trail, node)));
                self.lock_later(trail, Ok(Lock::of_dir(dir, node)));
            }
            self.restored(trail, node, *outcome);
        }
        Ok(())
    }

    /// Drops a batch that will not be carried out: no file in it will be whole.
    pub(super) fn abandon(&self, batch: &Batch) {
        batch.pieces.iter().for_each(|piece| piece.file.give_up(self));
    }

    /// Writes pieces in the order of the storage. When the storage fails the restore ends.
    fn write_pieces(&self, mut pieces: Vec<PlannedPiece>) -> Result<(), EngineError> {
        pieces.sort_by_key(|piece| (piece.place.segment, piece.place.offset));
        let segments: Vec<&[PlannedPiece]> =
            pieces.chunk_by(|left, right| left.place.segment == right.place.segment).collect();
        let numbers: Vec<SegmentNumber> = segments.iter().map(|pieces| pieces[0].place.segment).collect();
        let ranges = self.reader.ranges(&numbers).inspect_err(|_| self.give_up(segments.iter().copied()))?;
        let failure = Mutex::new(None);
        let lock = || failure.lock().unwrap_or_else(PoisonError::into_inner);
        let goes_on = || lock().is_none() && self.teller.check().is_ok();
        self.workers.fetch_each(
            &ranges,
            |range| goes_on().then(|| self.reader.fetch(range)),
            |scratch, range, fetched| {
                let segments = range.segments().iter().map(|position| segments[*position]);
                let ended = match fetched {
                    Some(Ok(fetched)) if goes_on() => self.write_segments(scratch, &fetched, segments),
                    Some(Err(error)) if error.is_outage() => {
                        self.give_up(segments);
                        Err(error)
                    }
                    // What is refused here may lie elsewhere; the rest comes back in any case.
                    Some(Err(_)) if goes_on() => self.write_unfetched(segments),
                    _ => {
                        self.give_up(segments);
                        Ok(())
                    }
                };
                if let Err(error) = ended {
                    lock().get_or_insert(error);
                }
            },
        );
        self.teller.check()?;
        let failure = failure.into_inner().unwrap_or_else(PoisonError::into_inner);
        failure.map_or(Ok(()), |error| Err(error.into()))
    }

    fn give_up<'p>(&self, segments: impl Iterator<Item = &'p [PlannedPiece]>) {
        segments.flatten().for_each(|piece| piece.file.give_up(self));
    }

    fn write_segments<'p>(
        &self,
        scratch: &mut Vec<u8>,
        fetched: &FetchedRange<'_>,
        mut segments: impl Iterator<Item = &'p [PlannedPiece]>,
    ) -> Result<(), RepositoryError> {
        let ended = segments.by_ref().try_for_each(|pieces| {
            let opened = self.reader.open_fetched(fetched, pieces[0].place.segment, scratch);
            self.write_segment(opened.ok().map(|()| &scratch[..]), pieces)
        });
        self.give_up(segments);
        ended
    }

    fn write_unfetched<'p>(
        &self,
        mut segments: impl Iterator<Item = &'p [PlannedPiece]>,
    ) -> Result<(), RepositoryError> {
        let ended = segments.by_ref().try_for_each(|pieces| self.write_segment(None, pieces));
        self.give_up(segments);
        ended
    }

    /// Writes all pieces of one segment, if it could be opened. When the snapshot is gone the restore ends.
    fn write_segment(&self, opened: Option<&[u8]>, pieces: &[PlannedPiece]) -> Result<(), RepositoryError> {
        let mut ended = Ok(());
        for piece in pieces {
            let PlannedPiece { id, place, file, offset } = piece;
            if ended.is_ok() && !file.has_failed() {
                let slice = |segment| self.reader.slice(Role::Data, id, *place, segment).ok();
                match opened.and_then(slice) {
                    Some(bytes) => self.write_piece(file, *offset, bytes),
                    None => ended = self.write_from_elsewhere(file, id, place.length, *offset),
                }
            }
            match ended {
                Ok(()) => file.let_go(self),
                Err(_) => file.give_up(self),
            }
        }
        ended
    }

    /// The planned place is not sound, or there was none: any other will do.
    fn write_from_elsewhere(
        &self,
        file: &RestoredFile,
        id: &BlobId,
        length: u32,
        offset: u64,
    ) -> Result<(), RepositoryError> {
        let missing = || RepositoryError::Missing(format!("blob {id}"));
        let read = self.reader.read(Role::Data, id);
        match read.and_then(|bytes| if bytes.len() == length as usize { Ok(bytes) } else { Err(missing()) }) {
            Ok(bytes) => self.write_piece(file, offset, &bytes),
            Err(error @ RepositoryError::Swept(_)) => return Err(error),
            Err(error) if error.is_damage() => file.fail(self, ProblemKind::Damage, &error),
            Err(error) => file.fail(self, ProblemKind::NotWritten, &error),
        }
        Ok(())
    }

    fn write_piece(&self, file: &RestoredFile, offset: u64, bytes: &[u8]) {
        let written = file.open().and_then(|opened| self.write(&opened.file, offset, bytes));
        match written {
            Ok(()) => {
                file.sync_now_and_then(bytes.len() as u64, self.workers);
                self.teller.tell(&Event::Written(bytes.len() as u64));
            }
            Err(_) if planted(Bug::IgnoredWriteError) => {}
            Err(error) => file.fail(self, ProblemKind::NotWritten, &error),
        }
    }
}
